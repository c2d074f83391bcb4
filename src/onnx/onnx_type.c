/* Element types, and elements as floats or integers. */
#include "onnx/onnx_reader.h"

#include "base/half.h"

#include <math.h>
#include <string.h>

size_t cm_onnx_type_bytes(int64_t type)
{
    switch (type) {
    case CM_ONNX_UINT8:
    case CM_ONNX_INT8:
    case CM_ONNX_BOOL:
        return 1;
    case CM_ONNX_UINT16:
    case CM_ONNX_INT16:
    case CM_ONNX_FLOAT16:
    case CM_ONNX_BFLOAT16:
        return 2;
    case CM_ONNX_FLOAT:
    case CM_ONNX_INT32:
    case CM_ONNX_UINT32:
        return 4;
    case CM_ONNX_INT64:
    case CM_ONNX_UINT64:
    case CM_ONNX_DOUBLE:
        return 8;
    default:
        return 0;
    }
}

const char *cm_onnx_type_name(cm_onnx_type type)
{
    static const char *const names[] = {"undefined", "float32", "uint8",     "int8",      "uint16",  "int16",
                                        "int32",     "int64",   "str",       "bool",      "float16", "float64",
                                        "uint32",    "uint64",  "undefined", "undefined", "bfloat16"};
    return (unsigned)type < sizeof names / sizeof *names ? names[type] : "undefined";
}

const char *cm_onnx_foreign_type_name(int64_t type)
{
    switch (type) {
    case 14:
        return "complex64";
    case 15:
        return "complex128";
    case 17:
        return "float8e4m3fn";
    case 18:
        return "float8e4m3fnuz";
    case 19:
        return "float8e5m2";
    case 20:
        return "float8e5m2fnuz";
    case 21:
        return "uint4";
    case 22:
        return "int4";
    case 23:
        return "float4e2m1";
    default:
        return "unknown";
    }
}

static uint64_t load_little_endian(const unsigned char *at, size_t bytes)
{
    uint64_t value = 0;
    for (size_t i = 0; i < bytes; i++)
        value |= (uint64_t)at[i] << (8 * i);
    return value;
}

static float float_of_bits(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static double double_of_bits(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* The bits of an integer of this type as int64; false if the type is no integer or the value does not fit. */
static bool integer_of_bits(cm_onnx_type type, uint64_t bits, int64_t *value)
{
    switch (type) {
    case CM_ONNX_BOOL:
        *value = bits != 0;
        return true;
    case CM_ONNX_UINT8:
    case CM_ONNX_UINT16:
    case CM_ONNX_UINT32:
        *value = (int64_t)bits;
        return true;
    case CM_ONNX_INT8:
        *value = (int8_t)bits;
        return true;
    case CM_ONNX_INT16:
        *value = (int16_t)bits;
        return true;
    case CM_ONNX_INT32:
        *value = (int32_t)bits;
        return true;
    case CM_ONNX_INT64:
        *value = (int64_t)bits;
        return true;
    case CM_ONNX_UINT64:
        *value = (int64_t)bits;
        return bits <= INT64_MAX;
    default:
        return false;
    }
}

static bool float_of_element(cm_onnx_type type, uint64_t bits, float *value)
{
    int64_t integer;
    switch (type) {
    case CM_ONNX_FLOAT:
        *value = float_of_bits((uint32_t)bits);
        return true;
    case CM_ONNX_DOUBLE:
        *value = (float)double_of_bits(bits);
        return true;
    case CM_ONNX_FLOAT16:
        *value = cm_half_to_float((uint16_t)bits);
        return true;
    case CM_ONNX_BFLOAT16:
        *value = float_of_bits((uint32_t)bits << 16);
        return true;
    case CM_ONNX_INT64:
    case CM_ONNX_UINT64:
    case CM_ONNX_BOOL:
        return false;
    default:
        if (!integer_of_bits(type, bits, &integer))
            return false;
        *value = (float)integer;
        return true;
    }
}

bool cm_onnx_tensor_floats(const cm_onnx_tensor *tensor, float *out)
{
    size_t size = cm_onnx_type_bytes(tensor->type);
    if (size == 0)
        return false;
    for (size_t i = 0; i < tensor->elements; i++)
        if (!float_of_element(tensor->type, load_little_endian(tensor->data + i * size, size), &out[i]))
            return false;
    return true;
}

bool cm_onnx_tensor_ints(const cm_onnx_tensor *tensor, int64_t *out)
{
    size_t size = cm_onnx_type_bytes(tensor->type);
    if (size == 0)
        return false;
    for (size_t i = 0; i < tensor->elements; i++)
        if (!integer_of_bits(tensor->type, load_little_endian(tensor->data + i * size, size), &out[i]))
            return false;
    return true;
}
