#include "face_set.h"

#include <stdlib.h>
#include <string.h>

#include "lookup.h"
#include "report.h"

static const size_t thumbnail_bytes = (size_t)CM_HEATMAP_THUMBNAIL * CM_HEATMAP_THUMBNAIL * 3;

/* One array made larger; 0 without memory (the old one stays). */
static int grow(void *array, size_t size)
{
    void *old, *larger;
    memcpy(&old, array, sizeof old);
    larger = realloc(old, size);
    if (larger)
        memcpy(array, &larger, sizeof larger);
    return larger != NULL;
}

static int reserve(cm_face_set *set, int dimension)
{
    if (set->count < set->capacity)
        return 1;
    size_t capacity = set->capacity ? set->capacity * 2 : 16;
    if (!grow(&set->files, capacity * sizeof *set->files) || !grow(&set->faces, capacity * sizeof *set->faces) ||
        !grow(&set->embeddings, capacity * (size_t)dimension * sizeof *set->embeddings) ||
        (set->thumbnails_wanted && !grow(&set->thumbnails, capacity * thumbnail_bytes)))
        return 0;
    set->capacity = capacity;
    set->dimension = dimension;
    return 1;
}

/* An aligned crop is its own thumbnail if it has the size, otherwise every nth pixel of it. */
static cameo_status take_thumbnail(const cm_result *result, uint8_t *rgb, cameo_error *error)
{
    cameo_image_view view = cameo_image_pixels(result->image);
    if (result->faces[0].landmark_count == 5)
        return cameo_align(&view, result->faces[0].landmarks, CM_HEATMAP_THUMBNAIL, rgb, thumbnail_bytes, error);
    for (size_t y = 0; y < CM_HEATMAP_THUMBNAIL; y++)
        for (size_t x = 0; x < CM_HEATMAP_THUMBNAIL; x++) {
            size_t row = y * (size_t)view.height / CM_HEATMAP_THUMBNAIL, column = x * (size_t)view.width / CM_HEATMAP_THUMBNAIL;
            memcpy(rgb + (y * CM_HEATMAP_THUMBNAIL + x) * 3, view.pixels + row * (size_t)view.stride + column * 3, 3);
        }
    return CAMEO_OK;
}

int cm_face_set_take(const cm_result *result, void *context)
{
    cm_face_set *set = context;
    cameo_error error;
    if (result->face_count == 0) {
        set->without++;
        return cm_report(CM_EXIT_INPUT, "%s: no face found", result->path);
    }
    if (!reserve(set, result->dimension) || !(set->files[set->count] = strdup(result->path)))
        return cm_report(CM_EXIT_OTHER, "%s: out of memory", result->path);
    const cameo_known_model *builtin = cm_lookup_known_builtin(result->model);
    set->model_threshold = builtin ? builtin->threshold : 0;
    size_t i = set->count++;
    set->faces[i] = result->faces[0];
    memcpy(set->embeddings + i * (size_t)set->dimension, result->embeddings, (size_t)set->dimension * sizeof *set->embeddings);
    if (set->thumbnails_wanted && take_thumbnail(result, set->thumbnails + i * thumbnail_bytes, &error) != CAMEO_OK)
        return cm_report_error(result->path, &error);
    return CM_EXIT_OK;
}

void cm_face_set_similarities(const cm_face_set *set, float *similarity)
{
    size_t dimension = (size_t)set->dimension;
    for (size_t i = 0; i < set->count; i++)
        for (size_t j = 0; j <= i; j++) {
            float value = cameo_similarity(set->embeddings + i * dimension, set->embeddings + j * dimension, set->dimension);
            similarity[i * set->count + j] = similarity[j * set->count + i] = value;
        }
}

void cm_face_set_free(cm_face_set *set)
{
    for (size_t i = 0; i < set->count; i++)
        free(set->files[i]);
    free(set->files);
    free(set->faces);
    free(set->embeddings);
    free(set->thumbnails);
    *set = (cm_face_set){0};
}
