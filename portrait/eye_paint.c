/* Eyes and brows. */
#include "paint.h"
#include "portrait_random.h"

static const float IRIS_RADIUS = 0.60f, BALL_RADIUS = 1.22f;

typedef struct opening {
    float out;         /* distance from the eye's middle, positive towards the temple */
    float upper, lower; /* how far the point lies below the upper lid's edge, above the lower one's */
    float across;      /* 1 in the middle, 0 at and beyond the corners */
} opening;

static opening eye_opening(const cm_traits *t, const cm_moment *m, float x, float y)
{
    const cm_eye_traits *e = &t->eye;
    float smile = cm_clamp(m->smile, 0.0f, 1.0f);
    opening o;
    o.out = fabsf(x) - e->apart;
    float level = y - e->tilt * o.out, u = o.out / e->width;
    o.across = cm_clamp(1.0f - u * u, 0.0f, 1.0f);
    float skew = (u + 0.12f) / 1.12f; /* the upper lid is highest a little towards the nose */
    float arch = cm_clamp(1.0f - skew * skew, 0.0f, 1.0f);
    o.upper = 1.12f * e->height * m->lids * powf(arch, 0.72f) - level;
    o.lower = level + (0.85f - 0.22f * smile) * e->height * o.across;
    return o;
}

static cm_vec3 iris_color(const cm_traits *t, float dx, float dy, float radius)
{
    float spoke = cm_noise(atan2f(dy, dx) * 7.0f, radius * 2.0f, t->skin_pattern);
    cm_vec3 color = cm_scale(t->eye.iris, 1.1f + 0.35f * spoke + 0.5f * cm_step(0.1f, -0.5f, dy));
    color = cm_scale(color, cm_mix(1.0f, 0.25f, cm_step(0.78f, 1.0f, radius / IRIS_RADIUS)));
    float pupil = 0.24f;
    return cm_mix3(cm_v3(0.004f, 0.004f, 0.004f), color, cm_step(pupil - 0.05f, pupil + 0.05f, radius));
}

static cm_paint eyeball(const cm_traits *t, const cm_moment *m, float x, float y, const opening *o)
{
    float sign = x < 0.0f ? -1.0f : 1.0f;
    float dx = x - sign * t->eye.apart - m->gaze_x, dy = y - m->gaze_y - 0.03f;
    float radius = sqrtf(dx * dx + dy * dy);
    cm_vec3 white = cm_mix3(cm_v3(0.58f, 0.54f, 0.51f), cm_v3(0.50f, 0.33f, 0.29f), 1.0f - cm_step(0.0f, 0.45f, o->across));
    float in_iris = cm_step(IRIS_RADIUS + 0.05f, IRIS_RADIUS - 0.05f, radius);
    cm_paint p = {.albedo = cm_mix3(white, iris_color(t, dx, dy, radius), in_iris), .shine = 1.6f, .gloss = 220.0f};
    p.covered = 0.62f * cm_step(0.45f, -0.05f, o->upper) + 0.15f * (1.0f - o->across);
    float bx = (x - sign * t->eye.apart) / BALL_RADIUS, by = y / BALL_RADIUS;
    p.normal = cm_unit(cm_v3(bx, by, sqrtf(cm_clamp(1.0f - bx * bx - by * by, 0.05f, 1.0f))));
    p.rounded = 1.0f;
    return p;
}

void cm_paint_eye(const cm_traits *t, const cm_moment *m, float x, float y, cm_paint *paint)
{
    const cm_eye_traits *e = &t->eye;
    if (fabsf(fabsf(x) - e->apart) > 2.4f || fabsf(y) > 2.2f)
        return;
    opening o = eye_opening(t, m, x, y);
    float near_lid = cm_step(e->width + 0.35f, e->width - 0.25f, fabsf(o.out));
    /* skin of lids and socket */
    float lid = near_lid * cm_bell(o.upper + 0.30f, 0.40f);
    float socket = cm_bell2(o.out + 0.4f, y - 0.45f, 1.9f, 0.9f);
    float shade = 1.0f - 0.14f * socket - 0.10f * lid - (0.06f + 0.13f * e->bag) * near_lid * cm_bell(o.lower + 0.55f, 0.40f);
    shade *= 1.0f - (0.20f + 0.32f * e->crease) * near_lid * cm_bell(o.upper + 0.42f, 0.10f);
    paint->albedo = cm_tint(paint->albedo, cm_v3(shade, shade * (1.0f - 0.05f * socket), shade * (1.0f - 0.03f * socket)));
    float depth = o.upper < o.lower ? o.upper : o.lower;
    float inside = cm_step(-0.05f, 0.06f, depth);
    if (inside > 0.0f) {
        cm_paint ball = eyeball(t, m, x, y, &o);
        paint->albedo = cm_mix3(paint->albedo, ball.albedo, inside);
        paint->shine = cm_mix(paint->shine, ball.shine, inside);
        paint->gloss = cm_mix(paint->gloss, ball.gloss, inside);
        paint->covered = cm_mix(paint->covered, ball.covered, inside);
        paint->translucent *= 1.0f - inside;
        paint->normal = ball.normal;
        paint->rounded = inside;
    }
    /* lashes: a dark edge on the upper lid, a faint one on the lower */
    float edge = cm_step(e->width + 0.22f, e->width - 0.1f, fabsf(o.out));
    float upper = (0.62f + 0.33f * e->lashes) * edge * cm_bell(o.upper + 0.03f, 0.075f + 0.055f * e->lashes);
    float lower = (0.22f + 0.25f * e->lashes) * edge * cm_bell(o.lower + 0.02f, 0.075f) * cm_step(-0.9f, 0.6f, o.out);
    float dark = cm_clamp(upper + lower, 0.0f, 1.0f);
    paint->albedo = cm_mix3(paint->albedo, cm_v3(0.014f, 0.009f, 0.007f), dark);
    paint->shine *= 1.0f - dark;
}

void cm_paint_brow(const cm_traits *t, const cm_moment *m, float x, float y, cm_paint *paint)
{
    const cm_brow_traits *b = &t->brow;
    float out = fabsf(x) - t->eye.apart;
    float along = (out + b->inner) / (b->inner + b->length);
    if (along < -0.1f || along > 1.1f || fabsf(y - b->height) > 2.0f)
        return;
    float center = b->height + m->brow_raise + b->tilt * out + b->arch * (0.55f - 2.4f * (along - 0.6f) * (along - 0.6f));
    float thickness = b->thickness * (0.85f + 0.45f * along) * (1.0f - 0.80f * cm_step(0.45f, 1.0f, along));
    float streak = cm_noise(along * 48.0f + 14.0f * (y - center), (y - center) * 2.2f, t->skin_pattern + 11u);
    float ragged = 0.16f * streak;
    float body = cm_step(1.15f, 0.45f, fabsf(y - center) / thickness + ragged);
    float density = body * b->density * cm_step(-0.04f, 0.16f, along) * cm_step(1.04f, 0.9f, along);
    density *= 0.80f + 0.30f * streak;
    density = cm_clamp(density, 0.0f, 1.0f);
    paint->albedo = cm_mix3(paint->albedo, t->brow_color, 0.92f * density);
    paint->shine *= 1.0f - 0.8f * density;
}
