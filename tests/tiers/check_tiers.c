/* A made network (cli/make) at every instruction set tier of this processor: the tier's kernels are the ones that run, and what comes out agrees
 * with the reference kernels.
 *
 *   check_tiers ARCHITECTURE SIDE     a picture of SIDE x SIDE */
#define _POSIX_C_SOURCE 200809L
#include "base/cpu.h"
#include "cameo.h"
#include "make.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of the largest value of an output. Every layer rounds anew, and some fifty follow each other. */
#define TOLERANCE 2e-5
/* Where one of the two keeps large weights as half floats, which have 11 bits. */
#define HALVES_TOLERANCE 2e-3

enum { MOST_OUTPUTS = 9 };

/* What one tier makes of the picture. */
typedef struct result {
    int outputs;
    int halves; /* layers whose weights are half floats */
    size_t counts[MOST_OUTPUTS];
    float *values[MOST_OUTPUTS];
} result;

static void need(int holds, const char *what)
{
    if (holds)
        return;
    printf("check_tiers: %s\n", what);
    exit(1);
}

static void draw(float *picture, int side)
{
    for (int c = 0; c < 3; c++)
        for (int y = 0; y < side; y++)
            for (int x = 0; x < side; x++)
                *picture++ = 0.6f * sinf((float)(x + 2 * y) * 0.03f + (float)c) + 0.2f * sinf((float)(3 * x - 2 * y) * 0.4f);
}

static void keep_outputs(const cameo_network *network, const cameo_runner *runner, result *r)
{
    r->outputs = cameo_network_output_count(network);
    need(r->outputs >= 1 && r->outputs <= MOST_OUTPUTS, "the number of outputs is unforeseen");
    for (int i = 0; i < r->outputs; i++) {
        cameo_tensor_info info;
        const float *values = cameo_runner_output(runner, i, &info);
        r->counts[i] = 1;
        for (int d = 0; d < info.rank; d++)
            r->counts[i] *= (size_t)info.dims[d];
        r->values[i] = malloc(r->counts[i] * sizeof(float));
        need(r->values[i] != NULL, "out of memory");
        memcpy(r->values[i], values, r->counts[i] * sizeof(float));
    }
}

/* The tier that brings the kernels for floats: only integers have some of their own where there are dot products of bytes. */
static const char *tier_of_floats(const char *tier)
{
    static const char *const pairs[][2] = {{"avxvnni", "avx2"}, {"avx512vnni", "avx512"}, {"neondot", "neon"}};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        if (strcmp(tier, pairs[i][0]) == 0)
            return pairs[i][1];
    return tier;
}

/* How many layers are run by kernels of this tier. */
static int layers_of_tier(const cameo_runner *runner, const char *tier)
{
    char suffix[16];
    snprintf(suffix, sizeof suffix, "__%s", tier_of_floats(tier));
    int layers = 0;
    for (int i = 0; i < cameo_runner_plan(runner).layer_count; i++)
        layers += strstr(cameo_runner_layer(runner, i).kernel, suffix) != NULL;
    return layers;
}

static void run_at(const char *tier, const char *bytes, size_t size, int side, result *r)
{
    cameo_error error = {0};
    cameo_network_options options;
    cameo_network_options_default(&options);
    options.cpu = tier;
    cameo_network *network;
    cameo_runner *runner;
    const int64_t dims[1][CAMEO_MAX_RANK] = {{1, 3, side, side}};
    need(cameo_network_open_bytes(&network, bytes, size, "made", &options, &error) == CAMEO_OK, error.message);
    need(cameo_runner_create(&runner, network, dims, 1, &error) == CAMEO_OK, error.message);
    draw(cameo_runner_input(runner, 0, NULL), side);
    need(cameo_runner_run(runner, &error) == CAMEO_OK, error.message);
    keep_outputs(network, runner, r);
    for (int i = 0; i < cameo_runner_plan(runner).layer_count; i++)
        r->halves += strstr(cameo_runner_layer(runner, i).algorithm, "half") != NULL;
    int layers = layers_of_tier(runner, tier), all = cameo_runner_plan(runner).layer_count;
    printf("%s: %d of %d layers by its own kernels\n", tier, layers, all);
    need(2 * layers > all, "the tier's kernels are not the ones that run");
    cameo_runner_free(runner);
    cameo_network_free(network);
}

/* How many outputs disagree. */
static int compare(const char *tier, const result *got, const result *wanted)
{
    int wrong = 0;
    double tolerance = got->halves || wanted->halves ? HALVES_TOLERANCE : TOLERANCE;
    for (int i = 0; i < wanted->outputs; i++) {
        double largest = 0.0, difference = 0.0;
        for (size_t j = 0; j < wanted->counts[i]; j++) {
            double d = fabs((double)got->values[i][j] - (double)wanted->values[i][j]);
            difference = d <= difference ? difference : d; /* keeps NaN */
            largest = fmax(largest, fabs((double)wanted->values[i][j]));
        }
        int good = got->counts[i] == wanted->counts[i] && largest > 0.0 && difference <= tolerance * largest;
        printf("%s %s: output %d differs from ref by %.3g, its largest value is %.6g\n", good ? "good" : "FAIL", tier, i, difference, largest);
        wrong += !good;
    }
    return wrong;
}

static void free_result(result *r)
{
    for (int i = 0; i < r->outputs; i++)
        free(r->values[i]);
}

int main(int argc, char **argv)
{
    int side = argc == 3 ? atoi(argv[2]) : 0;
    need(side > 0, "usage: check_tiers ARCHITECTURE SIDE");
    char *bytes = NULL, message[512];
    size_t size = 0;
    FILE *stream = open_memstream(&bytes, &size);
    need(stream != NULL, "out of memory");
    need(cm_make_write(argv[1], 1, stream, message, sizeof message) == 0, message);
    need(fclose(stream) == 0, "out of memory");
    result reference = {0};
    run_at(cm_cpu_tier_name(CM_CPU_REF), bytes, size, side, &reference);
    int wrong = 0, tiers = 0;
    for (int tier = CM_CPU_REF + 1; tier < CM_CPU_TIER_COUNT; tier++) {
        const char *name = cm_cpu_tier_name((cm_cpu_tier)tier);
        if ((int)cm_cpu_detect(name) != tier)
            continue;
        result r = {0};
        run_at(name, bytes, size, side, &r);
        wrong += compare(name, &r, &reference);
        free_result(&r);
        tiers++;
    }
    free_result(&reference);
    free(bytes);
    if (tiers == 0) {
        printf("SKIP tiers/%s: this processor has the reference kernels only\n", argv[1]);
        return 77;
    }
    return wrong > 0;
}
