/* A model's own functions (ModelProto.functions, IR version 8). */
#ifndef CM_ONNX_ONNX_FUNCTIONS_H
#define CM_ONNX_ONNX_FUNCTIONS_H

#include "onnx/onnx_reader.h"

typedef struct cm_onnx_function {
    cm_text message; /* FunctionProto */
    cm_text name, domain, overload;
    int64_t opset; /* of the default domain; 0: none is imported */
} cm_onnx_function;

/* The functions of a ModelProto into reader->functions, sorted. opset: the model's, of the default domain. Errors: FORMAT (one twice, or without a name),
 * UNSUPPORTED (a function wants another opset), MEMORY. */
cameo_status cm_onnx_functions_read(cm_onnx_reader *reader, cm_text model, int64_t opset);
/* The function that a node calls, or NULL. */
const cm_onnx_function *cm_onnx_function_find(const cm_onnx_reader *reader, cm_text name, cm_text domain, cm_text overload);

#endif
