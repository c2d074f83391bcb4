/* cameo bench: how fast a model is on this machine. */
#include <stdlib.h>
#include <string.h>

#include "bench_layers.h"
#include "bench_pipeline.h"
#include "commands.h"
#include "json_text.h"
#include "outfile.h"
#include "plan.h"
#include "progress.h"
#include "report.h"
#include "samples.h"

typedef struct bench_job {
    cm_settings settings;
    const char *picture; /* NULL: a model alone is measured */
    int batch, json, layers;
    double seconds;
    cm_plan plan;
    double *times; /* [CM_SAMPLES_MOST] seconds, sorted at the end */
    int runs;
    uint64_t peak_bytes;
    cm_bench_layers roof; /* with `layers` */
} bench_job;

/* Values as pixels have them after (x - mean) / std: between -1 and 1, the same each time (xorshift). */
static void fill_inputs(const cm_plan *plan)
{
    uint32_t state = 2463534242u;
    for (int i = 0; i < cameo_network_input_count(plan->network); i++) {
        cameo_tensor_info info;
        float *values = cameo_runner_input(plan->runner, i, &info);
        size_t count = 1;
        for (int d = 0; d < info.rank; d++)
            count *= (size_t)info.dims[d];
        for (size_t k = 0; k < count; k++) {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            values[k] = (float)state / 2147483648.0f - 1.0f;
        }
    }
}

/* The most memory this process has held, from the kernel; 0 where it does not say. */
static uint64_t peak_memory(void)
{
    char line[256];
    unsigned long long kilobytes = 0;
    FILE *status = fopen("/proc/self/status", "r");
    while (status && fgets(line, sizeof line, status))
        if (sscanf(line, "VmHWM: %llu", &kilobytes) == 1)
            break;
    if (status)
        fclose(status);
    return kilobytes * 1024;
}

static cameo_status run_once(bench_job *job, cameo_error *error)
{
    double start = cm_progress_clock();
    cameo_status status = cameo_runner_run(job->plan.runner, error);
    job->times[job->runs++] = cm_progress_clock() - start;
    return status;
}

/* After the runs, so that its block does not count as the model's memory. */
static cm_bench_layers measure_roof(const bench_job *job)
{
    cm_bench_layers roof = {.runner = job->plan.runner, .runs = job->runs, .block_bytes = cm_bench_layers_bytes(job->plan.runner)};
    roof.peak = cm_peak_measure(job->settings.options.network.cpu, cm_settings_threads(&job->settings), roof.block_bytes);
    return roof;
}

static int measure(bench_job *job)
{
    cameo_error error;
    job->times = malloc(CM_SAMPLES_MOST * sizeof *job->times);
    if (!job->times)
        return cm_report(CM_EXIT_OTHER, "out of memory");
    fill_inputs(&job->plan);
    cameo_status status = run_once(job, &error); /* caches and pages are cold in the first run */
    if (status == CAMEO_OK)
        status = run_once(job, &error);
    job->runs = 0;
    cameo_runner_profile(job->plan.runner, job->layers);
    double start = cm_progress_clock(), elapsed = 0;
    cm_progress_start("bench", (uint64_t)(job->seconds * 1000) + 1, CM_PROGRESS_PERCENT, 0);
    while (status == CAMEO_OK && job->runs < CM_SAMPLES_MOST && (elapsed < job->seconds || job->runs < CM_SAMPLES_LEAST)) {
        status = run_once(job, &error);
        elapsed = cm_progress_clock() - start;
        cm_progress_update((uint64_t)(elapsed * 1000));
    }
    cm_progress_stop();
    if (status != CAMEO_OK)
        return cm_report_error(job->plan.path, &error);
    job->peak_bytes = peak_memory();
    if (job->layers)
        job->roof = measure_roof(job);
    cm_samples_sort(job->times, job->runs);
    return CM_EXIT_OK;
}

/* Two operations a multiply-add. */
static double gflops(uint64_t macs, double seconds)
{
    return seconds > 0 ? 2e-9 * (double)macs / seconds : 0;
}

static void print_json(const bench_job *job, FILE *stream)
{
    const cm_plan *plan = &job->plan;
    json_t *object = json_object();
    double middle = cm_samples_median(job->times, job->runs);
    cm_json_add(object, "file", cm_json_text(plan->path));
    cm_json_add(object, "task", json_string(cm_plan_task(plan->contract.task)));
    cm_json_add(object, "threads", json_integer(cm_settings_threads(&job->settings)));
    cm_json_add(object, "cpu", json_string(job->settings.options.network.cpu ? job->settings.options.network.cpu : cameo_cpu_tier()));
    cm_json_add(object, "precision", json_string(cm_settings_precision_name(cameo_network_precision(plan->network))));
    cm_json_add(object, "memory", json_string(cm_settings_memory_name(job->settings.options.network.memory)));
    cm_json_add(object, "batch", json_integer(job->batch));
    cm_json_add(object, "runs", json_integer(job->runs));
    cm_json_add(object, "median_ms", cm_json_number(middle * 1e3));
    cm_json_add(object, "min_ms", cm_json_number(job->times[0] * 1e3));
    cm_json_add(object, "faces_per_second", cm_json_number(job->batch / middle));
    cm_json_add(object, "gflops", cm_json_number(gflops(cameo_runner_plan(plan->runner).macs, middle)));
    cm_json_add(object, "macs", json_integer((json_int_t)cameo_runner_plan(plan->runner).macs));
    cm_json_add(object, "load_ms", cm_json_number((plan->open_seconds + plan->plan_seconds) * 1e3));
    cm_json_add(object, "cached_weight_bytes", json_integer((json_int_t)cameo_runner_plan(plan->runner).cached_weight_bytes));
    cm_json_add(object, "peak_memory_bytes", json_integer((json_int_t)job->peak_bytes));
    if (job->layers)
        cm_bench_layers_add_json(&job->roof, object);
    cm_json_print(object, stream, 1);
}

static void print_text(const bench_job *job, FILE *stream)
{
    const cm_plan *plan = &job->plan;
    double middle = cm_samples_median(job->times, job->runs);
    int threads = cm_settings_threads(&job->settings);
    cameo_tensor_info input;
    char shape[128];
    (void)cameo_runner_input(plan->runner, 0, &input);
    cm_plan_shape(input.dims, input.rank, shape, sizeof shape);
    fprintf(stream, "%-12s %s, input %s, %d thread%s, %s\n", "model", plan->path, shape, threads, threads == 1 ? "" : "s",
            job->settings.options.network.cpu ? job->settings.options.network.cpu : cameo_cpu_tier());
    fprintf(stream, "%-12s %.3f ms median, %.3f ms best of %d runs\n", "time", middle * 1e3, job->times[0] * 1e3, job->runs);
    fprintf(stream, "%-12s %.1f %s/s, %.1f GFLOP/s\n", "speed", job->batch / middle, plan->contract.task == CAMEO_TASK_DETECTION ? "pictures" : "faces",
            gflops(cameo_runner_plan(plan->runner).macs, middle));
    fprintf(stream, "%-12s %.1f ms (reading %.1f, planning %.1f; weights %s)\n", "load", (plan->open_seconds + plan->plan_seconds) * 1e3,
            plan->open_seconds * 1e3, plan->plan_seconds * 1e3, cm_plan_weights(plan->runner));
    fprintf(stream, "%-12s %.1f MB at its peak\n", "memory", (double)job->peak_bytes * 1e-6);
    if (job->layers)
        cm_bench_layers_print(&job->roof, stream);
}

static int run(bench_job *job, const char *name)
{
    int code = cm_plan_open(&job->plan, &job->settings, name);
    if (code == CM_EXIT_OK)
        code = cm_plan_make(&job->plan, &job->settings, job->batch);
    if (code == CM_EXIT_OK)
        code = measure(job);
    if (code == CM_EXIT_OK) {
        cm_outfile out;
        (void)cm_outfile_open(&out, NULL);
        if (job->json)
            print_json(job, out.stream);
        else
            print_text(job, out.stream);
        code = cm_outfile_finish(&out, code);
    }
    free(job->times);
    cm_plan_close(&job->plan);
    return code;
}

/* A model by itself and the whole pipeline are two forms of the command. Returns -1 to go on. */
static int check_form(const bench_job *job, int arguments, int networks)
{
    if (!job->picture == !arguments)
        return cm_report_usage("bench", "wanted is either a MODEL or --pipeline PICTURE");
    if (!job->picture && networks)
        return cm_report_usage("bench", "--model and --detector go with --pipeline; a model by itself is an argument");
    if (job->picture && (job->batch != 1 || job->layers))
        return cm_report_usage("bench", "--batch and --layers go with a MODEL, not with --pipeline");
    return -1;
}

int cm_command_bench(int argc, char **argv)
{
    bench_job job = {.batch = 1, .seconds = 3};
    cm_flags flags = {
        .command = "bench", .synopsis = "[options] MODEL | --pipeline PICTURE [options]", .minimum = 0, .maximum = 1,
        .help = "Measures a model: the median and the best time of a run, faces (or pictures) a second, arithmetic speed, the time to load it and the\n"
                "peak memory of the process. Where the model leaves the picture's size open, 640x640 is assumed (--input-size).\n"
                "With --layers also how fast each layer is: GFLOP/s count the multiply-adds of the direct way; the bound is the longer of the times that\n"
                "its arithmetic takes in registers and its weights and activations take to be read, both measured here.\n"
                "With --pipeline, the whole way of a picture instead: decode, detect, align, embed, and the time of each step.",
        .examples = "  cameo bench w600k_r50 --threads 1\n  cameo bench w600k_mbf.onnx --batch 16 --seconds 10 --json\n  cameo bench det_10g --layers\n"
                    "  cameo bench --pipeline photo.jpg --detector det_10g --model w600k_r50 --threads 1"};
    int first, code = cm_settings_init(&job.settings, &flags, CM_SETTINGS_RUN | CM_SETTINGS_CONTRACT | CM_SETTINGS_MODEL |
                                       CM_SETTINGS_DETECTOR | CM_SETTINGS_FACES);
    cm_flags_add(&flags, (cm_flag){.name = "pipeline", .value = "PICTURE", .kind = CM_FLAG_TEXT, .target = &job.picture,
        .help = "measure the way of this picture through both networks"});
    cm_flags_add(&flags, (cm_flag){.name = "batch", .value = "N", .kind = CM_FLAG_INT, .target = &job.batch, .low = 1, .high = 1024,
        .help = "faces at a time (1)"});
    cm_flags_add(&flags, (cm_flag){.name = "seconds", .value = "S", .kind = CM_FLAG_NUMBER, .target = &job.seconds, .low = 0.01, .high = 86400,
        .help = "how long to measure (3)"});
    cm_flags_add(&flags, (cm_flag){.name = "layers", .kind = CM_FLAG_SWITCH, .target = &job.layers,
        .help = "each layer: time, share, speed, how near to the machine's bound"});
    cm_flags_add(&flags, (cm_flag){.name = "json", .kind = CM_FLAG_SWITCH, .target = &job.json, .help = "one JSON object"});
    const char *model = job.settings.model, *detector = job.settings.detector; /* the environment's */
    if (code < 0)
        code = cm_flags_parse(&flags, argc, argv, &first);
    if (code < 0)
        code = check_form(&job, argc - first, model != job.settings.model || detector != job.settings.detector);
    if (code >= 0)
        return code;
    return job.picture ? cm_bench_pipeline(&job.settings, job.picture, job.seconds, job.json) : run(&job, argv[first]);
}
