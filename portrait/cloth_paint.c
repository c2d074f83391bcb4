/* Hair, neck and clothes, glasses. */
#include "paint.h"
#include "portrait_random.h"

cm_paint cm_paint_hair(const cm_traits *t, cm_vec3 rest)
{
    const cm_hair_traits *h = &t->hair;
    float bend = 0.5f * cm_noise(rest.x * 3.0f, rest.y * 0.25f, h->pattern + 61u) * (0.4f + h->curl);
    float lock = cm_noise(rest.x * 11.0f + bend * 3.0f, rest.y * 0.30f, h->pattern + 62u);
    float strand = cm_noise(rest.x * 46.0f + bend * 9.0f, rest.y * 0.8f, h->pattern + 63u);
    float fine = cm_noise(rest.x * 110.0f + bend * 20.0f, rest.y * 1.6f, h->pattern + 64u);
    float level = 1.0f + 0.28f * lock + 0.30f * strand + 0.22f * fine;
    cm_paint p = {.albedo = cm_scale(h->color, cm_clamp(level, 0.25f, 2.0f)), .gloss = 16.0f};
    p.shine = (0.10f + 0.20f * (h->color.x + 0.1f)) * cm_clamp(0.8f + 0.6f * strand + 0.5f * lock, 0.0f, 2.0f);
    p.covered = 0.25f * cm_clamp(-lock, 0.0f, 1.0f);
    /* thin at the hairline: skin shines through */
    p.albedo = cm_mix3(cm_mix3(t->skin, p.albedo, 0.7f), p.albedo, cm_step(0.0f, 0.35f, rest.z));
    return p;
}

cm_paint cm_paint_rim(const cm_traits *t)
{
    return (cm_paint){.albedo = t->glasses_color, .shine = 0.7f, .gloss = 60.0f};
}

/* Height where cloth begins at a place of the body. */
static float collar_line(const cm_traits *t, const cm_moment *m, cm_vec3 rest)
{
    float front = cm_step(-3.0f, 1.5f, rest.z), side = fabsf(rest.x);
    float round = -14.6f - 1.2f * t->collar - front * 1.3f * cm_bell(rest.x, 5.0f);
    switch (m->cloth_style) {
    case 1:
        return -11.8f - 0.8f * t->collar - front * (2.6f * cm_bell(rest.x, 2.4f));
    case 2:
        return -12.0f - front * (2.3f * cm_bell(rest.x, 2.2f));
    case 3:
        return round - front * cm_clamp(5.5f - 1.15f * side, 0.0f, 6.0f);
    default:
        return round;
    }
}

static cm_vec3 cloth_color(const cm_moment *m, cm_vec3 rest, float below)
{
    float side = fabsf(rest.x), down = -rest.y - 13.5f;
    cm_vec3 color = m->cloth;
    if (m->cloth_style == 1)
        color = cm_scale(color, 1.0f - 0.45f * cm_bell(below - 2.8f, 0.25f) - 0.35f * cm_bell(rest.x, 0.2f));
    if (m->cloth_style == 2 && rest.z > -2.0f) {
        float lapel = 1.2f + cm_clamp(6.2f - 0.42f * down, 0.0f, 6.2f);
        cm_vec3 shirt = m->cloth_second;
        cm_vec3 tie = cm_v3(m->cloth.z * 0.6f + 0.03f, m->cloth.x * 0.4f, m->cloth.y * 0.8f);
        shirt = cm_mix3(shirt, tie, cm_step(1.2f + 0.06f * down, 1.0f + 0.06f * down, side) * cm_step(0.5f, 1.0f, below));
        color = cm_mix3(cm_scale(color, 0.45f), shirt, cm_step(lapel + 0.15f, lapel - 0.15f, side));
        color = cm_scale(color, 1.0f - 0.5f * cm_bell(side - lapel, 0.2f));
    }
    return color;
}

cm_paint cm_paint_body(const cm_traits *t, const cm_moment *m, cm_vec3 rest)
{
    float below = collar_line(t, m, rest) - rest.y;
    float mottle = cm_noise_octaves(rest.x * 0.8f, rest.y * 0.8f, t->skin_pattern + 71u, 3);
    cm_paint skin = {.albedo = cm_scale(t->skin, 0.95f + 0.06f * mottle), .shine = 0.08f, .gloss = 10.0f, .translucent = 1.0f};
    if (below < -0.1f) {
        skin.covered = 0.35f * cm_step(-0.8f, -0.1f, below);
        return skin;
    }
    float folds = cm_noise_octaves(rest.x * 0.22f, rest.y * 0.15f, m->pattern + 73u, 3);
    float weave = cm_noise(rest.x * 6.0f, rest.y * 6.0f, m->pattern + 74u);
    float seam = 1.0f - 0.25f * cm_bell(below - 0.9f, 0.12f);
    seam *= 1.0f - 0.55f * cm_bell(fabsf(rest.x) - 0.70f * t->shoulder_width, 0.6f) * cm_step(-22.0f, -26.0f, rest.y); /* between arm and chest */
    cm_paint cloth = {.albedo = cm_scale(cloth_color(m, rest, below), (1.0f + 0.35f * folds + 0.06f * weave) * seam), .shine = 0.03f, .gloss = 6.0f};
    return cloth;
}
