/* 8-bit weights in the order in which qgemm and qdwconv read them, and what its sums must be moved by. */
#include "run/weights_layer.h"

#include <string.h>

/* Words of one tap of one output. */
static size_t tap_words(const cm_layer *l)
{
    return (size_t)cm_value_words(l->inputs);
}

static size_t panel_size(const cm_layer *l, int nr)
{
    return (size_t)l->taps * tap_words(l) * (size_t)nr * 4;
}

static int panels_of(const cm_layer *l, int nr)
{
    return (l->outputs + nr - 1) / nr;
}

size_t cm_bytes_panels(const cm_layer *l, int nr)
{
    return panel_size(l, nr) * (size_t)panels_of(l, nr);
}

/* Where in the file the weight of an output for input i of a tap stands. */
static size_t file_index(const cm_layer *l, size_t output, size_t tap, size_t i)
{
    size_t inputs = (size_t)l->inputs, taps = (size_t)l->taps;
    if (l->spatial) /* k is [C, spatial] in the file, [spatial, C] in memory */
        i = i % (inputs / (size_t)l->spatial) * (size_t)l->spatial + i / (inputs / (size_t)l->spatial);
    return l->from->transposed ? i * (size_t)l->outputs + output : (output * inputs + i) * taps + tap;
}

/* A weight of a tensor whose zero is 0, or 128 where it is unsigned. */
static int weight_at(const cm_onnx_tensor *tensor, size_t index)
{
    unsigned char byte = tensor->data[index];
    return tensor->type == CM_ONNX_UINT8 ? byte - 128 : (int8_t)byte;
}

/* Inputs of one output that lie side by side. */
static size_t together_of(const cm_weight_layout *layout)
{
    return layout->form == CM_WEIGHTS_BYTES_WINOGRAD ? 2 : 4;
}

/* One output's column of its panel; returns the sum of its weights. */
static int32_t write_column(const cm_layer *l, const cm_weight_layout *layout, size_t output, int8_t *column)
{
    const cm_onnx_tensor *tensor = l->from->value->quantised->tensor;
    size_t nr = (size_t)layout->nr, together = together_of(layout);
    int32_t sum = 0;
    for (size_t tap = 0; tap < (size_t)l->taps; tap++, column += tap_words(l) * nr * 4) {
        for (size_t i = 0; i < (size_t)l->inputs; i++) {
            int weight = weight_at(tensor, file_index(l, output, tap, i));
            column[i / together * nr * together + i % together] = (int8_t)weight;
            sum += weight;
        }
    }
    return sum;
}

static int pack_panel(const cm_panel_job *job, const cm_layer *l, int panel, float *scratch)
{
    int nr = job->layout->nr, first = panel * nr;
    const cm_integer *integer = l->op->integer;
    int8_t *to = (int8_t *)job->packed->weights + (size_t)panel * panel_size(l, nr);
    (void)scratch;
    for (int j = 0; j < nr && first + j < l->outputs; j++) {
        int32_t sum = write_column(l, job->layout, (size_t)(first + j), to + (size_t)j * together_of(job->layout));
        /* Winograd's kernels take the zero off their bytes. Sums wrap: only what is left in the end must fit. */
        uint32_t zero = job->layout->form == CM_WEIGHTS_BYTES_WINOGRAD ? 0 : (uint32_t)integer->zero;
        uint32_t offset = (uint32_t)(integer->bias ? integer->bias[first + j] : 0) - zero * (uint32_t)sum;
        memcpy(&job->packed->offset[first + j], &offset, sizeof offset);
    }
    return -1;
}

/* A byte is at most `above` over the zero and `below` under it; sums must stay below `most`. */
static bool output_fits_winograd(const cm_layer *l, size_t output, int64_t above, int64_t below, int64_t most)
{
    const cm_onnx_tensor *tensor = l->from->value->quantised->tensor;
    int64_t sums[2] = {0}; /* of positive weights, and of negative ones less their sign */
    for (size_t i = 0, count = (size_t)l->inputs * (size_t)l->taps; i < count; i++) {
        int weight = weight_at(tensor, output * count + i);
        sums[weight < 0] += weight < 0 ? -weight : weight;
    }
    return above * sums[0] + below * sums[1] < most && below * sums[0] + above * sums[1] < most;
}

bool cm_bytes_fit_winograd(const cm_layer *l)
{
    int64_t below = l->op->integer->zero, above = UINT8_MAX - below, largest = above > below ? above : below;
    const int64_t most = l->op->u.conv.stride[0] == 2 ? INT64_C(1) << 27 : INT64_C(1) << 25;
    if (largest * -INT8_MIN * l->inputs * l->taps < most)
        return true;
    for (int output = 0; output < l->outputs; output++)
        if (!output_fits_winograd(l, (size_t)output, above, below, most))
            return false;
    return true;
}

static void fill_padding(const cm_layer *l, cm_packed *packed)
{
    if (packed->pad_row)
        memset(packed->pad_row, l->op->integer->zero, (size_t)cm_value_words((int64_t)l->inputs * l->groups) * 4);
}

int cm_bytes_word_taps(const cm_conv *conv)
{
    return conv->kernel[1] == 3 ? 3 : 4;
}

size_t cm_bytes_line(size_t channels, int nr)
{
    return nr == 4 ? CM_REQUANTIZE_PADDED(channels) * 4 : 3 * channels * sizeof(float);
}

size_t cm_bytes_depthwise(const cm_layer *l, int nr)
{
    size_t outputs = (size_t)l->outputs, taps = (size_t)l->taps, together = (size_t)cm_bytes_word_taps(&l->op->u.conv);
    size_t bytes = nr == 4 ? (taps + together - 1) / together * CM_REQUANTIZE_PADDED(outputs) * 4 : taps * outputs * sizeof(float);
    return bytes * (size_t)l->inputs;
}

void cm_pack_bytes_depthwise(const cm_layer *l, const cm_weight_layout *layout, cm_packed *packed)
{
    const cm_integer *integer = l->op->integer;
    const cm_onnx_tensor *tensor = l->from->value->quantised->tensor;
    size_t outputs = (size_t)l->outputs, inputs = (size_t)l->inputs, taps = (size_t)l->taps;
    size_t together = (size_t)cm_bytes_word_taps(&l->op->u.conv), padded = CM_REQUANTIZE_PADDED(outputs);
    float *floats = packed->weights;
    int8_t *words = packed->weights;
    fill_padding(l, packed);
    for (size_t output = 0; output < outputs; output++) {
        for (size_t i = 0; i < taps * inputs; i++) {
            /* Of two inputs the output's own channel comes first, then its neighbour. */
            size_t tap = i / inputs, side = i % inputs, input = inputs == 2 ? side ^ (output & 1) : 0;
            int weight = weight_at(tensor, file_index(l, output, tap, input));
            if (layout->nr == 4)
                words[((tap / together * inputs + side) * padded + output) * 4 + tap % together] = (int8_t)weight;
            else
                floats[i * outputs + output] = (float)weight;
        }
        packed->offset[output] = integer->bias ? integer->bias[output] : 0; /* the kernel takes the zero off its bytes */
    }
}

cameo_status cm_pack_bytes(const cm_layer *l, const cm_weight_layout *layout, cm_packed *packed, cm_pool *pool, cameo_error *error)
{
    fill_padding(l, packed);
    cm_panel_job job = {.layer = l, .layout = layout, .packed = packed, .pack = pack_panel, .panels = panels_of(l, layout->nr)};
    return cm_pack_panels(&job, pool, error);
}
