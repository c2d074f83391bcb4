/* Operators that work element by element. */
#include "graph/builder.h"

#include <math.h>
#include <string.h>

/* ---- Binary operators on constants: shape arithmetic ---- */

/* x to the power of y, wrapping; as a fraction, cut to an integer, where y is negative. */
static int64_t int_power(int64_t x, int64_t y)
{
    uint64_t result = 1, factor = (uint64_t)x;
    if (y < 0)
        return x == 1 ? 1 : x == -1 ? (y % 2 ? -1 : 1) : 0;
    for (uint64_t left = (uint64_t)y; left; left >>= 1, factor *= factor)
        result *= left & 1 ? factor : 1;
    return (int64_t)result;
}

static int64_t int_binary(const char *op, int64_t x, int64_t y)
{
    uint64_t ux = (uint64_t)x, uy = (uint64_t)y; /* wraps instead of overflowing */
    switch (op[0]) {
    case 'A':
        return (int64_t)(ux + uy);
    case 'S':
        return (int64_t)(ux - uy);
    case 'D':
        return y == 0 || (y == -1 && x == INT64_MIN) ? 0 : x / y;
    case 'E':
        return x == y;
    case 'M':
        return op[1] == 'u' ? (int64_t)(ux * uy) : op[1] == 'a' ? (x > y ? x : y) : (x < y ? x : y);
    default:
        return int_power(x, y);
    }
}

static float float_binary(const char *op, float x, float y)
{
    switch (op[0]) {
    case 'A':
        return x + y;
    case 'S':
        return x - y;
    case 'D':
        return x / y;
    case 'M':
        if (op[1] == 'u')
            return x * y;
        if (isnan(x) || isnan(y))
            return NAN;
        return op[1] == 'a' ? fmaxf(x, y) : fminf(x, y);
    default:
        return powf(x, y);
    }
}

static cameo_status binary_constants(cm_builder *b, cm_value *x, cm_value *y, int rank, const int64_t *dims)
{
    const char *op = b->node->op_type;
    bool is_equal = strcmp(op, "Equal") == 0;
    cm_value *xe, *ye;
    cameo_status status = cm_build_expanded(b, x, rank, dims, &xe);
    if (status == CAMEO_OK)
        status = cm_build_expanded(b, y, rank, dims, &ye);
    if (status != CAMEO_OK)
        return status;
    cm_value *result = cm_build_constant(b, x->is_int || is_equal, rank, dims);
    const float *xf = x->is_int ? NULL : cm_value_floats(b->graph, xe), *yf = y->is_int ? NULL : cm_value_floats(b->graph, ye);
    if (!result || (!x->is_int && (!xf || !yf)))
        return cm_build_no_memory(b);
    int64_t *ints = (int64_t *)(uintptr_t)result->ints;
    float *floats = (float *)(uintptr_t)result->floats;
    for (int64_t i = 0; i < result->elements; i++) {
        if (x->is_int)
            ints[i] = int_binary(op, xe->ints[i], ye->ints[i]);
        else if (is_equal)
            ints[i] = xf[i] == yf[i];
        else
            floats[i] = float_binary(op, xf[i], yf[i]);
    }
    cm_build_set_output(b, 0, result);
    return CAMEO_OK;
}

/* ---- With a constant a channel (axis 1) or a single number: AFFINE, which fuses into convolutions ---- */

static bool is_per_channel(const cm_value *x, const cm_value *constant)
{
    return constant->is_constant && (x->rank == 2 || x->rank == 4) && cm_build_spans(constant, x, 1, 1);
}

static cameo_status add_affine(cm_builder *b, cm_value *x, const char *op_type, const float *constant, int64_t count, bool reversed)
{
    int64_t channels = x->dims[1];
    float *scale = cm_arena_alloc(&b->graph->arena, (size_t)channels, sizeof *scale);
    float *shift = cm_arena_alloc(&b->graph->arena, (size_t)channels, sizeof *shift);
    cm_op *op = scale && shift ? cm_build_op(b, CM_OP_AFFINE, &x, 1, 0, x->rank, x->dims) : NULL;
    if (!op)
        return cm_build_no_memory(b);
    for (int64_t i = 0; i < channels; i++) {
        float c = constant[count == 1 ? 0 : i];
        switch (op_type[0]) {
        case 'A':
            scale[i] = 1.0f;
            shift[i] = c;
            break;
        case 'S':
            scale[i] = reversed ? -1.0f : 1.0f;
            shift[i] = reversed ? c : -c;
            break;
        case 'M':
            scale[i] = c;
            break;
        default:
            scale[i] = 1.0f / c;
        }
    }
    op->u.affine.scale = scale;
    op->u.affine.shift = shift;
    return CAMEO_OK;
}

static bool affine_operator(const char *op_type, bool reversed)
{
    return strcmp(op_type, "Add") == 0 || strcmp(op_type, "Sub") == 0 || strcmp(op_type, "Mul") == 0 ||
           (strcmp(op_type, "Div") == 0 && !reversed);
}

static cm_map_op binary_map_op(const char *op_type, bool swapped)
{
    if (strcmp(op_type, "Add") == 0)
        return CM_MAP_ADD;
    if (strcmp(op_type, "Sub") == 0)
        return swapped ? CM_MAP_RSUB : CM_MAP_SUB;
    if (strcmp(op_type, "Mul") == 0)
        return CM_MAP_MUL;
    if (strcmp(op_type, "Div") == 0)
        return swapped ? CM_MAP_RDIV : CM_MAP_DIV;
    if (strcmp(op_type, "Max") == 0)
        return CM_MAP_MAX;
    return strcmp(op_type, "Min") == 0 ? CM_MAP_MIN : CM_MAP_POW;
}

static bool has_dims(const cm_value *value, int rank, const int64_t *dims)
{
    bool same = value->rank == rank;
    for (int i = 0; same && i < rank; i++)
        same = value->dims[i] == dims[i];
    return same;
}

/* `value` with ones in front of its shape, up to `rank`. */
static cameo_status pad_rank(cm_builder *b, cm_value *value, int rank, cm_value **result)
{
    int64_t dims[CAMEO_MAX_RANK];
    *result = value;
    if (value->rank == rank)
        return CAMEO_OK;
    for (int i = 0; i < rank; i++)
        dims[i] = i < rank - value->rank ? 1 : value->dims[i - (rank - value->rank)];
    return cm_build_viewed(b, value, rank, dims, result);
}

static cameo_status add_binary_map(cm_builder *b, cm_value *x, cm_value *y, int rank, const int64_t *dims)
{
    const char *op_type = b->node->op_type;
    bool swapped = !has_dims(x, rank, dims) && has_dims(y, rank, dims) && strcmp(op_type, "Pow") != 0;
    cm_value *inputs[2] = {swapped ? y : x, swapped ? x : y};
    cameo_status status = cm_build_expanded(b, inputs[0], rank, dims, &inputs[0]);
    if (status == CAMEO_OK)
        status = pad_rank(b, inputs[1], rank, &inputs[1]);
    if (status != CAMEO_OK)
        return status;
    cm_op *op = cm_build_op(b, CM_OP_MAP, inputs, 2, 0, rank, dims);
    if (!op)
        return cm_build_no_memory(b);
    op->u.map.op = binary_map_op(op_type, swapped);
    return CAMEO_OK;
}

cameo_status cm_build_binary(cm_builder *b)
{
    cm_value *x = cm_build_input(b, 0), *y = cm_build_input(b, 1);
    const char *op_type = b->node->op_type;
    if (!x || !y || x->is_int != y->is_int)
        return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "both inputs must be floats, or both integers");
    int rank;
    int64_t dims[CAMEO_MAX_RANK];
    cameo_status status = cm_build_broadcast(b, x, y, &rank, dims);
    if (status != CAMEO_OK)
        return status;
    if (x->is_constant && y->is_constant)
        return binary_constants(b, x, y, rank, dims);
    if (strcmp(op_type, "Equal") == 0)
        return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "comparing computed values is not supported");
    bool reversed = x->is_constant;
    cm_value *variable = reversed ? y : x, *constant = reversed ? x : y;
    if (constant->is_constant && affine_operator(op_type, reversed) && is_per_channel(variable, constant)) {
        const float *floats = cm_value_floats(b->graph, constant);
        return floats ? add_affine(b, variable, op_type, floats, constant->elements, reversed) : cm_build_no_memory(b);
    }
    return add_binary_map(b, x, y, rank, dims);
}

/* ---- Unary operators ---- */

static float float_unary(const char *op, float x)
{
    if (strcmp(op, "Abs") == 0)
        return fabsf(x);
    if (strcmp(op, "Ceil") == 0)
        return ceilf(x);
    if (strcmp(op, "Floor") == 0)
        return floorf(x);
    if (strcmp(op, "Sqrt") == 0)
        return sqrtf(x);
    if (strcmp(op, "Exp") == 0)
        return expf(x);
    if (strcmp(op, "Log") == 0)
        return logf(x);
    if (strcmp(op, "Neg") == 0)
        return -x;
    return NAN;
}

/* Abs or Neg; of the smallest integer both give that integer. */
static int64_t int_unary(const char *op, int64_t x)
{
    return x < 0 || strcmp(op, "Neg") == 0 ? (int64_t)(0 - (uint64_t)x) : x;
}

/* Integers have Abs and Neg only. */
static bool folds(const char *op, bool is_int)
{
    static const char *const names[] = {"Abs", "Neg", "Ceil", "Floor", "Sqrt", "Exp", "Log"};
    for (size_t i = 0; i < (is_int ? 2 : sizeof names / sizeof names[0]); i++)
        if (strcmp(op, names[i]) == 0)
            return true;
    return false;
}

static cameo_status unary_constant(cm_builder *b, cm_value *x)
{
    const char *op = b->node->op_type;
    cm_value *result = cm_build_constant(b, x->is_int, x->rank, x->dims);
    const float *floats = x->is_int ? NULL : cm_value_floats(b->graph, x);
    if (!result || (!x->is_int && !floats))
        return cm_build_no_memory(b);
    for (int64_t i = 0; i < x->elements; i++) {
        if (x->is_int)
            ((int64_t *)(uintptr_t)result->ints)[i] = int_unary(op, x->ints[i]);
        else
            ((float *)(uintptr_t)result->floats)[i] = float_unary(op, floats[i]);
    }
    cm_build_set_output(b, 0, result);
    return CAMEO_OK;
}

static bool unary_map(cm_builder *b, cm_map *map)
{
    static const struct {
        const char *name;
        cm_map_op op;
        cm_activation activation;
    } table[] = {
        {"Abs", CM_MAP_ABS, CM_ACT_NONE},     {"Exp", CM_MAP_EXP, CM_ACT_NONE},
        {"Sqrt", CM_MAP_SQRT, CM_ACT_NONE},   {"Neg", CM_MAP_NEG, CM_ACT_NONE},
        {"Erf", CM_MAP_ERF, CM_ACT_NONE},     {"Log", CM_MAP_LOG, CM_ACT_NONE},
        {"Floor", CM_MAP_FLOOR, CM_ACT_NONE}, {"Relu", CM_MAP_ACTIVATION, CM_ACT_RELU},
        {"Sigmoid", CM_MAP_ACTIVATION, CM_ACT_SIGMOID},
        {"Tanh", CM_MAP_ACTIVATION, CM_ACT_TANH},
        {"LeakyRelu", CM_MAP_ACTIVATION, CM_ACT_LEAKY_RELU},
        {"HardSigmoid", CM_MAP_ACTIVATION, CM_ACT_HARD_SIGMOID},
        {"HardSwish", CM_MAP_ACTIVATION, CM_ACT_HARD_SWISH},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (strcmp(b->node->op_type, table[i].name) != 0)
            continue;
        map->op = table[i].op;
        map->fused.activation = table[i].activation;
        if (table[i].activation == CM_ACT_LEAKY_RELU)
            map->fused.low = cm_onnx_attribute_float(b->node, "alpha", 0.01f);
        if (table[i].activation == CM_ACT_HARD_SIGMOID) {
            map->fused.low = cm_onnx_attribute_float(b->node, "alpha", 0.2f);
            map->fused.high = cm_onnx_attribute_float(b->node, "beta", 0.5f);
        }
        return true;
    }
    return false;
}

cameo_status cm_build_unary(cm_builder *b)
{
    cm_value *x = cm_build_input(b, 0);
    if (!x)
        return cm_build_fail(b, CAMEO_ERROR_FORMAT, "its input is missing");
    if (x->is_constant && folds(b->node->op_type, x->is_int))
        return unary_constant(b, x);
    cm_map map = {0};
    if (x->is_int || !unary_map(b, &map))
        return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "it is supported for %s only", x->is_int ? "floats" : "constants");
    cm_op *op = cm_build_op(b, CM_OP_MAP, &x, 1, 0, x->rank, x->dims);
    if (!op)
        return cm_build_no_memory(b);
    op->u.map = map;
    return CAMEO_OK;
}

/* Exporters write [C,1,1] or [1,C,1,1], some [C], which by the standard's rules belongs to the last axis: a channel each is meant where
 * that axis does not fit. */
static bool slopes_fit(const cm_value *slope, const cm_value *x)
{
    bool meant = slope->rank == 1 && slope->dims[0] == x->dims[1] && slope->dims[0] != x->dims[x->rank - 1];
    return meant || cm_build_spans(slope, x, 1, 1);
}

cameo_status cm_build_prelu(cm_builder *b)
{
    cm_value *x = cm_build_input(b, 0), *slope = cm_build_input(b, 1);
    bool x_fits = x && !x->is_int && (x->rank == 2 || x->rank == 4);
    if (!x_fits || !slope || slope->is_int || !slope->is_constant)
        return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "it needs a float input of rank 2 or 4 and a constant slope");
    int64_t channels = x->dims[1];
    if (!slopes_fit(slope, x))
        return cm_build_fail(b, CAMEO_ERROR_MISMATCH, "%lld slopes of rank %d are not one for each of %lld channels, as [C,1,1] would be",
                             (long long)slope->elements, slope->rank, (long long)channels);
    const float *from = cm_value_floats(b->graph, slope);
    float *slopes = cm_arena_alloc(&b->graph->arena, (size_t)channels, sizeof *slopes);
    cm_op *op = from && slopes ? cm_build_op(b, CM_OP_MAP, &x, 1, 0, x->rank, x->dims) : NULL;
    if (!op)
        return cm_build_no_memory(b);
    for (int64_t i = 0; i < channels; i++)
        slopes[i] = from[slope->elements == 1 ? 0 : i];
    op->u.map.op = CM_MAP_ACTIVATION;
    op->u.map.fused = (cm_fused){.activation = CM_ACT_PRELU, .slope = slopes};
    return CAMEO_OK;
}

/* A bound of Clip: attribute (opset < 11) or constant scalar input. */
static cameo_status clip_bound(cm_builder *b, int input, const char *attribute, float otherwise, float *bound)
{
    cm_value *value = cm_build_input(b, input);
    *bound = cm_onnx_attribute_float(b->node, attribute, otherwise);
    if (!value)
        return CAMEO_OK;
    const float *floats = value->is_constant && !value->is_int && value->elements == 1 ? cm_value_floats(b->graph, value) : NULL;
    if (!floats)
        return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "its %s must be one constant float", attribute);
    *bound = floats[0];
    return CAMEO_OK;
}

cameo_status cm_build_clip(cm_builder *b)
{
    cm_value *x = cm_build_input(b, 0);
    float low, high;
    if (!x || x->is_int)
        return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "its input must be float");
    cameo_status status = clip_bound(b, 1, "min", -INFINITY, &low);
    if (status == CAMEO_OK)
        status = clip_bound(b, 2, "max", INFINITY, &high);
    if (status != CAMEO_OK)
        return status;
    cm_op *op = cm_build_op(b, CM_OP_MAP, &x, 1, 0, x->rank, x->dims);
    if (!op)
        return cm_build_no_memory(b);
    op->u.map.op = CM_MAP_ACTIVATION;
    op->u.map.fused = (cm_fused){.activation = CM_ACT_CLIP, .low = low, .high = high};
    return CAMEO_OK;
}

cameo_status cm_build_where(cm_builder *b)
{
    cm_value *v[3] = {cm_build_input(b, 0), cm_build_input(b, 1), cm_build_input(b, 2)};
    for (int i = 0; i < 3; i++)
        if (!v[i] || !v[i]->is_constant || !v[i]->is_int)
            return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "it is supported for constant integers only");
    int rank;
    int64_t dims[CAMEO_MAX_RANK];
    cameo_status status = cm_build_broadcast(b, v[0], v[1], &rank, dims);
    cm_value shape = {.rank = rank};
    memcpy(shape.dims, dims, sizeof(int64_t) * (size_t)rank);
    if (status == CAMEO_OK)
        status = cm_build_broadcast(b, &shape, v[2], &rank, dims);
    for (int i = 0; i < 3 && status == CAMEO_OK; i++)
        status = cm_build_expanded(b, v[i], rank, dims, &v[i]);
    if (status != CAMEO_OK)
        return status;
    cm_value *result = cm_build_constant(b, true, rank, dims);
    if (!result)
        return cm_build_no_memory(b);
    for (int64_t i = 0; i < result->elements; i++)
        ((int64_t *)(uintptr_t)result->ints)[i] = v[0]->ints[i] ? v[1]->ints[i] : v[2]->ints[i];
    cm_build_set_output(b, 0, result);
    return CAMEO_OK;
}

static bool is_int_type(int64_t type)
{
    return type == CM_ONNX_INT64 || type == CM_ONNX_INT32 || type == CM_ONNX_INT16 || type == CM_ONNX_INT8 || type == CM_ONNX_BOOL ||
           type == CM_ONNX_UINT8 || type == CM_ONNX_UINT16 || type == CM_ONNX_UINT32 || type == CM_ONNX_UINT64;
}

static bool is_float_type(int64_t type)
{
    return type == CM_ONNX_FLOAT || type == CM_ONNX_DOUBLE || type == CM_ONNX_FLOAT16 || type == CM_ONNX_BFLOAT16;
}

/* As a number of this integer type, wrapping. */
static int64_t narrowed(int64_t value, int64_t type)
{
    switch (type) {
    case CM_ONNX_BOOL:
        return value != 0;
    case CM_ONNX_INT8:
        return (int8_t)value;
    case CM_ONNX_UINT8:
        return (uint8_t)value;
    case CM_ONNX_INT16:
        return (int16_t)value;
    case CM_ONNX_UINT16:
        return (uint16_t)value;
    case CM_ONNX_INT32:
        return (int32_t)value;
    case CM_ONNX_UINT32:
        return (uint32_t)value;
    default:
        return value;
    }
}

/* Cut towards zero; 0 where no integer fits. */
static int64_t float_to_int(float value, int64_t type)
{
    if (type == CM_ONNX_BOOL)
        return value != 0.0f;
    return fabsf(value) < 9e18f ? narrowed((int64_t)value, type) : 0;
}

static cameo_status cast_constant(cm_builder *b, cm_value *x, int64_t type)
{
    bool to_int = is_int_type(type);
    cm_value *result = cm_build_constant(b, to_int, x->rank, x->dims);
    const float *floats = x->is_int ? NULL : cm_value_floats(b->graph, x);
    if (!result || (!x->is_int && !floats))
        return cm_build_no_memory(b);
    for (int64_t i = 0; i < x->elements; i++) {
        if (to_int)
            ((int64_t *)(uintptr_t)result->ints)[i] = x->is_int ? narrowed(x->ints[i], type) : float_to_int(floats[i], type);
        else
            ((float *)(uintptr_t)result->floats)[i] = (float)x->ints[i];
    }
    cm_build_set_output(b, 0, result);
    return CAMEO_OK;
}

cameo_status cm_build_cast(cm_builder *b)
{
    cm_value *x = cm_build_input(b, 0);
    int64_t to = cm_onnx_attribute_int(b->node, "to", 0);
    if (!x || (!is_int_type(to) && !is_float_type(to)))
        return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "a cast to type %lld is not supported", (long long)to);
    if (is_float_type(to) && !x->is_int) {
        /* All floats are computed in float32; a cast between them (fp16 exports) changes nothing. */
        cm_build_set_output(b, 0, x);
        return CAMEO_OK;
    }
    if (!x->is_constant)
        return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "casting computed floats to integers is not supported");
    return cast_constant(b, x, to);
}
