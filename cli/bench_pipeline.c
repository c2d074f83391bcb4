#include "bench_pipeline.h"

#include <stdlib.h>
#include <string.h>

#include "json_text.h"
#include "outfile.h"
#include "progress.h"
#include "report.h"
#include "samples.h"

/* The steps in their order. X(name, what is printed, JSON key) */
#define STEPS(X)                                                     \
    X(DECODE, "decode the file", "decode")                           \
    X(DETECTOR_INPUT, "resize, feed the detector", "detector_input") \
    X(DETECTOR, "detector network", "detector")                      \
    X(CANDIDATES, "candidates, suppression", "candidates")           \
    X(RECOGNIZER_INPUT, "align, feed the recognizer", "recognizer_input") \
    X(RECOGNIZER, "recognizer network", "recognizer")                \
    X(OTHER, "other", "other")                                       \
    X(TOTAL, "all", "total")

enum {
#define STEP_ENUM(name, text, key) name,
    STEPS(STEP_ENUM)
#undef STEP_ENUM
    STEP_COUNT
};

static const struct {
    const char *text, *key;
} steps[STEP_COUNT] = {
#define STEP_ROW(name, text, key) {text, key},
    STEPS(STEP_ROW)
#undef STEP_ROW
};

typedef struct pipeline_bench {
    const cm_settings *settings;
    const char *path;
    cameo_engine *engine;
    cameo_session *session;
    int width, height; /* of the picture */
    cameo_face *faces; /* [face_count] */
    float *embeddings; /* [face_count, dimension] */
    size_t face_count;
    double *samples[STEP_COUNT]; /* [CM_SAMPLES_MOST] seconds each, sorted at the end */
    int runs;
} pipeline_bench;

/* The way of one picture, as `cameo embed` goes it. */
static cameo_status go(const pipeline_bench *b, double *decode, cameo_error *error)
{
    cameo_image *image;
    size_t count;
    cameo_image_limits limits = b->settings->limits.image;
    limits.threads = cm_settings_threads(b->settings);
    double start = cm_progress_clock();
    cameo_status status = cameo_image_load(&image, b->path, &limits, error);
    *decode = cm_progress_clock() - start;
    if (status != CAMEO_OK)
        return status;
    cameo_image_view view = cameo_image_pixels(image);
    status = cameo_detect(b->session, &view, b->faces, b->face_count, &count, error);
    if (status == CAMEO_OK)
        status = cameo_embed(b->session, &view, b->faces, count, b->embeddings, count * (size_t)cameo_engine_dimension(b->engine), error);
    cameo_image_free(image);
    return status;
}

static cameo_status run_once(pipeline_bench *b, cameo_error *error)
{
    cameo_stage_seconds before = cameo_session_times(b->session);
    double seconds[STEP_COUNT] = {0}, start = cm_progress_clock();
    cameo_status status = go(b, &seconds[DECODE], error);
    seconds[TOTAL] = cm_progress_clock() - start;
    cameo_stage_seconds after = cameo_session_times(b->session);
    seconds[DETECTOR_INPUT] = after.detector_input - before.detector_input;
    seconds[DETECTOR] = after.detector - before.detector;
    seconds[CANDIDATES] = after.candidates - before.candidates;
    seconds[RECOGNIZER_INPUT] = after.recognizer_input - before.recognizer_input;
    seconds[RECOGNIZER] = after.recognizer - before.recognizer;
    seconds[OTHER] = seconds[TOTAL];
    for (int i = 0; i < OTHER; i++)
        seconds[OTHER] -= seconds[i];
    for (int i = 0; i < STEP_COUNT; i++)
        b->samples[i][b->runs] = seconds[i];
    b->runs++;
    return status;
}

/* How many faces there are, and room for them. */
static int prepare(pipeline_bench *b)
{
    cameo_error error;
    cameo_image *image;
    if (cameo_session_create(&b->session, b->engine, &error) != CAMEO_OK)
        return cm_report_error(NULL, &error);
    if (cameo_image_load(&image, b->path, &b->settings->limits.image, &error) != CAMEO_OK)
        return cm_report_error(b->path, &error);
    cameo_image_view view = cameo_image_pixels(image);
    b->width = view.width;
    b->height = view.height;
    cameo_status status = cameo_detect(b->session, &view, NULL, 0, &b->face_count, &error);
    cameo_image_free(image);
    if (status != CAMEO_OK && status != CAMEO_ERROR_CAPACITY)
        return cm_report_error(b->path, &error);
    if (b->face_count == 0)
        return cm_report(CM_EXIT_NO, "%s: no face found, so there is nothing to embed", b->path);
    b->faces = calloc(b->face_count, sizeof *b->faces);
    b->embeddings = calloc(b->face_count, (size_t)cameo_engine_dimension(b->engine) * sizeof *b->embeddings);
    int complete = b->faces && b->embeddings;
    for (int i = 0; i < STEP_COUNT; i++) {
        b->samples[i] = malloc(CM_SAMPLES_MOST * sizeof *b->samples[i]);
        complete = complete && b->samples[i];
    }
    return complete ? CM_EXIT_OK : cm_report(CM_EXIT_OTHER, "out of memory");
}

static int measure(pipeline_bench *b, double seconds)
{
    cameo_error error;
    cameo_status status = run_once(b, &error); /* caches and pages are cold in the first runs */
    if (status == CAMEO_OK)
        status = run_once(b, &error);
    b->runs = 0;
    double start = cm_progress_clock(), elapsed = 0;
    cm_progress_start("bench", (uint64_t)(seconds * 1000) + 1, CM_PROGRESS_PERCENT, 0);
    while (status == CAMEO_OK && b->runs < CM_SAMPLES_MOST && (elapsed < seconds || b->runs < CM_SAMPLES_LEAST)) {
        status = run_once(b, &error);
        elapsed = cm_progress_clock() - start;
        cm_progress_update((uint64_t)(elapsed * 1000));
    }
    cm_progress_stop();
    if (status != CAMEO_OK)
        return cm_report_error(b->path, &error);
    for (int i = 0; i < STEP_COUNT; i++)
        cm_samples_sort(b->samples[i], b->runs);
    return CM_EXIT_OK;
}

static const char *tier(const pipeline_bench *b)
{
    const char *cpu = b->settings->options.network.cpu;
    return cpu ? cpu : cameo_cpu_tier();
}

static void print_json(const pipeline_bench *b, FILE *stream)
{
    double all = cm_samples_median(b->samples[TOTAL], b->runs);
    json_t *object = json_object(), *table = json_object();
    cm_json_add(object, "file", cm_json_text(b->path));
    cm_json_add(object, "width", json_integer(b->width));
    cm_json_add(object, "height", json_integer(b->height));
    cm_json_add(object, "faces", json_integer((json_int_t)b->face_count));
    cm_json_add(object, "detector", cm_json_text(cameo_network_info(cameo_engine_detector(b->engine)).path));
    cm_json_add(object, "model", cm_json_text(cameo_network_info(cameo_engine_recognizer(b->engine)).path));
    cm_json_add(object, "threads", json_integer(cm_settings_threads(b->settings)));
    cm_json_add(object, "cpu", json_string(tier(b)));
    cm_json_add(object, "runs", json_integer(b->runs));
    for (int i = 0; i < STEP_COUNT; i++) {
        double middle = cm_samples_median(b->samples[i], b->runs);
        json_t *step = json_object();
        cm_json_add(step, "median_ms", cm_json_number(middle * 1e3));
        cm_json_add(step, "min_ms", cm_json_number(b->samples[i][0] * 1e3));
        cm_json_add(step, "share", cm_json_number(all > 0 ? middle / all : 0));
        cm_json_add(table, steps[i].key, step);
    }
    cm_json_add(object, "steps", table);
    cm_json_print(object, stream, 1);
}

static void print_text(const pipeline_bench *b, FILE *stream)
{
    int threads = cm_settings_threads(b->settings);
    double all = cm_samples_median(b->samples[TOTAL], b->runs);
    fprintf(stream, "%-12s %s, %dx%d, %zu face%s\n", "picture", b->path, b->width, b->height, b->face_count, b->face_count == 1 ? "" : "s");
    fprintf(stream, "%-12s %s\n", "detector", cameo_network_info(cameo_engine_detector(b->engine)).path);
    fprintf(stream, "%-12s %s\n", "recognizer", cameo_network_info(cameo_engine_recognizer(b->engine)).path);
    fprintf(stream, "%-12s %d thread%s, %s, %d runs, %.1f pictures/s\n\n", "measured", threads, threads == 1 ? "" : "s", tier(b), b->runs, 1 / all);
    fprintf(stream, "%-28s %12s %12s %8s\n", "step", "median ms", "best ms", "share");
    for (int i = 0; i < STEP_COUNT; i++) {
        double middle = cm_samples_median(b->samples[i], b->runs);
        fprintf(stream, "%-28s %12.3f %12.3f %7.1f%%\n", steps[i].text, middle * 1e3, b->samples[i][0] * 1e3, all > 0 ? 100 * middle / all : 0);
    }
}

int cm_bench_pipeline(const cm_settings *settings, const char *picture, double seconds, int json)
{
    pipeline_bench b = {.settings = settings, .path = picture};
    int code = cm_settings_open_engine(settings, CM_SETTINGS_MODEL | CM_SETTINGS_DETECTOR, cm_settings_threads(settings), &b.engine);
    if (code == CM_EXIT_OK)
        code = prepare(&b);
    if (code == CM_EXIT_OK)
        code = measure(&b, seconds);
    if (code == CM_EXIT_OK) {
        cm_outfile out;
        (void)cm_outfile_open(&out, NULL);
        if (json)
            print_json(&b, out.stream);
        else
            print_text(&b, out.stream);
        code = cm_outfile_finish(&out, code);
    }
    for (int i = 0; i < STEP_COUNT; i++)
        free(b.samples[i]);
    free(b.faces);
    free(b.embeddings);
    cameo_session_free(b.session);
    cameo_engine_free(b.engine);
    return code;
}
