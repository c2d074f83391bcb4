/* From how often a tensor's elements lie where to the range that eight bits are spent on. */
#ifndef CM_QUANTIZE_RANGE_CHOICE_H
#define CM_QUANTIZE_RANGE_CHOICE_H

#include "base/status.h"
#include "quantize/histogram.h"

/* low <= 0 <= high, so that zero, which padding adds, is exact. */
typedef struct cm_range {
    double low, high;
} cm_range;

/* Methods:
 *  MINMAX          all that was seen;
 *  PERCENTILE      all but 0.01 percent, half of them at each end (as ONNX Runtime's calibrator does); PERCENTILE_WIDE: all but 0.001 percent;
 *  ENTROPY         |x| <= t, with the t that keeps the Kullback-Leibler divergence between what was seen and its eight-bit form least (Migacz,
 *                  "8-bit Inference with TensorRT", GTC 2017);
 *  MSE             both ends, with the least mean squared error: step^2 / 12 within, the distance squared beyond.
 * An empty histogram, or one of zeros, gives 0..1. */
cm_range cm_range_choose(const cm_histogram *histogram, cameo_range_method method);

/* The range for pixels, which take 256 values evenly apart: all that was seen, unless that puts zero half way between two steps, as it does with
 * (x - 127.5) / 127.5, where each value would be as far from a step as can be; then a little more. */
cm_range cm_range_of_picture(const cm_histogram *histogram);

/* Mean squared error of x quantised to 0..255 over the range, after the histogram. */
double cm_range_error(const cm_histogram *histogram, cm_range range);

/* x ~ scale * (q - zero), q in 0..255. */
void cm_range_scale(cm_range range, float *scale, uint8_t *zero);

#endif
