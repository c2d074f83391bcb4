#include "text_lines.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "file_bytes.h"
#include "report.h"

static const uint64_t most_bytes = UINT64_C(4) << 30;

int cm_text_lines_open(cm_text_lines *lines, const char *path)
{
    unsigned char *bytes;
    size_t size;
    *lines = (cm_text_lines){.path = path};
    int code = cm_file_bytes_read(path, most_bytes, &bytes, &size);
    if (code == CM_EXIT_OK && memchr(bytes, '\0', size)) {
        free(bytes);
        return cm_report(CM_EXIT_INPUT, "%s: is no text, it holds NUL bytes", path);
    }
    lines->text = lines->next = (char *)bytes;
    return code;
}

static int split(char *line, char **fields, int most)
{
    const char *separators = strchr(line, '\t') ? "\t" : " ";
    int count = 0;
    for (char *p = line; *p;) {
        p += strspn(p, separators);
        if (!*p)
            break;
        if (count == most)
            return most + 1;
        fields[count++] = p;
        p += strcspn(p, separators);
        if (*p)
            *p++ = '\0';
    }
    return count;
}

int cm_text_lines_next(cm_text_lines *lines, char **fields, int most)
{
    int count = 0;
    while (count == 0 && lines->next && *lines->next) {
        char *line = lines->next;
        size_t length = strcspn(line, "\n");
        lines->next = line[length] ? line + length + 1 : line + length;
        line[length] = '\0';
        if (length > 0 && line[length - 1] == '\r')
            line[length - 1] = '\0';
        lines->number++;
        count = split(line, fields, most);
    }
    return count;
}

void cm_text_lines_close(cm_text_lines *lines)
{
    free(lines->text);
    *lines = (cm_text_lines){0};
}

long long cm_text_lines_number(const char *field, long long most)
{
    char *end;
    if (!isdigit((unsigned char)*field))
        return -1;
    errno = 0;
    long long value = strtoll(field, &end, 10);
    return *end || errno || value > most ? -1 : value;
}
