/* The few named things that stand for bytes and arrays, and what calling them gives. */
#include <string.h>

#include "pickle_machine.h"

static const struct {
    const char *module, *name;
    cm_pickle_name meaning;
} known[] = {
    {"_codecs", "encode", CM_NAME_ENCODE},
    {"__builtin__", "bytes", CM_NAME_BYTES},
    {"builtins", "bytes", CM_NAME_BYTES},
    {"__builtin__", "bytearray", CM_NAME_BYTES},
    {"builtins", "bytearray", CM_NAME_BYTES},
    {"numpy.core.multiarray", "_reconstruct", CM_NAME_RECONSTRUCT},
    {"numpy._core.multiarray", "_reconstruct", CM_NAME_RECONSTRUCT},
    {"numpy.core.numeric", "_frombuffer", CM_NAME_FROM_BUFFER},
    {"numpy._core.numeric", "_frombuffer", CM_NAME_FROM_BUFFER},
    {"numpy.core.multiarray", "scalar", CM_NAME_SCALAR},
    {"numpy._core.multiarray", "scalar", CM_NAME_SCALAR},
    {"numpy", "ndarray", CM_NAME_ARRAY},
    {"numpy", "dtype", CM_NAME_TYPE},
};

static int is(const unsigned char *bytes, size_t size, const char *word)
{
    return strlen(word) == size && memcmp(bytes, word, size) == 0;
}

int cm_pickle_push_name(cm_pickle_machine *m, const unsigned char *module, size_t module_size, const unsigned char *name, size_t name_size)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (is(module, module_size, known[i].module) && is(name, name_size, known[i].name))
            return cm_pickle_push(m, (cm_pickle_value){.kind = CM_PICKLE_NAME, .number = (long long)known[i].meaning});
    return cm_pickle_fail(m, "wants '%.*s.%.*s' imported, which no set of pictures needs", (int)(module_size < 60 ? module_size : 60), (const char *)module,
                          (int)(name_size < 60 ? name_size : 60), (const char *)name);
}

/* An argument of a call or of a state, or NULL. */
static const cm_pickle_value *item(const cm_pickle_machine *m, const cm_pickle_value *list, size_t i)
{
    return list->kind == CM_PICKLE_LIST && i < list->count ? &m->values[list->items[i]] : NULL;
}

static int has_kind(const cm_pickle_value *value, cm_pickle_kind kind)
{
    return value && value->kind == kind;
}

/* How protocols before 3 write bytes: each as the character of the same number, in UTF-8. */
static int latin1(cm_pickle_machine *m, const cm_pickle_value *text, cm_pickle_value *result)
{
    if (text->number) {
        *result = (cm_pickle_value){.kind = CM_PICKLE_BYTES, .bytes = text->bytes, .size = text->size};
        return 0;
    }
    unsigned char *room = cm_pickle_room(m, text->size);
    size_t used = 0;
    if (!room)
        return -1;
    for (size_t i = 0; i < text->size; i++) {
        unsigned char byte = text->bytes[i];
        if (byte >= 0x80) {
            if ((byte & 0xfc) != 0xc0 || i + 1 == text->size || (text->bytes[i + 1] & 0xc0) != 0x80)
                return cm_pickle_fail(m, "holds text that stands for bytes, with a character that is none");
            byte = (unsigned char)((byte & 3) << 6 | (text->bytes[++i] & 0x3f));
        }
        room[used++] = byte;
    }
    *result = (cm_pickle_value){.kind = CM_PICKLE_BYTES, .bytes = room, .size = used};
    return 0;
}

static int call_bytes(cm_pickle_machine *m, const cm_pickle_value *arguments, cm_pickle_value *result)
{
    const cm_pickle_value *first = item(m, arguments, 0);
    if (has_kind(first, CM_PICKLE_TEXT))
        return latin1(m, first, result);
    if (has_kind(first, CM_PICKLE_BYTES))
        *result = (cm_pickle_value){.kind = CM_PICKLE_BYTES, .bytes = first->bytes, .size = first->size};
    else if (!first && arguments->kind == CM_PICKLE_LIST)
        *result = (cm_pickle_value){.kind = CM_PICKLE_BYTES, .bytes = m->bytes};
    else
        return cm_pickle_fail(m, "makes bytes of something that is neither bytes nor text, before byte %zu", m->at);
    return 0;
}

/* "b1", "u1", "|b1": a type whose elements are one byte; "i4", "i8" and others have more. */
static int call_type(cm_pickle_machine *m, const cm_pickle_value *arguments, cm_pickle_value *result)
{
    const cm_pickle_value *name = item(m, arguments, 0);
    if (!has_kind(name, CM_PICKLE_TEXT) && !has_kind(name, CM_PICKLE_BYTES))
        return cm_pickle_fail(m, "has a NumPy type without a name, before byte %zu", m->at);
    const unsigned char *text = name->bytes;
    size_t size = name->size;
    if (size == 3 && (*text == '|' || *text == '<')) {
        text++;
        size--;
    }
    if (size != 2 || !memchr("biu", text[0], 3) || !memchr("1248", text[1], 4))
        return cm_pickle_fail(m, "has an array of NumPy's type '%.*s'; wanted are bytes and booleans", (int)(name->size < 40 ? name->size : 40),
                              (const char *)name->bytes);
    *result = (cm_pickle_value){.kind = CM_PICKLE_TYPE, .number = text[1] - '0'};
    return 0;
}

static int make_array(cm_pickle_machine *m, const cm_pickle_value *type, const cm_pickle_value *data, cm_pickle_value *result)
{
    if (!has_kind(type, CM_PICKLE_TYPE) || !data || (data->kind != CM_PICKLE_BYTES && data->kind != CM_PICKLE_TEXT))
        return cm_pickle_fail(m, "has a NumPy array that is none, before byte %zu", m->at);
    cm_pickle_value bytes = *data;
    if (data->kind == CM_PICKLE_TEXT && latin1(m, data, &bytes) != 0)
        return -1;
    if (bytes.size % (size_t)type->number != 0)
        return cm_pickle_fail(m, "has a NumPy array of %zu bytes and elements of %lld", bytes.size, type->number);
    *result = (cm_pickle_value){.kind = CM_PICKLE_ARRAY, .number = type->number, .bytes = bytes.bytes, .size = bytes.size};
    return 0;
}

static int call(cm_pickle_machine *m, cm_pickle_name name, const cm_pickle_value *arguments, cm_pickle_value *result)
{
    switch (name) {
    case CM_NAME_ENCODE:
    case CM_NAME_BYTES:
        return call_bytes(m, arguments, result);
    case CM_NAME_TYPE:
        return call_type(m, arguments, result);
    case CM_NAME_FROM_BUFFER:
        return make_array(m, item(m, arguments, 1), item(m, arguments, 0), result);
    case CM_NAME_SCALAR:
        return make_array(m, item(m, arguments, 0), item(m, arguments, 1), result);
    case CM_NAME_RECONSTRUCT:
        *result = (cm_pickle_value){.kind = CM_PICKLE_ARRAY, .number = 1, .bytes = m->bytes};
        return 0;
    case CM_NAME_ARRAY:
    case CM_NAMES:
        break;
    }
    return cm_pickle_fail(m, "calls what is not to be called, at byte %zu", m->at);
}

int cm_pickle_reduce(cm_pickle_machine *m)
{
    const cm_pickle_value *name = cm_pickle_peek(m, 1), *arguments = cm_pickle_peek(m, 0);
    cm_pickle_value result;
    if (!name || !arguments)
        return -1;
    if (name->kind != CM_PICKLE_NAME || arguments->kind != CM_PICKLE_LIST)
        return cm_pickle_fail(m, "calls what is nothing to call, at byte %zu", m->at);
    if (call(m, (cm_pickle_name)name->number, arguments, &result) != 0)
        return -1;
    m->depth -= 2;
    return cm_pickle_push(m, result);
}

/* A type's state says its byte order, which it was read with already; an array's is (version, shape, type, Fortran's order, bytes). */
int cm_pickle_build(cm_pickle_machine *m)
{
    cm_pickle_value *target = cm_pickle_peek(m, 1), filled;
    const cm_pickle_value *state = cm_pickle_peek(m, 0);
    if (!target || !state)
        return -1;
    if (target->kind == CM_PICKLE_ARRAY) {
        if (make_array(m, item(m, state, 2), item(m, state, 4), &filled) != 0)
            return -1;
        *target = filled;
    } else if (target->kind != CM_PICKLE_TYPE) {
        return cm_pickle_fail(m, "fills what is no array, at byte %zu", m->at);
    }
    m->depth--;
    return 0;
}
