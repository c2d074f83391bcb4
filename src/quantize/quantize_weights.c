/* Weights as symmetric integers, a scale for each output channel. */
#include "quantize/quantizer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CLIP_STEPS = 8 };
#define CLIP_STEP 0.05

int64_t cm_weights_place(const cm_layer *layer, int64_t channel, int64_t i)
{
    return layer->axis == 0 ? channel * layer->inner + i : i * layer->channels + channel;
}

void cm_weights_channel(const cm_layer *layer, int64_t channel, float *row)
{
    const float factor = layer->factor ? layer->factor[channel] : 1.0f;
    for (int64_t i = 0; i < layer->inner; i++) {
        memcpy(&row[i], layer->weight->data + (size_t)cm_weights_place(layer, channel, i) * sizeof *row, sizeof *row);
        row[i] *= factor;
    }
}

static double rounding_error(const float *row, int64_t count, double scale, double most)
{
    double sum = 0.0;
    for (int64_t i = 0; i < count; i++) {
        const double x = (double)row[i], q = fmin(fmax(nearbyint(x / scale), -most), most);
        sum += (q * scale - x) * (q * scale - x);
    }
    return sum;
}

/* Clipping a few large weights may leave less error than the coarse steps that they ask for. */
static float best_scale(const float *row, int64_t count, int most)
{
    double largest = 0.0, best = 1.0, least = INFINITY;
    for (int64_t i = 0; i < count; i++)
        largest = fmax(largest, fabs((double)row[i]));
    if (!(largest > 0x1p-100)) /* a channel of zeros */
        return 1.0f;
    for (int step = 0; step < CLIP_STEPS; step++) {
        const double scale = (double)(float)(largest * (1.0 - step * CLIP_STEP) / most), error = rounding_error(row, count, scale, most);
        if (error < least) {
            least = error;
            best = scale;
        }
    }
    return (float)best;
}

double cm_weights_bias(const cm_layer *layer, int64_t channel)
{
    float bias = 0.0f;
    if (layer->bias)
        memcpy(&bias, layer->bias->data + (size_t)channel * sizeof bias, sizeof bias);
    return layer->factor ? (double)bias * (double)layer->factor[channel] + (double)layer->offset[channel] : (double)bias;
}

cameo_status cm_weights_choose_scales(cameo_quantizer *quantizer, cm_layer *layer, cameo_error *error)
{
    const int most = (1 << (quantizer->options.weight_bits - 1)) - 1;
    layer->scale = cm_arena_alloc(&quantizer->arena, (size_t)layer->channels, sizeof *layer->scale);
    float *row = cm_calloc((size_t)layer->inner, sizeof *row);
    cameo_status status = CAMEO_OK;
    if (!layer->scale || !row)
        status = cm_fail(error, CAMEO_ERROR_MEMORY, "%s: out of memory for the weights of node '%s'", quantizer->path,
                         quantizer->model->nodes[layer->node].name);
    for (int64_t c = 0; c < layer->channels && status == CAMEO_OK; c++) {
        cm_weights_channel(layer, c, row);
        layer->scale[c] = best_scale(row, layer->inner, most);
        if (!isfinite(layer->scale[c]) || !isfinite((float)cm_weights_bias(layer, c)))
            status = cm_fail(error, CAMEO_ERROR_FORMAT, "%s: node '%s' has weights or a bias that are not numbers", quantizer->path,
                             quantizer->model->nodes[layer->node].name);
    }
    free(row);
    return status;
}
