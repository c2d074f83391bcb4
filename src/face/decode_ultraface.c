/* Ultra-Light-Fast-Generic-Face-Detector: boxes are decoded in the graph, corners in 0..1 of the input; no key points. */
#include "face/decoder.h"

void cm_decode_ultraface(const cm_decoder *decoder, const float *const *outputs, float threshold, double scale,
                         cm_candidates *candidates)
{
    const float *scores = outputs[decoder->levels[0].score], *boxes = outputs[decoder->levels[0].box];
    const double size[2] = {decoder->width, decoder->height};
    for (ptrdiff_t i = 0; i < decoder->total; i++) {
        cameo_face face = {.score = scores[i * 2 + 1]};
        if (!(face.score >= threshold))
            continue;
        for (int k = 0; k < 4; k++)
            face.box[k] = (float)((double)boxes[i * 4 + k] * size[k % 2] / scale);
        cm_candidates_add(candidates, &face);
    }
}
