/* tune TIER [STRIDE FEW MANY]: times every way to compute 3x3 convolutions of many shapes, and prints the rows of src/run/algorithm_rows.h for that tier; or
 * the rows of one pair of channels. Exit code 77: the machine does not have that tier.
 *
 * What is timed is a network that is nothing but a chain of such layers, with one thread, by the runner's own clock: a layer's weights are then as
 * cold as they are in a real network, where those of all other layers are read between two uses. A chain that goes from `few` to `many`
 * channels and back measures two shapes at once. Of each layer the best run counts. */
#include "base/clock.h"
#include "onnx_nets.h"
#include "run/network.h"

#include <stdbool.h>

enum { LEAST_RUNS = 5, MOST_RUNS = 100, MOST_LAYERS = 6, WAYS = 8 };

static const double run_seconds = 0.05;          /* at least so long each way is run */
static const double cold_bytes = 64e6;           /* packed weights of a chain that no cache keeps */
static const double least_macs = 2e5, most_macs = 8e8;
static const double better = 0.97;               /* a way that needs more memory, or is less exact, must be so much faster */
static const double half_bytes = 1.5e6;          /* float weights below stay in a second-level cache: half floats would only be less exact */
static const double compact_half_bytes = 1e6;
static const double compact_bytes = 1e6;         /* compact: weights may take so much, or what half floats take untransformed */

/* From the exact and small to the others. */
static const cm_algorithm ways[WAYS] = {{0, false, false}, {0, true, false}, {2, false, false}, {2, true, false},
                                        {2, true, true},   {4, false, false}, {4, true, false},  {4, true, true}};
static const char *const way_names[WAYS] = {"D", "DH", "F2", "F2S", "F2H", "F4", "F4S", "F4H"};

/* Shapes: channels on one side and on the other. */
typedef struct shape {
    int stride, channels[2];
} shape;
static const shape shapes[] = {
    {1, {3, 16}},    {1, {3, 64}},    {1, {8, 8}},     {1, {8, 16}},    {1, {8, 32}},   {1, {8, 64}},   {1, {16, 16}},   {1, {16, 32}},   {1, {16, 64}},
    {1, {24, 24}},   {1, {24, 64}},   {1, {32, 32}},   {1, {32, 64}},   {1, {32, 128}}, {1, {48, 48}},  {1, {64, 64}},   {1, {64, 128}},  {1, {64, 256}},
    {1, {96, 96}},   {1, {128, 128}}, {1, {128, 256}}, {1, {128, 512}}, {1, {256, 256}}, {1, {256, 512}}, {1, {512, 512}}, {2, {8, 16}},   {2, {16, 16}},
    {2, {16, 32}},   {2, {32, 32}},   {2, {32, 64}},   {2, {64, 64}},   {2, {64, 128}}, {2, {128, 128}}, {2, {128, 256}}, {2, {256, 256}}, {2, {256, 512}},
    {2, {512, 512}}};

/* Seconds of a layer: [direction: few to many, many to few][way][size]; 0: not measured. */
typedef struct timings {
    double seconds[2][WAYS][CM_ALGORITHM_SIZES];
} timings;

static void stop(const char *message)
{
    fprintf(stderr, "tune: %s\n", message);
    exit(2);
}

/* Doubles the sides of a picture again that stride 2 has halved. */
static void enlarge(pb *graph, const char *input, const char *output)
{
    char inputs[48];
    snprintf(inputs, sizeof inputs, "%s,,twice", input);
    pb node = onnx_node("Resize", output, inputs, output);
    onnx_attribute_s(&node, "mode", "nearest");
    pb_message(graph, ONNX_NODE, node);
}

static pb chain(const int channels[2], int stride, int size, int layers)
{
    pb graph = {0};
    uint32_t seed = 1;
    const float twice[4] = {1.0f, 1.0f, 2.0f, 2.0f};
    pb_message(&graph, ONNX_INITIALIZER, onnx_tensor_raw("twice", 1, 1, (int64_t[1]){4}, twice, sizeof twice));
    for (int i = 0; i < 2; i++) {
        int inputs = channels[i], outputs = channels[1 - i];
        net_floats(&graph, i ? "back" : "forth", 4, (int64_t[4]){outputs, inputs, 3, 3}, &seed, sqrtf(1.0f / (3.0f * (float)inputs)), 0.0f, NULL);
    }
    for (int i = 0; i < layers; i++) {
        bool again = stride == 2 && i + 1 < layers;
        char inputs[32], output[16], next[16];
        snprintf(inputs, sizeof inputs, "x%d,%s", i, i % 2 ? "back" : "forth");
        snprintf(next, sizeof next, "x%d", i + 1);
        snprintf(output, sizeof output, again ? "y%d" : "x%d", i + 1);
        net_conv(&graph, output, inputs, output, 3, stride, 1);
        if (again)
            enlarge(&graph, output, next);
    }
    char last[16];
    snprintf(last, sizeof last, "x%d", layers);
    net_io(&graph, "x0", 4, (int64_t[4]){1, channels[0], stride * size, stride * size}, last, 4, (int64_t[4]){1, channels[layers % 2], size, size});
    return onnx_model(graph, 11);
}

/* Seconds of a layer in each direction, from one profiled run. */
static void read_run(const cameo_runner *runner, double seconds[2])
{
    int counts[2] = {0}, convs = 0;
    double sums[2] = {0};
    for (int i = 0; i < cameo_runner_plan(runner).layer_count; i++) {
        cameo_layer_info layer = cameo_runner_layer(runner, i);
        if (layer.algorithm[0] == '\0') /* no convolution */
            continue;
        sums[convs % 2] += layer.seconds;
        counts[convs % 2]++;
        convs++;
    }
    for (int i = 0; i < 2; i++)
        seconds[i] = sums[i] / counts[i];
}

static void measure(cameo_runner *runner, double best[2])
{
    double start = cm_clock_seconds();
    best[0] = best[1] = INFINITY;
    cameo_runner_run(runner, NULL);
    for (int run = 0; run < MOST_RUNS && (run < LEAST_RUNS || cm_clock_seconds() - start < run_seconds); run++) {
        double seconds[2];
        cameo_runner_profile(runner, 1);
        cameo_runner_run(runner, NULL);
        read_run(runner, seconds);
        for (int i = 0; i < 2; i++)
            best[i] = fmin(best[i], seconds[i]);
    }
}

static int layers_of(const int channels[2], const cm_algorithm *way)
{
    double bytes = cm_algorithm_bytes(*way, channels[0], channels[1]);
    for (int layers = 2; layers < MOST_LAYERS; layers += 2)
        if (layers * bytes > cold_bytes)
            return layers;
    return MOST_LAYERS;
}

static void time_way(const char *tier, const shape *s, int size, const cm_algorithm *way, double seconds[2])
{
    pb model = chain(s->channels, s->stride, size, layers_of(s->channels, way));
    cameo_network_options options;
    cameo_network_options_default(&options);
    options.cpu = tier;
    cameo_network *network;
    cameo_runner *runner;
    cameo_error error;
    if (cameo_network_open_bytes(&network, model.bytes, model.size, "chain", &options, &error) != CAMEO_OK)
        stop(error.message);
    pb_free(&model);
    network->forced = way;
    network->chain_bytes = SIZE_MAX; /* each layer is timed as it is alone */
    if (cameo_runner_create(&runner, network, NULL, 1, &error) != CAMEO_OK)
        stop(error.message);
    measure(runner, seconds);
    cameo_runner_free(runner);
    cameo_network_free(network);
}

/* Of weights as they are multiplied, in single precision. */
static double float_bytes(const cm_algorithm *way, int few, int many)
{
    int edge = way->winograd ? way->winograd + 2 : 3;
    return (double)sizeof(float) * edge * edge * few * many;
}

static bool may_use(const cm_algorithm *way, int few, int many, bool compact)
{
    cm_algorithm least = {.half = true};
    if (way->half && float_bytes(way, few, many) < (compact ? compact_half_bytes : half_bytes))
        return false;
    double bytes = cm_algorithm_bytes(*way, few, many);
    return !compact || bytes <= compact_bytes || bytes <= cm_algorithm_bytes(least, few, many);
}

static void time_shape(const char *tier, const shape *pair, timings *t)
{
    const int *channels = pair->channels;
    *t = (timings){0};
    for (int s = 0; s < CM_ALGORITHM_SIZES; s++) {
        int size = cm_algorithm_sizes[s];
        double macs = 9.0 * channels[0] * channels[1] * size * size;
        if (macs < least_macs || macs > most_macs)
            continue;
        fprintf(stderr, "stride %d, %3d and %3d channels at %3d:", pair->stride, channels[0], channels[1], size);
        for (int w = 0; w < WAYS; w++) {
            double seconds[2];
            if (!may_use(&ways[w], channels[0], channels[1], false) && !may_use(&ways[w], channels[0], channels[1], true))
                continue;
            time_way(tier, pair, size, &ways[w], seconds);
            for (int i = 0; i < 2; i++)
                t->seconds[i][w][s] = seconds[i];
            fprintf(stderr, " %s %.0f/%.0f", way_names[w], 2e-9 * macs / seconds[0], 2e-9 * macs / seconds[1]);
        }
        fprintf(stderr, " GFLOP/s\n");
    }
}

/* The best way at a size, or -1 where nothing was measured. */
static int choose(const timings *t, const int channels[2], int direction, int s, bool compact)
{
    int best = -1;
    for (int w = 0; w < WAYS; w++) {
        double seconds = t->seconds[direction][w][s];
        if (seconds > 0.0 && may_use(&ways[w], channels[0], channels[1], compact) &&
            (best < 0 || seconds < better * t->seconds[direction][best][s]))
            best = w;
    }
    return best;
}

/* Sizes that were not measured take the way of the nearest that was. */
static void print_ways(const timings *t, const int channels[2], int direction, bool compact)
{
    printf("{");
    for (int s = 0; s < CM_ALGORITHM_SIZES; s++) {
        int way = -1;
        for (int step = 0; way < 0 && step < CM_ALGORITHM_SIZES; step++) {
            if (s - step >= 0)
                way = choose(t, channels, direction, s - step, compact);
            if (way < 0 && s + step < CM_ALGORITHM_SIZES)
                way = choose(t, channels, direction, s + step, compact);
        }
        printf("%s%s", s ? ", " : "", way_names[way < 0 ? 0 : way]);
    }
    printf("}");
}

static void print_row(const timings *t, const shape *s, int direction)
{
    if (s->channels[direction] < CM_FEWEST_WINOGRAD_INPUTS)
        return;
    printf("    {%d, %d, %d, ", s->stride, s->channels[direction], s->channels[1 - direction]);
    print_ways(t, s->channels, direction, false);
    printf(", ");
    print_ways(t, s->channels, direction, true);
    printf("},\n");
    fflush(stdout);
}

static void tune_shape(const char *tier, const shape *s)
{
    static timings t;
    time_shape(tier, s, &t);
    print_row(&t, s, 0);
    if (s->channels[0] != s->channels[1])
        print_row(&t, s, 1);
}

int main(int argc, char **argv)
{
    int tier = argc == 2 || argc == 5 ? cm_cpu_tier_by_name(argv[1]) : -1;
    if (tier < 0)
        stop("usage: tune TIER [STRIDE FEW MANY]");
    if ((int)cm_cpu_detect(argv[1]) != tier) {
        fprintf(stderr, "tune: this machine does not have %s\n", argv[1]);
        return 77;
    }
    const shape only = argc == 5 ? (shape){atoi(argv[2]), {atoi(argv[3]), atoi(argv[4])}} : shapes[0];
    if (only.stride < 1 || only.stride > 2 || only.channels[0] < 1 || only.channels[1] < only.channels[0] || only.channels[1] > 4096)
        stop("STRIDE is 1 or 2, FEW and MANY are numbers of channels, FEW not the larger");
    for (size_t i = 0; argc == 2 && i < sizeof shapes / sizeof shapes[0]; i++)
        tune_shape(argv[1], &shapes[i]);
    if (argc == 5)
        tune_shape(argv[1], &only);
    return 0;
}
