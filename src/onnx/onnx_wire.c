#include "onnx/onnx_wire.h"

enum { VARINT_MAX_BYTES = 10 };

static unsigned long long offset_of(const unsigned char *at, const unsigned char *file)
{
    return (unsigned long long)(at - file);
}

cm_wire cm_wire_open(cm_text message, const unsigned char *file)
{
    return (cm_wire){.at = message.at, .end = message.at + message.size, .file = file};
}

static cameo_status read_varint(cm_wire *wire, uint64_t *value, cameo_error *error)
{
    const unsigned char *start = wire->at;
    uint64_t result = 0;
    for (int i = 0; i < VARINT_MAX_BYTES; i++) {
        if (wire->at == wire->end)
            return cm_fail(error, CAMEO_ERROR_FORMAT,
                           "a number that begins at byte %llu is cut off: the file is truncated or damaged",
                           offset_of(start, wire->file));
        unsigned char byte = *wire->at++;
        /* The tenth byte holds bit 63 only. */
        if (i == VARINT_MAX_BYTES - 1 && byte > 1)
            break;
        result |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte < 0x80) {
            *value = result;
            return CAMEO_OK;
        }
    }
    return cm_fail(error, CAMEO_ERROR_FORMAT, "the number at byte %llu has more than 64 bits: this is no ONNX data",
                   offset_of(start, wire->file));
}

static cameo_status read_fixed(cm_wire *wire, int bytes, uint64_t *value, cameo_error *error)
{
    if (wire->end - wire->at < bytes)
        return cm_fail(error, CAMEO_ERROR_FORMAT, "a %d-byte number at byte %llu is cut off: the file is truncated or damaged",
                       bytes, offset_of(wire->at, wire->file));
    *value = 0;
    for (int i = 0; i < bytes; i++)
        *value |= (uint64_t)wire->at[i] << (8 * i);
    wire->at += bytes;
    return CAMEO_OK;
}

static cameo_status read_bytes(cm_wire *wire, const cm_wire_field *field, cm_text *bytes, cameo_error *error)
{
    uint64_t size;
    cameo_status status = read_varint(wire, &size, error);
    if (status != CAMEO_OK)
        return status;
    uint64_t left = (uint64_t)(wire->end - wire->at);
    if (size > left)
        return cm_fail(
            error, CAMEO_ERROR_FORMAT,
            "field %u declares %llu bytes at byte %llu, but its message ends after %llu: the file is truncated or damaged",
            (unsigned)field->number, (unsigned long long)size, offset_of(wire->at, wire->file), (unsigned long long)left);
    *bytes = (cm_text){.at = wire->at, .size = (size_t)size};
    wire->at += size;
    return CAMEO_OK;
}

cameo_status cm_wire_next(cm_wire *wire, cm_wire_field *field, cameo_error *error)
{
    *field = (cm_wire_field){.file = wire->file};
    if (wire->at == wire->end)
        return CAMEO_OK;
    const unsigned char *start = wire->at;
    uint64_t key;
    cameo_status status = read_varint(wire, &key, error);
    if (status != CAMEO_OK)
        return status;
    if (key >> 3 == 0 || key > UINT32_MAX)
        return cm_fail(error, CAMEO_ERROR_FORMAT,
                       "byte %llu begins a field of number %llu, which does not exist: this is no ONNX data",
                       offset_of(start, wire->file), (unsigned long long)(key >> 3));
    field->number = (uint32_t)(key >> 3);
    field->type = (cm_wire_type)(key & 7);
    switch (key & 7) {
    case CM_WIRE_VARINT:
        return read_varint(wire, &field->value, error);
    case CM_WIRE_FIXED64:
        return read_fixed(wire, 8, &field->value, error);
    case CM_WIRE_BYTES:
        return read_bytes(wire, field, &field->bytes, error);
    case CM_WIRE_FIXED32:
        return read_fixed(wire, 4, &field->value, error);
    default:
        return cm_fail(error, CAMEO_ERROR_FORMAT,
                       "byte %llu begins a field of wire type %u, which ONNX does not use: this is no ONNX data",
                       offset_of(start, wire->file), (unsigned)(key & 7));
    }
}

cameo_status cm_wire_expect(const cm_wire_field *field, cm_wire_type type, const char *what, cameo_error *error)
{
    if (field->type == type)
        return CAMEO_OK;
    return cm_fail(error, CAMEO_ERROR_FORMAT, "%s has wire type %d, but is defined with wire type %d: this is no ONNX data",
                   what, (int)field->type, (int)type);
}

static size_t count_varints(cm_text bytes)
{
    size_t count = 0;
    for (size_t i = 0; i < bytes.size; i++)
        count += bytes.at[i] < 0x80;
    return count;
}

cameo_status cm_wire_list_open(cm_wire_list *list, const cm_wire_field *field, cm_wire_type element, const char *what,
                               cameo_error *error)
{
    *list = (cm_wire_list){.element = element, .single = field->value};
    if (field->type == element) {
        list->left = list->count = 1;
        return CAMEO_OK;
    }
    cameo_status status = cm_wire_expect(field, CM_WIRE_BYTES, what, error);
    if (status != CAMEO_OK)
        return status;
    list->packed = cm_wire_open(field->bytes, field->file);
    if (element == CM_WIRE_VARINT) {
        list->count = count_varints(field->bytes);
        if (field->bytes.size && field->bytes.at[field->bytes.size - 1] >= 0x80)
            return cm_fail(error, CAMEO_ERROR_FORMAT, "%s: its list ends within a number at byte %llu", what,
                           offset_of(list->packed.end, field->file));
    } else {
        size_t size = element == CM_WIRE_FIXED32 ? 4 : 8;
        if (field->bytes.size % size)
            return cm_fail(error, CAMEO_ERROR_FORMAT, "%s: a list of %zu bytes is no multiple of %zu", what, field->bytes.size,
                           size);
        list->count = field->bytes.size / size;
    }
    list->left = list->count;
    return CAMEO_OK;
}

cameo_status cm_wire_list_next(cm_wire_list *list, uint64_t *value, cameo_error *error)
{
    list->left--;
    if (!list->packed.at) {
        *value = list->single;
        return CAMEO_OK;
    }
    if (list->element == CM_WIRE_VARINT)
        return read_varint(&list->packed, value, error);
    return read_fixed(&list->packed, list->element == CM_WIRE_FIXED32 ? 4 : 8, value, error);
}
