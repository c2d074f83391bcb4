#include "face/decoder.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* What the outputs of a network look like: levels of stride 8, 16, ... */
typedef struct layout {
    int level_count, anchors;
    bool has_points;
} layout;

int cm_decoder_family_by_name(const char *name)
{
    static const char *const names[] = {"scrfd", "retinaface", "yunet", "ultraface"};
    for (int i = 0; i < (int)(sizeof names / sizeof names[0]); i++) {
        if (strcmp(name, names[i]) == 0)
            return i;
    }
    return -1;
}

static layout layout_of(cm_decoder_family family, int output_count)
{
    if (family == CM_DECODER_YUNET)
        return (layout){.level_count = 3, .anchors = 1, .has_points = true};
    if (family == CM_DECODER_RETINAFACE)
        return (layout){.level_count = 3, .anchors = 2, .has_points = true};
    if (output_count % 5 == 0)
        return (layout){.level_count = 5, .anchors = 1, .has_points = output_count == 15};
    return (layout){.level_count = 3, .anchors = 2, .has_points = output_count == 9};
}

int cm_decoder_stride(cm_decoder_family family, int output_count)
{
    return family == CM_DECODER_ULTRAFACE ? 1 : 4 << layout_of(family, output_count).level_count;
}

/* rows and columns of an output, all leading dimensions taken together; false where it has none. */
static bool matrix_shape(const cameo_tensor_info *info, int64_t *rows, int64_t *columns)
{
    if (info->rank < 1 || info->rank > CAMEO_MAX_RANK)
        return false;
    *columns = info->dims[info->rank - 1];
    *rows = 1;
    for (int i = 0; i < info->rank - 1; i++) {
        if (info->dims[i] < 1 || *rows > INT_MAX / info->dims[i])
            return false;
        *rows *= info->dims[i];
    }
    return *columns >= 1;
}

/* The first output at or after `from` of this shape, or -1. */
static int find_output(const cameo_tensor_info *outputs, int count, int from, int64_t rows, int64_t columns)
{
    for (int i = from; i < count; i++) {
        int64_t output_rows, output_columns;
        if (matrix_shape(&outputs[i], &output_rows, &output_columns) && output_rows == rows && output_columns == columns)
            return i;
    }
    return -1;
}

static cameo_status missing(const cm_decoder *decoder, int64_t rows, int columns, cameo_error *error)
{
    return cm_fail(error, CAMEO_ERROR_MISMATCH,
                   "the detector has no output of shape [%lld, %d], which its family needs at an input of %d x %d pixels", (long long)rows,
                   columns, decoder->width, decoder->height);
}

/* Families with one set of tensors a level. */
static cameo_status bind_levels(cm_decoder *decoder, layout shape, const cameo_tensor_info *outputs, int count, cameo_error *error)
{
    for (int l = 0; l < decoder->level_count; l++) {
        cm_decoder_level *level = &decoder->levels[l];
        int64_t rows = (int64_t)level->columns * level->rows * level->anchors;
        level->score = find_output(outputs, count, 0, rows, 1);
        level->box = find_output(outputs, count, 0, rows, 4);
        level->points = shape.has_points ? find_output(outputs, count, 0, rows, 10) : -1;
        if (level->score < 0)
            return missing(decoder, rows, 1, error);
        if (level->box < 0)
            return missing(decoder, rows, 4, error);
        if (shape.has_points && level->points < 0)
            return missing(decoder, rows, 10, error);
        if (decoder->family != CM_DECODER_YUNET)
            continue;
        level->object = find_output(outputs, count, level->score + 1, rows, 1);
        if (level->object < 0)
            return missing(decoder, rows, 1, error);
    }
    return CAMEO_OK;
}

/* Families whose levels stand one below the other in the same tensors. */
static cameo_status bind_shared(cm_decoder *decoder, const cameo_tensor_info *outputs, int count, cameo_error *error)
{
    bool has_points = decoder->family == CM_DECODER_RETINAFACE;
    int score = find_output(outputs, count, 0, decoder->total, 2), box = find_output(outputs, count, 0, decoder->total, 4);
    int points = has_points ? find_output(outputs, count, 0, decoder->total, 10) : -1;
    if (score < 0)
        return missing(decoder, decoder->total, 2, error);
    if (box < 0)
        return missing(decoder, decoder->total, 4, error);
    if (has_points && points < 0)
        return missing(decoder, decoder->total, 10, error);
    for (int l = 0; l < decoder->level_count; l++) {
        decoder->levels[l].score = score;
        decoder->levels[l].box = box;
        decoder->levels[l].points = points;
    }
    return CAMEO_OK;
}

/* UltraFace decodes its boxes in the graph; how many there are, the scores say. */
static int ultraface_rows(const cameo_tensor_info *outputs, int count)
{
    for (int i = 0; i < count; i++) {
        int64_t rows, columns;
        if (matrix_shape(&outputs[i], &rows, &columns) && columns == 2)
            return (int)rows;
    }
    return 0;
}

cameo_status cm_decoder_bind(cm_decoder *decoder, cm_decoder_family family, const cameo_tensor_info *outputs, int output_count,
                             int width, int height, cameo_error *error)
{
    *decoder = (cm_decoder){.family = family, .width = width, .height = height};
    if (family == CM_DECODER_ULTRAFACE) {
        decoder->level_count = 1;
        decoder->total = ultraface_rows(outputs, output_count);
        return bind_shared(decoder, outputs, output_count, error);
    }
    layout shape = layout_of(family, output_count);
    decoder->level_count = shape.level_count;
    int64_t total = 0;
    for (int l = 0; l < shape.level_count; l++) {
        int stride = 8 << l;
        int columns = (width + stride - 1) / stride, rows = (height + stride - 1) / stride;
        decoder->levels[l] =
            (cm_decoder_level){.stride = stride, .columns = columns, .rows = rows, .anchors = shape.anchors, .first = (int)total};
        total += (int64_t)columns * rows * shape.anchors;
        if (total > INT_MAX / 16)
            return cm_fail(error, CAMEO_ERROR_LIMIT, "a detection size of %d x %d pixels is too large", width, height);
    }
    decoder->total = (int)total;
    if (family == CM_DECODER_RETINAFACE)
        return bind_shared(decoder, outputs, output_count, error);
    return bind_levels(decoder, shape, outputs, output_count, error);
}

void cm_decoder_run(const cm_decoder *decoder, const float *const *outputs, float threshold, double scale,
                    cm_candidates *candidates)
{
    switch (decoder->family) {
    case CM_DECODER_SCRFD:
        cm_decode_scrfd(decoder, outputs, threshold, scale, candidates);
        break;
    case CM_DECODER_RETINAFACE:
        cm_decode_retinaface(decoder, outputs, threshold, scale, candidates);
        break;
    case CM_DECODER_YUNET:
        cm_decode_yunet(decoder, outputs, threshold, scale, candidates);
        break;
    case CM_DECODER_ULTRAFACE:
        cm_decode_ultraface(decoder, outputs, threshold, scale, candidates);
        break;
    }
}
