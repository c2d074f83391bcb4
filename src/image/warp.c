/* Affine warp with OpenCV's arithmetic (modules/imgproc/src/imgwarp.cpp, warpAffine and remap on 8 bits):
 * coordinates in 1/1024 pixel, rounded to 1/32; weights are products of 5-bit fractions. Places well inside the picture, nearly all, go to a kernel. */
#include "image/image.h"
#include "image/resample.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { COORDINATE_ONE = 1 << 10, FRACTION_BITS = 5, FRACTIONS = 1 << FRACTION_BITS, STRIP = 128 };

/* Rounded half to even; what cannot be a pixel of any picture is held at a distance where the sums below are safe. */
static int64_t fixed_coordinate(double value)
{
    const double far_away = 1e15;
    double scaled = value * COORDINATE_ONE;
    if (!(scaled > -far_away))
        return (int64_t)-far_away; /* NAN too */
    return scaled < far_away ? llrint(scaled) : (int64_t)far_away;
}

/* OpenCV's inversion, its order of operations included. A singular matrix gives zeros. */
static void invert(const double matrix[6], double inverse[6])
{
    double determinant = matrix[0] * matrix[4] - matrix[1] * matrix[3];
    double d = determinant != 0.0 ? 1.0 / determinant : 0.0;
    inverse[0] = matrix[4] * d;
    inverse[1] = matrix[1] * -d;
    inverse[3] = matrix[3] * -d;
    inverse[4] = matrix[0] * d;
    inverse[2] = -inverse[0] * matrix[2] - inverse[1] * matrix[5];
    inverse[5] = -inverse[3] * matrix[2] - inverse[4] * matrix[5];
}

/* The pixel at (x, y) as RGB, black outside. */
static inline void fetch(const cameo_image_view *source, int64_t x, int64_t y, int rgb[3])
{
    if (x < 0 || y < 0 || x >= source->width || y >= source->height) {
        rgb[0] = rgb[1] = rgb[2] = 0;
        return;
    }
    const uint8_t *row = source->pixels + (ptrdiff_t)y * source->stride;
    if (source->format == CAMEO_PIXEL_GRAY8) {
        rgb[0] = rgb[1] = rgb[2] = row[x];
        return;
    }
    const uint8_t *pixel = row + (ptrdiff_t)x * 3;
    int red = source->format == CAMEO_PIXEL_BGR8 ? 2 : 0;
    rgb[0] = pixel[red];
    rgb[1] = pixel[1];
    rgb[2] = pixel[2 - red];
}

/* Bilinear value at a source position given in 1/32 pixel. */
static void sample(const cameo_image_view *source, int64_t x32, int64_t y32, uint8_t *out)
{
    int64_t x = x32 >> FRACTION_BITS, y = y32 >> FRACTION_BITS;
    int fx = (int)(x32 & (FRACTIONS - 1)), fy = (int)(y32 & (FRACTIONS - 1));
    if (x < -1 || y < -1 || x >= source->width || y >= source->height) {
        memset(out, 0, 3);
        return;
    }
    int taps[4][3];
    fetch(source, x, y, taps[0]);
    fetch(source, x + 1, y, taps[1]);
    fetch(source, x, y + 1, taps[2]);
    fetch(source, x + 1, y + 1, taps[3]);
    int weights[4] = {(FRACTIONS - fx) * (FRACTIONS - fy), fx * (FRACTIONS - fy), (FRACTIONS - fx) * fy, fx * fy};
    for (int channel = 0; channel < 3; channel++) {
        int sum = FRACTIONS * FRACTIONS / 2;
        for (int tap = 0; tap < 4; tap++)
            sum += taps[tap][channel] * weights[tap];
        out[channel] = (uint8_t)(sum >> (2 * FRACTION_BITS));
    }
}

/* A strip of columns on its way down the picture. */
typedef struct walk {
    int64_t along_x[STRIP], along_y[STRIP]; /* how far each column is from the beginning of its row in the source, 1/1024 pixel */
    int32_t x[STRIP], y[STRIP];             /* places inside, 1/32 pixel */
    const cameo_image_view *source;
    cm_warp_fn *kernel;
} walk;

/* Is this a place that the kernel may take? */
static bool is_inside(const cameo_image_view *source, int64_t x32, int64_t y32)
{
    return source->format != CAMEO_PIXEL_GRAY8 && x32 >= 0 && y32 >= 0 && (x32 >> FRACTION_BITS) + 2 < source->width &&
           (y32 >> FRACTION_BITS) + 1 < source->height && x32 <= INT32_MAX && y32 <= INT32_MAX;
}

/* `count` pixels of a row that begins at (x0, y0), in 1/1024 pixel. */
static void warp_strip(walk *w, int64_t x0, int64_t y0, int count, uint8_t *out)
{
    const int shift = 10 - FRACTION_BITS;
    cm_warp_row row = {.pixels = w->source->pixels, .stride = w->source->stride, .x = w->x, .y = w->y, .swap = w->source->format == CAMEO_PIXEL_BGR8};
    for (int i = 0; i < count; i++, out += 3) {
        int64_t x32 = (x0 + w->along_x[i]) >> shift, y32 = (y0 + w->along_y[i]) >> shift;
        if (is_inside(w->source, x32, y32)) {
            if (row.count == 0)
                row.c = out;
            w->x[row.count] = (int32_t)x32;
            w->y[row.count++] = (int32_t)y32;
            continue;
        }
        sample(w->source, x32, y32, out);
        /* The run of places inside ends here; a line enters a picture only once, so that there are few runs. */
        if (row.count > 0)
            w->kernel(&row);
        row.count = 0;
    }
    if (row.count > 0)
        w->kernel(&row);
}

void cm_image_warp_affine(const cameo_image_view *source, const double matrix[6], uint8_t *rgb, int width, int height, ptrdiff_t stride,
                          cm_cpu_tier tier)
{
    const int half_step = COORDINATE_ONE / FRACTIONS / 2;
    double inverse[6];
    walk w = {.source = source, .kernel = cm_kernel_choose(CM_KERNEL_warp, "u8", tier)->run.warp};
    invert(matrix, inverse);
    for (int first = 0; first < width; first += STRIP) {
        int count = width - first < STRIP ? width - first : STRIP;
        for (int i = 0; i < count; i++) {
            w.along_x[i] = fixed_coordinate(inverse[0] * (first + i));
            w.along_y[i] = fixed_coordinate(inverse[3] * (first + i));
        }
        for (int y = 0; y < height; y++) {
            int64_t x0 = fixed_coordinate(inverse[1] * y + inverse[2]) + half_step;
            int64_t y0 = fixed_coordinate(inverse[4] * y + inverse[5]) + half_step;
            warp_strip(&w, x0, y0, count, rgb + y * stride + (ptrdiff_t)first * 3);
        }
    }
}
