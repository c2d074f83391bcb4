/* labels: threads */
/* A residual block in ONNX's QDQ form: it computes in integers, gives what the formulas of QuantizeLinear and DequantizeLinear give, and the same bits on
 * every instruction set, for every number of threads and every batch. */
#include "cmocka_all.h"

#include "onnx_nets.h"

#include "base/cpu.h"
#include "run/network.h"

#include <string.h>

enum { MOST_CHANNELS = 40, SIZE = 9, PIXELS = SIZE * SIZE, MOST_BATCH = 3, STAGES = 6 };

/* Which form of the block. */
typedef struct form {
    int channels;
    bool is_signed;    /* 8-bit activations */
    bool per_channel;  /* scales of weights */
    bool middle;       /* every step is quantised, as ONNX Runtime's quantizer does, not only what convolutions read */
    bool by_attribute; /* opset 21: no zero point, output_dtype instead */
    bool relu;         /* instead of PRelu */
    int in_group;      /* both convolutions are in groups of so many channels; 0: they are not */
} form;

/* Input channels of one output. */
static int inputs_of(const form *f)
{
    return f->in_group ? f->in_group : f->channels;
}

/* Scales and zero points (as they are in the model) of x, the first convolution, its activation, the second, the sum, and its normalisation. */
typedef struct block {
    form f;
    float scale[STAGES];
    int zero[STAGES];
    int8_t weights[2][MOST_CHANNELS * MOST_CHANNELS * 9];
    float weight_scale[2][MOST_CHANNELS];
    int32_t bias[2][MOST_CHANNELS];
    float slope[MOST_CHANNELS], norm[4][MOST_CHANNELS]; /* gamma, beta, mean, variance */
} block;

/* ---- The model ---- */

static void add_number(pb *graph, const char *name, int type, const void *value, size_t size)
{
    pb_message(graph, ONNX_INITIALIZER, onnx_tensor_raw(name, type, 0, NULL, value, size));
}

static void add_stage(pb *graph, const block *b, int stage)
{
    char name[16];
    int8_t zero = (int8_t)b->zero[stage];
    snprintf(name, sizeof name, "s%d", stage);
    add_number(graph, name, 1, &b->scale[stage], sizeof b->scale[stage]);
    snprintf(name, sizeof name, "z%d", stage);
    if (!b->f.by_attribute)
        add_number(graph, name, b->f.is_signed ? 3 : 2, &zero, 1);
}

/* from -> Q -> DQ -> to */
static void add_pair(pb *graph, const block *b, int stage, const char *from, const char *to)
{
    char inputs[64], quantised[32], back[64];
    snprintf(quantised, sizeof quantised, "%s_q", from);
    snprintf(inputs, sizeof inputs, b->f.by_attribute ? "%s,s%d" : "%s,s%d,z%d", from, stage, stage);
    snprintf(back, sizeof back, b->f.by_attribute ? "%s,s%d" : "%s,s%d,z%d", quantised, stage, stage);
    pb node = onnx_node("QuantizeLinear", quantised, inputs, quantised);
    if (b->f.by_attribute)
        onnx_attribute_i(&node, "output_dtype", b->f.is_signed ? 3 : 2);
    pb_message(graph, ONNX_NODE, node);
    net_node(graph, "DequantizeLinear", back, to);
}

static void add_conv(pb *graph, const block *b, int which, float x_scale, const char *from, const char *to)
{
    int64_t channels = b->f.channels, dims[4] = {channels, inputs_of(&b->f), 3, 3}, scales = b->f.per_channel ? channels : 1;
    char w[8], ws[8], dw[8], c[8], cs[8], dc[8], inputs[32];
    float bias_scale[MOST_CHANNELS];
    snprintf(w, sizeof w, "w%d", which);
    snprintf(ws, sizeof ws, "ws%d", which);
    snprintf(dw, sizeof dw, "dw%d", which);
    snprintf(c, sizeof c, "c%d", which);
    snprintf(cs, sizeof cs, "cs%d", which);
    snprintf(dc, sizeof dc, "dc%d", which);
    for (int i = 0; i < channels; i++)
        bias_scale[i] = x_scale * b->weight_scale[which][b->f.per_channel ? i : 0];
    pb_message(graph, ONNX_INITIALIZER, onnx_tensor_raw(w, 3, 4, dims, b->weights[which], (size_t)(dims[0] * dims[1] * 9)));
    pb_message(graph, ONNX_INITIALIZER, onnx_tensor_raw(ws, 1, b->f.per_channel, &scales, b->weight_scale[which], (size_t)scales * 4));
    pb_message(graph, ONNX_INITIALIZER, onnx_tensor_raw(c, 6, 1, &channels, b->bias[which], (size_t)channels * 4));
    pb_message(graph, ONNX_INITIALIZER, onnx_tensor_raw(cs, 1, 1, &channels, bias_scale, (size_t)channels * 4));
    for (int i = 0; i < 2; i++) {
        snprintf(inputs, sizeof inputs, "%s,%s", i ? c : w, i ? cs : ws);
        pb node = onnx_node("DequantizeLinear", i ? dc : dw, inputs, i ? dc : dw);
        onnx_attribute_i(&node, "axis", 0);
        pb_message(graph, ONNX_NODE, node);
    }
    snprintf(inputs, sizeof inputs, "%s,%s,%s", from, dw, dc);
    pb node = onnx_node("Conv", to, inputs, to);
    onnx_attribute_is(&node, "pads", 4, (int64_t[4]){1, 1, 1, 1});
    onnx_attribute_i(&node, "group", channels / inputs_of(&b->f));
    pb_message(graph, ONNX_NODE, node);
}

/* x -> Q -> conv -> [Q ->] PRelu -> Q -> conv -> [Q ->] + x -> Q -> BN -> Q -> y */
static pb build(const block *b)
{
    pb graph = {0};
    int64_t channels = b->f.channels;
    for (int i = 0; i < STAGES; i++)
        add_stage(&graph, b, i);
    pb_message(&graph, ONNX_INITIALIZER, onnx_tensor_raw("slope", 1, 3, (int64_t[3]){channels, 1, 1}, b->slope, (size_t)channels * 4));
    for (int i = 0; i < 4; i++)
        pb_message(&graph, ONNX_INITIALIZER, onnx_tensor_raw((const char *[]){"n0", "n1", "n2", "n3"}[i], 1, 1, &channels, b->norm[i], (size_t)channels * 4));
    add_pair(&graph, b, 0, "x", "dx");
    add_conv(&graph, b, 0, b->scale[0], "dx", "a");
    if (b->f.middle)
        add_pair(&graph, b, 1, "a", "da");
    if (b->f.relu)
        net_node(&graph, "Relu", b->f.middle ? "da" : "a", "p");
    else
        net_node(&graph, "PRelu", b->f.middle ? "da,slope" : "a,slope", "p");
    add_pair(&graph, b, 2, "p", "dp");
    add_conv(&graph, b, 1, b->scale[2], "dp", "c");
    if (b->f.middle)
        add_pair(&graph, b, 3, "c", "dcc");
    net_node(&graph, "Add", b->f.middle ? "dcc,dx" : "c,dx", "t");
    add_pair(&graph, b, 4, "t", "dt");
    net_node(&graph, "BatchNormalization", "dt,n0,n1,n2,n3", "n");
    add_pair(&graph, b, 5, "n", "y");
    net_io(&graph, "x", 4, (int64_t[4]){0, channels, SIZE, SIZE}, "y", 4, (int64_t[4]){0, channels, SIZE, SIZE});
    return onnx_model(graph, b->f.by_attribute ? 21 : 13);
}

/* ---- The same in plain loops ---- */

static double quantised(const block *b, int stage, double x)
{
    double low = b->f.is_signed ? -128.0 : 0.0, q = nearbyint(x / (double)b->scale[stage]) + b->zero[stage];
    q = q < low ? low : q > low + 255.0 ? low + 255.0 : q;
    return (q - b->zero[stage]) * (double)b->scale[stage];
}

static void plain_conv(const block *b, int which, double x_scale, const double *x, double *y)
{
    int inputs = inputs_of(&b->f);
    for (int o = 0; o < b->f.channels; o++) {
        const double *from = x + o / inputs * inputs * PIXELS;
        double scale = (double)b->weight_scale[which][b->f.per_channel ? o : 0];
        for (int p = 0; p < PIXELS; p++) {
            double sum = b->bias[which][o] * (double)(float)(x_scale * scale);
            for (int i = 0; i < inputs * 9; i++) {
                int row = p / SIZE + i % 9 / 3 - 1, column = p % SIZE + i % 3 - 1;
                if (row >= 0 && row < SIZE && column >= 0 && column < SIZE)
                    sum += b->weights[which][o * inputs * 9 + i] * scale * from[i / 9 * PIXELS + row * SIZE + column];
            }
            y[o * PIXELS + p] = sum;
        }
    }
}

static void plain_block(const block *b, const float *x, double *y)
{
    static double dx[MOST_CHANNELS * PIXELS], a[MOST_CHANNELS * PIXELS];
    int elements = b->f.channels * PIXELS;
    for (int i = 0; i < elements; i++)
        dx[i] = quantised(b, 0, (double)x[i]);
    plain_conv(b, 0, (double)b->scale[0], dx, a);
    for (int i = 0; i < elements; i++) {
        double v = b->f.middle ? quantised(b, 1, a[i]) : a[i];
        a[i] = quantised(b, 2, v > 0.0 ? v : v * (b->f.relu ? 0.0 : (double)b->slope[i / PIXELS]));
    }
    plain_conv(b, 1, (double)b->scale[2], a, y);
    for (int i = 0; i < elements; i++) {
        int c = i / PIXELS;
        double t = quantised(b, 4, (b->f.middle ? quantised(b, 3, y[i]) : y[i]) + dx[i]);
        double n = (t - (double)b->norm[2][c]) / sqrt((double)b->norm[3][c] + 1e-5) * (double)b->norm[0][c] + (double)b->norm[1][c];
        y[i] = quantised(b, 5, n);
    }
}

/* ---- Running ---- */

static float numbers(uint32_t *seed, float scale, float offset)
{
    return scale * net_number(seed) + offset;
}

static void make(block *b, form f)
{
    static const float scales[STAGES] = {0.0078913f, 0.0310717f, 0.0240137f, 0.0290531f, 0.0330119f, 0.0270733f}; /* no ties */
    static const int zeros[STAGES] = {128, 131, 40, 125, 128, 120};
    uint32_t seed = 5;
    *b = (block){.f = f};
    for (int i = 0; i < STAGES; i++) {
        b->scale[i] = scales[i];
        b->zero[i] = f.by_attribute ? 0 : f.is_signed ? zeros[i] - 128 : zeros[i];
    }
    for (int which = 0; which < 2; which++) {
        for (int i = 0; i < f.channels * f.channels * 9; i++)
            b->weights[which][i] = (int8_t)(int)(127.4f * net_number(&seed));
        for (int i = 0; i < f.channels; i++) {
            b->weight_scale[which][i] = numbers(&seed, 0.0004f, 0.0012f) * (f.in_group ? 5.0f : 1.0f); /* of fewer products */
            b->bias[which][i] = (int32_t)(20000.0f * net_number(&seed));
        }
    }
    for (int i = 0; i < f.channels; i++) {
        b->slope[i] = numbers(&seed, 0.3f, 0.25f);
        b->norm[0][i] = numbers(&seed, 0.3f, 0.7f);
        b->norm[1][i] = numbers(&seed, 0.5f, 0.0f);
        b->norm[2][i] = numbers(&seed, 0.5f, 0.0f);
        b->norm[3][i] = numbers(&seed, 0.4f, 1.0f);
    }
}

static cameo_network *open_block(const block *b, const char *cpu)
{
    pb model = build(b);
    cameo_network *network;
    cameo_network_options options;
    cameo_error error;
    cameo_network_options_default(&options);
    options.cpu = cpu;
    if (cameo_network_open_bytes(&network, model.bytes, model.size, "quantised", &options, &error) != CAMEO_OK)
        fail_msg("%s", error.message);
    pb_free(&model);
    return network;
}

static bool multiplies_bytes(const cameo_layer_info *layer)
{
    if (strcmp(layer->algorithm, "depthwise, int8") == 0)
        return strstr(layer->kernel, "qdwconv") != NULL;
    return strcmp(layer->algorithm, "direct, int8") == 0 ? strstr(layer->kernel, "qgemm") != NULL : strcmp(layer->algorithm, "winograd 4x4, int8") == 0;
}

/* Runs a batch; returns how many layers multiply bytes. *layers: how many there are in all. */
static int run(const cameo_network *network, int channels, int batch, int threads, const float *x, float *y, int *layers)
{
    cameo_runner *runner;
    cameo_error error;
    const int64_t dims[1][CAMEO_MAX_RANK] = {{batch, channels, SIZE, SIZE}};
    size_t bytes = (size_t)(batch * channels * PIXELS) * sizeof(float);
    if (cameo_runner_create(&runner, network, dims, threads, &error) != CAMEO_OK)
        fail_msg("%s", error.message);
    memcpy(cameo_runner_input(runner, 0, NULL), x, bytes);
    assert_int_equal(cameo_runner_run(runner, NULL), CAMEO_OK);
    memcpy(y, cameo_runner_output(runner, 0, NULL), bytes);
    int products = 0;
    *layers = cameo_runner_plan(runner).layer_count;
    for (int i = 0; i < *layers; i++) {
        cameo_layer_info layer = cameo_runner_layer(runner, i);
        products += multiplies_bytes(&layer);
    }
    cameo_runner_free(runner);
    return products;
}

static float x[MOST_BATCH * MOST_CHANNELS * PIXELS], y[MOST_BATCH * MOST_CHANNELS * PIXELS], other[MOST_BATCH * MOST_CHANNELS * PIXELS];
static double wanted[MOST_CHANNELS * PIXELS];
static block b;

static void fill(void)
{
    uint32_t seed = 99;
    for (size_t i = 0; i < sizeof x / sizeof x[0]; i++)
        x[i] = net_number(&seed) * 1.2f; /* some saturate */
}

/* How many steps of the last quantisation lie between the lowest and the highest that is wanted. */
static double wanted_range(int elements)
{
    double low = wanted[0], high = wanted[0];
    for (int i = 1; i < elements; i++) {
        low = fmin(low, wanted[i]);
        high = fmax(high, wanted[i]);
    }
    return (high - low) / (double)b.scale[5];
}

/* How many elements are more than so many steps away. */
static int differ_by(int elements, double steps)
{
    int count = 0;
    for (int i = 0; i < elements; i++)
        if (fabs((double)y[i] - wanted[i]) > steps * (double)b.scale[5])
            count++;
    return count;
}

/* A rounding may go the other way, and then the next ones do: most are the same, and none is far off. */
static void compare(void)
{
    int elements = b.f.channels * PIXELS;
    assert_true(wanted_range(elements) > 30.0); /* the formulas do not all saturate */
    assert_true(differ_by(elements, 0.01) < elements / 30);
    assert_int_equal(differ_by(elements, 3.5), 0);
}

static void check_form(form f)
{
    make(&b, f);
    fill();
    plain_block(&b, x, wanted);
    for (int tier = 0; tier < CM_CPU_TIER_COUNT; tier++) {
        int layers;
        cameo_network *network = open_block(&b, cm_cpu_tier_name((cm_cpu_tier)tier));
        assert_int_equal(run(network, f.channels, 1, 1, x, tier ? other : y, &layers), 2);
        /* Channels last, quantised, two convolutions, the normalisation, floats, row-major. */
        assert_int_equal(layers, f.channels == 1 ? 5 : 7);
        if (tier)
            assert_memory_equal(y, other, (size_t)(f.channels * PIXELS) * sizeof(float));
        cameo_network_free(network);
    }
    compare();
}

static void every_form_computes_in_integers(void **state)
{
    (void)state;
    static const form forms[] = {{.channels = 20, .middle = true},
                                 {.channels = 20, .is_signed = true, .per_channel = true},
                                 {.channels = 40, .per_channel = true, .middle = true},
                                 {.channels = 40, .is_signed = true, .middle = true, .relu = true},
                                 {.channels = 6, .per_channel = true},
                                 {.channels = 7, .is_signed = true, .middle = true},
                                 {.channels = 33, .is_signed = true, .per_channel = true, .by_attribute = true},
                                 {.channels = 1, .per_channel = true, .relu = true},
                                 {.channels = 20, .per_channel = true, .middle = true, .in_group = 1},
                                 {.channels = 33, .is_signed = true, .in_group = 1},
                                 {.channels = 40, .per_channel = true, .relu = true, .in_group = 1},
                                 {.channels = 7, .is_signed = true, .per_channel = true, .middle = true, .in_group = 1},
                                 {.channels = 38, .per_channel = true, .middle = true, .in_group = 2},
                                 {.channels = 20, .is_signed = true, .relu = true, .in_group = 2}};
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        check_form(forms[i]);
}

static void check_threads_and_batch(int in_group)
{
    static const int threads[] = {2, 7};
    int layers, elements = 33 * PIXELS;
    make(&b, (form){.channels = 33, .per_channel = true, .middle = true, .in_group = in_group});
    fill();
    cameo_network *network = open_block(&b, NULL);
    run(network, 33, MOST_BATCH, 1, x, y, &layers);
    for (int t = 0; t < 2; t++) {
        run(network, 33, MOST_BATCH, threads[t], x, other, &layers);
        assert_memory_equal(y, other, (size_t)(MOST_BATCH * elements) * sizeof(float));
    }
    for (int i = 0; i < MOST_BATCH; i++) {
        run(network, 33, 1, 2, x + i * elements, other, &layers);
        assert_memory_equal(y + i * elements, other, (size_t)elements * sizeof(float));
    }
    cameo_network_free(network);
}

static void threads_and_batch_change_no_bit(void **state)
{
    (void)state;
    check_threads_and_batch(0);
    check_threads_and_batch(1);
}

static void a_scale_that_is_no_number_is_refused(void **state)
{
    (void)state;
    make(&b, (form){.channels = 5, .per_channel = true});
    b.weight_scale[1][3] = NAN;
    cameo_network *network = open_block(&b, NULL);
    cameo_runner *runner;
    cameo_error error;
    const int64_t dims[1][CAMEO_MAX_RANK] = {{1, 5, SIZE, SIZE}};
    assert_int_equal(cameo_runner_create(&runner, network, dims, 1, &error), CAMEO_ERROR_FORMAT);
    assert_non_null(strstr(error.message, "output channel 3"));
    cameo_network_free(network);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_form_computes_in_integers), cmocka_unit_test(threads_and_batch_change_no_bit),
                                       cmocka_unit_test(a_scale_that_is_no_number_is_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
