/* Operators that work element by element. */
#include "graph/builder.h"

#include <math.h>
#include <string.h>

static cameo_status missing(cm_builder *b)
{
    return cm_build_fail(b, CAMEO_ERROR_FORMAT, "an input is missing");
}

/* ---- With a constant a channel (axis 1) or a single number: AFFINE, which fuses into convolutions ---- */

static bool is_per_channel(const cm_value *x, const cm_value *constant)
{
    return constant->is_constant && (x->rank == 2 || x->rank == 4) && cm_build_spans(constant, x, 1, 1);
}

static cm_value *affine_of(cm_builder *b, cm_value *x, const char *op_type, cm_value *constant, bool reversed)
{
    int64_t channels = x->dims[1];
    const float *from = cm_value_floats(b->graph, constant);
    float *scale = cm_arena_alloc(&b->graph->arena, (size_t)channels, sizeof *scale);
    float *shift = cm_arena_alloc(&b->graph->arena, (size_t)channels, sizeof *shift);
    for (int64_t i = 0; from && scale && shift && i < channels; i++) {
        float c = from[constant->elements == 1 ? 0 : i];
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
    return from && scale && shift ? cm_piece_affine(b, x, scale, shift) : NULL;
}

static bool affine_operator(const char *op_type, bool reversed)
{
    return strcmp(op_type, "Add") == 0 || strcmp(op_type, "Sub") == 0 || strcmp(op_type, "Mul") == 0 ||
           (strcmp(op_type, "Div") == 0 && !reversed);
}

/* ---- Two operands ---- */

/* x ^ 2 and the square root are exact and cheap. */
static cm_value *power(cm_builder *b, cm_value *x, cm_value *y)
{
    const float *exponent = y->is_constant && y->elements == 1 && y->rank <= x->rank ? cm_value_floats(b->graph, y) : NULL;
    if (exponent && *exponent == 2.0f)
        return cm_piece_map_two(b, CM_MAP_MUL, x, x);
    if (exponent && *exponent == 0.5f)
        return cm_piece_map(b, CM_MAP_SQRT, x);
    return cm_piece_map_two(b, CM_MAP_POW, x, y);
}

/* Truth values that are computed are the floats 0 and 1. */
static cm_value *exclusive_or(cm_builder *b, cm_value *x, cm_value *y)
{
    return cm_piece_map_number(b, CM_MAP_EQUAL, cm_piece_map_two(b, CM_MAP_EQUAL, x, y), 0.0f);
}

static cm_value *map_pair(cm_builder *b, cm_value *x, cm_value *y)
{
    static const struct {
        const char *name;
        cm_map_op op;
    } table[] = {
        {"Add", CM_MAP_ADD},   {"Sum", CM_MAP_ADD}, {"Mean", CM_MAP_ADD},
        {"Sub", CM_MAP_SUB},   {"Mul", CM_MAP_MUL}, {"Div", CM_MAP_DIV},
        {"Max", CM_MAP_MAX},   {"Min", CM_MAP_MIN}, {"Mod", CM_MAP_MOD},
        {"And", CM_MAP_MUL},   {"Or", CM_MAP_MAX},  {"Equal", CM_MAP_EQUAL},
        {"Less", CM_MAP_LESS}, {"LessOrEqual", CM_MAP_LESS_EQUAL},
        {"Greater", CM_MAP_GREATER},
        {"GreaterOrEqual", CM_MAP_GREATER_EQUAL},
    };
    const char *op_type = b->node->op_type;
    if (strcmp(op_type, "Pow") == 0)
        return power(b, x, y);
    if (strcmp(op_type, "Xor") == 0)
        return exclusive_or(b, x, y);
    size_t row = 0;
    while (row + 1 < sizeof table / sizeof table[0] && strcmp(op_type, table[row].name) != 0)
        row++;
    return cm_piece_map_two(b, table[row].op, x, y);
}

/* An integer base of Pow makes the result an integer, so both must be known. */
static cm_value *integer_power(cm_builder *b, cm_value *x, cm_value *y)
{
    int first = b->graph->op_count;
    cm_value *result = map_pair(b, cm_piece_floats(b, x), y);
    cameo_status status = result ? cm_build_fold(b, first) : CAMEO_OK;
    if (status != CAMEO_OK) {
        b->refused = status;
        return NULL;
    }
    return cm_piece_integers(b, result, CM_ONNX_INT64);
}

/* Integers and floats meet in Pow, and where truth values are computed from floats. */
static cm_value *mixed_pair(cm_builder *b, cm_value *x, cm_value *y)
{
    const char *op = b->node->op_type;
    bool is_power = strcmp(op, "Pow") == 0, logic = strcmp(op, "And") == 0 || strcmp(op, "Or") == 0 || strcmp(op, "Xor") == 0;
    if (is_power && x->is_int && y->is_constant)
        return integer_power(b, x, y);
    if (logic || (is_power && !x->is_int)) {
        x = cm_piece_floats(b, x);
        y = cm_piece_floats(b, y);
        return x && y ? map_pair(b, x, y) : NULL;
    }
    b->refused = cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "both inputs must be floats, or both integers");
    return NULL;
}

static cm_value *join_pair(cm_builder *b, cm_value *x, cm_value *y)
{
    const char *op_type = b->node->op_type;
    if (x->is_int && y->is_int)
        return cm_piece_int_pair(b, x, y);
    if (x->is_int != y->is_int)
        return mixed_pair(b, x, y);
    if (x->is_constant && y->is_constant && cm_build_is_comparison(op_type))
        return cm_piece_comparison(b, x, y);
    bool reversed = x->is_constant;
    cm_value *variable = reversed ? y : x, *constant = reversed ? x : y;
    if (!variable->is_constant && affine_operator(op_type, reversed) && is_per_channel(variable, constant))
        return affine_of(b, variable, op_type, constant, reversed);
    return map_pair(b, x, y);
}

cameo_status cm_build_binary(cm_builder *b)
{
    cm_value *x = cm_build_input(b, 0), *y = cm_build_input(b, 1);
    return x && y ? cm_piece_output(b, join_pair(b, x, y), 0) : missing(b);
}

/* Max, Min, Sum, Mean of any number of operands. */
cameo_status cm_build_variadic(cm_builder *b)
{
    for (int i = 0; i < b->node->input_count; i++)
        if (!cm_build_input(b, i))
            return missing(b);
    cm_value *result = cm_build_input(b, 0);
    for (int i = 1; i < b->node->input_count && result; i++)
        result = join_pair(b, result, cm_build_input(b, i));
    if (result && strcmp(b->node->op_type, "Mean") == 0) {
        if (result->is_int)
            return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "it is supported for floats only");
        result = cm_piece_map_number(b, CM_MAP_DIV, result, (float)b->node->input_count);
    }
    return cm_piece_output(b, result, 0);
}

/* ---- One operand ---- */

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
        {"Floor", CM_MAP_FLOOR, CM_ACT_NONE}, {"Ceil", CM_MAP_CEIL, CM_ACT_NONE},
        {"Round", CM_MAP_ROUND, CM_ACT_NONE}, {"Sign", CM_MAP_SIGN, CM_ACT_NONE},
        {"Sin", CM_MAP_SIN, CM_ACT_NONE},     {"Cos", CM_MAP_COS, CM_ACT_NONE},
        {"Softplus", CM_MAP_SOFTPLUS, CM_ACT_NONE},
        {"Relu", CM_MAP_ACTIVATION, CM_ACT_RELU},
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
        return missing(b);
    if (x->is_int)
        return cm_piece_output(b, cm_piece_int_unary(b, x), 0);
    cm_map map = {0};
    if (!unary_map(b, &map))
        return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "it is supported for integers only");
    cm_op *op = cm_build_op(b, CM_OP_MAP, &x, 1, 0, x->rank, x->dims);
    if (!op)
        return cm_build_no_memory(b);
    op->u.map = map;
    return CAMEO_OK;
}

/* ---- One operand, put together from others ---- */

/* gamma * (x > 0 ? x : alpha * (exp(x / beta) - 1)): Elu, Selu, Celu (beta is alpha). */
cameo_status cm_build_elu(cm_builder *b)
{
    bool selu = strcmp(b->node->op_type, "Selu") == 0, celu = strcmp(b->node->op_type, "Celu") == 0;
    float alpha = cm_onnx_attribute_float(b->node, "alpha", selu ? 1.67326319217681884765625f : 1.0f);
    float gamma = selu ? cm_onnx_attribute_float(b->node, "gamma", 1.05070102214813232421875f) : 1.0f;
    cm_value *x = cm_build_input(b, 0);
    if (!x || x->is_int)
        return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "its input must be float");
    cm_value *above = cm_piece_relu(b, x), *below = cm_piece_map_number(b, CM_MAP_MIN, x, 0.0f);
    if (celu)
        below = cm_piece_map_number(b, CM_MAP_DIV, below, alpha);
    below = cm_piece_map_number(b, CM_MAP_MUL, cm_piece_map(b, CM_MAP_EXPM1, below), alpha * gamma);
    if (gamma != 1.0f)
        above = cm_piece_map_number(b, CM_MAP_MUL, above, gamma);
    return cm_piece_output(b, cm_piece_map_two(b, CM_MAP_ADD, above, below), 0);
}

/* tanh of sqrt(2/pi) * (x + 0.044715 x^3) */
static cm_value *gelu_tanh(cm_builder *b, cm_value *x)
{
    cm_value *inner = cm_piece_map_number(b, CM_MAP_MUL, cm_piece_map_two(b, CM_MAP_MUL, x, x), 0.044715f);
    inner = cm_piece_map_two(b, CM_MAP_MUL, cm_piece_map_number(b, CM_MAP_ADD, inner, 1.0f), x);
    return cm_piece_tanh(b, cm_piece_map_number(b, CM_MAP_MUL, inner, 0.7978845608028654f));
}

/* Hendrycks and Gimpel 2016, arXiv:1606.08415: x/2 * (1 + erf(x / sqrt 2)), or with a tanh in the place of erf. */
cameo_status cm_build_gelu(cm_builder *b)
{
    const char *approximate = cm_onnx_attribute_string(b->node, "approximate", "none");
    bool by_tanh = strcmp(approximate, "tanh") == 0;
    cm_value *x = cm_build_input(b, 0);
    if (!x || x->is_int || (!by_tanh && strcmp(approximate, "none") != 0))
        return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "its input must be float, approximate 'none' or 'tanh'");
    cm_value *curve = by_tanh ? gelu_tanh(b, x) : cm_piece_map(b, CM_MAP_ERF, cm_piece_map_number(b, CM_MAP_MUL, x, 0.7071067811865476f));
    curve = cm_piece_map_number(b, CM_MAP_ADD, curve, 1.0f);
    return cm_piece_output(b, cm_piece_map_two(b, CM_MAP_MUL, cm_piece_map_number(b, CM_MAP_MUL, x, 0.5f), curve), 0);
}

/* x * tanh(softplus(x)) (Misra 2019, arXiv:1908.08681) */
static cm_value *mish(cm_builder *b, cm_value *x)
{
    return cm_piece_map_two(b, CM_MAP_MUL, cm_piece_tanh(b, cm_piece_map(b, CM_MAP_SOFTPLUS, x)), x);
}

/* x / (1 + |x|) */
static cm_value *softsign(cm_builder *b, cm_value *x)
{
    return cm_piece_map_two(b, CM_MAP_DIV, x, cm_piece_map_number(b, CM_MAP_ADD, cm_piece_map(b, CM_MAP_ABS, x), 1.0f));
}

/* Mish, Not, Reciprocal, Softsign. */
cameo_status cm_build_composed_unary(cm_builder *b)
{
    cm_value *x = cm_build_input(b, 0);
    const char *op = b->node->op_type;
    if (!x || x->is_int)
        return cm_build_unary(b);
    if (strcmp(op, "Mish") == 0)
        x = mish(b, x);
    else if (strcmp(op, "Not") == 0)
        x = cm_piece_map_number(b, CM_MAP_EQUAL, x, 0.0f);
    else if (strcmp(op, "Reciprocal") == 0)
        x = cm_piece_map_number(b, CM_MAP_RDIV, x, 1.0f);
    else
        x = softsign(b, x);
    return cm_piece_output(b, x, 0);
}

/* ---- PRelu ---- */

/* Exporters write [C,1,1] or [1,C,1,1], some [C], which by the standard's rules belongs to the last axis: a channel each is meant where
 * that axis does not fit. */
static bool slopes_are_channels(const cm_value *slope, const cm_value *x)
{
    if (x->rank < 2)
        return false;
    bool meant = slope->rank == 1 && slope->dims[0] == x->dims[1] && slope->dims[0] != x->dims[x->rank - 1];
    return meant || cm_build_spans(slope, x, 1, 1);
}

static cameo_status prelu_by_channel(cm_builder *b, cm_value *x, cm_value *slope)
{
    int64_t channels = x->dims[1];
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

/* max(x, 0) + slope * min(x, 0), with slopes of any shape that can be broadcast to x. */
static cameo_status prelu_by_element(cm_builder *b, cm_value *x, cm_value *slope, bool channels)
{
    int64_t column[CAMEO_MAX_RANK] = {slope->dims[0], 1, 1, 1, 1, 1, 1, 1};
    if (channels && slope->rank == 1 && slope->elements > 1)
        slope = cm_piece_view(b, slope, x->rank - 1, column);
    cm_value *below = cm_piece_map_two(b, CM_MAP_MUL, cm_piece_map_number(b, CM_MAP_MIN, x, 0.0f), slope);
    return cm_piece_output(b, cm_piece_map_two(b, CM_MAP_ADD, cm_piece_relu(b, x), below), 0);
}

cameo_status cm_build_prelu(cm_builder *b)
{
    cm_value *x = cm_build_input(b, 0), *slope = cm_build_input(b, 1);
    if (!x || x->is_int || !slope || slope->is_int)
        return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "it needs a float input and float slopes");
    bool channels = slopes_are_channels(slope, x);
    if (!channels && !cm_build_spans(slope, x, 0, x->rank - 1))
        return cm_build_fail(b, CAMEO_ERROR_MISMATCH, "%lld slopes of rank %d do not fit its input, as one a channel [C,1,1] would",
                             (long long)slope->elements, slope->rank);
    bool fits_epilogue = channels && slope->is_constant && !x->is_constant && (x->rank == 2 || x->rank == 4);
    return fits_epilogue ? prelu_by_channel(b, x, slope) : prelu_by_element(b, x, slope, channels);
}

/* ---- Clip ---- */

/* A bound: attribute (opset < 11) or input; *value NULL: none, or a number in *number. */
static cameo_status clip_bound(cm_builder *b, int input, const char *attribute, float otherwise, float *number, cm_value **value)
{
    cm_value *given = cm_build_input(b, input);
    *number = cm_onnx_attribute_float(b->node, attribute, otherwise);
    *value = NULL;
    if (!given)
        return CAMEO_OK;
    if (given->elements != 1)
        return cm_build_fail(b, CAMEO_ERROR_MISMATCH, "its %s must be one number, it holds %lld", attribute, (long long)given->elements);
    if (given->is_int || !given->is_constant) {
        *value = given;
        return CAMEO_OK;
    }
    const float *floats = cm_value_floats(b->graph, given);
    if (!floats)
        return cm_build_no_memory(b);
    *number = floats[0];
    return CAMEO_OK;
}

static cameo_status clip_integers(cm_builder *b, cm_value *x, const cm_value *low, const cm_value *high)
{
    cm_value *result = cm_build_constant(b, true, x->rank, x->dims);
    if (!result)
        return cm_build_no_memory(b);
    if ((low && !low->is_int) || (high && !high->is_int))
        return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "its input and its bounds must be of one type");
    for (int64_t i = 0; i < x->elements; i++) {
        int64_t value = low && x->ints[i] < low->ints[0] ? low->ints[0] : x->ints[i];
        ((int64_t *)(uintptr_t)result->ints)[i] = high && value > high->ints[0] ? high->ints[0] : value;
    }
    cm_build_set_output(b, 0, result);
    return CAMEO_OK;
}

cameo_status cm_build_clip(cm_builder *b)
{
    cm_value *x = cm_build_input(b, 0), *low, *high;
    cm_fused fused = {.activation = CM_ACT_CLIP};
    if (!x)
        return missing(b);
    cameo_status status = clip_bound(b, 1, "min", -INFINITY, &fused.low, &low);
    if (status == CAMEO_OK)
        status = clip_bound(b, 2, "max", INFINITY, &fused.high, &high);
    if (status != CAMEO_OK)
        return status;
    if (x->is_int)
        return clip_integers(b, x, low, high);
    if ((low && low->is_int) || (high && high->is_int))
        return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "its input and its bounds must be of one type");
    /* A computed bound is one number, whatever shape it has. */
    if (low)
        x = cm_piece_map_two(b, CM_MAP_MAX, x, cm_piece_view(b, low, 0, NULL));
    x = cm_piece_activation(b, &fused, x);
    if (high)
        x = cm_piece_map_two(b, CM_MAP_MIN, x, cm_piece_view(b, high, 0, NULL));
    return cm_piece_output(b, x, 0);
}

/* ---- Where ---- */

static cameo_status where_integers(cm_builder *b, cm_value *which, cm_value *x, cm_value *y, int rank, const int64_t *dims)
{
    const cm_value *v[3] = {cm_piece_expand(b, which, rank, dims), cm_piece_expand(b, x, rank, dims), cm_piece_expand(b, y, rank, dims)};
    cm_value *result = v[0] && v[1] && v[2] ? cm_build_constant(b, true, rank, dims) : NULL;
    for (int64_t i = 0; result && i < result->elements; i++)
        ((int64_t *)(uintptr_t)result->ints)[i] = v[0]->ints[i] ? v[1]->ints[i] : v[2]->ints[i];
    return cm_piece_output(b, result, 0);
}

/* (x where it is true, else 0) + (y where it is not, else 0): exact, also for infinities. */
static cameo_status where_floats(cm_builder *b, cm_value *which, cm_value *x, cm_value *y, int rank, const int64_t *dims)
{
    which = cm_piece_floats(b, which);
    x = cm_piece_map_two(b, CM_MAP_MASK, cm_piece_expand(b, x, rank, dims), which);
    y = cm_piece_map_two(b, CM_MAP_MASK_NOT, cm_piece_expand(b, y, rank, dims), which);
    return cm_piece_output(b, cm_piece_map_two(b, CM_MAP_ADD, x, y), 0);
}

cameo_status cm_build_where(cm_builder *b)
{
    cm_value *which = cm_build_input(b, 0), *x = cm_build_input(b, 1), *y = cm_build_input(b, 2);
    if (!which || !x || !y)
        return missing(b);
    if (x->is_int != y->is_int)
        return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "it must choose between two floats or two integers");
    int rank;
    int64_t dims[CAMEO_MAX_RANK];
    cameo_status status = cm_build_broadcast(b, which, x, &rank, dims);
    cm_value shape = {.rank = rank};
    memcpy(shape.dims, dims, sizeof(int64_t) * (size_t)(status == CAMEO_OK ? rank : 0));
    if (status == CAMEO_OK)
        status = cm_build_broadcast(b, &shape, y, &rank, dims);
    if (status != CAMEO_OK)
        return status;
    if (!x->is_int)
        return where_floats(b, which, x, y, rank, dims);
    if (!which->is_int)
        return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "it chooses between integers by what is computed from the input");
    return where_integers(b, which, x, y, rank, dims);
}

/* ---- Cast ---- */

static cameo_status cast_to(cm_builder *b, cm_value *x, int64_t to)
{
    if (cm_build_is_float_type(to)) {
        /* All floats are computed in float32; a cast between them (fp16 exports) changes nothing. */
        return cm_piece_output(b, cm_piece_floats(b, x), 0);
    }
    if (x->is_constant)
        return cm_piece_output(b, cm_piece_integers(b, x, to), 0);
    if (to == CM_ONNX_BOOL)
        return cm_piece_output(b, cm_piece_map_number(b, CM_MAP_EQUAL, cm_piece_map_number(b, CM_MAP_EQUAL, x, 0.0f), 0.0f), 0);
    return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "casting computed floats to integers is not supported");
}

cameo_status cm_build_cast(cm_builder *b)
{
    cm_value *x = cm_build_input(b, 0);
    int64_t to = cm_onnx_attribute_int(b->node, "to", 0);
    if (!x)
        return missing(b);
    if (!cm_build_is_int_type(to) && !cm_build_is_float_type(to))
        return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "a cast to type %lld is not supported", (long long)to);
    return cast_to(b, x, to);
}

/* To the type of the second input; where the file does not say which integers these are, INT64. */
cameo_status cm_build_cast_like(cm_builder *b)
{
    cm_value *x = cm_build_input(b, 0), *like = cm_build_input(b, 1);
    if (!x || !like)
        return missing(b);
    int64_t to = b->model->values[b->node->inputs[1]].type;
    if (!like->is_int)
        to = CM_ONNX_FLOAT;
    else if (!cm_build_is_int_type(to))
        to = CM_ONNX_INT64;
    return cast_to(b, x, to);
}
