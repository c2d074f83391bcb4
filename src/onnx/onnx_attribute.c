/* AttributeProto, and looking attributes up. */
#include "onnx/onnx_reader.h"

#include <string.h>

/* Field numbers of AttributeProto. */
enum {
    FIELD_NAME = 1,
    FIELD_F = 2,
    FIELD_I = 3,
    FIELD_S = 4,
    FIELD_T = 5,
    FIELD_G = 6,
    FIELD_FLOATS = 7,
    FIELD_INTS = 8,
    FIELD_STRINGS = 9,
    FIELD_TENSORS = 10,
    FIELD_GRAPHS = 11,
    FIELD_TYPE = 20
};

typedef struct attribute_fields {
    cm_text name, s, t;
    uint64_t type, f, i;
    size_t count[3]; /* floats, ints, strings */
    uint32_t seen;   /* bit n: field n (1..11) is there */
    bool has_tensor;
} attribute_fields;

static cameo_status count_elements(attribute_fields *fields, const cm_wire_field *field, cameo_error *error)
{
    if (field->number == FIELD_STRINGS) {
        fields->count[2]++;
        return cm_wire_expect(field, CM_WIRE_BYTES, "AttributeProto.strings", error);
    }
    bool floats = field->number == FIELD_FLOATS;
    cm_wire_list list;
    cameo_status status = cm_wire_list_open(&list, field, floats ? CM_WIRE_FIXED32 : CM_WIRE_VARINT,
                                            floats ? "AttributeProto.floats" : "AttributeProto.ints", error);
    if (status == CAMEO_OK)
        fields->count[floats ? 0 : 1] += list.count;
    return status;
}

static cameo_status read_field(attribute_fields *fields, const cm_wire_field *field, cameo_error *error)
{
    if (field->number <= FIELD_GRAPHS)
        fields->seen |= 1u << field->number;
    switch (field->number) {
    case FIELD_NAME:
        fields->name = field->bytes;
        return cm_wire_expect(field, CM_WIRE_BYTES, "AttributeProto.name", error);
    case FIELD_F:
        fields->f = field->value;
        return cm_wire_expect(field, CM_WIRE_FIXED32, "AttributeProto.f", error);
    case FIELD_I:
        fields->i = field->value;
        return cm_wire_expect(field, CM_WIRE_VARINT, "AttributeProto.i", error);
    case FIELD_S:
        fields->s = field->bytes;
        return cm_wire_expect(field, CM_WIRE_BYTES, "AttributeProto.s", error);
    case FIELD_T:
        fields->t = field->bytes;
        fields->has_tensor = true;
        return cm_wire_expect(field, CM_WIRE_BYTES, "AttributeProto.t", error);
    case FIELD_FLOATS:
    case FIELD_INTS:
    case FIELD_STRINGS:
        return count_elements(fields, field, error);
    case FIELD_TYPE:
        fields->type = field->value;
        return cm_wire_expect(field, CM_WIRE_VARINT, "AttributeProto.type", error);
    default:
        return CAMEO_OK;
    }
}

/* Files of IR version 1 leave the type out: it is that of the first value there is. */
static cm_onnx_attribute_kind kind_of(const attribute_fields *fields)
{
    if (fields->type)
        return fields->type <= CM_ONNX_ATTR_STRINGS ? (cm_onnx_attribute_kind)fields->type : CM_ONNX_ATTR_OTHER;
    for (int number = FIELD_F; number <= FIELD_STRINGS; number++)
        if (fields->seen & 1u << number)
            return (cm_onnx_attribute_kind)(number - FIELD_F + CM_ONNX_ATTR_FLOAT);
    return CM_ONNX_ATTR_OTHER;
}

static float float_of_bits(uint64_t bits)
{
    uint32_t low = (uint32_t)bits;
    float value;
    memcpy(&value, &low, sizeof value);
    return value;
}

/* Where the elements of a list attribute go. */
typedef struct element_sink {
    float *floats;
    int64_t *ints;
    const char **strings;
} element_sink;

static cameo_status store_elements(cm_onnx_reader *reader, const cm_wire_field *field, element_sink *sink)
{
    if (sink->strings)
        return cm_onnx_copy_name(reader, field->bytes, "a string of it", sink->strings++);
    cm_wire_list list;
    cameo_status status =
        cm_wire_list_open(&list, field, sink->floats ? CM_WIRE_FIXED32 : CM_WIRE_VARINT, "AttributeProto", reader->error);
    while (status == CAMEO_OK && list.left) {
        uint64_t value = 0;
        status = cm_wire_list_next(&list, &value, reader->error);
        if (sink->floats)
            *sink->floats++ = float_of_bits(value);
        else
            *sink->ints++ = (int64_t)value;
    }
    return status;
}

static cameo_status read_list(cm_onnx_reader *reader, cm_text message, size_t count, cm_onnx_attribute *attribute)
{
    element_sink sink = {0};
    void *elements;
    uint32_t number;
    if (attribute->kind == CM_ONNX_ATTR_FLOATS) {
        number = FIELD_FLOATS;
        attribute->floats = elements = sink.floats = cm_onnx_alloc(reader, count, sizeof *sink.floats);
    } else if (attribute->kind == CM_ONNX_ATTR_INTS) {
        number = FIELD_INTS;
        attribute->ints = elements = sink.ints = cm_onnx_alloc(reader, count, sizeof *sink.ints);
    } else {
        number = FIELD_STRINGS;
        sink.strings = cm_onnx_alloc(reader, count, sizeof *sink.strings);
        attribute->strings = sink.strings;
        elements = sink.strings;
    }
    if (!elements)
        return cm_onnx_alloc_status(reader);
    attribute->count = count;
    cm_wire wire = cm_wire_open(message, reader->file);
    cm_wire_field field;
    cameo_status status;
    while ((status = cm_wire_next(&wire, &field, reader->error)) == CAMEO_OK && field.number) {
        if (field.number != number)
            continue;
        status = store_elements(reader, &field, &sink);
        if (status != CAMEO_OK)
            return status;
    }
    return status;
}

static cameo_status read_value(cm_onnx_reader *reader, cm_text message, const attribute_fields *fields,
                               cm_onnx_attribute *attribute)
{
    switch (attribute->kind) {
    case CM_ONNX_ATTR_FLOAT:
        attribute->f = float_of_bits(fields->f);
        return CAMEO_OK;
    case CM_ONNX_ATTR_INT:
        attribute->i = (int64_t)fields->i;
        return CAMEO_OK;
    case CM_ONNX_ATTR_STRING:
        /* Binary blobs occur in operators of other domains, which are refused by name later. */
        if (fields->s.size && memchr(fields->s.at, 0, fields->s.size)) {
            attribute->kind = CM_ONNX_ATTR_OTHER;
            return CAMEO_OK;
        }
        return cm_onnx_copy_name(reader, fields->s, "its value", &attribute->s);
    case CM_ONNX_ATTR_TENSOR:
        if (!fields->has_tensor)
            return cm_fail(reader->error, CAMEO_ERROR_FORMAT, "it should hold a tensor and holds none");
        return cm_onnx_read_tensor(reader, fields->t, &attribute->tensor);
    case CM_ONNX_ATTR_FLOATS:
        return read_list(reader, message, fields->count[0], attribute);
    case CM_ONNX_ATTR_INTS:
        return read_list(reader, message, fields->count[1], attribute);
    case CM_ONNX_ATTR_STRINGS:
        return read_list(reader, message, fields->count[2], attribute);
    default:
        return CAMEO_OK;
    }
}

static cameo_status read_name(cm_onnx_reader *reader, cm_text message, cm_text *name)
{
    cm_wire wire = cm_wire_open(message, reader->file);
    cm_wire_field field;
    cameo_status status;
    while ((status = cm_wire_next(&wire, &field, reader->error)) == CAMEO_OK && field.number)
        if (field.number == FIELD_NAME)
            *name = field.bytes;
    return status;
}

cameo_status cm_onnx_read_attribute(cm_onnx_reader *reader, cm_text message, cm_text named, cm_onnx_attribute *attribute)
{
    static const unsigned char nothing[1];
    attribute_fields fields = {.name = {nothing, 0}, .s = {nothing, 0}};
    cm_wire wire = cm_wire_open(message, reader->file);
    cm_wire_field field;
    cameo_status status;
    while ((status = cm_wire_next(&wire, &field, reader->error)) == CAMEO_OK && field.number) {
        status = read_field(&fields, &field, reader->error);
        if (status != CAMEO_OK)
            break;
    }
    if (status == CAMEO_OK && named.at != message.at)
        status = read_name(reader, named, &fields.name);
    if (status == CAMEO_OK)
        status = cm_onnx_copy_name(reader, fields.name, "its name", &attribute->name);
    if (status == CAMEO_OK) {
        attribute->kind = kind_of(&fields);
        status = read_value(reader, message, &fields, attribute);
    }
    if (status == CAMEO_OK)
        return CAMEO_OK;
    return cm_fail_prefix(reader->error, status, "attribute \"%.*s\"", CM_TEXT_SHOWN(fields.name));
}

const cm_onnx_attribute *cm_onnx_attribute_find(const cm_onnx_node *node, const char *name)
{
    for (int i = 0; i < node->attribute_count; i++)
        if (strcmp(node->attributes[i].name, name) == 0)
            return &node->attributes[i];
    return NULL;
}

static const cm_onnx_attribute *find_of_kind(const cm_onnx_node *node, const char *name, cm_onnx_attribute_kind kind)
{
    const cm_onnx_attribute *attribute = cm_onnx_attribute_find(node, name);
    return attribute && attribute->kind == kind ? attribute : NULL;
}

int64_t cm_onnx_attribute_int(const cm_onnx_node *node, const char *name, int64_t otherwise)
{
    const cm_onnx_attribute *attribute = find_of_kind(node, name, CM_ONNX_ATTR_INT);
    return attribute ? attribute->i : otherwise;
}

float cm_onnx_attribute_float(const cm_onnx_node *node, const char *name, float otherwise)
{
    const cm_onnx_attribute *attribute = find_of_kind(node, name, CM_ONNX_ATTR_FLOAT);
    return attribute ? attribute->f : otherwise;
}

const char *cm_onnx_attribute_string(const cm_onnx_node *node, const char *name, const char *otherwise)
{
    const cm_onnx_attribute *attribute = find_of_kind(node, name, CM_ONNX_ATTR_STRING);
    return attribute ? attribute->s : otherwise;
}
