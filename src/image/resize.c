/* Bilinear resize with OpenCV's arithmetic (modules/imgproc/src/resize.cpp, INTER_LINEAR on 8 bits):
 *  - source position of destination pixel i: (i + 0.5) * scale - 0.5, in double, then float;
 *  - weights: 11 bits, rounded half to even;
 *  - horizontal sums lose 4 bits, vertical products 16, and the last 2 are rounded.
 * A horizontally resized row of 4-bit-less sums fits int16, so the vertical pass is 16-bit vector arithmetic. The two passes are kernels. */
#include "base/memory.h"
#include "image/image.h"
#include "image/resample.h"

#include <limits.h>
#include <math.h>

enum { WEIGHT_ONE = 1 << 11 };

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

/* Beyond an edge its pixel is repeated: all weight lies on it. Only a row of one pixel has no neighbour to it. */
static void fill_columns(int32_t *offsets, int16_t *weights, int width, int source_width, int pixel_bytes)
{
    double scale = scale_of(source_width, width);
    for (int x = 0; x < width; x++, weights += 2) {
        float fraction;
        int near = source_position(x, scale, &fraction);
        if (near < 0) {
            near = 0;
            fraction = 0.0F;
        }
        if (near >= source_width - 1) {
            near = source_width > 1 ? source_width - 2 : 0;
            fraction = 1.0F;
        }
        offsets[x] = near * pixel_bytes;
        weights[0] = fixed_weight(1.0F - fraction);
        weights[1] = fixed_weight(fraction);
    }
}

static int clip_row(int y, int height)
{
    if (y < 0)
        return 0;
    return y < height ? y : height - 1;
}

/* width * bytes, rounded up to CM_ALIGNMENT; 0 on overflow. */
static size_t bytes_for(int width, size_t bytes)
{
    size_t sum = 0;
    if (width < 1 || width > INT_MAX / 3 || !cm_size_mul((size_t)width, bytes, &sum) || !cm_size_add(sum, CM_ALIGNMENT - 1, &sum))
        return 0;
    return sum & ~(size_t)(CM_ALIGNMENT - 1);
}

size_t cm_image_resize_column_bytes(int width)
{
    return bytes_for(width, sizeof(int32_t) + 2 * sizeof(int16_t));
}

size_t cm_image_resize_row_bytes(int width)
{
    return bytes_for(width, 2 * 3 * sizeof(int16_t));
}

/* columns:  | offsets [width] | weights [width, 2] | */
cm_image_resize cm_image_resize_begin(const cameo_image_view *source, int width, int height, cm_cpu_tier tier, void *columns)
{
    int32_t *offsets = columns;
    int16_t *weights = (int16_t *)(offsets + width);
    fill_columns(offsets, weights, width, source->width, cm_image_pixel_bytes(source->format));
    return (cm_image_resize){.source = source,
                       .width = width,
                       .height = height,
                       .offsets = offsets,
                       .weights = weights,
                       .hresize = cm_kernel_choose(CM_KERNEL_hresize, "u8", tier)->run.hresize,
                       .vresize = cm_kernel_choose(CM_KERNEL_vresize, "u8", tier)->run.vresize};
}

cm_image_rows cm_image_resize_rows_in(const cm_image_resize *resize, void *memory)
{
    int16_t *sums = memory;
    return (cm_image_rows){.sums = {sums, sums + (ptrdiff_t)resize->width * 3}, .held = {-1, -1}};
}

/* Source row y, resized horizontally; made unless it is there. */
static const int16_t *sums_of_row(const cm_image_resize *resize, int y, cm_image_rows *rows)
{
    const cameo_image_view *source = resize->source;
    int place = y & 1, channels = cm_image_pixel_bytes(source->format);
    if (rows->held[place] != y) {
        const cm_hresize_row row = {.row = source->pixels + y * source->stride,
                                    .offsets = resize->offsets,
                                    .weights = resize->weights,
                                    .c = rows->sums[place],
                                    .bytes = source->width * channels,
                                    .count = resize->width,
                                    .step = source->width > 1 ? channels : 0,
                                    .channels = channels,
                                    .swap = source->format == CAMEO_PIXEL_BGR8};
        resize->hresize(&row);
        rows->held[place] = y;
    }
    return rows->sums[place];
}

void cm_image_resize_row(const cm_image_resize *resize, int y, cm_image_rows *rows, uint8_t *rgb)
{
    float fraction;
    int height = resize->source->height;
    int near = source_position(y, scale_of(height, resize->height), &fraction);
    const int16_t weights[2] = {fixed_weight(1.0F - fraction), fixed_weight(fraction)};
    const int16_t *upper = sums_of_row(resize, clip_row(near, height), rows);
    /* A row without weight need not be made: what is there, times zero, is the same. */
    const int16_t *lower = weights[1] ? sums_of_row(resize, clip_row(near + 1, height), rows) : upper;
    resize->vresize(upper, lower, weights, resize->width * 3, rgb);
}

void cm_image_resize_bilinear(const cameo_image_view *source, uint8_t *rgb, int width, int height, ptrdiff_t stride, cm_cpu_tier tier,
                              void *scratch)
{
    cm_image_resize resize = cm_image_resize_begin(source, width, height, tier, scratch);
    cm_image_rows rows = cm_image_resize_rows_in(&resize, (char *)scratch + cm_image_resize_column_bytes(width));
    for (int y = 0; y < height; y++)
        cm_image_resize_row(&resize, y, &rows, rgb + y * stride);
}
