/* Lists in text files: a line an entry, its fields separated by tabs, or by blanks where there is no tab in the line. */
#ifndef CM_CLI_TEXT_LINES_H
#define CM_CLI_TEXT_LINES_H

#include <stddef.h>
#include <stdint.h>

typedef struct cm_text_lines {
    const char *path; /* of the file, for messages; borrowed */
    char *text, *next;
    size_t number;    /* of the line that was taken last, from 1 */
} cm_text_lines;

/* Reads the file. A byte that is NUL makes it no text. Returns an exit code (reported). */
int cm_text_lines_open(cm_text_lines *lines, const char *path);

/* Splits the next line that is not blank into at most `most` fields, which live as long as `lines`. Returns how many there are (`most` + 1: more than
 * that), 0 at the end. */
int cm_text_lines_next(cm_text_lines *lines, char **fields, int most);

void cm_text_lines_close(cm_text_lines *lines);

/* A whole number from 0 to `most`, and nothing behind it; -1: it is none. */
long long cm_text_lines_number(const char *field, long long most);

#endif
