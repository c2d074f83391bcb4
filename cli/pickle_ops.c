/* The opcodes (after CPython's Lib/pickletools.py). */
#include <stdlib.h>
#include <string.h>

#include "pickle_machine.h"

enum { SHORT_LINE = 4096 }; /* longest line that is no text */

/* `count` bytes of the pickle, or NULL with a message. */
static const unsigned char *take(cm_pickle_machine *m, uint64_t count)
{
    if (count > m->size - m->at) {
        (void)cm_pickle_fail(m, "ends in the middle of an entry, at byte %zu", m->size);
        return NULL;
    }
    const unsigned char *bytes = m->bytes + m->at;
    m->at += (size_t)count;
    return bytes;
}

/* A little-endian number of 1, 2, 4 or 8 bytes. */
static int take_number(cm_pickle_machine *m, int width, uint64_t *number)
{
    const unsigned char *bytes = take(m, (uint64_t)width);
    *number = 0;
    for (int i = 0; bytes && i < width; i++)
        *number |= (uint64_t)bytes[i] << (8 * i);
    return bytes ? 0 : -1;
}

/* What stands before the next line feed. */
static const unsigned char *take_line(cm_pickle_machine *m, size_t most, size_t *size)
{
    const unsigned char *start = m->bytes + m->at, *end = memchr(start, '\n', m->size - m->at);
    if (!end || (size_t)(end - start) > most) {
        (void)cm_pickle_fail(m, "has a line without an end at byte %zu", m->at);
        return NULL;
    }
    *size = (size_t)(end - start);
    m->at += *size + 1;
    return start;
}

static int take_decimal(cm_pickle_machine *m, long long *number)
{
    size_t size;
    char text[32], *end;
    const unsigned char *line = take_line(m, SHORT_LINE, &size);
    if (!line)
        return -1;
    if (size == 0 || size >= sizeof text)
        return cm_pickle_fail(m, "has no number where there should be one, before byte %zu", m->at);
    memcpy(text, line, size);
    text[size] = '\0';
    *number = strtoll(text, &end, 10);
    if (*end == 'L')
        end++;
    return *end ? cm_pickle_fail(m, "has no number where there should be one, before byte %zu", m->at) : 0;
}

static int push_number(cm_pickle_machine *m, long long number)
{
    return cm_pickle_push(m, (cm_pickle_value){.kind = CM_PICKLE_NUMBER, .number = number});
}

static int push_bytes(cm_pickle_machine *m, cm_pickle_kind kind, int width)
{
    uint64_t size;
    if (take_number(m, width, &size) != 0)
        return -1;
    const unsigned char *bytes = take(m, size);
    return bytes ? cm_pickle_push(m, (cm_pickle_value){.kind = kind, .bytes = bytes, .size = (size_t)size}) : -1;
}

/* LONG1: two's complement of any length; those of verification sets are short. */
static int push_long(cm_pickle_machine *m)
{
    uint64_t width, number;
    if (take_number(m, 1, &width) != 0)
        return -1;
    if (width > 8)
        return cm_pickle_fail(m, "has a number of %llu bytes at byte %zu", (unsigned long long)width, m->at);
    if (width == 0)
        return push_number(m, 0);
    if (take_number(m, (int)width, &number) != 0)
        return -1;
    int unused = 64 - 8 * (int)width;
    return push_number(m, (long long)(number << unused) >> unused);
}

/* INT: "01" and "00" are booleans, which are numbers here. */
static int push_decimal(cm_pickle_machine *m)
{
    long long number;
    return take_decimal(m, &number) == 0 ? push_number(m, number) : -1;
}

/* How many values lie above the last mark; *count. */
static int above_mark(cm_pickle_machine *m, size_t *count)
{
    for (*count = 0; *count < m->depth; ++*count)
        if (m->values[m->stack[m->depth - 1 - *count]].kind == CM_PICKLE_MARK)
            return 0;
    return cm_pickle_fail(m, "ends a list that it has not begun, at byte %zu", m->at);
}

/* The top values become a new list. */
static int make_list(cm_pickle_machine *m, size_t count, int marked)
{
    cm_pickle_value list = {.kind = CM_PICKLE_LIST};
    if (count > m->depth)
        return cm_pickle_fail(m, "takes more from its stack than there is, at byte %zu", m->at);
    if (cm_pickle_append(m, &list, count ? m->stack + m->depth - count : NULL, count) != 0)
        return -1;
    m->depth -= count + (marked ? 1 : 0);
    if (cm_pickle_push(m, list) == 0)
        return 0;
    free(list.items);
    return -1;
}

static int make_marked_list(cm_pickle_machine *m)
{
    size_t count;
    return above_mark(m, &count) == 0 ? make_list(m, count, 1) : -1;
}

static int append_to_list(cm_pickle_machine *m, size_t count, size_t marks)
{
    cm_pickle_value *list = cm_pickle_peek(m, count + marks);
    if (!list || list->kind != CM_PICKLE_LIST)
        return list ? cm_pickle_fail(m, "appends to what is no list, at byte %zu", m->at) : -1;
    if (cm_pickle_append(m, list, m->stack + m->depth - count, count) != 0)
        return -1;
    m->depth -= count + marks;
    return 0;
}

static int append_marked(cm_pickle_machine *m)
{
    size_t count;
    return above_mark(m, &count) == 0 ? append_to_list(m, count, 1) : -1;
}

static int remember(cm_pickle_machine *m, uint64_t place)
{
    if (!cm_pickle_peek(m, 0))
        return -1;
    if (place >= m->size)
        return cm_pickle_fail(m, "remembers something under the number %llu, which is more than it has bytes", (unsigned long long)place);
    if (place >= m->memo_count) {
        size_t wanted = (size_t)place + 1 > m->memo_count * 2 ? (size_t)place + 1 : m->memo_count * 2;
        cm_pickle_index *memo = realloc(m->memo, wanted * sizeof *memo);
        if (!memo)
            return cm_pickle_fail(m, "wants more memory than there is");
        memset(memo + m->memo_count, 0xff, (wanted - m->memo_count) * sizeof *memo);
        m->memo = memo;
        m->memo_count = wanted;
    }
    m->memo[place] = m->stack[m->depth - 1];
    return 0;
}

/* MEMOIZE numbers what it remembers from 0, without gaps. */
static int remember_next(cm_pickle_machine *m)
{
    uint64_t place = m->memoized++;
    return remember(m, place);
}

static int recall(cm_pickle_machine *m, uint64_t place)
{
    if (place >= m->memo_count || m->memo[place] == UINT32_MAX)
        return cm_pickle_fail(m, "takes what it has not remembered, under the number %llu", (unsigned long long)place);
    return cm_pickle_push_index(m, m->memo[place]);
}

static int remember_numbered(cm_pickle_machine *m, int width)
{
    uint64_t place;
    return take_number(m, width, &place) == 0 ? remember(m, place) : -1;
}

static int recall_numbered(cm_pickle_machine *m, int width)
{
    uint64_t place;
    return take_number(m, width, &place) == 0 ? recall(m, place) : -1;
}

static int memo_line(cm_pickle_machine *m, int recalls)
{
    long long place;
    if (take_decimal(m, &place) != 0)
        return -1;
    if (place < 0)
        return cm_pickle_fail(m, "remembers something under a negative number");
    return recalls ? recall(m, (uint64_t)place) : remember(m, (uint64_t)place);
}

static int push_global(cm_pickle_machine *m)
{
    size_t module_size, name_size;
    const unsigned char *module = take_line(m, SHORT_LINE, &module_size);
    const unsigned char *name = module ? take_line(m, SHORT_LINE, &name_size) : NULL;
    return name ? cm_pickle_push_name(m, module, module_size, name, name_size) : -1;
}

static int push_stack_global(cm_pickle_machine *m)
{
    const cm_pickle_value *module = cm_pickle_peek(m, 1), *name = cm_pickle_peek(m, 0);
    if (!module || !name)
        return -1;
    if (module->kind != CM_PICKLE_TEXT || name->kind != CM_PICKLE_TEXT)
        return cm_pickle_fail(m, "names something by what is no text, at byte %zu", m->at);
    m->depth -= 2;
    return cm_pickle_push_name(m, module->bytes, module->size, name->bytes, name->size);
}

static int push_line(cm_pickle_machine *m, int quoted)
{
    size_t size;
    const unsigned char *line = take_line(m, m->size, &size);
    return line ? cm_pickle_push_escaped(m, line, size, quoted) : -1;
}

static int skip(cm_pickle_machine *m, uint64_t count)
{
    return take(m, count) ? 0 : -1;
}

static int pop(cm_pickle_machine *m)
{
    if (!cm_pickle_peek(m, 0))
        return -1;
    m->depth--;
    return 0;
}

static int push_fixed(cm_pickle_machine *m, int width)
{
    uint64_t number;
    if (take_number(m, width, &number) != 0)
        return -1;
    return push_number(m, width == 4 ? (long long)(int32_t)(uint32_t)number : (long long)number);
}

static int mark(cm_pickle_machine *m)
{
    return cm_pickle_push(m, (cm_pickle_value){.kind = CM_PICKLE_MARK});
}

static int stop(cm_pickle_machine *m)
{
    m->stopped = 1;
    return 0;
}

static int push_none(cm_pickle_machine *m)
{
    return cm_pickle_push(m, (cm_pickle_value){.kind = CM_PICKLE_NONE});
}

/* What an opcode does, and with which argument. */
typedef struct operation {
    unsigned char code;
    int (*plain)(cm_pickle_machine *machine);
    int (*numbered)(cm_pickle_machine *machine, int number);
    int number;
} operation;

static int push_short_bytes(cm_pickle_machine *m, int width)
{
    return push_bytes(m, CM_PICKLE_BYTES, width);
}

static int push_text(cm_pickle_machine *m, int width)
{
    return push_bytes(m, CM_PICKLE_TEXT, width);
}

static int push_constant(cm_pickle_machine *m, int number)
{
    return push_number(m, number);
}

static int make_tuple(cm_pickle_machine *m, int count)
{
    return make_list(m, (size_t)count, 0);
}

static int skip_some(cm_pickle_machine *m, int count)
{
    return skip(m, (uint64_t)count);
}

static int append_one(cm_pickle_machine *m)
{
    return append_to_list(m, 1, 0);
}

static const operation operations[] = {
    {0x80, NULL, skip_some, 1},   /* PROTO */
    {0x95, NULL, skip_some, 8},   /* FRAME */
    {'.', stop, NULL, 0},           /* STOP */
    {'(', mark, NULL, 0},           /* MARK */
    {'0', pop, NULL, 0},            /* POP */
    {'N', push_none, NULL, 0},      /* NONE */
    {0x88, NULL, push_constant, 1}, /* NEWTRUE */
    {0x89, NULL, push_constant, 0}, /* NEWFALSE */
    {'I', push_decimal, NULL, 0},   /* INT */
    {'L', push_decimal, NULL, 0},   /* LONG */
    {'K', NULL, push_fixed, 1},     /* BININT1 */
    {'M', NULL, push_fixed, 2},     /* BININT2 */
    {'J', NULL, push_fixed, 4},     /* BININT */
    {0x8a, push_long, NULL, 0},   /* LONG1 */
    {'U', NULL, push_short_bytes, 1},    /* SHORT_BINSTRING: Python 2's text, bytes to us */
    {'T', NULL, push_short_bytes, 4},    /* BINSTRING */
    {'C', NULL, push_short_bytes, 1},    /* SHORT_BINBYTES */
    {'B', NULL, push_short_bytes, 4},    /* BINBYTES */
    {0x8e, NULL, push_short_bytes, 8}, /* BINBYTES8 */
    {0x96, NULL, push_short_bytes, 8}, /* BYTEARRAY8 */
    {'V', NULL, push_line, 0},      /* UNICODE */
    {'S', NULL, push_line, 1},      /* STRING: Python 2's text, bytes to us */
    {0x8c, NULL, push_text, 1},   /* SHORT_BINUNICODE */
    {'X', NULL, push_text, 4},      /* BINUNICODE */
    {0x8d, NULL, push_text, 8},   /* BINUNICODE8 */
    {']', NULL, make_tuple, 0},     /* EMPTY_LIST */
    {')', NULL, make_tuple, 0},     /* EMPTY_TUPLE */
    {0x85, NULL, make_tuple, 1},  /* TUPLE1 */
    {0x86, NULL, make_tuple, 2},  /* TUPLE2 */
    {0x87, NULL, make_tuple, 3},  /* TUPLE3 */
    {'t', make_marked_list, NULL, 0}, /* TUPLE */
    {'l', make_marked_list, NULL, 0}, /* LIST */
    {'a', append_one, NULL, 0},     /* APPEND */
    {'e', append_marked, NULL, 0},  /* APPENDS */
    {'p', NULL, memo_line, 0},      /* PUT */
    {'g', NULL, memo_line, 1},      /* GET */
    {'q', NULL, remember_numbered, 1}, /* BINPUT */
    {'r', NULL, remember_numbered, 4}, /* LONG_BINPUT */
    {'h', NULL, recall_numbered, 1},   /* BINGET */
    {'j', NULL, recall_numbered, 4},   /* LONG_BINGET */
    {0x94, remember_next, NULL, 0},  /* MEMOIZE */
    {'c', push_global, NULL, 0},       /* GLOBAL */
    {0x93, push_stack_global, NULL, 0}, /* STACK_GLOBAL */
    {'R', cm_pickle_reduce, NULL, 0},  /* REDUCE */
    {'b', cm_pickle_build, NULL, 0},   /* BUILD */
};

int cm_pickle_step(cm_pickle_machine *m)
{
    const unsigned char *code = take(m, 1);
    if (!code)
        return -1;
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++)
        if (operations[i].code == *code)
            return operations[i].plain ? operations[i].plain(m) : operations[i].numbered(m, operations[i].number);
    return cm_pickle_fail(m, "does something at byte %zu (0x%02x) that no set of pictures does", m->at - 1, *code);
}
