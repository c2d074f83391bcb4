/* Comma-separated values as RFC 4180 has them, lines ending in "\n". */
#ifndef CM_CLI_CSV_H
#define CM_CLI_CSV_H

#include <stddef.h>
#include <stdio.h>

/* A text field, quoted where needed. Errors stay in the stream. */
void cm_csv_text(FILE *stream, const char *text);
/* ",v,v,v": nine digits say a float32 exactly. */
void cm_csv_floats(FILE *stream, const float *values, size_t count);

#endif
