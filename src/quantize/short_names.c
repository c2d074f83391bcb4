#include "quantize/short_names.h"

#include <string.h>

static const char characters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"; /* letters first */

static int place_of(unsigned char character)
{
    const char *at = character ? strchr(characters, character) : NULL;
    return at ? (int)(at - characters) : CM_SHORT_CHARACTERS;
}

/* Where a name stands in the order in which they are given; CM_SHORT_NAMES: it is none of them. */
static int index_of(const unsigned char *name, size_t length)
{
    int index = 0, before = 0, count = CM_SHORT_LETTERS;
    for (size_t i = 0; i < length; i++) {
        const int place = place_of(name[i]);
        if (place >= (i == 0 ? CM_SHORT_LETTERS : CM_SHORT_CHARACTERS))
            return CM_SHORT_NAMES;
        index = index * CM_SHORT_CHARACTERS + place;
        before += i > 0 ? count : 0;
        count *= i > 0 ? CM_SHORT_CHARACTERS : 1;
    }
    return before + index;
}

static void take(cm_short_names *names, const unsigned char *name, size_t length)
{
    const int index = length >= 1 && length <= CM_SHORT_LENGTH ? index_of(name, length) : CM_SHORT_NAMES;
    if (index < CM_SHORT_NAMES)
        names->taken[index / 8] |= (unsigned char)(1 << index % 8);
}

void cm_short_names_init(cm_short_names *names, const cm_model_parts *parts)
{
    memset(names, 0, sizeof *names);
    for (int i = 0; i < parts->name_count; i++)
        take(names, parts->names[i].name.at, parts->names[i].name.size);
    /* A text lies behind a byte that is its length. Much else looks like that too, and costs a name. */
    for (int i = 0; i < parts->node_count; i++) {
        const cm_text message = parts->nodes[i].message;
        for (size_t at = 0; at < message.size; at++)
            if (message.at[at] <= CM_SHORT_LENGTH && message.at[at] < message.size - at)
                take(names, message.at + at + 1, message.at[at]);
    }
}

const char *cm_short_name(cm_short_names *names, cm_arena *arena)
{
    while (names->next < CM_SHORT_NAMES && names->taken[names->next / 8] >> names->next % 8 & 1)
        names->next++;
    if (names->next == CM_SHORT_NAMES)
        return NULL;
    int index = names->next++, length = 1;
    for (int count = CM_SHORT_LETTERS; index >= count; count *= CM_SHORT_CHARACTERS, length++)
        index -= count;
    char *name = cm_arena_alloc(arena, (size_t)length + 1, 1);
    for (int i = length - 1; name && i >= 0; i--, index /= CM_SHORT_CHARACTERS)
        name[i] = characters[index % CM_SHORT_CHARACTERS];
    return name;
}
