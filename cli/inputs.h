/* The pictures a command works on: files, folders (searched deeply, in the order of their names), and lists on standard input. */
#ifndef CM_CLI_INPUTS_H
#define CM_CLI_INPUTS_H

#include <pthread.h>
#include <stddef.h>

#include "flags.h"

typedef struct cm_input {
    char *path;
    size_t relative; /* where in `path` the part begins that is relative to the folder it was found in (or the file's name) */
    size_t number;   /* its place among those that were handed out, from 0 */
} cm_input;

/* How a command wants its arguments taken. */
typedef struct cm_inputs_form {
    int literal; /* each is a file, whatever it is called: no folder, no list on standard input */
    int null;    /* the list's names end with a NUL, as those of find -print0, not with a line feed */
    int protect; /* pictures will be written: remember which files are to be read */
} cm_inputs_form;

typedef struct cm_inputs {
    cm_inputs_form form;
    cm_input *list; /* path NULL: here the lines of standard input come in */
    size_t count, capacity, next;
    int has_stream;
    char *line; /* of getdelim */
    size_t line_capacity, listed, handed_out;
    int code; /* of what was wrong with the list on standard input */
    void *files; /* tree of what is to be read */
    pthread_mutex_t files_lock;
} cm_inputs;

/* Appends the row of --null. */
void cm_inputs_add_flag(cm_inputs_form *form, cm_flags *flags);

/* Takes command line arguments. Within folders only names that end like pictures are taken, hidden ones never, and links to folders are not
 * followed. Returns an exit code (reported): a folder that holds no picture or cannot be read is bad input. */
int cm_inputs_open(cm_inputs *inputs, const cm_inputs_form *form, char *const *arguments, int count);

/* Keeps those of the list with keep[i] != 0, before the first one is taken. keep: [count] */
void cm_inputs_keep(cm_inputs *inputs, const unsigned char *keep);

/* How many there are; 0 if a list on standard input is still to come. */
size_t cm_inputs_total(const cm_inputs *inputs);

/* CM_EXIT_OK if `path` may be written: it is none of the files to read that are known by now. Otherwise CM_EXIT_USAGE (reported).
 * Thread-safe. */
int cm_inputs_spare(cm_inputs *inputs, const char *path);

/* 1 if the next one comes from standard input (and may not be there yet). */
int cm_inputs_next_is_stream(const cm_inputs *inputs);

/* Moves the next one into *input (path to be freed). 1: there is one, 0: no more, -1: out of memory. One thread at a time. What was wrong with
 * the list (it cannot be read, it is empty) is reported and kept in `code`. */
int cm_inputs_next(cm_inputs *inputs, cm_input *input);

void cm_inputs_close(cm_inputs *inputs);

#endif
