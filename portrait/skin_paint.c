/* Skin of the head and ears: its own colour, then what lies on it. */
#include "paint.h"
#include "person.h"
#include "portrait_random.h"

static float nostrils(const cm_nose_traits *n, float x, float y)
{
    float level = y + n->length + 0.50f - 0.45f * n->upturn;
    float hole = cm_bell2(fabsf(x) - 0.43f * n->width, level - 0.12f * (fabsf(x) - 0.5f), 0.19f * n->width, 0.19f);
    return hole > 0.25f ? cm_step(0.25f, 0.7f, hole) : 0.0f;
}

/* Lines of age and folds, as darkening 0..1. */
static float creases(const cm_traits *t, const cm_moment *m, float x, float y)
{
    float side = fabsf(x), smile = cm_clamp(m->smile, 0.0f, 1.0f);
    const cm_nose_traits *n = &t->nose;
    float top = -n->length + 0.1f, bottom = -t->mouth.drop - 0.4f;
    float along = cm_clamp((top - y) / (top - bottom), 0.0f, 1.0f);
    float fold = side - cm_mix(n->width + 0.25f, t->mouth.width + 0.95f + 0.3f * smile, along * (1.4f - 0.4f * along));
    float dark = (0.05f + 0.20f * t->wrinkles + 0.16f * smile) * cm_bell(fold, 0.16f) * cm_step(top + 0.5f, top - 0.3f, y) *
                 cm_step(bottom - 0.5f, bottom + 0.8f, y);
    float wave = 0.12f * cm_noise(x * 0.6f, 0.0f, t->skin_pattern + 41u);
    for (int i = 0; i < 3; i++)
        dark += 0.20f * t->wrinkles * cm_bell(y - 3.6f - 0.85f * (float)i + wave, 0.09f) * cm_step(4.8f, 2.5f, side);
    float crow = side - t->eye.apart - t->eye.width;
    dark += 0.16f * (t->wrinkles + 0.5f * smile) * cm_step(0.1f, 0.4f, crow) * cm_step(1.3f, 0.7f, crow) *
            (cm_bell(y - 0.25f * crow, 0.09f) + cm_bell(y + 0.35f + 0.3f * crow, 0.09f));
    dark += 0.24f * t->wrinkles * cm_bell(side - 0.38f, 0.09f) * cm_bell(y - 1.7f, 0.7f); /* between the brows */
    float wing = side - n->width - 0.02f;
    dark += 0.34f * cm_bell(wing, 0.12f) * cm_bell(y + n->length + 0.05f, 0.45f);
    return cm_clamp(dark, 0.0f, 1.0f);
}

static cm_vec3 complexion(const cm_traits *t, cm_vec3 rest)
{
    float side = fabsf(rest.x), y = rest.y;
    float mottle = cm_noise_octaves(rest.x * 0.9f + 3.0f * rest.z * 0.3f, y * 0.9f, t->skin_pattern, 4);
    float fine = cm_noise_octaves(rest.x * 5.0f, y * 5.0f + rest.z * 3.0f, t->skin_pattern + 5u, 3);
    float level = 1.0f + t->blotches * 0.10f * mottle + 0.055f * fine;
    float red = t->blush * (0.16f * cm_bell2(side - 4.1f, y + 3.4f, 2.0f, 1.6f) +
                            0.20f * cm_bell2(rest.x, y + t->nose.length, 1.6f, 0.9f) + 0.07f * cm_bell(y + 10.2f, 1.2f));
    red += 0.06f * t->blotches * mottle;
    cm_vec3 color = cm_tint(t->skin, cm_v3(level, level * (1.0f - red), level * (1.0f - 0.85f * red)));
    if (t->freckles > 0.0f) {
        float spots = cm_noise(rest.x * 7.0f, y * 7.0f, t->skin_pattern + 51u);
        float where = cm_bell2(side - 2.6f, y + 2.4f, 2.6f, 2.0f) + 0.4f;
        color = cm_scale(color, 1.0f - 0.35f * t->freckles * where * cm_step(0.35f, 0.75f, spots));
    }
    return color;
}

cm_paint cm_paint_skin(const cm_traits *t, const cm_moment *m, cm_vec3 rest)
{
    cm_paint p = {.albedo = complexion(t, rest), .shine = 0.16f, .gloss = 14.0f, .translucent = 1.0f};
    float x = rest.x, y = rest.y;
    p.shine += 0.10f * cm_bell2(x, y - 4.5f, 3.0f, 1.8f) + 0.14f * cm_bell2(x, y + t->nose.length - 0.5f, 0.9f, 1.6f);
    if (rest.z > 2.0f) {
        p.albedo = cm_scale(p.albedo, 1.0f - 0.6f * creases(t, m, x, y));
        float hole = nostrils(&t->nose, x, y);
        p.albedo = cm_mix3(p.albedo, cm_v3(0.012f, 0.006f, 0.005f), 0.92f * hole);
        p.shine *= 1.0f - hole;
        cm_paint_mouth(t, m, x, y, &p);
    }
    cm_paint_beard(t, m, rest, &p);
    if (rest.z > 2.0f) {
        cm_paint_brow(t, m, x, y, &p);
        cm_paint_eye(t, m, x, y, &p);
    }
    /* roots of the hair show through the skin along the hairline */
    if (y > -4.0f && (!t->hair.bald || y < 8.0f)) {
        float angle = atan2f(x, rest.z + 0.3f);
        float roots = cm_step(-0.9f, 0.3f, cm_hair_region(t, angle, y) + 0.5f * cm_noise(x * 2.5f, y * 1.2f, t->hair.pattern));
        p.albedo = cm_mix3(p.albedo, t->hair.color, 0.75f * roots);
        p.shine *= 1.0f - 0.6f * roots;
    }
    return p;
}

cm_paint cm_paint_ear(const cm_traits *t, cm_vec3 rest)
{
    cm_vec3 color = cm_tint(t->skin, cm_v3(1.0f, 0.86f, 0.84f));
    float hollow = cm_bell2(rest.y + 0.1f, rest.z - 0.15f, 0.35f, 0.35f) + 0.35f * cm_bell(rest.x - 0.68f, 0.10f);
    cm_paint p = {.albedo = cm_scale(color, 1.0f - 0.5f * cm_clamp(hollow, 0.0f, 1.0f)), .shine = 0.10f, .gloss = 12.0f, .translucent = 1.0f};
    return p;
}
