#include "face/detector.h"

#include "base/clock.h"
#include "base/memory.h"
#include "builtin/builtin.h"
#include "face/contract.h"
#include "face/detector_input.h"
#include "run/network.h"

#include <stdlib.h>
#include <string.h>

enum { LARGEST_SIZE = 8192 };

/* One input size. */
typedef struct pass {
    cameo_runner *runner;
    cm_decoder decoder;
    const float **outputs; /* [output_count], where the runner keeps them */
    cm_letterbox last;     /* where the last picture lay: outside of it the input is black */
} pass;

struct cm_detector_memory {
    pass passes[CAMEO_MAX_DETECTION_SIZES];
    int pass_count;
    cm_detector_input input;
    cm_candidates candidates;
};

static cameo_status check_family(cm_detector *detector, const char *path, cameo_error *error)
{
    const cameo_contract *contract = &detector->contract;
    if (contract->task != CAMEO_TASK_DETECTION) {
        return cm_fail(error, CAMEO_ERROR_MISMATCH, "%s is a %s network (family %s), not a detector: %s", path,
                       cm_task_name(contract->task), contract->family,
                       contract->task == CAMEO_TASK_RECOGNITION ? "give it as the recognizer" : "give an SCRFD, RetinaFace, YuNet or UltraFace file");
    }
    int family = cm_decoder_family_by_name(contract->family);
    if (family < 0)
        return cm_fail(error, CAMEO_ERROR_MISMATCH,
                       "%s looks like a detector, but its %d outputs fit none of the families that can be decoded: SCRFD (6, 9, 10 or 15 outputs), "
                       "RetinaFace (3), YuNet (12), UltraFace (2)",
                       path, cameo_network_output_count(detector->network));
    detector->family = (cm_decoder_family)family;
    return CAMEO_OK;
}

/* The sizes that stand for cameo_options_default's: InsightFace's own suit its detectors; the built-in one does not know faces as large as 640 pixels
 * make them. */
static const int (*usual_sizes(const cameo_options *options, const char *path))[2]
{
    static const int insightface[2][2] = {{128, 128}, {640, 640}}, builtin[2][2] = {{160, 160}, {320, 320}};
    bool usual = options->detection_size_count == 2 && memcmp(options->detection_sizes, insightface, sizeof insightface) == 0;
    return usual && cm_builtin_is_name(path) ? builtin : options->detection_sizes;
}

static cameo_status choose_sizes(cm_detector *detector, const cameo_options *options, const char *path, cameo_error *error)
{
    const cameo_contract *contract = &detector->contract;
    if (contract->width > 0 && contract->height > 0) {
        detector->size_count = 1;
        detector->sizes[0][0] = contract->width;
        detector->sizes[0][1] = contract->height;
        return CAMEO_OK;
    }
    if (options->detection_size_count < 1 || options->detection_size_count > CAMEO_MAX_DETECTION_SIZES)
        return cm_fail(error, CAMEO_ERROR_ARGUMENT, "%d detection sizes are given, where 1 to %d are possible",
                       options->detection_size_count, CAMEO_MAX_DETECTION_SIZES);
    int stride = cm_decoder_stride(detector->family, cameo_network_output_count(detector->network));
    const int (*sizes)[2] = usual_sizes(options, path);
    detector->size_count = options->detection_size_count;
    for (int i = 0; i < detector->size_count; i++) {
        int width = sizes[i][0], height = sizes[i][1];
        if (width < stride || height < stride || width > LARGEST_SIZE || height > LARGEST_SIZE || width % stride || height % stride)
            return cm_fail(error, CAMEO_ERROR_ARGUMENT,
                           "detection size %d x %d does not suit %s: both must be multiples of %d, at most %d", width, height, path,
                           stride, LARGEST_SIZE);
        detector->sizes[i][0] = width;
        detector->sizes[i][1] = height;
    }
    return CAMEO_OK;
}

cameo_status cm_detector_init(cm_detector *detector, const cameo_network *network, const cameo_options *options, cameo_error *error)
{
    const char *path = cameo_network_info(network).path;
    *detector = (cm_detector){.network = network, .threshold = options->detection_threshold, .nms_threshold = options->nms_threshold};
    cameo_status status = cameo_network_contract(network, &options->detector_contract, &detector->contract, error);
    if (status == CAMEO_OK)
        status = check_family(detector, path, error);
    if (status == CAMEO_OK)
        status = choose_sizes(detector, options, path, error);
    if (status != CAMEO_OK)
        return status;
    if (!(detector->threshold >= 0.0f && detector->threshold <= 1.0f))
        return cm_fail(error, CAMEO_ERROR_ARGUMENT, "detection threshold %g is not between 0 and 1", (double)detector->threshold);
    if (!(detector->nms_threshold >= 0.0f && detector->nms_threshold <= 1.0f))
        return cm_fail(error, CAMEO_ERROR_ARGUMENT, "NMS threshold %g is not between 0 and 1", (double)detector->nms_threshold);
    cm_feed_init(&detector->feed, &detector->contract, network->tier);
    return CAMEO_OK;
}

static cameo_status bind_pass(pass *p, const cm_detector *detector, int width, int height, cameo_error *error)
{
    int count = cameo_network_output_count(detector->network);
    cameo_tensor_info *infos = cm_calloc((size_t)count, sizeof *infos);
    p->outputs = cm_calloc((size_t)count, sizeof *p->outputs);
    if (!infos || !p->outputs) {
        free(infos);
        return cm_fail(error, CAMEO_ERROR_MEMORY, "out of memory for %d detector outputs", count);
    }
    for (int i = 0; i < count; i++)
        p->outputs[i] = cameo_runner_output(p->runner, i, &infos[i]);
    cameo_status status = cm_decoder_bind(&p->decoder, detector->family, infos, count, width, height, error);
    free(infos);
    if (status != CAMEO_OK)
        return cm_fail_prefix(error, status, "%s", cameo_network_info(detector->network).path);
    return CAMEO_OK;
}

static cameo_status add_pass(cm_detector_memory *memory, const cm_detector *detector, int width, int height, cm_pool *pool,
                             cameo_error *error)
{
    pass *p = &memory->passes[memory->pass_count++];
    const int64_t dims[1][CAMEO_MAX_RANK] = {{1, 3, height, width}};
    cameo_status status = cm_runner_create_in_pool(&p->runner, detector->network, dims, pool, error);
    return status == CAMEO_OK ? bind_pass(p, detector, width, height, error) : status;
}

/* Memory that all passes share, of the largest one's size. */
static cameo_status take_buffers(cm_detector_memory *memory, const cm_detector *detector, cm_pool *pool, cameo_error *error)
{
    int widest = 1, total = 0;
    for (int i = 0; i < detector->size_count; i++) {
        widest = detector->sizes[i][0] > widest ? detector->sizes[i][0] : widest;
        total += memory->passes[i].decoder.total;
    }
    if (!cm_detector_input_create(&memory->input, widest, pool) || !cm_candidates_create(&memory->candidates, total))
        return cm_fail(error, CAMEO_ERROR_MEMORY, "out of memory for rows of %d pixels and %d candidates", widest, total);
    return CAMEO_OK;
}

cameo_status cm_detector_memory_create(cm_detector_memory **memory, const cm_detector *detector, cm_pool *pool, cameo_error *error)
{
    *memory = cm_calloc(1, sizeof **memory);
    if (!*memory)
        return cm_fail(error, CAMEO_ERROR_MEMORY, "out of memory for a detector session");
    cameo_status status = CAMEO_OK;
    for (int i = 0; i < detector->size_count && status == CAMEO_OK; i++)
        status = add_pass(*memory, detector, detector->sizes[i][0], detector->sizes[i][1], pool, error);
    if (status == CAMEO_OK)
        status = take_buffers(*memory, detector, pool, error);
    if (status != CAMEO_OK) {
        cm_detector_memory_free(*memory);
        *memory = NULL;
    }
    return status;
}

void cm_detector_memory_free(cm_detector_memory *memory)
{
    if (!memory)
        return;
    for (int i = 0; i < memory->pass_count; i++) {
        cameo_runner_free(memory->passes[i].runner);
        free(memory->passes[i].outputs);
    }
    cm_detector_input_free(&memory->input);
    cm_candidates_free(&memory->candidates);
    free(memory);
}

static cameo_status run_pass(const cm_detector *detector, cm_detector_memory *memory, pass *p, const cameo_image_view *picture,
                             cameo_stage_seconds *times, cameo_error *error)
{
    double lap = cm_clock_seconds();
    cm_detector_view view = {.picture = picture, .width = p->decoder.width, .height = p->decoder.height};
    view.box = cm_letterbox_fit(picture->width, picture->height, view.width, view.height);
    /* The runner leaves its input as it is: black that lay around a picture of this shape is still there. */
    view.framed = view.box.width == p->last.width && view.box.height == p->last.height;
    p->last = view.box;
    cm_detector_input_fill(&memory->input, &detector->feed, &view, detector->network->tier, cameo_runner_input(p->runner, 0, NULL));
    cm_clock_lap(&lap, &times->detector_input);
    cameo_status status = cameo_runner_run(p->runner, error);
    cm_clock_lap(&lap, &times->detector);
    if (status == CAMEO_OK)
        cm_decoder_run(&p->decoder, p->outputs, detector->threshold, view.box.scale, &memory->candidates);
    cm_clock_lap(&lap, &times->candidates);
    return status;
}

cameo_status cm_detector_find(const cm_detector *detector, cm_detector_memory *memory, const cameo_image_view *picture,
                              cameo_stage_seconds *times, cameo_face **faces, int *count, cameo_error *error)
{
    memory->candidates.count = 0;
    for (int i = 0; i < memory->pass_count; i++) {
        cameo_status status = run_pass(detector, memory, &memory->passes[i], picture, times, error);
        if (status != CAMEO_OK)
            return status;
    }
    double lap = cm_clock_seconds();
    *count = cm_candidates_suppress(&memory->candidates, detector->nms_threshold);
    cm_clock_lap(&lap, &times->candidates);
    *faces = memory->candidates.faces;
    return CAMEO_OK;
}
