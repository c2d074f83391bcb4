/* Texts of protocol 0: one line each, with escapes. */
#include <string.h>

#include "pickle_machine.h"

static int digit_of(unsigned char character)
{
    static const char digits[] = "0123456789abcdef";
    if (character >= 'A' && character <= 'F')
        character = (unsigned char)(character - 'A' + 'a');
    const char *found = character ? strchr(digits, character) : NULL;
    return found ? (int)(found - digits) : -1;
}

/* `count` hexadecimal digits; -1: they are none. */
static int hexadecimal(const unsigned char *from, const unsigned char *end, int count)
{
    int value = 0;
    if (end - from < count)
        return -1;
    for (int i = 0; i < count; i++) {
        int digit = digit_of(from[i]);
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

/* The character behind a backslash; *from moves past it. -1: there is no such escape. Text has \uXXXX alone, and any other backslash stands for itself. */
static int unescape(const unsigned char **from, const unsigned char *end, int quoted)
{
    static const char names[] = "nrt\\'\"", meanings[] = "\n\r\t\\'\"";
    if (!quoted) {
        int value = *from < end && **from == 'u' ? hexadecimal(*from + 1, end, 4) : '\\';
        *from += value == '\\' && (*from == end || **from != 'u') ? 0 : 5;
        return value;
    }
    if (*from == end)
        return -1;
    unsigned char kind = *(*from)++;
    const char *named = kind ? strchr(names, kind) : NULL;
    if (named)
        return (unsigned char)meanings[named - names];
    int value = kind == 'x' ? hexadecimal(*from, end, 2) : -1;
    *from += 2;
    return value;
}

int cm_pickle_push_escaped(cm_pickle_machine *m, const unsigned char *line, size_t size, int quoted)
{
    if (quoted && (size < 2 || (line[0] != '\'' && line[0] != '"') || line[size - 1] != line[0]))
        return cm_pickle_fail(m, "holds text without quotes, before byte %zu", m->at);
    const unsigned char *from = line + quoted, *end = line + size - (quoted ? 1 : 0);
    unsigned char *room = cm_pickle_room(m, size);
    size_t used = 0;
    if (!room)
        return -1;
    while (from < end) {
        int character = *from++;
        if (character == '\\')
            character = unescape(&from, end, quoted);
        if (character < 0 || character > 0xff)
            return cm_pickle_fail(m, "holds text that stands for bytes, with a character that is none, before byte %zu", m->at);
        room[used++] = (unsigned char)character;
    }
    return cm_pickle_push(m, (cm_pickle_value){.kind = quoted ? CM_PICKLE_BYTES : CM_PICKLE_TEXT, .number = !quoted, .bytes = room, .size = used});
}
