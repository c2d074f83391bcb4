#include "api/engine.h"

#include "base/clock.h"
#include "face/align.h"
#include "face/stretch_crop.h"
#include "face/picture_check.h"
#include "face/rank.h"

#include <string.h>

enum { LARGEST_CROP = 8192, CROP_STEP = 16 };

cameo_status cameo_detect(cameo_session *session, const cameo_image_view *picture, cameo_face *faces, size_t capacity,
                          size_t *count, cameo_error *error)
{
    if (!session || !count || (!faces && capacity > 0))
        return cm_fail(error, CAMEO_ERROR_ARGUMENT, "cameo_detect needs a session, a place for the count and one for the faces");
    *count = 0;
    const cameo_engine *engine = session->engine;
    if (!session->detector)
        return cm_fail(error, CAMEO_ERROR_MISMATCH, "this engine was opened without a detector, so it cannot find faces");
    cameo_status status = cm_check_picture(picture, "the picture", error);
    if (status != CAMEO_OK)
        return status;
    cameo_face *found;
    int total;
    status = cm_detector_find(&engine->detector, session->detector, picture, &session->times, &found, &total, error);
    if (status != CAMEO_OK)
        return status;
    double lap = cm_clock_seconds();
    cm_rank_faces(found, total, engine->rank, picture->width, picture->height);
    cm_clock_lap(&lap, &session->times.candidates);
    if (engine->max_faces > 0 && total > engine->max_faces)
        total = engine->max_faces;
    *count = (size_t)total;
    size_t written = *count < capacity ? *count : capacity;
    if (written > 0)
        memcpy(faces, found, written * sizeof *faces);
    if (written < *count)
        return cm_fail(error, CAMEO_ERROR_CAPACITY, "%zu faces were found, but there is room for %zu", *count, capacity);
    return CAMEO_OK;
}

/* What all ways to cut a face out check alike. */
static cameo_status check_crop(const cameo_image_view *picture, int size, size_t capacity, cameo_error *error)
{
    size_t bytes = (size_t)size * (size_t)size * 3;
    if (capacity < bytes)
        return cm_fail(error, CAMEO_ERROR_CAPACITY, "a crop of size %d takes %zu bytes, but there is room for %zu", size, bytes, capacity);
    return cm_check_picture(picture, "the picture", error);
}

cameo_status cameo_align(const cameo_image_view *picture, const float landmarks[5][2], int size, uint8_t *rgb, size_t capacity,
                         cameo_error *error)
{
    if (!landmarks || !rgb)
        return cm_fail(error, CAMEO_ERROR_ARGUMENT, "cameo_align needs five landmarks and a place for the crop");
    if (size < 1 || size > LARGEST_CROP || size % CROP_STEP != 0)
        return cm_fail(error, CAMEO_ERROR_ARGUMENT, "crop size %d is not a multiple of %d up to %d", size, CROP_STEP, LARGEST_CROP);
    cameo_status status = check_crop(picture, size, capacity, error);
    return status == CAMEO_OK ? cm_align_crop(picture, landmarks, size, cm_cpu_detect(NULL), rgb, error) : status;
}

cameo_status cameo_crop_box(const cameo_image_view *picture, const float box[4], int size, uint8_t *rgb, size_t capacity, cameo_error *error)
{
    if (!box || !rgb)
        return cm_fail(error, CAMEO_ERROR_ARGUMENT, "cameo_crop_box needs a box and a place for the crop");
    if (size < 1 || size > LARGEST_CROP)
        return cm_fail(error, CAMEO_ERROR_ARGUMENT, "crop size %d is not between 1 and %d", size, LARGEST_CROP);
    cameo_status status = check_crop(picture, size, capacity, error);
    return status == CAMEO_OK ? cm_stretch_crop(picture, box, size, cm_cpu_detect(NULL), rgb, error) : status;
}

/* What cameo_embed and cameo_embed_aligned check alike. */
static cameo_status check_embed(const cameo_session *session, const void *items, size_t count, const float *embeddings,
                                size_t capacity, cameo_error *error)
{
    if (!session || (count > 0 && (!items || !embeddings)))
        return cm_fail(error, CAMEO_ERROR_ARGUMENT, "embedding needs a session, faces and a place for the embeddings");
    if (!session->recognizer)
        return cm_fail(error, CAMEO_ERROR_MISMATCH, "this engine was opened without a recognizer, so it cannot embed faces");
    size_t dimension = (size_t)session->engine->recognizer.contract.dimension;
    if (capacity / dimension < count)
        return cm_fail(error, CAMEO_ERROR_CAPACITY, "%zu embeddings of %zu numbers are wanted, but there is room for %zu numbers", count,
                       dimension, capacity);
    return CAMEO_OK;
}

cameo_status cameo_embed(cameo_session *session, const cameo_image_view *picture, const cameo_face *faces, size_t count,
                         float *embeddings, size_t capacity, cameo_error *error)
{
    cameo_status status = check_embed(session, faces, count, embeddings, capacity, error);
    if (status == CAMEO_OK)
        status = cm_check_picture(picture, "the picture", error);
    for (size_t i = 0; i < count && status == CAMEO_OK; i++) {
        if (faces[i].landmark_count != 5)
            status = cm_fail(error, CAMEO_ERROR_ARGUMENT,
                             "face %zu has %d landmarks, but alignment needs five: use a detector that gives key points (SCRFD, RetinaFace, YuNet)",
                             i, faces[i].landmark_count);
    }
    if (status != CAMEO_OK)
        return status;
    const cm_embed_job job = {.picture = picture, .faces = faces, .count = count};
    return cm_recognizer_embed(&session->engine->recognizer, session->recognizer, &job, &session->times, embeddings, error);
}

cameo_status cameo_embed_aligned(cameo_session *session, const cameo_image_view *crops, size_t count, float *embeddings,
                                 size_t capacity, cameo_error *error)
{
    cameo_status status = check_embed(session, crops, count, embeddings, capacity, error);
    for (size_t i = 0; i < count && status == CAMEO_OK; i++)
        status = cm_check_picture(&crops[i], "a crop", error);
    if (status != CAMEO_OK)
        return status;
    const cm_embed_job job = {.crops = crops, .count = count};
    return cm_recognizer_embed(&session->engine->recognizer, session->recognizer, &job, &session->times, embeddings, error);
}
