/* YuNet: score = sqrt(class * object), the box as an offset of its centre and the logarithm of its size, all in strides
 * [OpenCV, modules/objdetect/src/face_detect.cpp]. */
#include "face/decoder.h"

#include <math.h>

static cameo_face read_face(const float *box, const float *points, double column, double row, double stride, double scale)
{
    cameo_face face = {.landmark_count = 5};
    double center_x = (column + (double)box[0]) * stride, center_y = (row + (double)box[1]) * stride;
    double width = exp((double)box[2]) * stride, height = exp((double)box[3]) * stride;
    face.box[0] = (float)((center_x - width / 2) / scale);
    face.box[1] = (float)((center_y - height / 2) / scale);
    face.box[2] = (float)((center_x + width / 2) / scale);
    face.box[3] = (float)((center_y + height / 2) / scale);
    for (int i = 0; i < 5; i++) {
        face.landmarks[i][0] = (float)((column + (double)points[2 * i]) * stride / scale);
        face.landmarks[i][1] = (float)((row + (double)points[2 * i + 1]) * stride / scale);
    }
    return face;
}

/* NaN stays NaN, so that it is below every threshold. */
static float unit_clip(float value)
{
    return value < 0.0f ? 0.0f : value > 1.0f ? 1.0f : value;
}

void cm_decode_yunet(const cm_decoder *decoder, const float *const *outputs, float threshold, double scale, cm_candidates *candidates)
{
    for (int l = 0; l < decoder->level_count; l++) {
        const cm_decoder_level *level = &decoder->levels[l];
        const float *classes = outputs[level->score], *objects = outputs[level->object];
        int total = level->columns * level->rows;
        for (int i = 0; i < total; i++) {
            float score = sqrtf(unit_clip(classes[i]) * unit_clip(objects[i]));
            if (!(score >= threshold))
                continue;
            cameo_face face = read_face(outputs[level->box] + (ptrdiff_t)i * 4, outputs[level->points] + (ptrdiff_t)i * 10,
                                        i % level->columns, i / level->columns, level->stride, scale);
            face.score = score;
            cm_candidates_add(candidates, &face);
        }
    }
}
