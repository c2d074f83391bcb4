#include "face/analyzer.h"

#include "base/memory.h"
#include "face/box_crop.h"
#include "face/pose.h"
#include "face/quality.h"
#include "image/image.h"
#include "image/resample.h"
#include "run/network.h"

#include <math.h>
#include <stdlib.h>

enum { DENSE_POINTS = 1103 }; /* of 1k3d68, whose last 68 are the landmarks */

static const float landmark_widening = 1.5f; /* of the box [InsightFace, landmark.py, attribute.py] */

struct cm_analyzer_memory {
    cm_attribute_runner landmarks_106, landmarks_68, gender_age, antispoof[CAMEO_MAX_ANTISPOOF];
    uint8_t *crop; /* [size, size, 3] of the largest network */
    void *scratch; /* of the resize */
};

cameo_status cm_analyzer_init(cm_analyzer *analyzer, const float (*shape)[3], cameo_error *error)
{
    float flat[CM_HEAD_POINTS][2];
    cameo_pose pose;
    *analyzer = (cm_analyzer){.landmarks_106 = {0}};
    cm_head_shape_tilted(analyzer->mean_shape);
    for (int i = 0; i < CM_HEAD_POINTS; i++)
        for (int k = 0; k < 3; k++) {
            if (shape)
                analyzer->mean_shape[i][k] = (double)shape[i][k];
            if (k < 2)
                flat[i][k] = (float)analyzer->mean_shape[i][k];
        }
    /* A shape that cannot be compared with itself will suit no face. */
    return cm_pose_fit((const double(*)[3])analyzer->mean_shape, flat[0], 2, CM_HEAD_POINTS, &pose, error);
}

cameo_status cm_analyzer_set_landmarks_106(cm_analyzer *analyzer, const cameo_network *network, cameo_error *error)
{
    static const cm_attribute_kind kind = {CAMEO_TASK_LANDMARKS, 2 * CAMEO_LANDMARKS_106, "106 landmarks (2d106det)"};
    return cm_attribute_net_init(&analyzer->landmarks_106, network, &kind, error);
}

cameo_status cm_analyzer_set_landmarks_68(cm_analyzer *analyzer, const cameo_network *network, cameo_error *error)
{
    static const cm_attribute_kind kind = {CAMEO_TASK_LANDMARKS, 3 * DENSE_POINTS, "68 landmarks in space (1k3d68)"};
    return cm_attribute_net_init(&analyzer->landmarks_68, network, &kind, error);
}

cameo_status cm_analyzer_set_gender_age(cm_analyzer *analyzer, const cameo_network *network, cameo_error *error)
{
    static const cm_attribute_kind kind = {CAMEO_TASK_GENDER_AGE, 3, "gender and age"};
    return cm_attribute_net_init(&analyzer->gender_age, network, &kind, error);
}

/* A runner if there is such a network. *largest: the side of the largest input so far. */
static cameo_status add_runner(cm_attribute_runner *runner, const cm_attribute_net *net, cm_pool *pool, int *largest, cameo_error *error)
{
    if (!net->network)
        return CAMEO_OK;
    *largest = net->size > *largest ? net->size : *largest;
    return cm_attribute_runner_create(runner, net, pool, error);
}

static cameo_status take_memory(cm_analyzer_memory *memory, const cm_analyzer *analyzer, cm_pool *pool, cameo_error *error)
{
    int largest = 1;
    cameo_status status = add_runner(&memory->landmarks_106, &analyzer->landmarks_106, pool, &largest, error);
    if (status == CAMEO_OK)
        status = add_runner(&memory->landmarks_68, &analyzer->landmarks_68, pool, &largest, error);
    if (status == CAMEO_OK)
        status = add_runner(&memory->gender_age, &analyzer->gender_age, pool, &largest, error);
    for (int i = 0; i < analyzer->antispoof.count && status == CAMEO_OK; i++)
        status = add_runner(&memory->antispoof[i], &analyzer->antispoof.nets[i], pool, &largest, error);
    if (status != CAMEO_OK)
        return status;
    memory->crop = cm_aligned_alloc((size_t)largest * (size_t)largest * 3);
    memory->scratch = cm_aligned_alloc(cm_image_resize_column_bytes(largest) + cm_image_resize_row_bytes(largest));
    if (!memory->crop || !memory->scratch)
        return cm_fail(error, CAMEO_ERROR_MEMORY, "out of memory for a crop of %d pixels", largest);
    return CAMEO_OK;
}

cameo_status cm_analyzer_memory_create(cm_analyzer_memory **memory, const cm_analyzer *analyzer, cm_pool *pool, cameo_error *error)
{
    *memory = cm_calloc(1, sizeof **memory);
    if (!*memory)
        return cm_fail(error, CAMEO_ERROR_MEMORY, "out of memory for an analyzer session");
    cameo_status status = take_memory(*memory, analyzer, pool, error);
    if (status != CAMEO_OK) {
        cm_analyzer_memory_free(*memory);
        *memory = NULL;
    }
    return status;
}

void cm_analyzer_memory_free(cm_analyzer_memory *memory)
{
    if (!memory)
        return;
    cm_attribute_runner_free(&memory->landmarks_106);
    cm_attribute_runner_free(&memory->landmarks_68);
    cm_attribute_runner_free(&memory->gender_age);
    for (int i = 0; i < CAMEO_MAX_ANTISPOOF; i++)
        cm_attribute_runner_free(&memory->antispoof[i]);
    cm_aligned_free(memory->crop);
    cm_aligned_free(memory->scratch);
    free(memory);
}

/* One face on its way. */
typedef struct analysis {
    cm_analyzer_memory *memory;
    const cameo_image_view *picture;
    const cameo_face *face;
    cm_cpu_tier tier;
} analysis;

/* The square around the box through a network. matrix: picture -> crop. */
static cameo_status run_on_square(const analysis *a, const cm_attribute_net *net, const cm_attribute_runner *runner, double matrix[6], cameo_error *error)
{
    cm_box_square(a->face->box, net->size, landmark_widening, matrix);
    cm_image_warp_affine(a->picture, matrix, a->memory->crop, net->size, net->size, (ptrdiff_t)net->size * 3, a->tier);
    return cm_attribute_run(net, runner, a->memory->crop, error);
}

/* Landmarks as a network gives them, -1..1 across its input, to the picture. step: 2 or 3 numbers a point, the third a depth. */
static void place_points(const double matrix[6], int size, const float *output, int count, int step, float *points)
{
    for (int i = 0; i < count; i++, output += step, points += step)
        for (int k = 0; k < step; k++) {
            float half = (float)(size / 2), value = k < 2 ? (output[k] + 1) * half : output[k] * half;
            double shift = k < 2 ? matrix[k == 0 ? 2 : 5] : 0;
            points[k] = (float)(((double)value - shift) / matrix[0]);
        }
}

static cameo_status find_landmarks(const cm_analyzer *analyzer, const analysis *a, cameo_attributes *attributes, cameo_error *error)
{
    double matrix[6];
    cameo_status status = CAMEO_OK;
    if (analyzer->landmarks_106.network) {
        status = run_on_square(a, &analyzer->landmarks_106, &a->memory->landmarks_106, matrix, error);
        if (status != CAMEO_OK)
            return status;
        attributes->landmark_106_count = CAMEO_LANDMARKS_106;
        place_points(matrix, analyzer->landmarks_106.size, a->memory->landmarks_106.output, CAMEO_LANDMARKS_106, 2, attributes->landmarks_106[0]);
    }
    if (!analyzer->landmarks_68.network)
        return CAMEO_OK;
    status = run_on_square(a, &analyzer->landmarks_68, &a->memory->landmarks_68, matrix, error);
    if (status != CAMEO_OK)
        return status;
    const float *last = a->memory->landmarks_68.output + (ptrdiff_t)(DENSE_POINTS - CAMEO_LANDMARKS_68) * 3;
    attributes->landmark_68_count = CAMEO_LANDMARKS_68;
    place_points(matrix, analyzer->landmarks_68.size, last, CAMEO_LANDMARKS_68, 3, attributes->landmarks_68[0]);
    /* Points that are no head leave the pose unknown. */
    if (cm_pose_fit((const double(*)[3])analyzer->mean_shape, attributes->landmarks_68[0], 3, CM_HEAD_POINTS, &attributes->pose, NULL) == CAMEO_OK)
        cm_quality_set_pose(&attributes->quality, &attributes->pose);
    return CAMEO_OK;
}

static cameo_status find_gender_age(const cm_analyzer *analyzer, const analysis *a, cameo_attributes *attributes, cameo_error *error)
{
    const float longest_life = 1000; /* years; what lies beyond would not fit an int */
    double matrix[6];
    if (!analyzer->gender_age.network)
        return CAMEO_OK;
    cameo_status status = run_on_square(a, &analyzer->gender_age, &a->memory->gender_age, matrix, error);
    if (status != CAMEO_OK)
        return status;
    const float *output = a->memory->gender_age.output;
    attributes->gender_scores[0] = output[0];
    attributes->gender_scores[1] = output[1];
    attributes->gender = output[1] > output[0];
    attributes->age = (int)lrintf(fminf(fmaxf(output[2] * 100, 0), longest_life));
    return CAMEO_OK;
}

static cameo_status judge_liveness(const cm_analyzer *analyzer, const analysis *a, cameo_attributes *attributes, cameo_error *error)
{
    const cm_antispoof *antispoof = &analyzer->antispoof;
    float sums[CAMEO_SPOOF_CLASSES] = {0};
    for (int i = 0; i < antispoof->count; i++) {
        const cm_attribute_net *net = &antispoof->nets[i];
        int patch[4], pixel = cm_image_pixel_bytes(a->picture->format);
        cm_box_patch(a->face->box, antispoof->scales[i], a->picture->width, a->picture->height, patch);
        cameo_image_view part = *a->picture;
        part.pixels += patch[1] * part.stride + (ptrdiff_t)patch[0] * pixel;
        part.width = patch[2];
        part.height = patch[3];
        cm_image_resize_bilinear(&part, a->memory->crop, net->size, net->size, (ptrdiff_t)net->size * 3, a->tier, a->memory->scratch);
        cameo_status status = cm_attribute_run(net, &a->memory->antispoof[i], a->memory->crop, error);
        if (status != CAMEO_OK)
            return status;
        cm_antispoof_add_scores(a->memory->antispoof[i].output, net->softmax, sums);
    }
    for (int i = 0; i < CAMEO_SPOOF_CLASSES && antispoof->count > 0; i++)
        attributes->spoof_scores[i] = sums[i] / (float)antispoof->count;
    attributes->real = attributes->spoof_scores[1];
    return CAMEO_OK;
}

cameo_status cm_analyzer_run(const cm_analyzer *analyzer, cm_analyzer_memory *memory, const cameo_image_view *picture, const cameo_face *face,
                             cm_cpu_tier tier, cameo_attributes *attributes, cameo_error *error)
{
    const analysis a = {.memory = memory, .picture = picture, .face = face, .tier = tier};
    *attributes = (cameo_attributes){.pose = cm_pose_unknown(), .gender = -1, .gender_scores = {NAN, NAN}, .age = -1, .real = NAN,
                                     .spoof_scores = {NAN, NAN, NAN}};
    cameo_status status = cm_box_check(face->box, error);
    if (status == CAMEO_OK)
        status = cm_quality_measure(picture, face, tier, &attributes->quality, error);
    if (status == CAMEO_OK)
        status = find_landmarks(analyzer, &a, attributes, error);
    if (status == CAMEO_OK)
        status = find_gender_age(analyzer, &a, attributes, error);
    if (status == CAMEO_OK)
        status = judge_liveness(analyzer, &a, attributes, error);
    return status;
}
