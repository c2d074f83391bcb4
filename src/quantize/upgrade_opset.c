#include "quantize/upgrade_opset.h"

#include <string.h>

enum { REFUSE = -1, LAST_AXIS = -2 };

/* Operators that changed their form between opsets 7 and 13; all others of that age are read the same by both. */
static const struct {
    const char *op;
    int since; /* the opset of the new form */
    int action;
    const char *attributes[CM_UPGRADE_ATTRIBUTES];
} changes[] = {
    {"BatchNormalization", 9, CM_UPGRADE_DROP, {"spatial", NULL}},
    {"Clip", 11, CM_UPGRADE_INPUTS, {"min", "max"}},
    {"Dropout", 12, CM_UPGRADE_DROP, {"ratio", NULL}},
    {"Hardmax", 13, LAST_AXIS, {NULL, NULL}},
    {"LogSoftmax", 13, LAST_AXIS, {NULL, NULL}},
    {"Pad", 11, CM_UPGRADE_INPUTS, {"pads", "value"}},
    {"ReduceSum", 13, CM_UPGRADE_INPUTS, {"axes", NULL}},
    {"Resize", 11, REFUSE, {NULL, NULL}},
    {"Slice", 10, REFUSE, {NULL, NULL}},
    {"Softmax", 13, LAST_AXIS, {NULL, NULL}},
    {"Split", 13, CM_UPGRADE_INPUTS, {"split", NULL}},
    {"Squeeze", 13, CM_UPGRADE_INPUTS, {"axes", NULL}},
    {"TopK", 11, REFUSE, {NULL, NULL}},
    {"Unsqueeze", 13, CM_UPGRADE_INPUTS, {"axes", NULL}},
    {"Upsample", 10, REFUSE, {NULL, NULL}},
};

static cameo_status refuse(const cm_onnx_model *model, const cm_onnx_node *node, cameo_error *error)
{
    return cm_fail(error, CAMEO_ERROR_UNSUPPORTED,
                   "node '%s' (%s of opset %lld) has a form that opset %d, which a scale for each channel needs, does not have: export the model with "
                   "opset_version=%d or higher",
                   node->name, node->op_type, (long long)model->opset, CM_QUANTIZED_OPSET, CM_QUANTIZED_OPSET);
}

bool cm_upgrade_needs_rank(const cm_onnx_model *model, const cm_onnx_node *node)
{
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++)
        if (changes[i].action == LAST_AXIS && !node->domain[0] && strcmp(node->op_type, changes[i].op) == 0)
            return model->opset < changes[i].since && node->output_count > 0 && node->outputs[0] >= 0;
    return false;
}

/* Softmax and its like took all axes from `axis` (default 1) on as one; now only that axis, and the last one by default. */
static bool means_last_axis(const cm_onnx_node *node, int rank)
{
    const int64_t axis = cm_onnx_attribute_int(node, "axis", 1);
    return axis == -1 || (rank > 0 && axis == rank - 1);
}

static bool has_subgraph(const cm_onnx_node *node)
{
    for (int i = 0; i < node->attribute_count; i++)
        if (node->attributes[i].kind == CM_ONNX_ATTR_GRAPH)
            return true;
    return false;
}

cameo_status cm_upgrade_find(const cm_onnx_model *model, const cm_onnx_node *node, int rank, cm_upgrade *upgrade, cameo_error *error)
{
    *upgrade = (cm_upgrade){.action = CM_UPGRADE_NOTHING};
    if (has_subgraph(node))
        return refuse(model, node, error);
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        if (node->domain[0] || strcmp(node->op_type, changes[i].op) != 0 || model->opset >= changes[i].since)
            continue;
        if (changes[i].action == REFUSE || (changes[i].action == LAST_AXIS && !means_last_axis(node, rank)))
            return refuse(model, node, error);
        if (changes[i].action == LAST_AXIS)
            return CAMEO_OK;
        upgrade->action = (cm_upgrade_action)changes[i].action;
        memcpy(upgrade->attributes, changes[i].attributes, sizeof upgrade->attributes);
    }
    return CAMEO_OK;
}
