/* If, whose condition follows from shapes and constants: only the nodes of the branch that is taken are built. The reader has laid both branches open
 * (onnx/onnx_expand.h). */
#include "graph/builder.h"

static cameo_status read_condition(cm_builder *b, cm_value *condition, bool *holds)
{
    const float *floats = condition->is_constant && !condition->is_int && condition->elements == 1 ? cm_value_floats(b->graph, condition) : NULL;
    if (!condition->is_constant || condition->elements != 1)
        return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED,
                             "the condition '%s' of its If is not known before the run; conditions that follow from shapes and constants are supported",
                             condition->name);
    if (!condition->is_int && !floats)
        return cm_build_no_memory(b);
    *holds = condition->is_int ? condition->ints[0] != 0 : floats[0] != 0.0f;
    return CAMEO_OK;
}

cameo_status cm_build_is_taken(cm_builder *b, bool *taken)
{
    *taken = true;
    if (b->node->guard < 0)
        return CAMEO_OK;
    cm_value *condition = b->values[b->node->guard];
    bool holds = false;
    /* No condition: it would be computed in another branch, which is not taken. */
    *taken = condition != NULL;
    cameo_status status = condition ? read_condition(b, condition, &holds) : CAMEO_OK;
    if (status == CAMEO_OK && condition)
        *taken = holds == b->node->guard_value;
    return status;
}

/* Inputs: the condition, what the then_branch gives, what the else_branch gives. */
cameo_status cm_build_if(cm_builder *b)
{
    int outputs = b->node->output_count;
    cm_value *condition = cm_build_input(b, 0);
    bool holds = false;
    if (b->node->input_count != 1 + 2 * outputs)
        return cm_build_fail(b, CAMEO_ERROR_FORMAT, "it has %d outputs, its branches have %d together", outputs, b->node->input_count - 1);
    if (!condition)
        return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "its condition is not computed");
    cameo_status status = read_condition(b, condition, &holds);
    for (int i = 0; i < outputs && status == CAMEO_OK; i++) {
        cm_value *value = cm_build_input(b, 1 + (holds ? 0 : outputs) + i);
        if (!value)
            status = cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "output %d of its %s branch is not computed", i, holds ? "then" : "else");
        else
            cm_build_set_output(b, i, value);
    }
    return status;
}
