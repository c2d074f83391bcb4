/* Mutations that keep an ONNX file an ONNX file: the messages are taken apart after onnx.proto, one field is changed, removed, repeated or exchanged for
 * another of its kind, and all lengths are written anew. What reads whole models then gets past the reader. One call in eight changes bytes at random,
 * as libFuzzer does it, since a file need not be well formed. */
#include "onnx_mutator.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *data, size_t size, const uint8_t *other, size_t other_size, uint8_t *out, size_t max_size,
                                 unsigned seed);

/* ---- The messages of onnx.proto that lead to something we read ---- */

typedef enum message { LEAF, MODEL, GRAPH, NODE, ATTRIBUTE, TENSOR, VALUE_INFO, TYPE, TENSOR_TYPE, SHAPE, DIMENSION, OPSET, FUNCTION } message;

static const struct {
    uint8_t parent, number, child;
} schema[] = {{MODEL, 7, GRAPH},          {MODEL, 8, OPSET},        {MODEL, 25, FUNCTION},      {GRAPH, 1, NODE},
              {GRAPH, 5, TENSOR},         {GRAPH, 11, VALUE_INFO},  {GRAPH, 12, VALUE_INFO},    {GRAPH, 13, VALUE_INFO},
              {NODE, 5, ATTRIBUTE},       {ATTRIBUTE, 5, TENSOR},   {ATTRIBUTE, 6, GRAPH},      {VALUE_INFO, 2, TYPE},
              {TYPE, 1, TENSOR_TYPE},     {TENSOR_TYPE, 2, SHAPE},  {SHAPE, 1, DIMENSION},      {FUNCTION, 7, NODE},
              {FUNCTION, 9, OPSET},       {FUNCTION, 11, ATTRIBUTE}};

enum { NODE_OPERATOR = 4, TENSOR_RAW_DATA = 9, MOST_FIELDS = 1 << 16, MOST_DEPTH = 12 };
enum { VARINT = 0, FIXED64 = 1, BYTES = 2, FIXED32 = 5 };

static message child_of(message parent, uint32_t number)
{
    for (size_t i = 0; i < sizeof schema / sizeof schema[0]; i++)
        if (schema[i].parent == parent && schema[i].number == number)
            return (message)schema[i].child;
    return LEAF;
}

/* ---- A file as a tree of fields ---- */

typedef struct field {
    message parent, kind; /* kind LEAF: value or bytes; else its fields hang below */
    uint32_t number;
    int wire;
    uint64_t value;
    const uint8_t *bytes;
    size_t size; /* of bytes; for messages set by measure() */
    struct field *below, *next;
} field;

typedef struct tree {
    field *fields; /* [MOST_FIELDS] */
    int count;
    field root;
} tree;

static bool read_varint(const uint8_t **at, const uint8_t *end, uint64_t *value)
{
    *value = 0;
    for (int shift = 0; shift < 64 && *at < end; shift += 7) {
        uint8_t byte = *(*at)++;
        *value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return true;
    }
    return false;
}

static bool read_fixed(const uint8_t **at, const uint8_t *end, int size, uint64_t *value)
{
    *value = 0;
    if (end - *at < size)
        return false;
    for (int i = 0; i < size; i++)
        *value |= (uint64_t)*(*at)++ << (8 * i);
    return true;
}

static bool read_payload(field *f, const uint8_t **at, const uint8_t *end)
{
    uint64_t size;
    switch (f->wire) {
    case VARINT:
        return read_varint(at, end, &f->value);
    case FIXED64:
        return read_fixed(at, end, 8, &f->value);
    case FIXED32:
        return read_fixed(at, end, 4, &f->value);
    case BYTES:
        if (!read_varint(at, end, &size) || size > (uint64_t)(end - *at))
            return false;
        f->bytes = *at;
        f->size = (size_t)size;
        *at += size;
        return true;
    default:
        return false;
    }
}

/* The fields of a message, linked from parent->below; what is no message stays a leaf. */
static bool take_apart(tree *t, field *parent, int depth)
{
    const uint8_t *at = parent->bytes, *end = at + parent->size;
    field **link = &parent->below;
    while (at < end) {
        uint64_t key;
        if (t->count == MOST_FIELDS || !read_varint(&at, end, &key) || key >> 3 == 0 || key > UINT32_MAX)
            return false;
        field *f = &t->fields[t->count++];
        *f = (field){.parent = parent->kind, .number = (uint32_t)(key >> 3), .wire = (int)(key & 7)};
        if (!read_payload(f, &at, end))
            return false;
        f->kind = f->wire == BYTES ? child_of(parent->kind, f->number) : LEAF;
        if (f->kind != LEAF && (depth == MOST_DEPTH || !take_apart(t, f, depth + 1))) {
            f->kind = LEAF;
            f->below = NULL;
        }
        *link = f;
        link = &f->next;
    }
    return true;
}

static bool tree_open(tree *t, const uint8_t *data, size_t size)
{
    *t = (tree){.fields = malloc(MOST_FIELDS * sizeof(field)), .root = {.kind = MODEL, .wire = BYTES, .bytes = data, .size = size}};
    return t->fields && size && take_apart(t, &t->root, 0) && t->root.below;
}

static size_t varint_size(uint64_t value)
{
    size_t size = 1;
    while (value >>= 7)
        size++;
    return size;
}

/* Sets the size of every message below; returns that of this one's content. */
static size_t measure(field *f)
{
    if (f->kind == LEAF)
        return f->size;
    size_t total = 0;
    for (field *child = f->below; child; child = child->next) {
        total += varint_size((uint64_t)child->number << 3);
        if (child->wire == BYTES) {
            size_t size = measure(child);
            total += varint_size(size) + size;
        } else {
            total += child->wire == VARINT ? varint_size(child->value) : child->wire == FIXED64 ? 8 : 4;
        }
    }
    return f->size = total;
}

static uint8_t *write_varint(uint8_t *out, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        *out++ = (uint8_t)(value | 0x80);
    *out++ = (uint8_t)value;
    return out;
}

static uint8_t *write_fields(const field *parent, uint8_t *out)
{
    for (const field *f = parent->below; f; f = f->next) {
        out = write_varint(out, (uint64_t)f->number << 3 | (uint64_t)f->wire);
        if (f->wire == VARINT) {
            out = write_varint(out, f->value);
        } else if (f->wire != BYTES) {
            for (int i = 0; i < (f->wire == FIXED64 ? 8 : 4); i++)
                *out++ = (uint8_t)(f->value >> (8 * i));
        } else {
            out = write_varint(out, f->size);
            if (f->kind != LEAF) {
                out = write_fields(f, out);
            } else if (f->size) {
                memcpy(out, f->bytes, f->size);
                out += f->size;
            }
        }
    }
    return out;
}

/* 0: larger than max_size. The tree's leaves may lie in `out`, so it is written elsewhere first. */
static size_t tree_write(tree *t, uint8_t *out, size_t max_size)
{
    size_t size = measure(&t->root);
    uint8_t *copy = size && size <= max_size ? malloc(size) : NULL;
    if (!copy)
        return 0;
    write_fields(&t->root, copy);
    memcpy(out, copy, size);
    free(copy);
    return size;
}

/* ---- Changes ---- */

typedef struct dice {
    uint64_t state;
} dice;

static uint32_t roll(dice *d, uint32_t sides)
{
    d->state = d->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((d->state >> 33) % sides);
}

static uint64_t number(dice *d, uint64_t old)
{
    static const int64_t telling[] = {0, 1, -1, 2, 3, 4, 7, 8, 16, 255, 256, 65535, 65536, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN,
                                      (int64_t)UINT32_MAX, INT64_C(1) << 40};
    switch (roll(d, 4)) {
    case 0:
        return old + 1;
    case 1:
        return old - 1;
    case 2:
        return old * 2;
    default:
        return (uint64_t)telling[roll(d, sizeof telling / sizeof telling[0])];
    }
}

/* One of the fields that `other` has under the same number in the same kind of message, or NULL. */
static field *of_the_same_kind(dice *d, tree *other, const field *f)
{
    int found = 0;
    field *chosen = NULL;
    for (int i = 0; i < other->count; i++)
        if (other->fields[i].parent == f->parent && other->fields[i].number == f->number && other->fields[i].wire == f->wire &&
            &other->fields[i] != f && roll(d, (uint32_t)++found) == 0)
            chosen = &other->fields[i];
    return chosen;
}

/* Names are what holds a graph together: an input takes the name of any output, an output that of any input. */
static field *name_from_elsewhere(dice *d, tree *t, const field *f)
{
    field like = *f;
    like.number = 1 + roll(d, 2);
    return of_the_same_kind(d, t, &like);
}

static bool below(const field *f, const field *wanted)
{
    for (const field *child = f->below; child; child = child->next)
        if (child == wanted || below(child, wanted))
            return true;
    return false;
}

static void take_content(field *f, const field *from)
{
    if (below(from, f))
        return; /* it would hold itself */
    f->kind = from->kind;
    f->value = from->value;
    f->bytes = from->bytes;
    f->size = from->size;
    f->below = from->below;
}

/* Elements of raw_data: what an index, a dimension or a weight may wrongly be. `room` keeps the bytes until the tree is written. */
static void change_raw(dice *d, field *f, uint8_t *room)
{
    static const uint32_t floats[] = {0, 0x80000000, 0x3f800000, 0x7f800000, 0xff800000, 0x7fc00000, 0x00000001, 0x7f7fffff, 0x0da24260, 0xbf800000};
    size_t width = roll(d, 2) ? 8 : 4;
    if (f->size < width)
        return;
    memcpy(room, f->bytes, f->size);
    size_t at = roll(d, (uint32_t)(f->size / width)) * width;
    uint64_t old = 0;
    memcpy(&old, room + at, width);
    uint64_t value = width == 8 ? number(d, old) : floats[roll(d, sizeof floats / sizeof floats[0])];
    memcpy(room + at, &value, width);
    f->bytes = room;
}

static void change_bytes(dice *d, tree *t, field *f, uint8_t *room, size_t room_size)
{
    size_t count;
    const char *const *names = fuzz_operator_names(&count);
    if (f->parent == NODE && f->number == NODE_OPERATOR && count && roll(d, 4)) {
        f->bytes = (const uint8_t *)names[roll(d, (uint32_t)count)];
        f->size = strlen((const char *)f->bytes);
    } else if (f->parent == NODE && f->number < 3 && roll(d, 8)) {
        const field *from = name_from_elsewhere(d, t, f);
        if (from)
            take_content(f, from);
    } else if (f->size <= room_size / 2) {
        if (f->parent == TENSOR && f->number == TENSOR_RAW_DATA && roll(d, 4)) {
            change_raw(d, f, room);
            return;
        }
        if (f->size)
            memcpy(room, f->bytes, f->size);
        f->size = LLVMFuzzerMutate(room, f->size, room_size);
        f->bytes = room;
    }
}

static field **link_to(field *parent, const field *wanted)
{
    for (field **link = &parent->below; *link; link = &(*link)->next) {
        if (*link == wanted)
            return link;
        field **deeper = link_to(*link, wanted);
        if (deeper)
            return deeper;
    }
    return NULL;
}

static void repeat(dice *d, tree *t, field *f)
{
    if (t->count == MOST_FIELDS)
        return;
    const field *from = of_the_same_kind(d, t, f);
    field *copy = &t->fields[t->count++];
    *copy = *f;
    f->next = copy; /* before it takes content: it is then seen where it may come to lie within itself */
    if (from && roll(d, 2))
        take_content(copy, from);
}

static void change(dice *d, tree *t, uint8_t *room, size_t room_size)
{
    field *f = &t->fields[roll(d, (uint32_t)t->count)];
    field **link = link_to(&t->root, f);
    if (!link)
        return; /* it was read, but lies in a message that was not taken apart, or has been removed */
    const field *from;
    switch (roll(d, 8)) {
    case 0:
        *link = f->next;
        break;
    case 1:
        repeat(d, t, f);
        break;
    case 2:
    case 3:
        from = of_the_same_kind(d, t, f);
        if (from)
            take_content(f, from);
        break;
    default:
        if (f->wire == BYTES && f->kind == LEAF)
            change_bytes(d, t, f, room, room_size);
        else if (f->wire == VARINT)
            f->value = number(d, f->value);
        else if (f->wire != BYTES)
            f->value ^= UINT64_C(1) << roll(d, 32);
    }
}

/* Messages are put together by copying links, so that a field can be reached twice; never from within itself (take_content). */
enum { MOST_CHANGES = 4 };

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    dice d = {seed};
    tree t = {0};
    size_t result = 0, room_size = 2 * size + 64;
    uint8_t *room = malloc(MOST_CHANGES * room_size);
    if (roll(&d, 8) && room && tree_open(&t, data, size)) {
        int changes = 1 + (int)roll(&d, MOST_CHANGES);
        for (int i = 0; i < changes; i++)
            change(&d, &t, room + (size_t)i * room_size, room_size);
        result = tree_write(&t, data, max_size);
    }
    free(t.fields);
    free(room);
    return result ? result : LLVMFuzzerMutate(data, size, max_size);
}

size_t LLVMFuzzerCustomCrossOver(const uint8_t *data, size_t size, const uint8_t *other, size_t other_size, uint8_t *out, size_t max_size,
                                 unsigned seed)
{
    dice d = {seed};
    tree into = {0}, from = {0};
    size_t result = 0;
    if (tree_open(&into, data, size) && tree_open(&from, other, other_size)) {
        field *f = &into.fields[roll(&d, (uint32_t)into.count)];
        const field *taken = of_the_same_kind(&d, &from, f);
        if (taken && roll(&d, 2))
            take_content(f, taken);
        else if (taken && into.count < MOST_FIELDS) {
            field *added = &into.fields[into.count++];
            *added = *taken;
            added->next = f->next;
            f->next = added;
        }
        result = tree_write(&into, out, max_size);
    }
    free(into.fields);
    free(from.fields);
    return result;
}
