/* Affine warp with OpenCV's arithmetic (modules/imgproc/src/imgwarp.cpp, warpAffine and remap on 8 bits):
 * coordinates in 1/1024 pixel, rounded to 1/32; weights are products of 5-bit fractions. */
#include "image/image.h"
#include "image/resample.h"

#include <math.h>
#include <string.h>

enum { COORDINATE_ONE = 1 << 10, FRACTION_BITS = 5, FRACTIONS = 1 << FRACTION_BITS };

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

void cm_image_warp_affine(const cameo_image_view *source, const double matrix[6], uint8_t *rgb, int width, int height,
                          ptrdiff_t stride)
{
    const int half_step = COORDINATE_ONE / FRACTIONS / 2;
    const int shift = 10 - FRACTION_BITS;
    double inverse[6];
    invert(matrix, inverse);
    for (int y = 0; y < height; y++) {
        int64_t x0 = fixed_coordinate(inverse[1] * y + inverse[2]) + half_step;
        int64_t y0 = fixed_coordinate(inverse[4] * y + inverse[5]) + half_step;
        uint8_t *out = rgb + y * stride;
        for (int x = 0; x < width; x++)
            sample(source, (x0 + fixed_coordinate(inverse[0] * x)) >> shift, (y0 + fixed_coordinate(inverse[3] * x)) >> shift,
                   out + (ptrdiff_t)x * 3);
    }
}
