/* Mouth and beard. */
#include "head_shape.h"
#include "paint.h"
#include "portrait_random.h"

/* Between the lips: teeth above, dark below. `down` 0 at the upper lip, 1 at the lower. */
static cm_paint inside_mouth(const cm_moment *m, float across, float x, float down)
{
    float teeth = cm_step(0.75f, 0.60f, down * (0.5f + 0.6f * m->open)) * cm_step(0.15f, 0.4f, across);
    float gap = 1.0f - 0.22f * cm_bell(fmodf(fabsf(x) + 0.42f, 0.84f) - 0.42f, 0.05f);
    cm_vec3 white = cm_scale(cm_v3(0.62f, 0.57f, 0.49f), gap * cm_mix(0.55f, 1.0f, across));
    cm_paint p = {.albedo = cm_mix3(cm_v3(0.06f, 0.018f, 0.016f), white, teeth), .shine = 0.25f * teeth, .gloss = 40.0f};
    p.covered = cm_mix(0.80f, 0.30f + 0.35f * cm_step(0.25f, 0.0f, down), teeth);
    return p;
}

void cm_paint_mouth(const cm_traits *t, const cm_moment *m, float x, float y, cm_paint *paint)
{
    const cm_mouth_traits *k = &t->mouth;
    float half = cm_mouth_half_width(t, m), line = cm_mouth_line(t, m, x), away = y - line;
    if (fabsf(x) > half + 0.8f || fabsf(away) > 2.0f)
        return;
    float u = x / half, across = cm_clamp(1.0f - u * u, 0.0f, 1.0f);
    float thin = 1.0f - 0.22f * cm_clamp(m->smile, 0.0f, 1.0f);
    float bow = 1.0f - k->bow * (cm_bell(x, 0.30f) - 0.35f * cm_bell(fabsf(x) - 0.62f, 0.4f));
    float top = k->upper * thin * bow * powf(across, 0.8f);
    float seam = CM_MOUTH_SEAM * cm_clamp(2.5f * m->open, 0.0f, 1.0f) * cm_step(0.0f, 0.25f, across);
    float bottom = k->lower * thin * powf(across, 0.65f) + seam;
    float lip = away > 0.0f ? top - away : bottom + away;
    float soft = 0.10f;
    float inside = cm_step(-soft, soft, lip) * cm_step(0.0f, 0.12f, across);
    cm_vec3 color = cm_scale(k->color, away > 0.0f ? 0.82f : 1.0f);
    color = cm_scale(color, 1.0f + 0.10f * cm_noise(x * 9.0f, y * 1.5f, t->skin_pattern + 21u));
    paint->albedo = cm_mix3(paint->albedo, color, 0.88f * inside);
    paint->shine = cm_mix(paint->shine, 0.42f, inside);
    paint->gloss = cm_mix(paint->gloss, 28.0f, inside);
    /* the line between closed lips, the corners' shadow */
    float closed = 1.0f - cm_clamp(3.0f * m->open, 0.0f, 1.0f);
    float dark = (0.30f + 0.45f * closed) * cm_bell(away + 0.02f, 0.085f) * cm_step(half + 0.12f, half - 0.15f, fabsf(x));
    dark += 0.45f * cm_bell2(fabsf(x) - half, y - cm_mouth_line(t, m, half), 0.26f, 0.20f);
    paint->albedo = cm_scale(paint->albedo, 1.0f - 0.85f * cm_clamp(dark, 0.0f, 1.0f));
    float open = seam > 0.0f ? cm_step(0.015f, -0.02f, away) * cm_step(-seam - 0.02f, -seam + 0.02f, away) : 0.0f;
    if (open > 0.0f) {
        cm_paint hole = inside_mouth(m, across, x, -away / seam);
        paint->albedo = cm_mix3(paint->albedo, hole.albedo, open);
        paint->shine = cm_mix(paint->shine, hole.shine, open);
        paint->covered = cm_mix(paint->covered, hole.covered, open);
        paint->translucent *= 1.0f - open;
    }
}

static float moustache(const cm_traits *t, float x, float y)
{
    float lip = -t->mouth.drop + t->mouth.upper, nose = -t->nose.length - 0.7f;
    float middle = 0.5f * (lip + nose) - 0.05f - 0.10f * x * x * 0.5f;
    return cm_step(1.0f, 0.55f, fabsf(y - middle) / (0.62f * (nose - lip) + 0.12f)) * cm_step(3.3f, 2.4f, fabsf(x));
}

static float jaw_beard(const cm_traits *t, cm_vec3 rest)
{
    float side = fabsf(rest.x);
    float line = -t->mouth.drop + 0.4f + 0.20f * (side - 2.5f) * (side - 2.5f);
    line = side < 2.5f ? -t->mouth.drop - 0.2f : line;
    float cheek = cm_step(line + 0.35f, line - 0.5f, rest.y);
    float burns = cm_step(0.95f, 1.2f, atan2f(side, rest.z)) * cm_step(0.0f, -3.5f, rest.y);
    return (cheek > burns ? cheek : burns) * cm_step(-2.6f, -0.6f, rest.z + 0.35f * (rest.y + 6.0f));
}

static float chin_beard(const cm_traits *t, cm_vec3 rest)
{
    float around = cm_step(3.6f, 2.8f, fabsf(rest.x)) * cm_step(-t->mouth.drop + 0.2f, -t->mouth.drop - 0.6f, rest.y);
    return around * cm_step(2.0f, 4.0f, rest.z);
}

void cm_paint_beard(const cm_traits *t, const cm_moment *m, cm_vec3 rest, cm_paint *paint)
{
    if (t->beard == CM_BEARD_NONE || rest.y > 1.0f)
        return;
    float upper = moustache(t, rest.x, rest.y), cover = upper, under = 0.0f;
    if (t->beard == CM_BEARD_GOATEE)
        cover = upper + chin_beard(t, rest);
    else if (t->beard != CM_BEARD_MOUSTACHE)
        cover = upper + jaw_beard(t, rest);
    if (t->beard == CM_BEARD_STUBBLE) {
        under = 0.55f * t->beard_density * cm_clamp(cover, 0.0f, 1.0f);
        cover = 0.0f;
    }
    /* none grows on the lips */
    float half = cm_mouth_half_width(t, m), u = rest.x / half, across = cm_clamp(1.0f - u * u, 0.0f, 1.0f);
    float away = rest.y - cm_mouth_line(t, m, rest.x);
    float lip = cm_step(-0.1f, 0.1f, (away > 0.0f ? t->mouth.upper - 0.05f : t->mouth.lower + CM_MOUTH_SEAM) * sqrtf(across) - fabsf(away));
    float strand = cm_noise(rest.x * 6.0f, rest.y * 2.0f + rest.z * 2.0f, t->skin_pattern + 31u);
    float fine = cm_noise(rest.x * 17.0f, rest.y * 6.0f + rest.z * 6.0f, t->skin_pattern + 32u);
    float density = cm_clamp(cover, 0.0f, 1.0f) * t->beard_density * (0.86f + 0.14f * strand + 0.12f * fine);
    density = cm_clamp(density + under * (0.85f + 0.25f * fine), 0.0f, 1.0f) * (1.0f - lip);
    cm_vec3 hair = cm_mix3(t->hair.color, cm_v3(0.03f, 0.018f, 0.012f), 0.25f);
    hair = cm_scale(hair, 1.0f + 0.35f * strand + 0.25f * fine);
    paint->albedo = cm_mix3(paint->albedo, hair, density);
    paint->shine *= 1.0f - 0.85f * density;
    paint->translucent *= 1.0f - 0.8f * density;
}
