/* Command lines: a command lists its options as rows of a table; parsing, help and error messages come from it. */
#ifndef CM_CLI_FLAGS_H
#define CM_CLI_FLAGS_H

#include <stddef.h>

typedef enum cm_flag_kind {
    CM_FLAG_SWITCH, /* int: 1 where given */
    CM_FLAG_INT,    /* int in low..high */
    CM_FLAG_NUMBER, /* double in low..high */
    CM_FLAG_TEXT,   /* const char *, borrowed from the command line */
    CM_FLAG_PARSE   /* `parse` decides */
} cm_flag_kind;

typedef struct cm_flag {
    const char *name;  /* without "--" */
    const char *value; /* placeholder in the help, NULL for a switch */
    const char *help;
    const char *wants; /* what is right, for the message about a wrong value; NULL: `value` says it */
    cm_flag_kind kind;
    void *target;
    double low, high;
    int (*parse)(const char *text, void *target); /* 0 if the text is right */
    char letter;                                  /* short form, or 0 */
} cm_flag;

enum { CM_FLAGS_MAX = 40 };

typedef struct cm_flags {
    const char *command;  /* "embed", "model pull" */
    const char *synopsis; /* "[options] PATH..." */
    const char *help;     /* what it does */
    const char *examples;
    int minimum, maximum; /* how many arguments besides options; maximum -1: any number */
    cm_flag rows[CM_FLAGS_MAX];
    size_t count;
} cm_flags;

/* Appends a row. */
void cm_flags_add(cm_flags *flags, cm_flag row);

/* Parses argv[1..]; arguments are moved behind the options, *first is the index of the first one. Returns -1 to go on; otherwise the
 * command is over with this exit code: 0 after --help, CM_EXIT_USAGE (reported). */
int cm_flags_parse(cm_flags *flags, int argc, char **argv, int *first);

/* Prints the help text on standard output. Returns an exit code. */
int cm_flags_print_help(const cm_flags *flags);

/* "112x112", "640" (a square). 0 if right. target: int[2] */
int cm_flags_parse_size(const char *text, void *target);

/* A whole number or a decimal number within bounds and nothing behind it; 0 if right. */
int cm_flags_int(const char *text, double low, double high, int *value);
int cm_flags_number(const char *text, double low, double high, double *value);

#endif
