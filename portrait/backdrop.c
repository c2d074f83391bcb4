#include "backdrop.h"

#include "portrait_random.h"

/* A soft-edged box around (x, y). */
static float box(float x, float y, float half_width, float half_height, float soft)
{
    return cm_step(half_width + soft, half_width - soft, fabsf(x)) * cm_step(half_height + soft, half_height - soft, fabsf(y));
}

static cm_vec3 gradient(const cm_moment *m, float x, float y)
{
    float glow = cm_bell2(x - m->key_direction.x * 0.3f, y + 0.1f, 0.9f, 0.8f);
    return cm_mix3(m->backdrop_low, m->backdrop_high, cm_clamp(0.2f + 0.8f * glow + 0.08f * cm_noise(x * 3.0f, y * 3.0f, m->pattern), 0.0f, 1.0f));
}

/* Blurred things: broad noise in both colours. */
static cm_vec3 shapes(const cm_moment *m, float x, float y)
{
    float a = cm_noise_octaves(x * 1.7f, y * 1.7f, m->pattern + 1u, 2), b = cm_noise_octaves(x * 2.6f, y * 2.6f, m->pattern + 2u, 2);
    cm_vec3 color = cm_mix3(m->backdrop_low, m->backdrop_high, cm_step(-0.45f, 0.45f, a));
    return cm_mix3(color, cm_tint(cm_v3(1.0f, 0.75f, 0.5f), m->backdrop_high), 0.6f * cm_step(0.1f, 0.5f, b));
}

/* A wall with a window, a door frame, a table's edge. */
static cm_vec3 room(const cm_moment *m, float x, float y)
{
    cm_random random;
    cm_random_seed(&random, m->pattern);
    cm_vec3 color = cm_mix3(m->backdrop_high, m->backdrop_low, cm_step(-0.6f, 0.6f, y) * 0.5f);
    for (int i = 0; i < 5; i++) {
        float cx = cm_random_between(&random, -0.9f, 0.9f), cy = cm_random_between(&random, -0.5f, 0.5f);
        float w = cm_random_between(&random, 0.04f, 0.28f), h = cm_random_between(&random, 0.08f, 0.4f);
        float level = cm_random_between(&random, 0.1f, 1.9f), soft = cm_random_between(&random, 0.01f, 0.06f);
        cm_vec3 thing = cm_scale(cm_mix3(m->backdrop_low, m->backdrop_high, cm_random_between(&random, 0.0f, 1.0f)), level);
        color = cm_mix3(color, thing, 0.85f * box(x - cx, y - cy, w, h, soft));
    }
    return color;
}

/* Leaves far away, light between them. */
static cm_vec3 foliage(const cm_moment *m, float x, float y)
{
    float leaf = cm_noise_octaves(x * 4.0f, y * 4.0f, m->pattern + 3u, 3), spot = cm_noise_octaves(x * 7.0f, y * 7.0f, m->pattern + 4u, 2);
    cm_vec3 green = cm_mix3(cm_v3(0.03f, 0.06f, 0.02f), cm_v3(0.20f, 0.30f, 0.09f), cm_step(-0.4f, 0.5f, leaf));
    green = cm_mix3(green, m->backdrop_high, 0.7f * cm_step(0.25f, 0.5f, spot));
    return cm_mix3(green, m->backdrop_low, 0.25f);
}

void cm_backdrop_draw(const cm_moment *m, cm_vec3 *light, int width, int height)
{
    typedef cm_vec3 scenery(const cm_moment *, float, float);
    static scenery *const kinds[4] = {gradient, shapes, room, foliage};
    scenery *draw = kinds[m->backdrop & 3];
    float scale = 1.0f / (float)height;
    for (int row = 0; row < height; row++)
        for (int column = 0; column < width; column++) {
            float x = ((float)column - 0.5f * (float)width) * scale, y = ((float)row - 0.5f * (float)height) * scale;
            *light++ = draw(m, x, y);
        }
}
