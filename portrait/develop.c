#include "develop.h"

#include <stddef.h>
#include <stdlib.h>

#include "portrait_random.h"

enum { BLUR_REACH = 12 };

/* One pass of a Gaussian along lines of `count` pixels, `step` apart; row: scratch of [count]. */
static void blur_line(cm_vec3 *line, int count, int step, const float *weights, int reach, cm_vec3 *row)
{
    for (int i = 0; i < count; i++)
        row[i] = line[(ptrdiff_t)i * step];
    for (int i = 0; i < count; i++) {
        cm_vec3 sum = cm_scale(row[i], weights[0]);
        for (int k = 1; k <= reach; k++) {
            int before = i - k < 0 ? 0 : i - k, after = i + k >= count ? count - 1 : i + k;
            sum = cm_add(sum, cm_scale(cm_add(row[before], row[after]), weights[k]));
        }
        line[(ptrdiff_t)i * step] = sum;
    }
}

static bool blur(cm_vec3 *light, int width, int height, float sigma)
{
    float weights[BLUR_REACH + 1], sum = 0.0f;
    int reach = (int)ceilf(2.5f * sigma);
    reach = reach > BLUR_REACH ? BLUR_REACH : reach;
    for (int k = 0; k <= reach; k++) {
        weights[k] = expf(-0.5f * (float)(k * k) / (sigma * sigma));
        sum += k ? 2.0f * weights[k] : weights[k];
    }
    for (int k = 0; k <= reach; k++)
        weights[k] /= sum;
    cm_vec3 *row = malloc((size_t)(width > height ? width : height) * sizeof *row);
    if (!row)
        return false;
    for (int y = 0; y < height; y++)
        blur_line(light + (size_t)y * (size_t)width, width, 1, weights, reach, row);
    for (int x = 0; x < width; x++)
        blur_line(light + x, height, width, weights, reach, row);
    free(row);
    return true;
}

/* Contrast around middle grey, highlights rolled off, sRGB's curve: 0..255. */
static float tone(float light, float contrast)
{
    light = light > 0.0f ? light : 0.0f;
    light = 0.18f * powf(light / 0.18f, contrast);
    light = light < 0.6f ? light : 1.0f - 0.4f * expf(-(light - 0.6f) / 0.4f);
    float encoded = light <= 0.0031308f ? 12.92f * light : 1.055f * powf(light, 1.0f / 2.4f) - 0.055f;
    return 255.0f * encoded;
}

/* The tone curve as a table over the square root of light, 0..2: even steps to the eye. */
enum { CURVE_STEPS = 2048 };

static float looked_up(const float *curve, float light)
{
    float place = sqrtf(cm_clamp(light, 0.0f, 3.999f)) * (0.5f * (float)CURVE_STEPS);
    int i = (int)place;
    return cm_mix(curve[i], curve[i + 1], place - (float)i);
}

static uint8_t to_byte(float level)
{
    return (uint8_t)cm_clamp(level + 0.5f, 0.0f, 255.0f);
}

bool cm_develop(const cm_moment *m, cm_vec3 *light, uint8_t *rgb, int width, int height)
{
    float sigma = m->blur * (float)height / 512.0f;
    if (sigma > 0.2f && !blur(light, width, height, sigma))
        return false;
    float curve[CURVE_STEPS + 1];
    for (int i = 0; i <= CURVE_STEPS; i++) {
        float root = 2.0f * (float)i / (float)CURVE_STEPS;
        curve[i] = tone(root * root, m->contrast);
    }
    cm_random grain;
    cm_random_seed(&grain, cm_random_mix(m->pattern, 0x36u));
    cm_vec3 filter = cm_scale(cm_v3(1.0f + m->warmth, 1.0f, 1.0f - m->warmth), m->exposure);
    size_t count = (size_t)width * (size_t)height;
    for (size_t i = 0; i < count; i++) {
        cm_vec3 c = cm_tint(light[i], filter);
        float common = m->grain * cm_random_bell(&grain, 0.0f, 1.0f), own = 0.4f * m->grain;
        rgb[3 * i] = to_byte(looked_up(curve, c.x) + common + cm_random_between(&grain, -own, own));
        rgb[3 * i + 1] = to_byte(looked_up(curve, c.y) + common);
        rgb[3 * i + 2] = to_byte(looked_up(curve, c.z) + common + cm_random_between(&grain, -own, own));
    }
    return true;
}
