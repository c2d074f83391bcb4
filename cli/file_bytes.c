#include "file_bytes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report.h"

static int grow(unsigned char **bytes, size_t *capacity, size_t wanted)
{
    unsigned char *larger = realloc(*bytes, wanted);
    if (!larger)
        return 0;
    *bytes = larger;
    *capacity = wanted;
    return 1;
}

/* `bytes` grows while it is read: the size that the system gives is a hint, a pipe has none. */
static int read_all(FILE *file, const char *path, uint64_t most, unsigned char **bytes, size_t *size, size_t capacity)
{
    if (!grow(bytes, &capacity, capacity))
        return cm_report(CM_EXIT_OTHER, "%s: out of memory", path);
    for (;;) {
        *size += fread(*bytes + *size, 1, capacity - 1 - *size, file);
        if (ferror(file))
            return cm_report(CM_EXIT_INPUT, "%s: cannot be read: %s", path, strerror(errno));
        if (*size > most)
            return cm_report(CM_EXIT_INPUT, "%s: is larger than the %llu bytes that are allowed", path, (unsigned long long)most);
        if (*size + 1 < capacity)
            break;
        if (capacity > SIZE_MAX / 2 || !grow(bytes, &capacity, capacity * 2))
            return cm_report(CM_EXIT_OTHER, "%s: out of memory", path);
    }
    (*bytes)[*size] = '\0';
    return CM_EXIT_OK;
}

int cm_file_bytes_read(const char *path, uint64_t most, unsigned char **bytes, size_t *size)
{
    struct stat status;
    *bytes = NULL;
    *size = 0;
    FILE *file = fopen(path, "rb");
    if (!file)
        return cm_report(CM_EXIT_INPUT, "%s: cannot be read: %s", path, strerror(errno));
    size_t capacity = 4096;
    int code = CM_EXIT_OK;
    if (fstat(fileno(file), &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0) {
        if ((uint64_t)status.st_size > most)
            code = cm_report(CM_EXIT_INPUT, "%s: has %llu bytes, %llu are allowed", path, (unsigned long long)status.st_size, (unsigned long long)most);
        else
            capacity = (size_t)status.st_size + 2;
    }
    if (code == CM_EXIT_OK)
        code = read_all(file, path, most, bytes, size, capacity);
    fclose(file);
    if (code != CM_EXIT_OK) {
        free(*bytes);
        *bytes = NULL;
        *size = 0;
    }
    return code;
}

int cm_file_is_readable(const char *path)
{
    return access(path, R_OK) == 0;
}
