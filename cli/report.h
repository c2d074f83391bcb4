/* What the program says when something is wrong: one line on standard error, and the exit code that belongs to it. */
#ifndef CM_CLI_REPORT_H
#define CM_CLI_REPORT_H

#include "cameo.h"

enum {
    CM_EXIT_OK = 0,
    CM_EXIT_NO = 1,    /* the answer is negative: no face, not the same person, another file than it claims to be */
    CM_EXIT_USAGE = 2, /* the command line is wrong */
    CM_EXIT_INPUT = 3, /* a file given to read is missing, broken or of the wrong kind */
    CM_EXIT_OTHER = 4  /* memory, an output that cannot be written, the network */
};

/* Prints "cameo: sentence" and returns `exit_code`. Control characters become '?': names come from anywhere. A progress bar
 * that stands on the terminal is wiped first. Thread-safe. */
int cm_report(int exit_code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same for a failed library call about `path` (may be NULL), which is named unless the sentence names it already. */
int cm_report_error(const char *path, const cameo_error *error);

/* "cameo COMMAND: sentence; 'cameo COMMAND --help' shows how". Returns CM_EXIT_USAGE. */
int cm_report_usage(const char *command, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Hands standard output over. CM_EXIT_OK, also where the reader has gone; otherwise an exit code (reported). */
int cm_report_flush(void);

/* The exit code for a status of a call that reads. */
int cm_report_exit_code(cameo_status status);

/* The worse of two exit codes. */
int cm_report_worse(int a, int b);

/* Of the NULL-terminated `names` the one most like `typed`, or NULL if none is near (at most two letters differ). */
const char *cm_report_nearest(const char *typed, const char *const *names);

#endif
