/* Bilinear resize with OpenCV's arithmetic (modules/imgproc/src/resize.cpp, INTER_LINEAR on 8 bits):
 *  - source position of destination pixel i: (i + 0.5) * scale - 0.5, in double, then float;
 *  - weights: 11 bits, rounded half to even;
 *  - horizontal sums lose 4 bits, vertical products 16, and the last 2 are rounded.
 * A horizontally resized row of 4-bit-less sums fits int16, so the vertical pass is 16-bit vector arithmetic. */
#include "base/memory.h"
#include "image/image.h"
#include "image/resample.h"

#include <limits.h>
#include <math.h>

enum { WEIGHT_ONE = 1 << 11 };

/* One destination column: byte offsets of its two source pixels in a row, and their weights. */
typedef struct column {
    int32_t near, far;
    int16_t weight_near, weight_far;
} column;

/* Where destination index i lies in the source: index of the nearer pixel (not clipped) and how far past it. */
static int source_position(int i, double scale, float *fraction)
{
    float position = (float)((i + 0.5) * scale - 0.5);
    float whole = floorf(position);
    *fraction = position - whole;
    return (int)whole;
}

static int16_t fixed_weight(float weight)
{
    return (int16_t)lrintf(weight * (float)WEIGHT_ONE);
}

/* OpenCV divides twice, which matters in the last bit. */
static double scale_of(int source, int destination)
{
    double inverse = (double)destination / source;
    return 1.0 / inverse;
}

static void fill_columns(column *columns, int width, int source_width, int pixel_bytes)
{
    double scale = scale_of(source_width, width);
    for (int x = 0; x < width; x++) {
        float fraction;
        int near = source_position(x, scale, &fraction);
        if (near < 0 || near >= source_width - 1) {
            near = near < 0 ? 0 : source_width - 1;
            fraction = 0.0F;
        }
        int far = near + 1 < source_width ? near + 1 : near;
        columns[x] = (column){.near = near * pixel_bytes,
                              .far = far * pixel_bytes,
                              .weight_near = fixed_weight(1.0F - fraction),
                              .weight_far = fixed_weight(fraction)};
    }
}

static inline int16_t blend_columns(const uint8_t *row, const column *c, int channel)
{
    int sum = row[c->near + channel] * c->weight_near + row[c->far + channel] * c->weight_far;
    return (int16_t)(sum >> 4);
}

/* row: [source width] pixels -> out: [width * 3] in RGB order. */
static void resize_row(const uint8_t *row, cameo_pixel_format format, const column *columns, int width, int16_t *out)
{
    if (format == CAMEO_PIXEL_GRAY8) {
        for (int x = 0; x < width; x++, out += 3)
            out[0] = out[1] = out[2] = blend_columns(row, columns + x, 0);
        return;
    }
    int red = format == CAMEO_PIXEL_BGR8 ? 2 : 0;
    for (int x = 0; x < width; x++, out += 3) {
        out[0] = blend_columns(row, columns + x, red);
        out[1] = blend_columns(row, columns + x, 1);
        out[2] = blend_columns(row, columns + x, 2 - red);
    }
}

/* The sums never pass 255: 255 * 2049 * 2049 / 2^20 < 1022, and (1021 + 2) / 4 is 255. */
static void blend_rows(const int16_t *restrict upper, const int16_t *restrict lower, int weight_upper, int weight_lower, int count,
                       uint8_t *restrict out)
{
    for (int i = 0; i < count; i++) {
        int sum = ((upper[i] * weight_upper) >> 16) + ((lower[i] * weight_lower) >> 16);
        out[i] = (uint8_t)((sum + 2) >> 2);
    }
}

static int clip_row(int y, int height)
{
    if (y < 0)
        return 0;
    return y < height ? y : height - 1;
}

size_t cm_image_resize_scratch_bytes(int width)
{
    size_t bytes = 0;
    if (width < 1 || width > INT_MAX / 3 || !cm_size_mul((size_t)width, sizeof(column) + 2 * 3 * sizeof(int16_t), &bytes))
        return 0;
    return bytes;
}

/* scratch:  | columns [width] | row, source y even [width * 3] | row, source y odd [width * 3] | */
void cm_image_resize_bilinear(const cameo_image_view *source, uint8_t *rgb, int width, int height, ptrdiff_t stride, void *scratch)
{
    column *columns = scratch;
    int count = width * 3;
    int16_t *rows[2] = {(int16_t *)(columns + width), (int16_t *)(columns + width) + count};
    int held[2] = {-1, -1}; /* which source row each holds */
    fill_columns(columns, width, source->width, cm_image_pixel_bytes(source->format));
    double scale = scale_of(source->height, height);
    for (int y = 0; y < height; y++) {
        float fraction;
        int upper = source_position(y, scale, &fraction);
        int wanted[2] = {clip_row(upper, source->height), clip_row(upper + 1, source->height)};
        for (int i = 0; i < 2; i++) {
            int place = wanted[i] & 1;
            if (held[place] == wanted[i])
                continue;
            resize_row(source->pixels + wanted[i] * source->stride, source->format, columns, width, rows[place]);
            held[place] = wanted[i];
        }
        blend_rows(rows[wanted[0] & 1], rows[wanted[1] & 1], fixed_weight(1.0F - fraction), fixed_weight(fraction), count,
                   rgb + y * stride);
    }
}
