/* Embeddings of the float model and of quantised ones, and how they compare. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "progress.h"
#include "quantize_job.h"
#include "report.h"

enum { MEASURED_FACES = 32 };

/* A step through [count] faces that shares no divisor with their number and lies near the golden section of it. */
static size_t spread_step(size_t count)
{
    size_t step = (size_t)((double)count * 0.618) + 1;
    for (;; step++) {
        size_t a = step, b = count;
        while (b > 0) {
            const size_t rest = a % b;
            a = b;
            b = rest;
        }
        if (a == 1)
            return step;
    }
}

/* Embeddings of the first `faces`, of length 1. */
static int embed(const cm_quantize_job *job, const cameo_network *network, size_t faces, float *vectors)
{
    cameo_options options = job->settings->options;
    options.recognizer_network = network;
    options.recognizer_contract = job->settings->contract;
    options.threads = cm_settings_threads(job->settings);
    const cm_people_walk walk = {.count = faces, .order = job->order, .form = CM_CROP_ALIGNED};
    cameo_error error;
    if (cm_people_embed(&job->people, &options, &walk, vectors, &error) != CAMEO_OK)
        return cm_report_error(job->path, &error);
    for (size_t i = 0; i < faces; i++)
        cameo_embedding_normalize(vectors + i * (size_t)job->contract.dimension, job->contract.dimension);
    return CM_EXIT_OK;
}

/* TAR of embeddings of all faces. */
static int measure_tar(const cm_quantize_job *job, const float *vectors, double *far, double *tar)
{
    const cm_labelled set = {.vectors = vectors, .person = job->person, .count = job->people.count, .dimension = job->contract.dimension,
                             .people = job->people.people};
    cm_separation separation;
    *far = *tar = NAN;
    if (cm_people_with_pairs(&job->people) < 2)
        return CM_EXIT_OK;
    if (cm_separation_measure(&set, &separation) != 0)
        return cm_report(CM_EXIT_OTHER, "out of memory for the pairs of %zu faces", set.count);
    *far = separation.far;
    *tar = separation.tar;
    cm_separation_free(&separation);
    return CM_EXIT_OK;
}

static void compare(const cm_quantize_job *job, size_t faces, cm_quantize_score *score)
{
    const size_t dimension = (size_t)job->contract.dimension;
    double sum = 0.0;
    *score = (cm_quantize_score){.faces = faces, .least = 1.0, .tar = NAN};
    for (size_t i = 0; i < faces; i++) {
        const double cosine = (double)cameo_similarity(job->reference + i * dimension, job->vectors + i * dimension, job->contract.dimension);
        sum += cosine;
        score->least = cosine < score->least ? cosine : score->least;
    }
    score->cosine = sum / (double)faces;
}

int cm_quantize_try(cm_quantize_job *job, size_t faces, cm_quantize_score *score)
{
    const void *bytes;
    size_t size;
    cameo_network *network = NULL;
    cameo_error error;
    double far;
    faces = faces < job->people.count ? faces : job->people.count;
    cameo_status status = cameo_quantizer_write(job->quantizer, &bytes, &size, &error);
    if (status == CAMEO_OK)
        status = cameo_network_open_bytes(&network, bytes, size, job->path, &job->options.network, &error);
    if (status != CAMEO_OK)
        return cm_report_error(job->path, &error);
    int code = embed(job, network, faces, job->vectors);
    cameo_network_free(network);
    if (code != CM_EXIT_OK)
        return code;
    compare(job, faces, score);
    return faces == job->people.count ? measure_tar(job, job->vectors, &far, &score->tar) : code;
}

double cm_quantize_loss(const cm_quantize_job *job, const cm_quantize_score *score)
{
    return isnan(score->tar) || isnan(job->float_tar) ? 0.0 : 100.0 * (job->float_tar - score->tar);
}

/* One face as the network is fed: [3, size, size], (pixel - mean) / std in the contract's order of colours. */
static void fill_input(const cm_quantize_job *job, size_t face)
{
    const cameo_image_view view = cm_people_crop(&job->people, face, CM_CROP_ALIGNED, NULL);
    const cameo_contract *contract = &job->contract;
    const size_t pixels = (size_t)view.width * (size_t)view.height;
    for (int c = 0; c < 3; c++) {
        const int source = contract->color == CAMEO_COLOR_BGR ? 2 - c : c;
        for (size_t i = 0; i < pixels; i++)
            job->input[(size_t)c * pixels + i] = ((float)view.pixels[i * 3 + (size_t)source] - contract->mean[c]) / contract->std[c];
    }
}

typedef cameo_status face_taker(cameo_quantizer *quantizer, const float *input, size_t elements, cameo_error *error);

/* Shows the first `faces` to the quantizer. */
static int show_faces(cm_quantize_job *job, const char *what, size_t faces, face_taker *take)
{
    const size_t elements = (size_t)job->people.size * (size_t)job->people.size * 3;
    cameo_error error;
    cameo_status status = CAMEO_OK;
    faces = faces < job->people.count ? faces : job->people.count;
    cm_progress_start(what, faces, CM_PROGRESS_COUNT, 0);
    for (size_t i = 0; i < faces && status == CAMEO_OK; i++) {
        fill_input(job, job->order[i]);
        status = take(job->quantizer, job->input, elements, &error);
        cm_progress_update(i + 1);
    }
    cm_progress_stop();
    return status == CAMEO_OK ? CM_EXIT_OK : cm_report_error(job->path, &error);
}

int cm_quantize_measure(cm_quantize_job *job)
{
    int code = show_faces(job, "measure", MEASURED_FACES, cameo_quantizer_measure);
    for (int i = 0; i < job->row_count && code == CM_EXIT_OK; i++)
        job->rows[i].layer = cameo_quantizer_layer(job->quantizer, i);
    return code;
}

static int take_memory(cm_quantize_job *job)
{
    const size_t count = job->people.count, floats = count * (size_t)job->contract.dimension;
    job->order = malloc(count * sizeof *job->order);
    job->person = malloc(count * sizeof *job->person);
    job->reference = malloc(floats * sizeof *job->reference);
    job->vectors = malloc(floats * sizeof *job->vectors);
    job->input = malloc((size_t)job->people.size * (size_t)job->people.size * 3 * sizeof *job->input);
    if (!job->order || !job->person || !job->reference || !job->vectors || !job->input)
        return cm_report(CM_EXIT_OTHER, "out of memory for the embeddings of %zu faces", count);
    const size_t step = spread_step(count);
    for (size_t i = 0; i < count; i++) {
        job->order[i] = i * step % count;
        job->person[i] = job->people.person[job->order[i]];
    }
    return CM_EXIT_OK;
}

int cm_quantize_open(cm_quantize_job *job)
{
    const int64_t dims[1][CAMEO_MAX_RANK] = {{1, 3, job->contract.height, job->contract.width}};
    cameo_error error;
    if (cameo_quantizer_open(&job->quantizer, job->path, dims, &job->options, &error) != CAMEO_OK)
        return cm_report_error(job->path, &error);
    job->row_count = cameo_quantizer_layer_count(job->quantizer);
    job->rows = malloc((size_t)job->row_count * sizeof *job->rows);
    if (!job->rows)
        return cm_report(CM_EXIT_OTHER, "out of memory for %d layers", job->row_count);
    for (int i = 0; i < job->row_count; i++)
        job->rows[i] = (cm_quantize_row){cameo_quantizer_layer(job->quantizer, i), NAN};
    return CM_EXIT_OK;
}

int cm_quantize_prepare(cm_quantize_job *job)
{
    int code = take_memory(job);
    if (code == CM_EXIT_OK)
        code = embed(job, job->network, job->people.count, job->reference);
    if (code == CM_EXIT_OK)
        code = measure_tar(job, job->reference, &job->far, &job->float_tar);
    if (code == CM_EXIT_OK)
        code = show_faces(job, "observe", (size_t)job->calibrate, cameo_quantizer_observe);
    return code;
}

void cm_quantize_free(cm_quantize_job *job)
{
    cameo_quantizer_free(job->quantizer);
    cameo_network_free(job->network);
    cm_people_free(&job->people);
    free(job->path);
    free(job->order);
    free(job->person);
    free(job->reference);
    free(job->vectors);
    free(job->input);
    free(job->rows);
}
