/* ValueInfoProto and the TypeProto in it. */
#include "onnx/onnx_reader.h"

/* The payload of field `number` (the last one) of a message; empty if it is not there. */
static cameo_status find_message(cm_text message, uint32_t number, const char *what, const unsigned char *file, cm_text *found,
                                 cameo_error *error)
{
    cm_wire wire = cm_wire_open(message, file);
    cm_wire_field field;
    cameo_status status;
    *found = (cm_text){0};
    while ((status = cm_wire_next(&wire, &field, error)) == CAMEO_OK && field.number) {
        if (field.number != number)
            continue;
        status = cm_wire_expect(&field, CM_WIRE_BYTES, what, error);
        if (status != CAMEO_OK)
            return status;
        *found = field.bytes;
    }
    return status;
}

/* TensorShapeProto.Dimension: a number, or -1 for a symbol or nothing. */
static cameo_status read_dimension(cm_text message, const unsigned char *file, int64_t *dim, cameo_error *error)
{
    cm_wire wire = cm_wire_open(message, file);
    cm_wire_field field;
    cameo_status status;
    *dim = -1;
    while ((status = cm_wire_next(&wire, &field, error)) == CAMEO_OK && field.number) {
        if (field.number == 1) {
            status = cm_wire_expect(&field, CM_WIRE_VARINT, "Dimension.dim_value", error);
            if (status != CAMEO_OK)
                return status;
            *dim = field.value > 0 && field.value <= INT64_MAX ? (int64_t)field.value : -1;
        } else if (field.number == 2) {
            *dim = -1; /* one of two: the later one counts */
        }
    }
    return status;
}

static cameo_status read_shape(cm_text message, const unsigned char *file, cm_onnx_value *value, cameo_error *error)
{
    cm_wire wire = cm_wire_open(message, file);
    cm_wire_field field;
    cameo_status status;
    value->rank = 0;
    while ((status = cm_wire_next(&wire, &field, error)) == CAMEO_OK && field.number) {
        if (field.number != 1)
            continue;
        status = cm_wire_expect(&field, CM_WIRE_BYTES, "TensorShapeProto.dim", error);
        if (status != CAMEO_OK)
            return status;
        if (value->rank == CAMEO_MAX_RANK)
            return cm_fail(error, CAMEO_ERROR_LIMIT, "it has more than %d dimensions", CAMEO_MAX_RANK);
        status = read_dimension(field.bytes, file, &value->dims[value->rank++], error);
        if (status != CAMEO_OK)
            return status;
    }
    return status;
}

/* TypeProto.Tensor */
static cameo_status read_tensor_type(cm_text message, const unsigned char *file, cm_onnx_value *value, cameo_error *error)
{
    cm_wire wire = cm_wire_open(message, file);
    cm_wire_field field;
    cameo_status status;
    while ((status = cm_wire_next(&wire, &field, error)) == CAMEO_OK && field.number) {
        if (field.number == 1) {
            status = cm_wire_expect(&field, CM_WIRE_VARINT, "TypeProto.Tensor.elem_type", error);
            bool known = field.value == CM_ONNX_STRING || cm_onnx_type_bytes((int64_t)field.value);
            value->type = known ? (cm_onnx_type)field.value : CM_ONNX_UNDEFINED;
        } else if (field.number == 2) {
            status = cm_wire_expect(&field, CM_WIRE_BYTES, "TypeProto.Tensor.shape", error);
            if (status == CAMEO_OK)
                status = read_shape(field.bytes, file, value, error);
        }
        if (status != CAMEO_OK)
            return status;
    }
    return status;
}

/* TypeProto: a tensor (field 1), or something else. */
static cameo_status read_type(cm_text message, const unsigned char *file, cm_onnx_value *value, bool *is_tensor,
                              cameo_error *error)
{
    cm_wire wire = cm_wire_open(message, file);
    cm_wire_field field;
    cameo_status status;
    while ((status = cm_wire_next(&wire, &field, error)) == CAMEO_OK && field.number) {
        if (field.number == 4 || field.number == 5 || (field.number >= 7 && field.number <= 9))
            *is_tensor = false;
        if (field.number != 1)
            continue;
        status = cm_wire_expect(&field, CM_WIRE_BYTES, "TypeProto.tensor_type", error);
        if (status == CAMEO_OK)
            status = read_tensor_type(field.bytes, file, value, error);
        if (status != CAMEO_OK)
            return status;
        *is_tensor = true;
    }
    return status;
}

cameo_status cm_onnx_read_value_info(cm_onnx_reader *reader, cm_text message, cm_text *name, cm_onnx_value *value,
                                     bool *is_tensor)
{
    cm_text type;
    value->type = CM_ONNX_UNDEFINED;
    value->rank = -1;
    *is_tensor = true;
    cameo_status status = find_message(message, 1, "ValueInfoProto.name", reader->file, name, reader->error);
    if (status == CAMEO_OK)
        status = find_message(message, 2, "ValueInfoProto.type", reader->file, &type, reader->error);
    if (status == CAMEO_OK && type.at)
        status = read_type(type, reader->file, value, is_tensor, reader->error);
    if (status == CAMEO_OK)
        return CAMEO_OK;
    return cm_fail_prefix(reader->error, status, "value \"%.*s\"", CM_TEXT_SHOWN(*name));
}
