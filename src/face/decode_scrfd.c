/* SCRFD and the RetinaFace exports of InsightFace: distances from the cell's corner, in strides [scrfd.py]. */
#include "face/decoder.h"

static cameo_face read_face(const float *box, const float *points, double x, double y, double stride, double scale)
{
    cameo_face face = {.landmark_count = points ? 5 : 0};
    face.box[0] = (float)((x - (double)box[0] * stride) / scale);
    face.box[1] = (float)((y - (double)box[1] * stride) / scale);
    face.box[2] = (float)((x + (double)box[2] * stride) / scale);
    face.box[3] = (float)((y + (double)box[3] * stride) / scale);
    for (int i = 0; i < face.landmark_count; i++) {
        face.landmarks[i][0] = (float)((x + (double)points[2 * i] * stride) / scale);
        face.landmarks[i][1] = (float)((y + (double)points[2 * i + 1] * stride) / scale);
    }
    return face;
}

void cm_decode_scrfd(const cm_decoder *decoder, const float *const *outputs, float threshold, double scale, cm_candidates *candidates)
{
    for (int l = 0; l < decoder->level_count; l++) {
        const cm_decoder_level *level = &decoder->levels[l];
        const float *scores = outputs[level->score], *boxes = outputs[level->box];
        const float *points = level->points >= 0 ? outputs[level->points] : NULL;
        int total = level->columns * level->rows * level->anchors;
        for (int i = 0; i < total; i++) {
            if (!(scores[i] >= threshold))
                continue;
            int cell = i / level->anchors;
            double x = (double)(cell % level->columns) * level->stride, y = (double)(cell / level->columns) * level->stride;
            cameo_face face = read_face(boxes + (ptrdiff_t)i * 4, points ? points + (ptrdiff_t)i * 10 : NULL, x, y, level->stride, scale);
            face.score = scores[i];
            cm_candidates_add(candidates, &face);
        }
    }
}
