/* Names for what is added to a model, as short as they can be: a network of small layers has hundreds of them, each written several times. */
#ifndef CM_QUANTIZE_SHORT_NAMES_H
#define CM_QUANTIZE_SHORT_NAMES_H

#include "base/memory.h"
#include "quantize/model_parts.h"

enum { CM_SHORT_LETTERS = 52, CM_SHORT_CHARACTERS = 62, CM_SHORT_LENGTH = 3 };
/* All names of one letter, of a letter and one more character, and of a letter and two. */
enum { CM_SHORT_NAMES = CM_SHORT_LETTERS * (1 + CM_SHORT_CHARACTERS + CM_SHORT_CHARACTERS * CM_SHORT_CHARACTERS) };

typedef struct cm_short_names {
    unsigned char taken[(CM_SHORT_NAMES + 7) / 8]; /* a bit for each: the model may have it */
    int next;
} cm_short_names;

/* Marks the names of the model: its values, and whatever else a node may call so, in graphs of its own too. */
void cm_short_names_init(cm_short_names *names, const cm_model_parts *parts);

/* A name that neither the model nor an earlier call has, in memory of the arena. NULL: out of memory, or of names. */
const char *cm_short_name(cm_short_names *names, cm_arena *arena);

#endif
