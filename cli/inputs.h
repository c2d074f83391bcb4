/* The pictures a command works on: files, folders (searched deeply, in the order of their names), and lists on standard input. */
#ifndef CM_CLI_INPUTS_H
#define CM_CLI_INPUTS_H

#include <stddef.h>

typedef struct cm_input {
    char *path;
    size_t relative; /* where in `path` the part begins that is relative to the folder it was found in (or the file's name) */
} cm_input;

typedef struct cm_inputs {
    cm_input *list; /* path NULL: here the lines of standard input come in */
    size_t count, capacity, next;
    int has_stream;
    char *line; /* of getline */
    size_t line_capacity;
} cm_inputs;

/* Takes command line arguments. expand 0: each is a file, whatever it is called. Within folders only names that end like pictures are
 * taken, hidden ones never, and links to folders are not followed. Returns an exit code (reported): a folder that holds no picture or cannot be
 * read is bad input. */
int cm_inputs_open(cm_inputs *inputs, char *const *arguments, int count, int expand);

/* How many there are; 0 if a list on standard input is still to come. */
size_t cm_inputs_total(const cm_inputs *inputs);

/* 1 if the next one comes from standard input (and may not be there yet). */
int cm_inputs_next_is_stream(const cm_inputs *inputs);

/* Moves the next one into *input (path to be freed). 1: there is one, 0: no more, -1: out of memory. One thread at a time. */
int cm_inputs_next(cm_inputs *inputs, cm_input *input);

void cm_inputs_close(cm_inputs *inputs);

#endif
