/* FunctionProto: the table of a model's own functions. */
#include "onnx/onnx_functions.h"

#include <stdlib.h>
#include <string.h>

enum { FIELD_FUNCTIONS = 25, FUNCTION_NAME = 1, FUNCTION_OPSET = 9, FUNCTION_DOMAIN = 10, FUNCTION_OVERLOAD = 13, OPSET_DOMAIN = 1, OPSET_VERSION = 2 };

static int compare_texts(cm_text a, cm_text b)
{
    size_t common = a.size < b.size ? a.size : b.size;
    int order = common ? memcmp(a.at, b.at, common) : 0;
    return order ? order : (a.size > b.size) - (a.size < b.size);
}

static int compare_functions(const void *left, const void *right)
{
    const cm_onnx_function *a = left, *b = right;
    int order = compare_texts(a->name, b->name);
    if (order == 0)
        order = compare_texts(a->domain, b->domain);
    return order ? order : compare_texts(a->overload, b->overload);
}

/* OperatorSetIdProto: the version, if it is that of the default domain. */
static cameo_status read_opset(cm_onnx_reader *reader, cm_text message, int64_t *opset)
{
    static const unsigned char nothing[1];
    cm_wire wire = cm_wire_open(message, reader->file);
    cm_wire_field field;
    cm_text domain = {nothing, 0};
    int64_t version = 0;
    cameo_status status;
    while ((status = cm_wire_next(&wire, &field, reader->error)) == CAMEO_OK && field.number) {
        if (field.number == OPSET_DOMAIN && field.type == CM_WIRE_BYTES)
            domain = field.bytes;
        else if (field.number == OPSET_VERSION && field.type == CM_WIRE_VARINT)
            version = (int64_t)field.value;
    }
    if (status == CAMEO_OK && cm_onnx_is_default_domain(domain))
        *opset = version;
    return status;
}

static cameo_status read_function(cm_onnx_reader *reader, cm_text message, cm_onnx_function *function)
{
    static const unsigned char nothing[1];
    const cm_text none = {nothing, 0};
    *function = (cm_onnx_function){.message = message, .name = none, .domain = none, .overload = none};
    cm_wire wire = cm_wire_open(message, reader->file);
    cm_wire_field field;
    cameo_status status;
    while ((status = cm_wire_next(&wire, &field, reader->error)) == CAMEO_OK && field.number) {
        cm_text *text = field.number == FUNCTION_NAME     ? &function->name
                        : field.number == FUNCTION_DOMAIN   ? &function->domain
                        : field.number == FUNCTION_OVERLOAD ? &function->overload
                                                            : NULL;
        if (text) {
            status = cm_wire_expect(&field, CM_WIRE_BYTES, "FunctionProto", reader->error);
            *text = field.bytes;
        } else if (field.number == FUNCTION_OPSET) {
            status = cm_wire_expect(&field, CM_WIRE_BYTES, "FunctionProto.opset_import", reader->error);
            if (status == CAMEO_OK)
                status = read_opset(reader, field.bytes, &function->opset);
        }
        if (status != CAMEO_OK)
            return status;
    }
    if (status == CAMEO_OK && function->name.size == 0)
        return cm_fail(reader->error, CAMEO_ERROR_FORMAT, "a function of the model has no name");
    return status;
}

static cameo_status count_functions(cm_onnx_reader *reader, cm_text model, int *count)
{
    cm_wire wire = cm_wire_open(model, reader->file);
    cm_wire_field field;
    cameo_status status;
    while ((status = cm_wire_next(&wire, &field, reader->error)) == CAMEO_OK && field.number) {
        if (field.number != FIELD_FUNCTIONS)
            continue;
        status = cm_wire_expect(&field, CM_WIRE_BYTES, "ModelProto.functions", reader->error);
        if (status != CAMEO_OK)
            return status;
        ++*count;
    }
    return status;
}

cameo_status cm_onnx_functions_read(cm_onnx_reader *reader, cm_text model, int64_t opset)
{
    int count = 0;
    cameo_status status = count_functions(reader, model, &count);
    if (status != CAMEO_OK || count == 0)
        return status;
    cm_onnx_function *functions = cm_onnx_alloc(reader, (size_t)count, sizeof *functions);
    if (!functions)
        return cm_onnx_alloc_status(reader);
    cm_wire wire = cm_wire_open(model, reader->file);
    cm_wire_field field;
    int made = 0;
    while ((status = cm_wire_next(&wire, &field, reader->error)) == CAMEO_OK && field.number) {
        if (field.number != FIELD_FUNCTIONS)
            continue;
        status = read_function(reader, field.bytes, &functions[made++]);
        if (status != CAMEO_OK)
            return status;
    }
    if (status != CAMEO_OK)
        return status;
    qsort(functions, (size_t)count, sizeof *functions, compare_functions);
    for (int i = 0; i < count; i++)
        if (functions[i].opset && functions[i].opset != opset)
            return cm_fail(reader->error, CAMEO_ERROR_UNSUPPORTED,
                           "the function \"%.*s\" is written for opset %lld, the model for opset %lld: convert one of them",
                           CM_TEXT_SHOWN(functions[i].name), (long long)functions[i].opset, (long long)opset);
    for (int i = 0; i + 1 < count; i++)
        if (compare_functions(&functions[i], &functions[i + 1]) == 0)
            return cm_fail(reader->error, CAMEO_ERROR_FORMAT, "the function \"%.*s\" is defined twice", CM_TEXT_SHOWN(functions[i].name));
    reader->functions = functions;
    reader->function_count = count;
    return CAMEO_OK;
}

const cm_onnx_function *cm_onnx_function_find(const cm_onnx_reader *reader, cm_text name, cm_text domain, cm_text overload)
{
    const cm_onnx_function wanted = {.name = name, .domain = domain, .overload = overload};
    if (reader->function_count == 0)
        return NULL;
    return bsearch(&wanted, reader->functions, (size_t)reader->function_count, sizeof wanted, compare_functions);
}
