/* rooms: base program: text_lines file_bytes */
/* Lists of pairs, templates and landmarks: every field lies in the text, and ends there. */
#include "text_lines.h"

#include <stdlib.h>
#include <string.h>

#include "report.h"

enum { MOST = 4 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int cm_report(int exit_code, const char *format, ...)
{
    (void)format;
    return exit_code;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cm_text_lines lines = {.path = "list", .text = malloc(size + 1)};
    char *fields[MOST];
    if (!lines.text)
        return 0;
    memcpy(lines.text, data, size);
    lines.text[size] = '\0';
    lines.next = lines.text;
    for (int count; (count = cm_text_lines_next(&lines, fields, MOST)) > 0;)
        for (int i = 0; i < count && i < MOST; i++) {
            long long number = cm_text_lines_number(fields[i], 1000);
            if (fields[i] < lines.text || fields[i] + strlen(fields[i]) > lines.text + size || !*fields[i] || number < -1 || number > 1000)
                abort();
        }
    cm_text_lines_close(&lines);
    return 0;
}
