/* Operators on constant integers: shape arithmetic, indexes, masks. Truth values are the integers 0 and 1. */
#include "graph/builder.h"

#include <math.h>
#include <string.h>

bool cm_build_is_int_type(int64_t type)
{
    return type == CM_ONNX_INT64 || type == CM_ONNX_INT32 || type == CM_ONNX_INT16 || type == CM_ONNX_INT8 || type == CM_ONNX_BOOL ||
           type == CM_ONNX_UINT8 || type == CM_ONNX_UINT16 || type == CM_ONNX_UINT32 || type == CM_ONNX_UINT64;
}

bool cm_build_is_float_type(int64_t type)
{
    return type == CM_ONNX_FLOAT || type == CM_ONNX_DOUBLE || type == CM_ONNX_FLOAT16 || type == CM_ONNX_BFLOAT16;
}

/* ---- Two operands ---- */

typedef int64_t int_operator(int64_t x, int64_t y);

/* Sums and products wrap instead of overflowing. */
static int64_t add(int64_t x, int64_t y)
{
    return (int64_t)((uint64_t)x + (uint64_t)y);
}

static int64_t subtract(int64_t x, int64_t y)
{
    return (int64_t)((uint64_t)x - (uint64_t)y);
}

static int64_t multiply(int64_t x, int64_t y)
{
    return (int64_t)((uint64_t)x * (uint64_t)y);
}

static int64_t divide(int64_t x, int64_t y)
{
    return y == 0 || (y == -1 && x == INT64_MIN) ? 0 : x / y;
}

/* The sign of the divisor, as Python's %. */
static int64_t modulo(int64_t x, int64_t y)
{
    int64_t rest = y == 0 || y == -1 ? 0 : x % y;
    return rest != 0 && (rest < 0) != (y < 0) ? rest + y : rest;
}

/* The sign of the dividend, as C's %. */
static int64_t c_modulo(int64_t x, int64_t y)
{
    return y == 0 || y == -1 ? 0 : x % y;
}

static int64_t larger(int64_t x, int64_t y)
{
    return x > y ? x : y;
}

static int64_t smaller(int64_t x, int64_t y)
{
    return x < y ? x : y;
}

/* x to the power of y, wrapping; as a fraction, cut to an integer, where y is negative. */
static int64_t power(int64_t x, int64_t y)
{
    uint64_t result = 1, factor = (uint64_t)x;
    if (y < 0)
        return x == 1 ? 1 : x == -1 ? (y % 2 ? -1 : 1) : 0;
    for (uint64_t left = (uint64_t)y; left; left >>= 1, factor *= factor)
        result *= left & 1 ? factor : 1;
    return (int64_t)result;
}

static int64_t is_equal(int64_t x, int64_t y)
{
    return x == y;
}

static int64_t is_less(int64_t x, int64_t y)
{
    return x < y;
}

static int64_t is_less_or_equal(int64_t x, int64_t y)
{
    return x <= y;
}

static int64_t is_greater(int64_t x, int64_t y)
{
    return x > y;
}

static int64_t is_greater_or_equal(int64_t x, int64_t y)
{
    return x >= y;
}

static int64_t both(int64_t x, int64_t y)
{
    return x && y;
}

static int64_t either(int64_t x, int64_t y)
{
    return x || y;
}

static int64_t one_of_two(int64_t x, int64_t y)
{
    return !x != !y;
}

static const struct int_row {
    const char *name;
    int_operator *run;
    bool comparison;
} int_rows[] = {
    {"Add", add, false},        {"Sum", add, false},     {"Sub", subtract, false}, {"Mul", multiply, false},
    {"Div", divide, false},     {"Mod", modulo, false},  {"Max", larger, false},   {"Min", smaller, false},
    {"Pow", power, false},      {"Equal", is_equal, true}, {"Less", is_less, true}, {"LessOrEqual", is_less_or_equal, true},
    {"Greater", is_greater, true}, {"GreaterOrEqual", is_greater_or_equal, true},
    {"And", both, false},       {"Or", either, false},   {"Xor", one_of_two, false},
};

static const struct int_row *find_row(const char *op_type)
{
    for (size_t i = 0; i < sizeof int_rows / sizeof int_rows[0]; i++)
        if (strcmp(int_rows[i].name, op_type) == 0)
            return &int_rows[i];
    return NULL;
}

bool cm_build_is_comparison(const char *op_type)
{
    const struct int_row *row = find_row(op_type);
    return row && row->comparison;
}

/* A new constant of integers; NULL: failed, as with all pieces. */
static cm_value *new_integers(cm_builder *b, int rank, const int64_t *dims)
{
    cm_value *result = cm_build_constant(b, true, rank, dims);
    if (!result)
        b->refused = cm_build_no_memory(b);
    return result;
}

/* Both, expanded to the common shape, and a constant of integers in that shape. */
static cm_value *expand_pair(cm_builder *b, cm_value **x, cm_value **y)
{
    int rank;
    int64_t dims[CAMEO_MAX_RANK];
    cameo_status status = cm_build_broadcast(b, *x, *y, &rank, dims);
    if (status != CAMEO_OK) {
        b->refused = status;
        return NULL;
    }
    *x = cm_piece_expand(b, *x, rank, dims);
    *y = cm_piece_expand(b, *y, rank, dims);
    return *x && *y ? new_integers(b, rank, dims) : NULL;
}

cm_value *cm_piece_int_pair(cm_builder *b, cm_value *x, cm_value *y)
{
    const struct int_row *row = find_row(b->node->op_type);
    if (!row) {
        b->refused = cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "it is supported for floats only");
        return NULL;
    }
    int_operator *run = row->run == modulo && cm_onnx_attribute_int(b->node, "fmod", 0) ? c_modulo : row->run;
    cm_value *result = expand_pair(b, &x, &y);
    for (int64_t i = 0; result && i < result->elements; i++)
        ((int64_t *)(uintptr_t)result->ints)[i] = run(x->ints[i], y->ints[i]);
    return result;
}

cm_value *cm_piece_comparison(cm_builder *b, cm_value *x, cm_value *y)
{
    const char *op = b->node->op_type;
    bool greater = op[0] == 'G', equal = op[0] == 'E', or_equal = strstr(op, "OrEqual") != NULL;
    cm_value *result = expand_pair(b, &x, &y);
    const float *left = result ? cm_value_floats(b->graph, x) : NULL, *right = result ? cm_value_floats(b->graph, y) : NULL;
    if (!left || !right) {
        b->refused = cm_build_no_memory(b);
        return NULL;
    }
    for (int64_t i = 0; i < result->elements; i++) {
        bool same = left[i] == right[i], order = greater ? left[i] > right[i] : left[i] < right[i];
        ((int64_t *)(uintptr_t)result->ints)[i] = equal ? same : order || (or_equal && same);
    }
    return result;
}

/* ---- One operand ---- */

/* Of the smallest integer its negative is that integer. */
static int64_t negative(int64_t x)
{
    return (int64_t)(0 - (uint64_t)x);
}

static int64_t absolute(int64_t x)
{
    return x < 0 ? negative(x) : x;
}

static int64_t sign(int64_t x)
{
    return (x > 0) - (x < 0);
}

static int64_t negation(int64_t x)
{
    return !x;
}

static int64_t positive_part(int64_t x)
{
    return x > 0 ? x : 0;
}

cm_value *cm_piece_int_unary(cm_builder *b, cm_value *x)
{
    static const struct {
        const char *name;
        int64_t (*run)(int64_t);
    } table[] = {{"Abs", absolute}, {"Neg", negative}, {"Sign", sign}, {"Not", negation}, {"Relu", positive_part}};
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (strcmp(b->node->op_type, table[i].name) != 0)
            continue;
        cm_value *result = new_integers(b, x->rank, x->dims);
        for (int64_t j = 0; result && j < x->elements; j++)
            ((int64_t *)(uintptr_t)result->ints)[j] = table[i].run(x->ints[j]);
        return result;
    }
    b->refused = cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "it is supported for floats only");
    return NULL;
}

/* ---- Reductions ---- */

cm_value *cm_piece_int_reduce(cm_builder *b, cm_value *x)
{
    static const struct {
        const char *name;
        int_operator *join;
        int64_t start;
    } table[] = {{"ReduceSum", add, 0},
                 {"ReduceMean", add, 0},
                 {"ReduceMax", larger, INT64_MIN},
                 {"ReduceMin", smaller, INT64_MAX},
                 {"ReduceProd", multiply, 1}};
    const char *op = b->node->op_type;
    size_t row = 0, rows = sizeof table / sizeof table[0];
    while (row < rows && strcmp(op, table[row].name) != 0)
        row++;
    if (row == rows)
        b->refused = cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "it is supported for floats only");
    cm_value *result = x && row < rows ? new_integers(b, 2, (int64_t[2]){x->dims[0], 1}) : NULL;
    for (int64_t i = 0; result && i < x->dims[0]; i++) {
        int64_t joined = table[row].start;
        for (int64_t j = 0; j < x->dims[1]; j++)
            joined = table[row].join(joined, x->ints[i * x->dims[1] + j]);
        ((int64_t *)(uintptr_t)result->ints)[i] = strcmp(op, "ReduceMean") == 0 ? divide(joined, x->dims[1]) : joined;
    }
    return result;
}

/* ---- CumSum ---- */

typedef struct running_sum {
    int64_t elements, step, extent; /* step: from one entry of the axis to the next */
    bool exclusive, reverse;
} running_sum;

/* The i-th element in the order of summing: its place, its predecessor's along the axis, and whose value is added there; -1: none. */
static int64_t sum_place(const running_sum *sum, int64_t i, int64_t *before, int64_t *added)
{
    int64_t at = sum->reverse ? sum->elements - 1 - i : i;
    bool first = at / sum->step % sum->extent == (sum->reverse ? sum->extent - 1 : 0);
    *before = first ? -1 : sum->reverse ? at + sum->step : at - sum->step;
    *added = sum->exclusive ? *before : at;
    return at;
}

static cameo_status cumsum_constant(cm_builder *b, cm_value *x, const running_sum *sum)
{
    cm_value *result = cm_build_constant(b, x->is_int, x->rank, x->dims);
    const float *floats = x->is_int ? NULL : cm_value_floats(b->graph, x);
    if (!result || (!x->is_int && !floats))
        return cm_build_no_memory(b);
    int64_t *int_sums = (int64_t *)(uintptr_t)result->ints;
    float *float_sums = (float *)(uintptr_t)result->floats;
    for (int64_t i = 0; i < sum->elements; i++) {
        int64_t before, added, at = sum_place(sum, i, &before, &added);
        if (x->is_int)
            int_sums[at] = add(before < 0 ? 0 : int_sums[before], added < 0 ? 0 : x->ints[added]);
        else
            float_sums[at] = (before < 0 ? 0.0f : float_sums[before]) + (added < 0 ? 0.0f : floats[added]);
    }
    cm_build_set_output(b, 0, result);
    return CAMEO_OK;
}

cameo_status cm_build_cumsum(cm_builder *b)
{
    cm_value *x = cm_build_input(b, 0);
    const int64_t *axes;
    int count, axis;
    cameo_status status = cm_build_ints(b, cm_build_input(b, 1), "its axis", &axes, &count);
    if (status == CAMEO_OK && (!x || !x->is_constant || count != 1))
        status = cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "it is supported for constants and one axis only");
    if (status == CAMEO_OK)
        status = cm_build_axis(b, axes[0], x->rank, &axis);
    if (status != CAMEO_OK)
        return status;
    running_sum sum = {.elements = x->elements,
                       .step = cm_dims_elements(x->rank - axis - 1, x->dims + axis + 1),
                       .extent = x->dims[axis],
                       .exclusive = cm_onnx_attribute_int(b->node, "exclusive", 0) != 0,
                       .reverse = cm_onnx_attribute_int(b->node, "reverse", 0) != 0};
    return cumsum_constant(b, x, &sum);
}

/* ---- Cast ---- */

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

cm_value *cm_piece_integers(cm_builder *b, cm_value *x, int64_t type)
{
    cm_value *result = x ? new_integers(b, x->rank, x->dims) : NULL;
    const float *floats = !result || x->is_int ? NULL : cm_value_floats(b->graph, x);
    if (result && !x->is_int && !floats) {
        b->refused = cm_build_no_memory(b);
        return NULL;
    }
    for (int64_t i = 0; result && i < x->elements; i++)
        ((int64_t *)(uintptr_t)result->ints)[i] = x->is_int ? narrowed(x->ints[i], type) : float_to_int(floats[i], type);
    return result;
}
