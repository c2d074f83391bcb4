/* The names that a graph defines. They are sorted instead of hashed: names come from hostile files, and a sorted list has no
 * collisions to craft, needs no secret key, and shows double definitions as neighbours. */
#ifndef CM_ONNX_ONNX_NAMES_H
#define CM_ONNX_ONNX_NAMES_H

#include "onnx/onnx_wire.h"

typedef enum cm_onnx_definition_kind {
    CM_ONNX_DEFINED_INITIALIZER,
    CM_ONNX_DEFINED_INPUT,
    CM_ONNX_DEFINED_OUTPUT
} cm_onnx_definition_kind;

typedef struct cm_onnx_definition {
    cm_text name;
    cm_onnx_definition_kind kind;
    int order; /* of definition in the file: sorts equal names, and says which value comes first */
    int what;  /* index of the initializer, input or node */
    int value; /* set by cm_onnx_names_number */
} cm_onnx_definition;

/* Sorts by name, then kind, then order. */
void cm_onnx_names_sort(cm_onnx_definition *definitions, int count);

/* Two neighbours of a sorted list that define the same name, but for an initializer that is listed as an input too: the index
 * of the first of them, or -1. */
int cm_onnx_names_duplicate(const cm_onnx_definition *definitions, int count);

/* Gives equal names one value, values numbered in order of definition. scratch: [count]. Returns how many values there are. */
int cm_onnx_names_number(cm_onnx_definition *definitions, int count, int *scratch);

/* The value of this name, or -1. */
int cm_onnx_names_find(const cm_onnx_definition *definitions, int count, cm_text name);

#endif
