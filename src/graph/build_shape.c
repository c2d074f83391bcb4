/* Constants, and operators that only give a tensor another shape. */
#include "graph/builder.h"

#include <math.h>
#include <string.h>

cameo_status cm_build_identity(cm_builder *b)
{
    cm_value *x = cm_build_input(b, 0);
    if (!x)
        return cm_build_fail(b, CAMEO_ERROR_FORMAT, "its input is missing");
    cm_build_set_output(b, 0, x);
    return CAMEO_OK;
}

static bool is_read(const cm_builder *b, int value)
{
    for (int i = 0; i < b->model->output_count; i++)
        if (b->model->outputs[i] == value)
            return true;
    for (int i = 0; i < b->model->node_count; i++)
        for (int j = 0; j < b->model->nodes[i].input_count; j++)
            if (b->model->nodes[i].inputs[j] == value)
                return true;
    return false;
}

/* Nothing is dropped; exporters declare the mask, and hardly anyone reads it. */
cameo_status cm_build_dropout(cm_builder *b)
{
    cm_value *x = cm_build_input(b, 0);
    const cm_value *training = cm_build_input(b, 2);
    if (training && !(training->is_constant && training->is_int && training->elements == 1 && training->ints[0] == 0))
        return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "training mode is not supported; export the model in evaluation mode");
    if (x && b->node->output_count > 1 && b->node->outputs[1] >= 0 && is_read(b, b->node->outputs[1])) {
        cm_value *mask = cm_build_constant(b, true, x->rank, x->dims);
        if (!mask)
            return cm_build_no_memory(b);
        for (int64_t i = 0; i < mask->elements; i++)
            ((int64_t *)(uintptr_t)mask->ints)[i] = 1;
        cm_build_set_output(b, 1, mask);
    }
    return cm_build_identity(b);
}

static cameo_status constant_from_tensor(cm_builder *b, const cm_onnx_tensor *tensor)
{
    bool is_float = cm_build_is_float_type(tensor->type);
    cm_value *value = cm_build_constant(b, !is_float, tensor->rank, tensor->dims);
    if (!value)
        return cm_build_no_memory(b);
    bool ok = is_float ? cm_onnx_tensor_floats(tensor, (float *)(uintptr_t)value->floats)
                       : cm_onnx_tensor_ints(tensor, (int64_t *)(uintptr_t)value->ints);
    if (!ok)
        return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "a constant of type %s is not supported", cm_onnx_type_name(tensor->type));
    cm_build_set_output(b, 0, value);
    return CAMEO_OK;
}

cameo_status cm_build_constant_node(cm_builder *b)
{
    const cm_onnx_attribute *a = cm_onnx_attribute_find(b->node, "value");
    if (a && a->kind == CM_ONNX_ATTR_TENSOR)
        return constant_from_tensor(b, &a->tensor);
    static const char *const names[] = {"value_float", "value_floats", "value_int", "value_ints"};
    for (int i = 0; i < 4; i++) {
        a = cm_onnx_attribute_find(b->node, names[i]);
        if (!a)
            continue;
        bool list = a->kind == CM_ONNX_ATTR_FLOATS || a->kind == CM_ONNX_ATTR_INTS;
        int64_t count = list ? (int64_t)a->count : 1;
        bool is_int = a->kind == CM_ONNX_ATTR_INTS || a->kind == CM_ONNX_ATTR_INT;
        cm_value *value = cm_build_constant(b, is_int, list, &count);
        if (!value)
            return cm_build_no_memory(b);
        for (int64_t j = 0; j < count; j++) {
            if (is_int)
                ((int64_t *)(uintptr_t)value->ints)[j] = list ? a->ints[j] : a->i;
            else
                ((float *)(uintptr_t)value->floats)[j] = list ? a->floats[j] : a->f;
        }
        cm_build_set_output(b, 0, value);
        return CAMEO_OK;
    }
    return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "it has none of value, value_float(s), value_int(s)");
}

/* A list of sizes from a constant input into dims. */
static cameo_status read_dims(cm_builder *b, int input, const char *what, int *rank, int64_t *dims)
{
    const int64_t *ints;
    cameo_status status = cm_build_ints(b, cm_build_input(b, input), what, &ints, rank);
    if (status != CAMEO_OK)
        return status;
    if (*rank > CAMEO_MAX_RANK)
        return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "%s has rank %d, the most is %d", what, *rank, CAMEO_MAX_RANK);
    for (int i = 0; i < *rank; i++)
        dims[i] = ints[i];
    return CAMEO_OK;
}

/* What a ConstantOfShape holds: its attribute, or the float 0. */
static cameo_status fill_of(cm_builder *b, bool *is_int, int64_t *fill_int, float *fill_float)
{
    const cm_onnx_attribute *a = cm_onnx_attribute_find(b->node, "value");
    *is_int = false;
    *fill_int = 0;
    *fill_float = 0.0f;
    if (!a || a->kind != CM_ONNX_ATTR_TENSOR)
        return CAMEO_OK;
    *is_int = !cm_build_is_float_type(a->tensor.type);
    if (a->tensor.elements == 1 && (*is_int ? cm_onnx_tensor_ints(&a->tensor, fill_int) : cm_onnx_tensor_floats(&a->tensor, fill_float)))
        return CAMEO_OK;
    return cm_build_fail(b, CAMEO_ERROR_FORMAT, "its value must be one number");
}

cameo_status cm_build_constant_of_shape(cm_builder *b)
{
    int rank;
    int64_t dims[CAMEO_MAX_RANK];
    cameo_status status = read_dims(b, 0, "its shape", &rank, dims);
    if (status != CAMEO_OK)
        return status;
    if (cm_dims_elements(rank, dims) < 0)
        return cm_build_fail(b, CAMEO_ERROR_LIMIT, "its shape holds negative or absurdly large sizes");
    float fill_float;
    int64_t fill_int;
    bool is_int;
    status = fill_of(b, &is_int, &fill_int, &fill_float);
    if (status != CAMEO_OK)
        return status;
    cm_value *value = cm_build_constant(b, is_int, rank, dims);
    if (!value)
        return cm_build_no_memory(b);
    for (int64_t i = 0; i < value->elements; i++) {
        if (is_int)
            ((int64_t *)(uintptr_t)value->ints)[i] = fill_int;
        else
            ((float *)(uintptr_t)value->floats)[i] = fill_float;
    }
    cm_build_set_output(b, 0, value);
    return CAMEO_OK;
}

cameo_status cm_build_shape(cm_builder *b)
{
    const cm_value *x = cm_build_input(b, 0);
    if (!x)
        return cm_build_fail(b, CAMEO_ERROR_FORMAT, "its input is missing");
    int64_t start = cm_onnx_attribute_int(b->node, "start", 0), end = cm_onnx_attribute_int(b->node, "end", x->rank);
    start = start < 0 ? start + x->rank : start;
    end = end < 0 ? end + x->rank : end;
    start = start < 0 ? 0 : start > x->rank ? x->rank : start;
    end = end < start ? start : end > x->rank ? x->rank : end;
    cm_value *value = cm_build_constant(b, true, 1, (int64_t[1]){end - start});
    if (!value)
        return cm_build_no_memory(b);
    for (int64_t i = start; i < end; i++)
        ((int64_t *)(uintptr_t)value->ints)[i - start] = x->dims[i];
    cm_build_set_output(b, 0, value);
    return CAMEO_OK;
}

cameo_status cm_build_size(cm_builder *b)
{
    const cm_value *x = cm_build_input(b, 0);
    if (!x)
        return cm_build_fail(b, CAMEO_ERROR_FORMAT, "its input is missing");
    cm_value *value = cm_build_constant(b, true, 0, NULL);
    if (!value)
        return cm_build_no_memory(b);
    ((int64_t *)(uintptr_t)value->ints)[0] = x->elements;
    cm_build_set_output(b, 0, value);
    return CAMEO_OK;
}

/* How many numbers there are from start to before limit by delta (not 0); unsigned, so that no difference overflows. */
static uint64_t range_count(int64_t start, int64_t limit, int64_t delta)
{
    if (delta > 0 ? limit <= start : limit >= start)
        return 0;
    uint64_t distance = delta > 0 ? (uint64_t)limit - (uint64_t)start : (uint64_t)start - (uint64_t)limit;
    uint64_t step = delta > 0 ? (uint64_t)delta : 0 - (uint64_t)delta;
    return (distance - 1) / step + 1;
}

static cameo_status float_range(cm_builder *b, cm_value *const inputs[3])
{
    const float *v[3];
    for (int i = 0; i < 3; i++)
        if (!inputs[i]->is_constant || inputs[i]->is_int || inputs[i]->elements != 1)
            return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "start, limit and delta must be one constant float each");
        else if (!(v[i] = cm_value_floats(b->graph, inputs[i])))
            return cm_build_no_memory(b);
    double steps = ceil(((double)v[1][0] - (double)v[0][0]) / (double)v[2][0]);
    if (!(steps <= 1 << 24))
        return cm_build_fail(b, CAMEO_ERROR_LIMIT, "a range from %g to %g by %g is not supported", (double)v[0][0], (double)v[1][0],
                             (double)v[2][0]);
    int64_t count = steps > 0.0 ? (int64_t)steps : 0;
    cm_value *value = cm_build_constant(b, false, 1, &count);
    if (!value)
        return cm_build_no_memory(b);
    for (int64_t i = 0; i < count; i++)
        ((float *)(uintptr_t)value->floats)[i] = (float)((double)v[0][0] + (double)i * (double)v[2][0]);
    cm_build_set_output(b, 0, value);
    return CAMEO_OK;
}

cameo_status cm_build_range(cm_builder *b)
{
    cm_value *const inputs[3] = {cm_build_input(b, 0), cm_build_input(b, 1), cm_build_input(b, 2)};
    if (inputs[0] && inputs[1] && inputs[2] && !inputs[0]->is_int)
        return float_range(b, inputs);
    const int64_t *v[3];
    for (int i = 0; i < 3; i++) {
        int count;
        cameo_status status = cm_build_ints(b, inputs[i], "start, limit and delta", &v[i], &count);
        if (status == CAMEO_OK && count != 1)
            status = cm_build_fail(b, CAMEO_ERROR_MISMATCH, "start, limit and delta must be one number each");
        if (status != CAMEO_OK)
            return status;
    }
    uint64_t steps = v[2][0] ? range_count(v[0][0], v[1][0], v[2][0]) : UINT64_MAX;
    if (steps > 1 << 24)
        return cm_build_fail(b, CAMEO_ERROR_LIMIT, "a range from %lld to %lld by %lld is not supported", (long long)v[0][0],
                             (long long)v[1][0], (long long)v[2][0]);
    int64_t count = (int64_t)steps;
    cm_value *value = cm_build_constant(b, true, 1, &count);
    if (!value)
        return cm_build_no_memory(b);
    for (int64_t i = 0; i < count; i++)
        ((int64_t *)(uintptr_t)value->ints)[i] = v[0][0] + i * v[2][0];
    cm_build_set_output(b, 0, value);
    return CAMEO_OK;
}

/* Replaces 0 (keep) and -1 (the rest) in a Reshape's target. */
static cameo_status complete_shape(cm_builder *b, const cm_value *x, int rank, int64_t *dims)
{
    bool zero_is_zero = cm_onnx_attribute_int(b->node, "allowzero", 0) != 0;
    int open = -1;
    int64_t known = 1;
    for (int i = 0; i < rank; i++) {
        if (dims[i] == 0 && !zero_is_zero) {
            if (i >= x->rank)
                return cm_build_fail(b, CAMEO_ERROR_MISMATCH, "shape entry %d keeps an axis that the input does not have", i);
            dims[i] = x->dims[i];
        }
        if (dims[i] == -1 && open < 0) {
            open = i;
            continue;
        }
        if (dims[i] < 0 || __builtin_mul_overflow(known, dims[i], &known))
            return cm_build_fail(b, CAMEO_ERROR_MISMATCH, "shape entry %d is %lld", i, (long long)dims[i]);
    }
    if (open >= 0)
        dims[open] = known > 0 && x->elements % known == 0 ? x->elements / known : -1;
    if (cm_dims_elements(rank, dims) != x->elements)
        return cm_build_fail(b, CAMEO_ERROR_MISMATCH, "%lld elements do not fit the wanted shape", (long long)x->elements);
    return CAMEO_OK;
}

cameo_status cm_build_reshape(cm_builder *b)
{
    cm_value *x = cm_build_input(b, 0);
    int rank;
    int64_t dims[CAMEO_MAX_RANK];
    if (!x)
        return cm_build_fail(b, CAMEO_ERROR_FORMAT, "its input is missing");
    cameo_status status = read_dims(b, 1, "its shape", &rank, dims);
    if (status == CAMEO_OK)
        status = complete_shape(b, x, rank, dims);
    return status == CAMEO_OK ? cm_build_view(b, x, 0, rank, dims) : status;
}

cameo_status cm_build_flatten(cm_builder *b)
{
    cm_value *x = cm_build_input(b, 0);
    if (!x)
        return cm_build_fail(b, CAMEO_ERROR_FORMAT, "its input is missing");
    int64_t axis = cm_onnx_attribute_int(b->node, "axis", 1);
    if (axis < -x->rank || axis > x->rank)
        return cm_build_fail(b, CAMEO_ERROR_MISMATCH, "axis %lld does not exist in rank %d", (long long)axis, x->rank);
    int at = (int)(axis < 0 ? axis + x->rank : axis);
    int64_t dims[2] = {cm_dims_elements(at, x->dims), cm_dims_elements(x->rank - at, x->dims + at)};
    return cm_build_view(b, x, 0, 2, dims);
}

cameo_status cm_build_squeeze(cm_builder *b)
{
    cm_value *x;
    bool flagged[CAMEO_MAX_RANK];
    int given;
    cameo_status status = cm_build_input_with_axes(b, &x, flagged, &given);
    if (status != CAMEO_OK)
        return status;
    int rank = 0;
    int64_t dims[CAMEO_MAX_RANK];
    for (int i = 0; i < x->rank; i++) {
        if (flagged[i] && x->dims[i] != 1)
            return cm_build_fail(b, CAMEO_ERROR_MISMATCH, "axis %d has %lld entries, only an axis of one can go", i, (long long)x->dims[i]);
        if (given ? !flagged[i] : x->dims[i] != 1)
            dims[rank++] = x->dims[i];
    }
    return cm_build_view(b, x, 0, rank, dims);
}

cameo_status cm_build_unsqueeze(cm_builder *b)
{
    cm_value *x = cm_build_input(b, 0);
    bool flagged[CAMEO_MAX_RANK] = {false};
    const int64_t *axes;
    int count, given;
    if (!x)
        return cm_build_fail(b, CAMEO_ERROR_FORMAT, "its input is missing");
    cameo_status status = cm_build_int_choice(b, "axes", 1, &axes, &count);
    if (status != CAMEO_OK)
        return status;
    if (!axes || count + x->rank > CAMEO_MAX_RANK)
        return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "it needs axes, and a result of rank %d at most", CAMEO_MAX_RANK);
    int rank = x->rank + count, from = 0;
    status = cm_build_flagged_axes(b, 1, rank, flagged, &given);
    if (status != CAMEO_OK)
        return status;
    int64_t dims[CAMEO_MAX_RANK];
    for (int i = 0; i < rank; i++)
        dims[i] = flagged[i] ? 1 : x->dims[from++];
    return cm_build_view(b, x, 0, rank, dims);
}
