#include "bench_layers.h"

#include "json_text.h"
#include "plan.h"

/* One layer's numbers, of one run. */
typedef struct layer_speed {
    cameo_layer_info info;
    double seconds, share, gflops; /* gflops: of the direct way's multiply-adds */
    const char *bound;             /* "compute", "memory" */
    double reached;                /* the time that the bound allows, over the time taken */
} layer_speed;

uint64_t cm_bench_layers_bytes(const cameo_runner *runner)
{
    cameo_plan_info plan = cameo_runner_plan(runner);
    return plan.weight_bytes + plan.activation_bytes;
}

static double profiled_seconds(const cameo_runner *runner)
{
    double all = 0;
    for (int i = 0; i < cameo_runner_plan(runner).layer_count; i++)
        all += cameo_runner_layer(runner, i).seconds;
    return all;
}

static layer_speed speed_of(const cm_bench_layers *layers, int index, double all)
{
    layer_speed s = {.info = cameo_runner_layer(layers->runner, index)};
    s.seconds = s.info.seconds / layers->runs;
    s.share = all > 0 ? s.info.seconds / all : 0;
    s.gflops = s.seconds > 0 ? 2e-9 * (double)s.info.macs / s.seconds : 0;
    double bytes = (double)(s.info.weight_bytes + s.info.activation_bytes);
    double compute = layers->peak.flops > 0 ? 2.0 * (double)s.info.products / layers->peak.flops : 0;
    double memory = layers->peak.bytes > 0 ? bytes / layers->peak.bytes : 0;
    s.bound = compute > memory ? "compute" : "memory";
    s.reached = s.seconds > 0 ? (compute > memory ? compute : memory) / s.seconds : 0;
    return s;
}

void cm_bench_layers_print(const cm_bench_layers *layers, FILE *stream)
{
    double all = profiled_seconds(layers->runner);
    fprintf(stream, "%-12s %.1f GFLOP/s in registers, %.1f GB/s read from a block of %.1f MB\n", "roof", layers->peak.flops * 1e-9,
            layers->peak.bytes * 1e-9, (double)layers->block_bytes * 1e-6);
    fprintf(stream, "\n%-28s %-22s %-18s %9s %7s %9s  %-12s  %-18s  %s\n", "layer", "operator", "shape", "ms", "share", "GFLOP/s", "of its bound",
            "algorithm", "kernel");
    for (int i = 0; i < cameo_runner_plan(layers->runner).layer_count; i++) {
        layer_speed s = speed_of(layers, i, all);
        char shape[128];
        cm_plan_shape(s.info.dims, s.info.rank, shape, sizeof shape);
        fprintf(stream, "%-28s %-22s %-18s %9.4f %6.1f%% %9.1f  %-7s %3.0f%%  %-18s  %s\n", s.info.name, s.info.op, shape, s.seconds * 1e3,
                100 * s.share, s.gflops, s.bound, 100 * s.reached, s.info.algorithm, s.info.kernel);
    }
}

static json_t *layer_json(const layer_speed *s)
{
    json_t *object = json_object();
    cm_json_add(object, "name", cm_json_text(s->info.name));
    cm_json_add(object, "op", cm_json_text(s->info.op));
    cm_json_add(object, "kernel", cm_json_text(s->info.kernel));
    cm_json_add(object, "algorithm", cm_json_text(s->info.algorithm));
    cm_json_add(object, "shape", cm_json_sizes(s->info.dims, s->info.rank));
    cm_json_add(object, "macs", json_integer((json_int_t)s->info.macs));
    cm_json_add(object, "products", json_integer((json_int_t)s->info.products));
    cm_json_add(object, "weight_bytes", json_integer((json_int_t)s->info.weight_bytes));
    cm_json_add(object, "activation_bytes", json_integer((json_int_t)s->info.activation_bytes));
    cm_json_add(object, "ms", cm_json_number(s->seconds * 1e3));
    cm_json_add(object, "share", cm_json_number(s->share));
    cm_json_add(object, "gflops", cm_json_number(s->gflops));
    cm_json_add(object, "bound", json_string(s->bound));
    cm_json_add(object, "bound_share", cm_json_number(s->reached));
    return object;
}

void cm_bench_layers_add_json(const cm_bench_layers *layers, json_t *object)
{
    json_t *array = json_array();
    double all = profiled_seconds(layers->runner);
    for (int i = 0; i < cameo_runner_plan(layers->runner).layer_count; i++) {
        layer_speed s = speed_of(layers, i, all);
        json_array_append_new(array, layer_json(&s));
    }
    cm_json_add(object, "peak_gflops", cm_json_number(layers->peak.flops * 1e-9));
    cm_json_add(object, "bandwidth_gb_per_second", cm_json_number(layers->peak.bytes * 1e-9));
    cm_json_add(object, "layers", array);
}
