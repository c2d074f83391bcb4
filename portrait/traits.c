#include "traits.h"

#include "portrait_random.h"

/* How much wider than people's real spread the traits are drawn: recognizers tell drawn faces apart less well. */
static const float VARIETY = 1.35f;

static float between(cm_random *r, float low, float high)
{
    return cm_random_between(r, low, high);
}

static bool chance(cm_random *r, float probability)
{
    return cm_random_between(r, 0.0f, 1.0f) < probability;
}

/* Bell-shaped within mean -/+ 2 deviations: faces beyond that look wrong, not different. */
static float bell(cm_random *r, float mean, float deviation)
{
    deviation *= VARIETY;
    float x = cm_random_bell(r, mean, deviation);
    return cm_clamp(x, mean - 2.0f * deviation, mean + 2.0f * deviation);
}

/* Linear-light skin from pale (0) to dark (1), along five measured-looking stops. */
static cm_vec3 skin_color(float melanin, float redness)
{
    static const cm_vec3 stops[5] = {
        {0.72f, 0.475f, 0.375f}, {0.60f, 0.365f, 0.265f}, {0.44f, 0.245f, 0.155f}, {0.25f, 0.125f, 0.072f}, {0.115f, 0.056f, 0.034f}};
    float place = cm_clamp(melanin, 0.0f, 0.9999f) * 4.0f;
    int i = (int)place;
    cm_vec3 c = cm_mix3(stops[i], stops[i + 1], place - (float)i);
    c.y *= 1.0f - 0.10f * redness;
    c.z *= 1.0f - 0.06f * redness;
    return c;
}

static void draw_head(cm_head_traits *h, cm_random *r, float femininity)
{
    h->width = bell(r, 1.0f, 0.045f);
    h->height = bell(r, 1.0f, 0.035f);
    h->cranium = bell(r, 1.0f, 0.03f);
    h->cheek = bell(r, 1.0f, 0.035f);
    h->jaw = bell(r, cm_mix(1.05f, 0.93f, femininity), 0.065f);
    h->chin_width = bell(r, cm_mix(1.12f, 0.90f, femininity), 0.11f);
    h->chin_length = bell(r, cm_mix(0.3f, -0.25f, femininity), 0.42f);
    h->chin_forward = bell(r, 0.05f, 0.38f);
    h->cheek_fullness = bell(r, 0.15f, 0.38f);
    h->cheekbone = bell(r, 0.35f, 0.22f);
    h->brow_ridge = bell(r, cm_mix(0.40f, 0.06f, femininity), 0.12f);
    h->forehead_slope = bell(r, cm_mix(0.5f, 0.0f, femininity), 0.3f);
    h->squareness = bell(r, cm_mix(2.5f, 2.3f, femininity), 0.14f);
}

static void draw_eyes(cm_traits *t, cm_random *r, float melanin)
{
    static const cm_vec3 iris[6] = {{0.035f, 0.016f, 0.008f}, {0.085f, 0.038f, 0.015f}, {0.16f, 0.085f, 0.03f},
                                    {0.13f, 0.15f, 0.06f},    {0.10f, 0.17f, 0.27f},    {0.17f, 0.21f, 0.24f}};
    cm_eye_traits *e = &t->eye;
    float f = t->femininity;
    e->apart = bell(r, 3.15f, 0.16f);
    e->width = bell(r, cm_mix(1.42f, 1.50f, f), 0.12f);
    e->height = bell(r, cm_mix(0.52f, 0.62f, f), 0.085f);
    e->tilt = bell(r, cm_mix(0.03f, 0.09f, f), 0.09f);
    e->depth = bell(r, cm_mix(0.75f, 0.5f, f), 0.2f);
    e->crease = between(r, 0.1f, 1.0f);
    e->lashes = cm_mix(0.35f, 1.0f, f) * between(r, 0.6f, 1.2f);
    e->bag = t->age * between(r, 0.2f, 1.0f);
    int darkest = melanin > 0.5f ? 2 : 6;
    e->iris = iris[(int)between(r, 0.0f, (float)darkest - 0.001f)];
    cm_brow_traits *b = &t->brow;
    b->height = bell(r, cm_mix(1.75f, 2.05f, f), 0.24f);
    b->thickness = bell(r, cm_mix(0.52f, 0.36f, f), 0.09f);
    b->tilt = bell(r, 0.08f, 0.07f);
    b->arch = bell(r, cm_mix(0.25f, 0.45f, f), 0.17f);
    b->length = bell(r, 2.15f, 0.18f);
    b->density = cm_clamp(bell(r, cm_mix(0.95f, 0.85f, f), 0.2f), 0.4f, 1.0f);
    b->inner = bell(r, 1.5f, 0.18f);
}

static void draw_nose_and_mouth(cm_traits *t, cm_random *r, float melanin)
{
    cm_nose_traits *n = &t->nose;
    float f = t->femininity, broad = 0.22f * melanin;
    n->length = bell(r, cm_mix(4.15f, 3.85f, f), 0.27f);
    n->width = bell(r, cm_mix(1.72f, 1.50f, f) + broad, 0.17f);
    n->bridge_width = bell(r, cm_mix(0.80f, 0.68f, f), 0.10f);
    n->bridge = bell(r, cm_mix(0.85f, 0.6f, f) - broad, 0.26f);
    n->tip = bell(r, cm_mix(0.80f, 0.70f, f) + 0.4f * broad, 0.10f);
    n->forward = bell(r, cm_mix(2.25f, 1.95f, f) - broad, 0.24f);
    n->upturn = bell(r, cm_mix(0.0f, 0.18f, f), 0.14f);
    cm_mouth_traits *m = &t->mouth;
    m->drop = bell(r, 7.05f, 0.26f) + 0.4f * (n->length - 4.0f);
    m->width = bell(r, cm_mix(2.62f, 2.45f, f), 0.22f);
    m->upper = bell(r, cm_mix(0.52f, 0.70f, f) + 0.7f * broad, 0.12f);
    m->lower = bell(r, cm_mix(0.78f, 0.98f, f) + 0.7f * broad, 0.14f);
    m->bow = between(r, 0.05f, 0.30f);
    m->fullness = between(r, 0.25f, 0.55f);
    float makeup = f > 0.5f ? between(r, 0.0f, 0.75f) : between(r, 0.0f, 0.12f);
    cm_vec3 natural = cm_tint(t->skin, cm_v3(0.80f, 0.52f, 0.55f));
    cm_vec3 painted = cm_v3(between(r, 0.28f, 0.5f), between(r, 0.03f, 0.09f), between(r, 0.05f, 0.12f));
    m->color = cm_mix3(natural, painted, makeup * 0.7f);
}

static cm_vec3 hair_color(cm_random *r, float melanin, float age)
{
    static const cm_vec3 colors[8] = {{0.010f, 0.008f, 0.007f}, {0.018f, 0.011f, 0.008f}, {0.040f, 0.021f, 0.012f},
                                      {0.075f, 0.038f, 0.018f}, {0.14f, 0.080f, 0.036f},  {0.33f, 0.21f, 0.095f},
                                      {0.50f, 0.36f, 0.19f},    {0.23f, 0.070f, 0.022f}};
    int count = melanin > 0.55f ? 2 : (melanin > 0.35f ? 4 : 8);
    cm_vec3 c = colors[(int)between(r, 0.0f, (float)count - 0.001f)];
    float grey = cm_step(0.55f, 1.0f, age) * between(r, 0.0f, 1.0f);
    float level = between(r, 0.20f, 0.55f);
    return cm_mix3(c, cm_v3(level, level, level * 0.98f), grey);
}

static void draw_short_hair(cm_hair_traits *h, cm_random *r)
{
    h->top = between(r, 0.7f, 3.0f);
    h->side = between(r, 0.25f, 1.1f);
    h->length = -2.0f;
    h->opening = 100.0f;
    h->sideburn = between(r, -2.5f, 0.8f);
    h->curl = between(r, 0.05f, 0.45f);
}

static void draw_long_hair(cm_hair_traits *h, cm_random *r)
{
    h->top = between(r, 0.9f, 2.2f);
    h->side = between(r, 0.9f, 2.2f);
    h->length = between(r, -19.0f, -8.5f);
    h->opening = between(r, 62.0f, 98.0f);
    h->sideburn = between(r, -6.0f, -2.0f);
    h->curl = between(r, 0.1f, 0.8f);
    if (chance(r, 0.22f)) { /* tied back */
        h->length = -2.0f;
        h->side = between(r, 0.3f, 0.6f);
        h->top = between(r, 0.5f, 1.1f);
        h->sideburn = 0.5f;
    }
}

static void draw_hair(cm_traits *t, cm_random *r, float melanin)
{
    cm_hair_traits *h = &t->hair;
    bool woman = t->femininity > 0.5f;
    h->color = hair_color(r, melanin, t->age);
    h->pattern = (uint32_t)cm_random_bits(r);
    h->line = bell(r, woman ? 6.6f : 6.9f, 0.4f);
    h->line_round = between(r, -0.2f, 2.2f);
    h->recession = woman ? between(r, 0.0f, 0.5f) : 0.4f + t->age * between(r, 0.0f, 2.6f);
    h->lift = between(r, 2.5f, 5.0f);
    h->parting = between(r, -0.9f, 0.9f);
    h->fringe = between(r, -0.22f, 0.22f);
    if (woman || chance(r, 0.06f))
        draw_long_hair(h, r);
    else
        draw_short_hair(h, r);
    if (chance(r, woman ? 0.28f : 0.18f)) { /* hair combed onto the forehead */
        h->line = between(r, 3.3f, 4.8f);
        h->recession = 0.0f;
        h->lift = 1.3f;
        h->top = cm_clamp(h->top, 1.2f, 3.0f);
    }
    h->bald = !woman && h->length > -6.0f && chance(r, 0.08f + 0.16f * t->age);
    float light = between(r, 0.75f, 1.25f);
    t->brow_color = cm_scale(cm_mix3(h->color, cm_v3(0.035f, 0.022f, 0.014f), 0.45f), light);
}

static void draw_extras(cm_traits *t, cm_random *r)
{
    bool woman = t->femininity > 0.5f;
    t->beard = CM_BEARD_NONE;
    if (!woman && chance(r, 0.45f))
        t->beard = (cm_beard)(1 + (int)between(r, 0.0f, 3.999f));
    t->beard_density = between(r, 0.55f, 1.0f);
    t->glasses = chance(r, 0.16f + 0.12f * t->age);
    t->glasses_width = between(r, 2.25f, 2.7f);
    t->glasses_height = between(r, 1.35f, 2.15f);
    t->glasses_square = between(r, 2.0f, 5.0f);
    t->glasses_rim = between(r, 0.07f, 0.22f);
    static const cm_vec3 rims[4] = {{0.012f, 0.012f, 0.013f}, {0.05f, 0.025f, 0.012f}, {0.30f, 0.30f, 0.31f}, {0.10f, 0.02f, 0.03f}};
    t->glasses_color = rims[(int)between(r, 0.0f, 3.999f)];
    t->ear_size = bell(r, 1.0f, 0.08f);
    t->ear_flare = between(r, 0.2f, 0.55f);
    t->neck_width = bell(r, woman ? 4.7f : 5.8f, 0.35f);
    t->shoulder_width = bell(r, woman ? 17.5f : 20.5f, 1.2f);
    t->collar = between(r, 0.0f, 1.0f);
}

void cm_traits_from_seed(cm_traits *t, uint64_t identity)
{
    cm_random random, *r = &random;
    cm_random_seed(r, cm_random_mix(identity, 0x1dull));
    t->femininity = chance(r, 0.5f) ? between(r, 0.0f, 0.3f) : between(r, 0.7f, 1.0f);
    t->age = between(r, 0.0f, 1.0f);
    float melanin = between(r, 0.0f, 1.0f);
    melanin = melanin * melanin * 0.55f + melanin * 0.4f;
    t->skin = skin_color(melanin, between(r, 0.0f, 1.0f));
    t->blush = between(r, 0.2f, 1.0f);
    t->freckles = chance(r, 0.15f) && melanin < 0.3f ? between(r, 0.3f, 1.0f) : 0.0f;
    t->wrinkles = t->age * between(r, 0.4f, 1.0f);
    t->blotches = between(r, 0.3f, 1.0f);
    t->skin_pattern = (uint32_t)cm_random_bits(r);
    draw_head(&t->head, r, t->femininity);
    draw_eyes(t, r, melanin);
    draw_nose_and_mouth(t, r, melanin);
    draw_hair(t, r, melanin);
    draw_extras(t, r);
}
