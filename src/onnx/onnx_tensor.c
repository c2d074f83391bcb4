/* TensorProto: shape and data, compared with each other before anyone believes them. */
#include "onnx/onnx_reader.h"

#include <string.h>

/* The repeated fields that hold elements. */
typedef enum typed_field {
    FLOAT_DATA,
    INT32_DATA,
    INT64_DATA,
    DOUBLE_DATA,
    UINT64_DATA,
    STRING_DATA,
    TYPED_COUNT,
    NO_TYPED = TYPED_COUNT
} typed_field;

typedef struct typed_about {
    const char *name;
    uint32_t number;
    cm_wire_type wire;
} typed_about;

static const typed_about typed_fields[TYPED_COUNT] = {
    [FLOAT_DATA] = {"float_data", 4, CM_WIRE_FIXED32},   [INT32_DATA] = {"int32_data", 5, CM_WIRE_VARINT},
    [INT64_DATA] = {"int64_data", 7, CM_WIRE_VARINT},    [DOUBLE_DATA] = {"double_data", 10, CM_WIRE_FIXED64},
    [UINT64_DATA] = {"uint64_data", 11, CM_WIRE_VARINT}, [STRING_DATA] = {"string_data", 6, CM_WIRE_BYTES},
};

/* What a TensorProto says, before it is checked. */
typedef struct tensor_fields {
    cm_text message, name, raw, location, offset, length;
    int64_t type;
    int64_t dims[CAMEO_MAX_RANK];
    int rank;
    bool has_raw, external;
    uint64_t counts[TYPED_COUNT]; /* elements in each typed field */
    cm_text packed;               /* the last packed list of floats or doubles ... */
    uint64_t occurrences;         /* ... which is all there is if this is 1 */
} tensor_fields;

static typed_field field_for_type(int64_t type)
{
    switch (type) {
    case CM_ONNX_FLOAT:
        return FLOAT_DATA;
    case CM_ONNX_DOUBLE:
        return DOUBLE_DATA;
    case CM_ONNX_INT64:
        return INT64_DATA;
    case CM_ONNX_UINT32:
    case CM_ONNX_UINT64:
        return UINT64_DATA;
    case CM_ONNX_STRING:
        return STRING_DATA;
    default:
        return INT32_DATA;
    }
}

static typed_field field_by_number(uint32_t number)
{
    for (int i = 0; i < TYPED_COUNT; i++)
        if (typed_fields[i].number == number)
            return (typed_field)i;
    return NO_TYPED;
}

static bool text_is(cm_text text, const char *what)
{
    return text.size == strlen(what) && memcmp(text.at, what, text.size) == 0;
}

static cameo_status read_dims(tensor_fields *fields, const cm_wire_field *field, cameo_error *error)
{
    cm_wire_list list;
    cameo_status status = cm_wire_list_open(&list, field, CM_WIRE_VARINT, "TensorProto.dims", error);
    while (status == CAMEO_OK && list.left) {
        uint64_t dim;
        status = cm_wire_list_next(&list, &dim, error);
        if (status != CAMEO_OK)
            return status;
        if (dim > INT64_MAX)
            return cm_fail(error, CAMEO_ERROR_FORMAT, "its dimension %d is negative (%lld)", fields->rank, (long long)dim);
        if (fields->rank == CAMEO_MAX_RANK)
            return cm_fail(error, CAMEO_ERROR_LIMIT, "it has more than %d dimensions", CAMEO_MAX_RANK);
        fields->dims[fields->rank++] = (int64_t)dim;
    }
    return status;
}

/* StringStringEntryProto of external_data. */
static cameo_status read_external_entry(tensor_fields *fields, cm_text message, const unsigned char *file, cameo_error *error)
{
    cm_wire wire = cm_wire_open(message, file);
    cm_wire_field field;
    cm_text key = {0}, value = {(const unsigned char *)"", 0};
    cameo_status status;
    while ((status = cm_wire_next(&wire, &field, error)) == CAMEO_OK && field.number) {
        if (field.number > 2)
            continue;
        status = cm_wire_expect(&field, CM_WIRE_BYTES, "StringStringEntryProto", error);
        if (status != CAMEO_OK)
            return status;
        *(field.number == 1 ? &key : &value) = field.bytes;
    }
    if (text_is(key, "location"))
        fields->location = value;
    else if (text_is(key, "offset"))
        fields->offset = value;
    else if (text_is(key, "length"))
        fields->length = value;
    return status;
}

static cameo_status count_typed(tensor_fields *fields, typed_field which, const cm_wire_field *field, cameo_error *error)
{
    const typed_about *about = &typed_fields[which];
    if (which == STRING_DATA) {
        fields->counts[which]++;
        return cm_wire_expect(field, CM_WIRE_BYTES, "TensorProto.string_data", error);
    }
    cm_wire_list list;
    cameo_status status = cm_wire_list_open(&list, field, about->wire, about->name, error);
    if (status != CAMEO_OK)
        return status;
    fields->counts[which] += list.count;
    if (which == FLOAT_DATA || which == DOUBLE_DATA) {
        fields->occurrences++;
        fields->packed = field->bytes;
    }
    return CAMEO_OK;
}

static cameo_status read_field(tensor_fields *fields, const cm_wire_field *field, cameo_error *error)
{
    typed_field which = field_by_number(field->number);
    if (which != NO_TYPED)
        return count_typed(fields, which, field, error);
    cameo_status status = CAMEO_OK;
    switch (field->number) {
    case 1:
        return read_dims(fields, field, error);
    case 2:
        fields->type = (int32_t)(uint32_t)field->value;
        return cm_wire_expect(field, CM_WIRE_VARINT, "TensorProto.data_type", error);
    case 3:
        return cm_fail(error, CAMEO_ERROR_UNSUPPORTED, "it is stored in segments, which no exporter uses: store it whole");
    case 8:
        fields->name = field->bytes;
        return cm_wire_expect(field, CM_WIRE_BYTES, "TensorProto.name", error);
    case 9:
        fields->raw = field->bytes;
        fields->has_raw = true;
        return cm_wire_expect(field, CM_WIRE_BYTES, "TensorProto.raw_data", error);
    case 13:
        status = cm_wire_expect(field, CM_WIRE_BYTES, "TensorProto.external_data", error);
        return status == CAMEO_OK ? read_external_entry(fields, field->bytes, field->file, error) : status;
    case 14:
        fields->external = field->value == 1;
        return cm_wire_expect(field, CM_WIRE_VARINT, "TensorProto.data_location", error);
    default:
        return CAMEO_OK;
    }
}

/* elements * bytes each, without overflow; a dimension of 0 makes it 0 whatever the others are. */
static cameo_status measure(const tensor_fields *fields, cm_onnx_tensor *tensor, cameo_error *error)
{
    uint64_t elements = 1, bytes;
    bool overflow = false;
    for (int i = 0; i < tensor->rank; i++)
        overflow |= __builtin_mul_overflow(elements, (uint64_t)tensor->dims[i], &elements);
    for (int i = 0; i < tensor->rank; i++)
        if (tensor->dims[i] == 0) {
            elements = 0;
            overflow = false;
        }
    overflow |= __builtin_mul_overflow(elements, (uint64_t)cm_onnx_type_bytes(fields->type), &bytes) || bytes > SIZE_MAX / 2;
    if (overflow)
        return cm_fail(error, CAMEO_ERROR_FORMAT, "its dimensions declare more elements than any memory holds");
    tensor->elements = elements;
    tensor->bytes = (size_t)bytes;
    return CAMEO_OK;
}

static cameo_status read_decimal(cm_text text, const char *what, uint64_t *value, cameo_error *error)
{
    *value = 0;
    for (size_t i = 0; i < text.size; i++) {
        unsigned digit = (unsigned)text.at[i] - '0';
        if (digit > 9 || *value > (UINT64_MAX - 9) / 10)
            return cm_fail(error, CAMEO_ERROR_FORMAT, "the %s \"%.*s\" of its external data is no count of bytes", what,
                           CM_TEXT_SHOWN(text));
        *value = *value * 10 + digit;
    }
    return CAMEO_OK;
}

static cameo_status place_external(cm_onnx_reader *reader, const tensor_fields *fields, cm_onnx_tensor *tensor)
{
    uint64_t offset, length;
    cameo_status status = read_decimal(fields->offset, "offset", &offset, reader->error);
    if (status == CAMEO_OK)
        status = read_decimal(fields->length, "length", &length, reader->error);
    if (status != CAMEO_OK)
        return status;
    if (fields->length.size && length != tensor->bytes)
        return cm_fail(reader->error, CAMEO_ERROR_FORMAT, "its external data has %llu bytes, its shape and type need %zu",
                       (unsigned long long)length, tensor->bytes);
    const cm_file_map *map;
    status = cm_onnx_external_open(reader, fields->location, &map);
    if (status != CAMEO_OK)
        return status;
    if (offset > map->size || tensor->bytes > map->size - offset)
        return cm_fail(
            reader->error, CAMEO_ERROR_FORMAT, "it needs bytes %llu to %llu of the external file \"%.*s\", which has only %zu",
            (unsigned long long)offset, (unsigned long long)offset + tensor->bytes, CM_TEXT_SHOWN(fields->location), map->size);
    tensor->data = map->bytes + offset;
    return CAMEO_OK;
}

/* What an element of a typed field is in its type's own bits; false if it does not fit. */
static bool narrow(int64_t type, uint64_t *value)
{
    size_t bits = 8 * cm_onnx_type_bytes(type);
    if (type == CM_ONNX_BOOL) {
        *value = *value != 0;
        return true;
    }
    if (bits == 64 || type == CM_ONNX_FLOAT)
        return true;
    int64_t number = (int64_t)*value;
    return number >= -((int64_t)1 << (bits - 1)) && number < (int64_t)1 << bits;
}

static cameo_status convert_list(cm_wire_list *list, const cm_onnx_tensor *tensor, unsigned char *out, cameo_error *error)
{
    size_t size = cm_onnx_type_bytes(tensor->type);
    while (list->left) {
        uint64_t value;
        cameo_status status = cm_wire_list_next(list, &value, error);
        if (status != CAMEO_OK)
            return status;
        if (!narrow(tensor->type, &value))
            return cm_fail(error, CAMEO_ERROR_FORMAT, "its element %lld is no %s", (long long)value,
                           cm_onnx_type_name(tensor->type));
        for (size_t i = 0; i < size; i++)
            *out++ = (unsigned char)(value >> (8 * i));
    }
    return CAMEO_OK;
}

/* Typed elements -> little-endian bytes. Their number has been compared with the shape. */
static cameo_status convert_typed(cm_onnx_reader *reader, const tensor_fields *fields, typed_field which,
                                  cm_onnx_tensor *tensor)
{
    const typed_about *about = &typed_fields[which];
    unsigned char *out = cm_onnx_alloc(reader, tensor->bytes, 1);
    if (!out)
        return cm_onnx_alloc_status(reader);
    tensor->data = out;
    cm_wire wire = cm_wire_open(fields->message, reader->file);
    cm_wire_field field;
    cameo_status status;
    while ((status = cm_wire_next(&wire, &field, reader->error)) == CAMEO_OK && field.number) {
        if (field.number != about->number)
            continue;
        cm_wire_list list;
        status = cm_wire_list_open(&list, &field, about->wire, about->name, reader->error);
        if (status == CAMEO_OK)
            status = convert_list(&list, tensor, out, reader->error);
        if (status != CAMEO_OK)
            return status;
        out += list.count * cm_onnx_type_bytes(tensor->type);
    }
    return status;
}

static cameo_status place_typed(cm_onnx_reader *reader, const tensor_fields *fields, cm_onnx_tensor *tensor)
{
    typed_field which = field_for_type(tensor->type);
    if (fields->counts[which] != tensor->elements)
        return cm_fail(reader->error, CAMEO_ERROR_FORMAT, "its shape declares %llu elements, its %s holds %llu",
                       (unsigned long long)tensor->elements, typed_fields[which].name,
                       (unsigned long long)fields->counts[which]);
    if (which == STRING_DATA || tensor->elements == 0)
        return CAMEO_OK;
    /* A packed list of floats is raw data already. */
    if ((which == FLOAT_DATA || which == DOUBLE_DATA) && fields->occurrences == 1 && fields->packed.at) {
        tensor->data = fields->packed.at;
        return CAMEO_OK;
    }
    return convert_typed(reader, fields, which, tensor);
}

static cameo_status place_data(cm_onnx_reader *reader, const tensor_fields *fields, cm_onnx_tensor *tensor)
{
    tensor->data = (const unsigned char *)"";
    if (fields->external)
        return place_external(reader, fields, tensor);
    if (!fields->has_raw)
        return place_typed(reader, fields, tensor);
    for (int i = 0; i < TYPED_COUNT; i++)
        if (fields->counts[i])
            return cm_fail(reader->error, CAMEO_ERROR_FORMAT, "it has both raw_data and %s: which one counts is undefined",
                           typed_fields[i].name);
    if (tensor->type == CM_ONNX_STRING)
        return cm_fail(reader->error, CAMEO_ERROR_FORMAT, "it holds strings, which raw_data cannot");
    if (fields->raw.size != tensor->bytes)
        return cm_fail(reader->error, CAMEO_ERROR_FORMAT, "its shape and type need %zu bytes, its raw_data has %zu",
                       tensor->bytes, fields->raw.size);
    tensor->data = fields->raw.at;
    return CAMEO_OK;
}

static cameo_status check_type(const tensor_fields *fields, cameo_error *error)
{
    if (fields->type == CM_ONNX_UNDEFINED)
        return cm_fail(error, CAMEO_ERROR_FORMAT, "it has no data type");
    if (fields->type == CM_ONNX_STRING || cm_onnx_type_bytes(fields->type))
        return CAMEO_OK;
    return cm_fail(error, CAMEO_ERROR_UNSUPPORTED,
                   "its data type %lld (%s) is not supported: floats of 16 to 64 bits, integers and booleans are",
                   (long long)fields->type, cm_onnx_foreign_type_name(fields->type));
}

static cameo_status read_and_place(cm_onnx_reader *reader, tensor_fields *fields, cm_onnx_tensor *tensor)
{
    cm_wire wire = cm_wire_open(fields->message, reader->file);
    cm_wire_field field;
    cameo_status status;
    while ((status = cm_wire_next(&wire, &field, reader->error)) == CAMEO_OK && field.number) {
        status = read_field(fields, &field, reader->error);
        if (status != CAMEO_OK)
            return status;
    }
    if (status == CAMEO_OK)
        status = cm_onnx_copy_name(reader, fields->name, "its name", &tensor->name);
    if (status == CAMEO_OK)
        status = check_type(fields, reader->error);
    if (status != CAMEO_OK)
        return status;
    tensor->type = (cm_onnx_type)fields->type;
    tensor->rank = fields->rank;
    memcpy(tensor->dims, fields->dims, sizeof tensor->dims);
    status = measure(fields, tensor, reader->error);
    return status == CAMEO_OK ? place_data(reader, fields, tensor) : status;
}

/* The name for an error's sentence; it may come after what is wrong. */
static cm_text find_name(cm_text message)
{
    cm_wire wire = cm_wire_open(message, message.at);
    cm_wire_field field;
    cm_text name = {(const unsigned char *)"", 0};
    while (cm_wire_next(&wire, &field, NULL) == CAMEO_OK && field.number)
        if (field.number == 8 && field.type == CM_WIRE_BYTES)
            name = field.bytes;
    return name;
}

cameo_status cm_onnx_read_tensor(cm_onnx_reader *reader, cm_text message, cm_onnx_tensor *tensor)
{
    tensor_fields fields = {.message = message, .name = {(const unsigned char *)"", 0}};
    cameo_status status = read_and_place(reader, &fields, tensor);
    if (status == CAMEO_OK)
        return CAMEO_OK;
    cm_text name = find_name(message);
    return cm_fail_prefix(reader->error, status, "tensor \"%.*s\"", CM_TEXT_SHOWN(name));
}
