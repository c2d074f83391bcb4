/* rooms: onnx; mutator: onnx */
#include "onnx/onnx.h"
#include "onnx_mutator.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

const char *const *fuzz_operator_names(size_t *count)
{
    static const char *const names[] = {"Constant", "If", "Add"};
    *count = sizeof names / sizeof names[0];
    return names;
}

/* Reads every element that the reader says is there. */
static void touch(const cm_onnx_tensor *tensor)
{
    if (tensor->elements > 1 << 16)
        return;
    void *out = malloc((size_t)tensor->elements * sizeof(int64_t) + 1);
    if (!out)
        return;
    cm_onnx_tensor_floats(tensor, out);
    cm_onnx_tensor_ints(tensor, out);
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const cm_onnx_limits limits = {.max_file_bytes = 1 << 20, .max_nodes = 1000};
    cameo_error error;
    cm_onnx_model *model;
    if (cm_onnx_read(&model, data, size, "fuzz", &limits, &error) != CAMEO_OK)
        return 0;
    for (int i = 0; i < model->value_count; i++)
        if (model->values[i].initializer)
            touch(model->values[i].initializer);
    for (int n = 0; n < model->node_count; n++) {
        const cm_onnx_node *node = &model->nodes[n];
        for (int i = 0; i < node->input_count; i++) {
            int value = node->inputs[i];
            if (value >= model->value_count || (value >= 0 && model->values[value].producer >= n))
                abort();
        }
        for (int i = 0; i < node->attribute_count; i++)
            if (node->attributes[i].kind == CM_ONNX_ATTR_TENSOR)
                touch(&node->attributes[i].tensor);
    }
    cm_onnx_free(model);
    return 0;
}
