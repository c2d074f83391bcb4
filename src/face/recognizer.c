#include "face/recognizer.h"

#include "base/clock.h"
#include "base/memory.h"
#include "face/align.h"
#include "face/contract.h"
#include "image/resample.h"
#include "run/network.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

enum { USUAL_SIZE = 112, LARGEST_SIZE = 1024, LARGE_BATCH = 8, LARGEST_FIXED_BATCH = 256 };

/* The network planned for one batch size. */
typedef struct batch_runner {
    cameo_runner *runner;
    int batch;
    float *input;        /* [batch, 3, size, size] */
    const float *output; /* [batch, dimension] */
} batch_runner;

struct cm_recognizer_memory {
    cm_pool *pool;
    batch_runner small, large;
    bool large_tried;
    uint8_t *crop; /* [size, size, 3] */
    void *scratch; /* of the resize */
};

static cameo_status create_runner(batch_runner *b, const cm_recognizer *recognizer, int batch, cm_pool *pool, cameo_error *error)
{
    const cameo_contract *contract = &recognizer->contract;
    const int64_t dims[1][CAMEO_MAX_RANK] = {{batch, 3, recognizer->size, recognizer->size}};
    cameo_status status = cm_runner_create_in_pool(&b->runner, recognizer->network, dims, pool, error);
    if (status != CAMEO_OK)
        return status;
    cameo_tensor_info info;
    b->batch = batch;
    b->input = cameo_runner_input(b->runner, 0, NULL);
    b->output = cameo_runner_output(b->runner, contract->output_index, &info);
    int64_t elements = 1;
    for (int i = 0; i < info.rank; i++)
        elements *= info.dims[i];
    if (elements == (int64_t)batch * contract->dimension)
        return CAMEO_OK;
    cameo_runner_free(b->runner);
    b->runner = NULL;
    return cm_fail(error, CAMEO_ERROR_MISMATCH, "%s: output '%s' has %lld values for %d faces, where %d x %d were expected",
                   cameo_network_info(recognizer->network).path, contract->output_name, (long long)elements, batch, batch,
                   contract->dimension);
}

/* The embedding's length where the file does not say it: what the planned network gives for one face. */
static cameo_status measure_dimension(cm_recognizer *recognizer, cameo_error *error)
{
    cameo_runner *runner;
    int64_t batch = recognizer->fixed_batch > 0 ? recognizer->fixed_batch : 1, elements = 1;
    const int64_t dims[1][CAMEO_MAX_RANK] = {{batch, 3, recognizer->size, recognizer->size}};
    cameo_status status = cameo_runner_create(&runner, recognizer->network, dims, 1, error);
    if (status != CAMEO_OK)
        return status;
    cameo_tensor_info info;
    cameo_runner_output(runner, recognizer->contract.output_index, &info);
    for (int i = 0; i < info.rank; i++)
        elements *= info.dims[i];
    cameo_runner_free(runner);
    if (elements < batch || elements % batch != 0 || elements / batch > INT16_MAX)
        return cm_fail(error, CAMEO_ERROR_MISMATCH, "%s: output '%s' has %lld values, which is no embedding",
                       cameo_network_info(recognizer->network).path, recognizer->contract.output_name, (long long)elements);
    recognizer->contract.dimension = (int)(elements / batch);
    return CAMEO_OK;
}

static cameo_status check_task(const cameo_contract *contract, const char *path, cameo_error *error)
{
    if (contract->task == CAMEO_TASK_RECOGNITION)
        return CAMEO_OK;
    if (contract->task == CAMEO_TASK_UNKNOWN)
        return cm_fail(error, CAMEO_ERROR_MISMATCH,
                       "%s does not look like a recognizer (one square picture of at least 112 pixels in, one vector out); if it is one, name "
                       "its output",
                       path);
    return cm_fail(error, CAMEO_ERROR_MISMATCH, "%s is a %s network (family %s), not a recognizer: %s", path,
                   cm_task_name(contract->task), contract->family,
                   contract->task == CAMEO_TASK_DETECTION ? "give it as the detector" : "give an ArcFace-like file such as w600k_r50.onnx");
}

static cameo_status settle_shape(cm_recognizer *recognizer, const char *path, cameo_error *error)
{
    cameo_contract *contract = &recognizer->contract;
    int side = contract->width > contract->height ? contract->width : contract->height;
    contract->width = contract->width ? contract->width : side ? side : USUAL_SIZE;
    contract->height = contract->height ? contract->height : side ? side : USUAL_SIZE;
    if (contract->width != contract->height || contract->width > LARGEST_SIZE)
        return cm_fail(error, CAMEO_ERROR_MISMATCH,
                       "%s wants faces of %d x %d pixels, where aligned faces are square and at most %d pixels wide", path,
                       contract->width, contract->height, LARGEST_SIZE);
    recognizer->size = contract->width;
    int64_t batch = cameo_network_input(recognizer->network, 0).dims[0];
    if (batch > LARGEST_FIXED_BATCH)
        return cm_fail(error, CAMEO_ERROR_LIMIT, "%s is fixed at %lld faces a run, more than %d", path, (long long)batch,
                       LARGEST_FIXED_BATCH);
    recognizer->fixed_batch = batch > 0 ? (int)batch : 0;
    return contract->dimension > 0 ? CAMEO_OK : measure_dimension(recognizer, error);
}

cameo_status cm_recognizer_init(cm_recognizer *recognizer, const cameo_network *network, const cameo_options *options,
                                cameo_error *error)
{
    const char *path = cameo_network_info(network).path;
    *recognizer = (cm_recognizer){.network = network, .mirror = options->mirror != 0};
    cameo_status status = cameo_network_contract(network, &options->recognizer_contract, &recognizer->contract, error);
    if (status == CAMEO_OK)
        status = check_task(&recognizer->contract, path, error);
    if (status == CAMEO_OK)
        status = settle_shape(recognizer, path, error);
    if (status == CAMEO_OK)
        cm_feed_init(&recognizer->feed, &recognizer->contract, network->tier);
    return status;
}

cameo_status cm_recognizer_memory_create(cm_recognizer_memory **memory, const cm_recognizer *recognizer, cm_pool *pool,
                                         cameo_error *error)
{
    cm_recognizer_memory *m = cm_calloc(1, sizeof *m);
    *memory = NULL;
    if (!m)
        return cm_fail(error, CAMEO_ERROR_MEMORY, "out of memory for a recognizer session");
    m->pool = pool;
    m->crop = cm_aligned_alloc((size_t)recognizer->size * (size_t)recognizer->size * 3);
    m->scratch = cm_aligned_alloc(cm_image_resize_column_bytes(recognizer->size) + cm_image_resize_row_bytes(recognizer->size));
    cameo_status status = m->crop && m->scratch
                              ? create_runner(&m->small, recognizer, recognizer->fixed_batch ? recognizer->fixed_batch : 1, pool, error)
                              : cm_fail(error, CAMEO_ERROR_MEMORY, "out of memory for a crop of %d pixels", recognizer->size);
    if (status != CAMEO_OK) {
        cm_recognizer_memory_free(m);
        return status;
    }
    *memory = m;
    return CAMEO_OK;
}

void cm_recognizer_memory_free(cm_recognizer_memory *memory)
{
    if (!memory)
        return;
    cameo_runner_free(memory->small.runner);
    cameo_runner_free(memory->large.runner);
    cm_aligned_free(memory->crop);
    cm_aligned_free(memory->scratch);
    free(memory);
}

/* The runner for `remaining` crops. A network that cannot be planned for eight at once goes through one by one. */
static batch_runner *choose_runner(const cm_recognizer *recognizer, cm_recognizer_memory *memory, size_t remaining)
{
    if (recognizer->fixed_batch || remaining < LARGE_BATCH)
        return &memory->small;
    if (!memory->large_tried) {
        memory->large_tried = true;
        if (create_runner(&memory->large, recognizer, LARGE_BATCH, memory->pool, NULL) != CAMEO_OK)
            memory->large = (batch_runner){0};
    }
    return memory->large.runner ? &memory->large : &memory->small;
}

static cameo_status make_crop(const cm_recognizer *recognizer, cm_recognizer_memory *memory, const cm_embed_job *job, size_t index,
                              cameo_error *error)
{
    int size = recognizer->size;
    if (!job->picture) {
        cm_image_resize_bilinear(&job->crops[index], memory->crop, size, size, (ptrdiff_t)size * 3, recognizer->network->tier,
                                 memory->scratch);
        return CAMEO_OK;
    }
    cameo_status status = cm_align_crop(job->picture, (const float(*)[2])job->faces[index].landmarks, size, recognizer->network->tier,
                                        memory->crop, error);
    return status == CAMEO_OK ? CAMEO_OK : cm_fail_prefix(error, status, "face %zu", index);
}

/* Stores an embedding, or adds it to what is there. */
static cameo_status take_embedding(const cm_recognizer *recognizer, const float *output, bool add, float *embedding,
                                   cameo_error *error)
{
    for (int i = 0; i < recognizer->contract.dimension; i++) {
        if (!isfinite(output[i]))
            return cm_fail(error, CAMEO_ERROR_FORMAT, "%s gave %g as element %d of '%s': its weights are broken, or its mean and std are",
                           cameo_network_info(recognizer->network).path, (double)output[i], i, recognizer->contract.output_name);
        embedding[i] = add ? embedding[i] + output[i] : output[i];
    }
    return CAMEO_OK;
}

/* A range of slots: a slot is one crop that goes through the network; with mirroring a face has two, as it is and turned. */
typedef struct slots {
    size_t first, count, per_face;
} slots;

static cameo_status fill_slots(const cm_recognizer *recognizer, cm_recognizer_memory *memory, const batch_runner *b,
                               const cm_embed_job *job, slots range, cameo_error *error)
{
    int size = recognizer->size;
    ptrdiff_t plane = (ptrdiff_t)size * size;
    for (size_t i = 0; i < range.count; i++) {
        size_t slot = range.first + i;
        cameo_status status = CAMEO_OK;
        if (slot % range.per_face == 1) /* the crop is still there from the slot before */
            cm_image_mirror(memory->crop, size, size, (ptrdiff_t)size * 3);
        else
            status = make_crop(recognizer, memory, job, slot / range.per_face, error);
        if (status != CAMEO_OK)
            return status;
        cm_feed_pixels(&recognizer->feed, memory->crop, plane, b->input + (ptrdiff_t)i * 3 * plane, plane);
    }
    return CAMEO_OK;
}

static cameo_status take_slots(const cm_recognizer *recognizer, const batch_runner *b, slots range, float *embeddings,
                               cameo_error *error)
{
    size_t dimension = (size_t)recognizer->contract.dimension;
    for (size_t i = 0; i < range.count; i++) {
        size_t slot = range.first + i;
        cameo_status status = take_embedding(recognizer, b->output + i * dimension, slot % range.per_face == 1,
                                             embeddings + slot / range.per_face * dimension, error);
        if (status != CAMEO_OK)
            return status;
    }
    return CAMEO_OK;
}

cameo_status cm_recognizer_embed(const cm_recognizer *recognizer, cm_recognizer_memory *memory, const cm_embed_job *job,
                                 cameo_stage_seconds *times, float *embeddings, cameo_error *error)
{
    slots range = {.per_face = recognizer->mirror ? 2 : 1};
    size_t total = job->count * range.per_face;
    for (; range.first < total; range.first += range.count) {
        size_t left = total - range.first;
        batch_runner *b = choose_runner(recognizer, memory, left);
        range.count = (size_t)b->batch < left ? (size_t)b->batch : left;
        double lap = cm_clock_seconds();
        cameo_status status = fill_slots(recognizer, memory, b, job, range, error);
        cm_clock_lap(&lap, &times->recognizer_input);
        if (status == CAMEO_OK)
            status = cameo_runner_run(b->runner, error);
        cm_clock_lap(&lap, &times->recognizer);
        if (status == CAMEO_OK)
            status = take_slots(recognizer, b, range, embeddings, error);
        if (status != CAMEO_OK)
            return status;
    }
    return CAMEO_OK;
}
