/* The face on the front of the head: sockets, nose, cheeks, lips, chin; and what expression does to them. */
#include "head_shape.h"

static float nose_relief(const cm_nose_traits *n, float x, float y)
{
    float along = cm_clamp((0.6f - y) / (n->length + 0.6f), 0.0f, 1.3f);
    float ridge = cm_mix(n->bridge, n->forward, along * along * (1.6f - 0.6f * along));
    ridge *= cm_step(1.9f, -0.5f, y);
    float under = n->length + 0.75f - 0.5f * n->upturn;
    ridge *= cm_step(-under - 0.15f, -n->length + 0.35f + n->upturn, y);
    float width = cm_mix(n->bridge_width, 0.62f * n->width, cm_clamp(along, 0.0f, 1.0f));
    float relief = ridge * cm_bell(x, width);
    relief += 0.34f * cm_bell2(x, y + n->length - 0.1f, n->tip, 0.62f);
    float wing = fabsf(x) - (n->width - 0.45f);
    relief += 0.95f * cm_bell2(wing, y + n->length + 0.12f, 0.48f, 0.50f);
    relief -= 0.16f * cm_bell2(fabsf(x) - n->width - 0.12f, y + n->length + 0.05f, 0.24f, 0.6f);
    return relief;
}

static float eye_relief(const cm_traits *t, const cm_moment *m, float x, float y)
{
    const cm_eye_traits *e = &t->eye;
    float side = fabsf(x);
    float relief = -e->depth * cm_bell2(side - e->apart + 0.25f, y - 0.35f, 1.75f, 1.05f);
    relief += 0.48f * cm_bell2(side - e->apart, y + 0.02f, 1.15f, 0.72f);
    relief -= 0.30f * cm_bell2(side - (e->apart - e->width - 0.15f), y + 0.1f, 0.45f, 0.6f);
    float brow = t->brow.height + m->brow_raise;
    relief += t->head.brow_ridge * cm_bell2(side - 2.5f, y - brow + 0.15f, 2.3f, 0.75f);
    relief += 0.16f * cm_bell2(side - e->apart, y - brow + 0.55f, 1.9f, 0.4f); /* fold above the lid */
    relief -= (0.07f + 0.14f * e->bag) * cm_bell2(side - e->apart + 0.4f, y + 1.35f, 1.3f, 0.3f);
    relief -= 0.25f * cm_bell2(side - 6.6f, y - 2.3f, 1.0f, 2.2f); /* temple */
    return relief;
}

/* Distance from the fold that runs from the nose's wing past the mouth's corner, and how strongly it is there. */
static float fold_relief(const cm_traits *t, const cm_moment *m, float x, float y)
{
    float top = -t->nose.length + 0.1f, bottom = -t->mouth.drop - 0.4f;
    float along = cm_clamp((top - y) / (top - bottom), 0.0f, 1.0f);
    float smile = cm_clamp(m->smile, 0.0f, 1.0f);
    float center = cm_mix(t->nose.width + 0.25f, t->mouth.width + 0.95f + 0.3f * smile, along * (1.4f - 0.4f * along));
    float strength = (0.05f + 0.13f * t->wrinkles + 0.20f * smile) * cm_step(top + 0.8f, top - 0.3f, y) *
                     cm_step(bottom - 0.8f, bottom + 0.6f, y);
    float away = fabsf(x) - center;
    return strength * (cm_bell(away - 0.55f, 0.55f) * 0.9f - cm_bell(away, 0.30f));
}

static float mouth_relief(const cm_traits *t, const cm_moment *m, float x, float y)
{
    const cm_mouth_traits *k = &t->mouth;
    float half = cm_mouth_half_width(t, m), across = cm_clamp(1.0f - (x / half) * (x / half), 0.0f, 1.0f);
    float line = cm_mouth_line(t, m, x), away = y - line;
    float relief = 0.60f * cm_bell2(x, y + k->drop - 0.3f, 3.0f, 2.0f);
    relief += k->fullness * across * cm_bell(away - 0.5f * k->upper, 0.62f * k->upper);
    relief += 1.15f * k->fullness * across * cm_bell(away + 0.5f * k->lower, 0.62f * k->lower);
    relief -= 0.26f * cm_bell(away, 0.13f) * cm_step(half + 0.25f, half - 0.3f, fabsf(x));
    relief -= 0.22f * cm_bell2(fabsf(x) - half, y - cm_mouth_line(t, m, half), 0.35f, 0.35f);
    relief -= 0.11f * cm_bell2(x, y + 0.5f * (t->nose.length + k->drop) + 0.35f, 0.30f, 0.75f); /* philtrum */
    relief -= 0.42f * cm_bell2(x, y + k->drop + 1.75f, 2.1f, 0.55f);
    return relief;
}

float cm_face_relief(const cm_traits *t, const cm_moment *m, float x, float y)
{
    const cm_head_traits *h = &t->head;
    float side = fabsf(x), smile = cm_clamp(m->smile, 0.0f, 1.0f);
    float relief = nose_relief(&t->nose, x, y) + eye_relief(t, m, x, y);
    relief += fold_relief(t, m, x, y) + mouth_relief(t, m, x, y);
    relief += (h->cheekbone + 0.35f * smile) * cm_bell2(side - 4.3f, y + 2.7f, 1.9f, 1.5f);
    relief += h->cheek_fullness * cm_bell2(side - 4.3f, y + 5.6f, 2.2f, 2.4f);
    relief += 0.55f * cm_bell2(x, y + 10.4f + h->chin_length, 1.6f * h->chin_width, 1.0f);
    return relief;
}

float cm_mouth_half_width(const cm_traits *t, const cm_moment *m)
{
    return t->mouth.width * (1.0f + 0.17f * m->smile - 0.06f * m->open);
}

float cm_mouth_line(const cm_traits *t, const cm_moment *m, float x)
{
    float across = x / cm_mouth_half_width(t, m);
    float bend = across * across;
    return -t->mouth.drop + (0.50f * m->smile - 0.05f) * (bend < 1.5f ? bend : 1.5f);
}

cm_vec3 cm_face_expression(const cm_traits *t, const cm_moment *m, cm_vec3 rest)
{
    float line = cm_mouth_line(t, m, rest.x);
    /* the skin between the lips, CM_MOUTH_SEAM at rest, is stretched into the opening */
    float lower = cm_step(line, line - CM_MOUTH_SEAM, rest.y) * cm_step(1.0f, 5.0f, rest.z);
    float across = rest.x / cm_mouth_half_width(t, m);
    lower *= sqrtf(cm_clamp(1.0f - across * across, 0.0f, 1.0f));
    float jaw = cm_step(line + 0.5f, line - 2.5f, rest.y) * cm_step(1.0f, 5.0f, rest.z);
    lower = lower > jaw ? lower : jaw;
    cm_vec3 p = rest;
    p.y -= 0.75f * m->open * lower;
    p.z -= 0.25f * m->open * lower;
    float smile = cm_clamp(m->smile, 0.0f, 1.0f);
    p.y += 0.22f * smile * cm_bell2(fabsf(rest.x) - 4.2f, rest.y + 4.3f, 2.0f, 2.0f);
    return p;
}

cm_vec3 cm_face_point(const cm_traits *t, const cm_moment *m, float x, float y)
{
    cm_vec3 p = cm_v3(x, y, cm_head_depth(t, x, y));
    p.z += cm_face_relief(t, m, x, y);
    return cm_face_expression(t, m, p);
}
