#include "traits.h"

#include "portrait_random.h"

static const float RADIANS = 0.01745329252f;

static float between(cm_random *r, float low, float high)
{
    return cm_random_between(r, low, high);
}

static cm_vec3 direction(float azimuth_degrees, float elevation_degrees)
{
    float a = azimuth_degrees * RADIANS, e = elevation_degrees * RADIANS;
    return cm_v3(sinf(a) * cosf(e), sinf(e), cosf(a) * cosf(e));
}

/* A light's colour from warm (-1) to cool (1). */
static cm_vec3 light_color(float coolness, float strength)
{
    cm_vec3 warm = cm_v3(1.18f, 0.97f, 0.76f), cool = cm_v3(0.90f, 1.0f, 1.16f);
    return cm_scale(cm_mix3(warm, cool, 0.5f + 0.5f * coolness), strength);
}

/* A colour for cloth and walls: mostly muted. */
static cm_vec3 random_color(cm_random *r, float low, float high)
{
    float level = between(r, low, high);
    level *= level;
    float saturation = between(r, 0.0f, 0.6f) * between(r, 0.3f, 1.0f);
    cm_vec3 hue = cm_v3(between(r, 0.1f, 1.9f), between(r, 0.1f, 1.9f), between(r, 0.1f, 1.9f));
    return cm_scale(cm_mix3(cm_v3(1.0f, 1.0f, 1.0f), hue, saturation), level);
}

static void draw_pose(cm_moment *m, cm_random *r, float pose, float expression)
{
    /* the sum of two uniforms: all of the range is reached, its middle most often */
    m->yaw = pose * 0.5f * (between(r, -25.0f, 25.0f) + between(r, -25.0f, 25.0f)) * RADIANS;
    m->pitch = pose * 0.5f * (between(r, -15.0f, 15.0f) + between(r, -15.0f, 15.0f)) * RADIANS;
    m->roll = pose * 0.5f * (between(r, -15.0f, 15.0f) + between(r, -15.0f, 15.0f)) * RADIANS;
    float smile = between(r, -0.25f, 1.0f), open = between(r, -1.6f, 1.5f);
    m->smile = expression * smile;
    m->open = expression * cm_clamp(open, 0.0f, 1.1f);
    if (smile > 0.6f && open < 0.0f)
        m->open = 0.35f * expression; /* a broad smile shows teeth */
    m->lids = 1.0f + expression * between(r, -0.28f, 0.15f) - 0.10f * expression * cm_clamp(smile, 0.0f, 1.0f);
    m->gaze_x = between(r, -0.30f, 0.30f) * expression - 0.45f * m->yaw;
    m->gaze_y = between(r, -0.07f, 0.07f) * expression - 0.20f * m->pitch;
    m->brow_raise = expression * between(r, -0.22f, 0.30f);
}

static void draw_light(cm_moment *m, cm_random *r, float range)
{
    float strength = between(r, 0.6f, 1.35f), coolness = between(r, -0.8f, 0.6f);
    m->key_direction = direction(range * between(r, -60.0f, 60.0f), cm_mix(25.0f, between(r, 5.0f, 60.0f), range));
    m->key_color = light_color(range * coolness, cm_mix(1.0f, strength, range));
    m->key_softness = between(r, 0.5f, 2.2f);
    float ambient = cm_mix(0.50f, between(r, 0.28f, 0.75f), range);
    m->ambient_sky = light_color(range * between(r, -0.3f, 0.9f), ambient);
    m->ambient_ground = light_color(range * between(r, -0.9f, 0.1f), ambient * between(r, 0.25f, 0.6f));
    for (int i = 0; i < CM_LIGHT_LOBES; i++) {
        m->lobe_direction[i] = direction(between(r, -150.0f, 150.0f), between(r, -15.0f, 60.0f));
        m->lobe_color[i] = light_color(range * between(r, -1.0f, 1.0f), between(r, 0.05f, 0.45f));
    }
    m->exposure = cm_mix(1.0f, between(r, 0.78f, 1.15f), range);
    m->contrast = cm_mix(1.0f, between(r, 0.85f, 1.2f), range);
    m->warmth = range * between(r, -0.10f, 0.10f);
}

void cm_moment_from_options(cm_moment *m, const cm_portrait_options *options)
{
    cm_random random, *r = &random;
    cm_random_seed(r, cm_random_mix(options->variation, 0x2eull));
    draw_pose(m, r, options->pose, options->expression);
    draw_light(m, r, options->light);
    m->distance = between(r, 75.0f, 190.0f);
    m->face_share = between(r, 0.42f, 0.62f);
    m->shift_x = between(r, -0.07f, 0.07f);
    m->shift_y = between(r, -0.06f, 0.04f);
    m->blur = between(r, 0.3f, 1.1f);
    m->grain = between(r, 0.6f, 3.2f);
    m->cloth = random_color(r, 0.08f, 0.85f);
    m->cloth_second = random_color(r, 0.5f, 0.9f);
    m->cloth_style = (int)between(r, 0.0f, 3.999f);
    m->backdrop = (int)between(r, 0.0f, 3.999f);
    m->backdrop_low = random_color(r, 0.10f, 0.75f);
    m->backdrop_high = random_color(r, 0.15f, 0.9f);
    m->pattern = (uint32_t)cm_random_bits(r);
}

void cm_moment_share_light(cm_moment *m, const cm_moment *other)
{
    m->key_direction = other->key_direction;
    m->key_color = other->key_color;
    m->key_softness = other->key_softness;
    m->ambient_sky = other->ambient_sky;
    m->ambient_ground = other->ambient_ground;
    for (int i = 0; i < CM_LIGHT_LOBES; i++) {
        m->lobe_direction[i] = other->lobe_direction[i];
        m->lobe_color[i] = other->lobe_color[i];
    }
}
