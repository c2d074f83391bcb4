#include "onnx/onnx_names.h"

#include <stdlib.h>
#include <string.h>

static int compare_texts(cm_text a, cm_text b)
{
    size_t common = a.size < b.size ? a.size : b.size;
    int order = common ? memcmp(a.at, b.at, common) : 0;
    if (order)
        return order;
    return (a.size > b.size) - (a.size < b.size);
}

static int compare_definitions(const void *left, const void *right)
{
    const cm_onnx_definition *a = left, *b = right;
    int order = compare_texts(a->name, b->name);
    if (order)
        return order;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    return (a->order > b->order) - (a->order < b->order);
}

void cm_onnx_names_sort(cm_onnx_definition *definitions, int count)
{
    if (count)
        qsort(definitions, (size_t)count, sizeof *definitions, compare_definitions);
}

int cm_onnx_names_duplicate(const cm_onnx_definition *definitions, int count)
{
    for (int i = 0; i + 1 < count; i++) {
        const cm_onnx_definition *a = &definitions[i], *b = &definitions[i + 1];
        bool listed_initializer = a->kind == CM_ONNX_DEFINED_INITIALIZER && b->kind == CM_ONNX_DEFINED_INPUT;
        if (!listed_initializer && compare_texts(a->name, b->name) == 0)
            return i;
    }
    return -1;
}

int cm_onnx_names_number(cm_onnx_definition *definitions, int count, int *scratch)
{
    /* scratch[order]: 1 where a value begins, then its number. The first of equal names is the initializer. */
    for (int i = 0; i < count; i++)
        scratch[definitions[i].order] = i == 0 || compare_texts(definitions[i - 1].name, definitions[i].name) != 0;
    int values = 0;
    for (int order = 0; order < count; order++)
        scratch[order] = scratch[order] ? values++ : -1;
    for (int i = 0; i < count; i++) {
        int own = scratch[definitions[i].order];
        definitions[i].value = own >= 0 ? own : definitions[i - 1].value;
    }
    return values;
}

int cm_onnx_names_find(const cm_onnx_definition *definitions, int count, cm_text name)
{
    int low = 0, high = count;
    while (low < high) {
        int middle = low + (high - low) / 2;
        int order = compare_texts(definitions[middle].name, name);
        if (order == 0)
            return definitions[middle].value;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return -1;
}
