/* checkkern: element-by-element operators. */
#include "check.h"

#include "base/memory.h"

#include <math.h>
#include <stdio.h>

enum { MAP_OPS = CM_MAP_COPY + 1, OPERAND_KINDS = CM_MAP_SCALAR + 1 };

static bool is_binary(cm_map_op op)
{
    return op <= CM_MAP_LAST_BINARY;
}

static double binary_wanted(cm_map_op op, double a, double b)
{
    switch (op) {
    case CM_MAP_ADD: return a + b;
    case CM_MAP_SUB: return a - b;
    case CM_MAP_RSUB: return b - a;
    case CM_MAP_MUL: return a * b;
    case CM_MAP_DIV: return a / b;
    case CM_MAP_RDIV: return b / a;
    case CM_MAP_MAX: return isnan(a) || isnan(b) ? NAN : fmax(a, b);
    case CM_MAP_MIN: return isnan(a) || isnan(b) ? NAN : fmin(a, b);
    case CM_MAP_POW: return pow(a, b);
    case CM_MAP_MOD: return fmod(a, b);
    case CM_MAP_EQUAL: return a == b;
    case CM_MAP_LESS: return a < b;
    case CM_MAP_LESS_EQUAL: return a <= b;
    case CM_MAP_GREATER: return a > b;
    case CM_MAP_GREATER_EQUAL: return a >= b;
    case CM_MAP_MASK: return b != 0.0 ? a : 0.0;
    default: return b == 0.0 ? a : 0.0;
    }
}

static double map_wanted(const cm_map_tile *tile, double a, double b, int channel)
{
    switch (tile->op) {
    case CM_MAP_AFFINE: return a * (double)tile->b[channel] + (double)tile->b2[channel];
    case CM_MAP_ACTIVATION: return activation_wanted(tile->epilogue, a, channel);
    case CM_MAP_EXP: return exp(a);
    case CM_MAP_EXPM1: return expm1(a);
    case CM_MAP_SQRT: return sqrt(a);
    case CM_MAP_ABS: return fabs(a);
    case CM_MAP_NEG: return -a;
    case CM_MAP_SIGN: return isnan(a) ? a : (a > 0.0) - (a < 0.0);
    case CM_MAP_ERF: return erf(a);
    case CM_MAP_LOG: return log(a);
    case CM_MAP_FLOOR: return floor(a);
    case CM_MAP_CEIL: return ceil(a);
    case CM_MAP_ROUND: return rint(a);
    case CM_MAP_SIN: return sin(a);
    case CM_MAP_COS: return cos(a);
    case CM_MAP_SOFTPLUS: return a > 700.0 ? a : log1p(exp(a));
    case CM_MAP_COPY: return a;
    default: return binary_wanted(tile->op, a, b);
    }
}

static double operand(const cm_map_tile *tile, int64_t row, int channel)
{
    if (!is_binary(tile->op))
        return 0.0;
    switch (tile->b_kind) {
    case CM_MAP_PER_CHANNEL: return (double)tile->b[channel];
    case CM_MAP_PER_ROW: return (double)tile->b[row];
    case CM_MAP_SCALAR: return (double)tile->b[0];
    default: return (double)tile->b[row * tile->b_stride + channel];
    }
}

static void operands_make(cm_map_tile *tile)
{
    tile->b_stride = tile->channels + random_int(0, 1) * 3;
    size_t full = (size_t)((tile->rows - 1) * tile->b_stride + tile->channels);
    size_t counts[OPERAND_KINDS] = { full, (size_t)tile->channels, (size_t)tile->rows, 1 };
    tile->b = guard_random(SLOT_B, counts[tile->op == CM_MAP_AFFINE ? CM_MAP_PER_CHANNEL : tile->b_kind]);
    tile->b2 = guard_random(SLOT_B2, (size_t)tile->channels);
}

static void map_compare(const cm_kernel *kernel, const cm_map_tile *tile, const float *a)
{
    char where[96];
    snprintf(where, sizeof where, "op %d operand %d activation %d, rows %d channels %d", (int)tile->op, (int)tile->b_kind,
             (int)tile->epilogue->activation, (int)tile->rows, tile->channels);
    for (int64_t i = 0; i < tile->rows; i++) {
        for (int j = 0; j < tile->channels; j++) {
            double x = (double)a[i * tile->a_stride + j], wanted = map_wanted(tile, x, operand(tile, i, j), j);
            /* The operations alone are rounded once; functions and sums of products by a few units. */
            bool once = tile->op <= CM_MAP_MIN || (tile->op >= CM_MAP_EQUAL && tile->op <= CM_MAP_LAST_BINARY);
            double exact = once ? 1.01 * ROUNDING * fabs(wanted) : 8.0 * ROUNDING * (fabs(wanted) + fabs(x));
            check_close(kernel, wanted, exact + 1e-38, tile->c[i * tile->c_stride + j], where, i, j);
        }
    }
    canary_check(kernel, tile->c, tile->rows, tile->channels, tile->c_stride);
}

static void check_tile(const cm_kernel *kernel, cm_map_op op, cm_map_operand kind, int rows, int channels, int activation)
{
    cm_epilogue epilogue;
    epilogue_make(&epilogue, activation, rows, channels);
    cm_map_tile tile = { .rows = rows, .channels = channels, .op = op, .b_kind = kind, .epilogue = &epilogue };
    int dense = random_int(0, 1);
    tile.a_stride = channels + (dense ? 0 : random_int(0, 5));
    tile.c_stride = channels + (dense ? 0 : random_int(0, 5));
    size_t count = (size_t)((rows - 1) * tile.a_stride + channels);
    float *a = guard_random(SLOT_A, count);
    if (random_int(0, 3) == 0)
        fill_special(a, count);
    operands_make(&tile);
    tile.a = a;
    tile.c = guard_floats(SLOT_C, (size_t)((rows - 1) * tile.c_stride + channels));
    canary_fill(tile.c, rows, channels, tile.c_stride);
    kernel->run.map(&tile);
    map_compare(kernel, &tile, a);
    check_counted();
}

/* In place, and every element with the bits it has when it is alone in its row. */
static void check_position(const cm_kernel *kernel, cm_map_op op, int activation)
{
    enum { COUNT = 61 };
    cm_epilogue epilogue;
    epilogue_make(&epilogue, activation, 1, COUNT);
    float *a = guard_random(SLOT_A, COUNT), *c = guard_random(SLOT_C, COUNT);
    cm_map_tile tile = { .a = a, .a_stride = COUNT, .c = c, .c_stride = COUNT, .rows = 1, .channels = COUNT, .op = op,
                         .epilogue = &epilogue, .b_kind = CM_MAP_PER_CHANNEL };
    operands_make(&tile);
    kernel->run.map(&tile);
    for (int i = 0; i < COUNT; i++) {
        float one = a[i];
        cm_epilogue moved = epilogue;
        if (moved.slope != NULL)
            moved.slope += i;
        cm_map_tile alone = { .a = &one, .a_stride = 1, .c = &one, .c_stride = 1, .b = tile.b + i, .b2 = tile.b2 + i, .b_stride = 1,
                              .rows = 1, .channels = 1, .op = op, .epilogue = &moved, .b_kind = CM_MAP_PER_CHANNEL };
        kernel->run.map(&alone);
        check_same(kernel, c[i], one, "alone", op, i);
    }
    check_counted();
}

/* Large and small arguments of the functions, to a few units in the last place. */
static void check_function(const cm_kernel *kernel, cm_map_op op, cm_activation activation, double low, double high)
{
    enum { COUNT = 20000 };
    static float a[COUNT], c[COUNT];
    cm_epilogue epilogue = { .activation = activation };
    cm_map_tile tile = { .a = a, .a_stride = COUNT, .c = c, .c_stride = COUNT, .rows = 1, .channels = COUNT, .op = op, .epilogue = &epilogue };
    for (int i = 0; i < COUNT; i++)
        a[i] = (float)(low + (high - low) * i / (COUNT - 1));
    kernel->run.map(&tile);
    for (int i = 0; i < COUNT; i++) {
        double wanted = map_wanted(&tile, (double)a[i], 0.0, 0);
        wanted = (double)(float)wanted > 3.4028235e38 ? INFINITY : wanted;
        check_close(kernel, wanted, 4.0 * 2.0 * ROUNDING * fabs(wanted) + 1.5e-45, c[i], "function", op, i);
    }
    check_counted();
}

void check_map(const cm_kernel *kernel)
{
    static const int channels[] = { 1, 3, 7, 8, 15, 16, 17, 33, 100 };
    for (size_t i = 0; i < sizeof channels / sizeof channels[0]; i++) {
        for (int op = 0; op < MAP_OPS; op++) {
            for (int kind = 0; kind < OPERAND_KINDS; kind++)
                check_tile(kernel, (cm_map_op)op, (cm_map_operand)kind, random_int(1, 9), channels[i], op == CM_MAP_ACTIVATION ? kind : 0);
        }
        for (int activation = 0; activation < CM_ACT_COUNT; activation++)
            check_tile(kernel, CM_MAP_ACTIVATION, CM_MAP_FULL, random_int(1, 9), channels[i], activation);
    }
    for (int op = 0; op < MAP_OPS; op++)
        check_position(kernel, (cm_map_op)op, 0);
    for (int activation = 0; activation < CM_ACT_COUNT; activation++)
        check_position(kernel, CM_MAP_ACTIVATION, activation);
    check_function(kernel, CM_MAP_EXP, CM_ACT_NONE, -110.0, 95.0);
    check_function(kernel, CM_MAP_EXP, CM_ACT_NONE, -1.0, 1.0);
    check_function(kernel, CM_MAP_ACTIVATION, CM_ACT_SIGMOID, -110.0, 110.0);
    check_function(kernel, CM_MAP_ACTIVATION, CM_ACT_TANH, -12.0, 12.0);
    check_function(kernel, CM_MAP_ACTIVATION, CM_ACT_TANH, -1.0, 1.0);
    check_function(kernel, CM_MAP_ERF, CM_ACT_NONE, -6.0, 6.0);
    check_function(kernel, CM_MAP_ERF, CM_ACT_NONE, -1.05, 1.05);
    check_function(kernel, CM_MAP_ERF, CM_ACT_NONE, -1e-3, 1e-3);
}

static const cm_kernel *timed;

static void map_run(void *context)
{
    timed->run.map(context);
}

static void time_op(const cm_kernel *kernel, const char *what, cm_map_op op, cm_map_operand kind, cm_activation activation, int arrays)
{
    enum { ROWS = 784, CHANNELS = 128 };
    size_t count = (size_t)ROWS * CHANNELS;
    float *a = cm_aligned_alloc(3 * count * sizeof(float));
    if (a == NULL) {
        check_failed(kernel, "no memory for %s", what);
        return;
    }
    fill_random(a, 3 * count);
    cm_epilogue epilogue = { .activation = activation, .slope = a };
    cm_map_tile tile = { .a = a, .a_stride = CHANNELS, .b = a + count, .b2 = a + count, .b_stride = CHANNELS, .c = a + 2 * count,
                         .c_stride = CHANNELS, .rows = ROWS, .channels = CHANNELS, .op = op, .b_kind = kind, .epilogue = &epilogue };
    timed = kernel;
    report_bytes(kernel, what, (double)arrays * (double)count * sizeof(float), measure_seconds(map_run, &tile));
    cm_aligned_free(a);
}

void time_map(const cm_kernel *kernel)
{
    time_op(kernel, "add, 28x28x128", CM_MAP_ADD, CM_MAP_FULL, CM_ACT_NONE, 3);
    time_op(kernel, "multiply by a channel's", CM_MAP_MUL, CM_MAP_PER_CHANNEL, CM_ACT_NONE, 2);
    time_op(kernel, "affine", CM_MAP_AFFINE, CM_MAP_PER_CHANNEL, CM_ACT_NONE, 2);
    time_op(kernel, "prelu", CM_MAP_ACTIVATION, CM_MAP_FULL, CM_ACT_PRELU, 2);
    time_op(kernel, "sigmoid", CM_MAP_ACTIVATION, CM_MAP_FULL, CM_ACT_SIGMOID, 2);
    time_op(kernel, "tanh", CM_MAP_ACTIVATION, CM_MAP_FULL, CM_ACT_TANH, 2);
    time_op(kernel, "exp", CM_MAP_EXP, CM_MAP_FULL, CM_ACT_NONE, 2);
    time_op(kernel, "erf", CM_MAP_ERF, CM_MAP_FULL, CM_ACT_NONE, 2);
}
