/* cameo bench --layers: each layer's time, and how near it comes to what the machine could do. */
#ifndef CM_CLI_BENCH_LAYERS_H
#define CM_CLI_BENCH_LAYERS_H

#include <jansson.h>
#include <stdio.h>

#include "cameo.h"
#include "peak.h"

typedef struct cm_bench_layers {
    const cameo_runner *runner; /* profiled */
    int runs;
    cm_peak peak;
    uint64_t block_bytes; /* that peak.bytes was measured with */
} cm_bench_layers;

/* How many bytes a run of the network reads and writes at most: packed weights and activations. */
uint64_t cm_bench_layers_bytes(const cameo_runner *runner);

/* A table. */
void cm_bench_layers_print(const cm_bench_layers *layers, FILE *stream);
/* Adds "peak_gflops", "bandwidth_gb_per_second" and "layers" to the object. */
void cm_bench_layers_add_json(const cm_bench_layers *layers, json_t *object);

#endif
