/* RetinaFace as in biubug6/Pytorch_Retinaface: three outputs, prior boxes with variances [layers/functions/prior_box.py, utils/box_utils.py].
 * The softmax over (background, face) is in the graph. */
#include "face/decoder.h"

#include <math.h>

/* Sides of the two square priors of each level, in input pixels. */
static const double prior_sides[3][2] = {{16, 32}, {64, 128}, {256, 512}};
static const double center_variance = 0.1, size_variance = 0.2;

static cameo_face read_face(const float *box, const float *points, double x, double y, double side, double scale)
{
    cameo_face face = {.landmark_count = 5};
    double center_x = x + (double)box[0] * center_variance * side, center_y = y + (double)box[1] * center_variance * side;
    double width = side * exp((double)box[2] * size_variance), height = side * exp((double)box[3] * size_variance);
    face.box[0] = (float)((center_x - width / 2) / scale);
    face.box[1] = (float)((center_y - height / 2) / scale);
    face.box[2] = (float)((center_x + width / 2) / scale);
    face.box[3] = (float)((center_y + height / 2) / scale);
    for (int i = 0; i < 5; i++) {
        face.landmarks[i][0] = (float)((x + (double)points[2 * i] * center_variance * side) / scale);
        face.landmarks[i][1] = (float)((y + (double)points[2 * i + 1] * center_variance * side) / scale);
    }
    return face;
}

void cm_decode_retinaface(const cm_decoder *decoder, const float *const *outputs, float threshold, double scale,
                          cm_candidates *candidates)
{
    for (int l = 0; l < decoder->level_count; l++) {
        const cm_decoder_level *level = &decoder->levels[l];
        const float *scores = outputs[level->score], *boxes = outputs[level->box], *points = outputs[level->points];
        int total = level->columns * level->rows * level->anchors;
        for (int i = 0; i < total; i++) {
            ptrdiff_t row = (ptrdiff_t)level->first + i;
            float score = scores[row * 2 + 1];
            if (!(score >= threshold))
                continue;
            int cell = i / level->anchors;
            double x = (cell % level->columns + 0.5) * level->stride, y = (cell / level->columns + 0.5) * level->stride;
            cameo_face face = read_face(boxes + row * 4, points + row * 10, x, y, prior_sides[l][i % level->anchors], scale);
            face.score = score;
            cm_candidates_add(candidates, &face);
        }
    }
}
