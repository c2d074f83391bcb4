#include "csv.h"

#include <string.h>

void cm_csv_text(FILE *stream, const char *text)
{
    if (!strpbrk(text, ",\"\r\n")) {
        fputs(text, stream);
        return;
    }
    putc('"', stream);
    for (; *text; text++) {
        if (*text == '"')
            putc('"', stream);
        putc(*text, stream);
    }
    putc('"', stream);
}

void cm_csv_floats(FILE *stream, const float *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        fprintf(stream, ",%.9g", (double)values[i]);
}
