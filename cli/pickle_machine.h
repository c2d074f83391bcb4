/* What a pickle builds: values on a stack, some of them remembered. Only for pickle_reader.c and pickle_ops.c. */
#ifndef CM_CLI_PICKLE_MACHINE_H
#define CM_CLI_PICKLE_MACHINE_H

#include <stddef.h>
#include <stdint.h>

typedef enum cm_pickle_kind {
    CM_PICKLE_NONE,
    CM_PICKLE_MARK,
    CM_PICKLE_NUMBER, /* whole numbers and booleans */
    CM_PICKLE_BYTES,
    CM_PICKLE_TEXT,   /* UTF-8; `number` 1: a byte for each character (Latin-1) */
    CM_PICKLE_LIST,   /* lists and tuples */
    CM_PICKLE_NAME,   /* something that is imported elsewhere: one of cm_pickle_name */
    CM_PICKLE_TYPE,   /* a NumPy type: `number` is its size in bytes */
    CM_PICKLE_ARRAY   /* a NumPy array or scalar: BYTES with the size of an element in `number` */
} cm_pickle_kind;

typedef enum cm_pickle_name {
    CM_NAME_ENCODE,      /* _codecs encode: (text, "latin1") -> bytes */
    CM_NAME_BYTES,       /* bytes, bytearray: () or (bytes,) or (text, "latin-1") -> bytes */
    CM_NAME_RECONSTRUCT, /* numpy.core.multiarray _reconstruct: an array that BUILD fills */
    CM_NAME_FROM_BUFFER, /* numpy.core.numeric _frombuffer: (bytes, type, shape, order) -> array */
    CM_NAME_SCALAR,      /* numpy.core.multiarray scalar: (type, bytes) -> array */
    CM_NAME_ARRAY,       /* numpy ndarray */
    CM_NAME_TYPE,        /* numpy dtype: ("b1", ...) -> type */
    CM_NAMES
} cm_pickle_name;

typedef uint32_t cm_pickle_index;

typedef struct cm_pickle_value {
    cm_pickle_kind kind;
    long long number;
    const unsigned char *bytes; /* [size] */
    size_t size;
    cm_pickle_index *items;     /* [count]: of a list */
    size_t count, capacity;
} cm_pickle_value;

typedef struct cm_pickle_machine {
    const unsigned char *bytes;
    size_t size, at;
    cm_pickle_value *values;  /* all that were made */
    size_t value_count, value_capacity;
    cm_pickle_index *stack;
    size_t depth, stack_capacity;
    cm_pickle_index *memo;    /* [memo_count], UINT32_MAX: nothing */
    size_t memo_count, memoized;
    unsigned char **converted;
    size_t converted_count, converted_capacity, converted_bytes;
    char *message;
    size_t message_size;
    int stopped;
} cm_pickle_machine;

/* Does the next opcode. 0, or -1 with a message. */
int cm_pickle_step(cm_pickle_machine *machine);

/* A call of a name, and the filling of an array: what is at the top of the stack goes, the result comes. */
int cm_pickle_reduce(cm_pickle_machine *machine);
int cm_pickle_build(cm_pickle_machine *machine);
/* "module name" -> a name that is known, or -1 with a message. */
int cm_pickle_push_name(cm_pickle_machine *machine, const unsigned char *module, size_t module_size, const unsigned char *name, size_t name_size);

/* The message; returns -1. */
int cm_pickle_fail(cm_pickle_machine *machine, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Puts a new value on the stack. */
int cm_pickle_push(cm_pickle_machine *machine, cm_pickle_value value);
/* Puts a value that is there already on the stack. */
int cm_pickle_push_index(cm_pickle_machine *machine, cm_pickle_index index);
/* The value that is `below` places below the top, or NULL with a message. */
cm_pickle_value *cm_pickle_peek(cm_pickle_machine *machine, size_t below);
int cm_pickle_append(cm_pickle_machine *machine, cm_pickle_value *list, const cm_pickle_index *items, size_t count);
/* Lines of protocol 0, what stands between quotes (bytes) or up to the line feed (text), as they were meant: pickle_lines.c. */
int cm_pickle_push_escaped(cm_pickle_machine *machine, const unsigned char *line, size_t size, int quoted);
/* Room of its own for bytes that stand otherwise in the pickle; NULL with a message. All together they are no more than the pickle itself. */
unsigned char *cm_pickle_room(cm_pickle_machine *machine, size_t size);

#endif
