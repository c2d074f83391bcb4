#include "head_shape.h"

/* An average head, crown to chin. */
static const cm_section HEAD[] = {
    {11.45f, 0.0f, -1.0f, -1.0f, -1.0f, 2.0f},  {11.25f, 2.2f, 1.4f, -3.9f, -1.0f, 2.0f},
    {10.45f, 4.1f, 4.2f, -6.4f, -1.0f, 2.0f},   {9.00f, 5.95f, 6.7f, -8.5f, -1.0f, 2.05f},
    {7.00f, 7.25f, 8.4f, -9.8f, -0.9f, 2.15f},  {4.80f, 7.60f, 9.1f, -10.2f, -0.8f, 2.2f},
    {2.50f, 7.60f, 9.3f, -10.1f, -0.5f, 2.3f},  {0.50f, 7.40f, 8.75f, -9.6f, -0.2f, 2.35f},
    {-1.50f, 7.15f, 8.7f, -8.6f, 0.0f, 2.3f},   {-3.50f, 6.85f, 8.8f, -7.0f, 0.3f, 2.2f},
    {-5.50f, 6.45f, 8.9f, -5.0f, 1.0f, 2.15f},  {-7.20f, 5.85f, 8.9f, -2.4f, 2.0f, 2.15f},
    {-8.80f, 5.0f, 8.6f, 0.5f, 3.6f, 2.2f},     {-10.20f, 3.9f, 8.5f, 3.0f, 5.0f, 2.3f},
    {-11.20f, 2.8f, 8.2f, 4.6f, 6.0f, 2.3f},    {-11.75f, 1.7f, 7.6f, 5.4f, 6.4f, 2.2f},
    {-11.95f, 0.0f, 6.6f, 6.6f, 6.6f, 2.0f},
};
enum { HEAD_COUNT = sizeof HEAD / sizeof HEAD[0] };

static float catmull(float a, float b, float c, float d, float t)
{
    return b + 0.5f * t * (c - a + t * (2.0f * a - 5.0f * b + 4.0f * c - d + t * (3.0f * (b - c) + d - a)));
}

cm_section cm_section_between(const cm_section *table, int count, float u)
{
    float place = cm_clamp(u, 0.0f, 1.0f) * (float)(count - 1);
    int i = (int)place;
    i = i > count - 2 ? count - 2 : i;
    float t = place - (float)i;
    const cm_section *b = &table[i], *c = b + 1, *a = i > 0 ? b - 1 : b, *d = i < count - 2 ? c + 1 : c;
    cm_section s = {catmull(a->y, b->y, c->y, d->y, t),
                    catmull(a->width, b->width, c->width, d->width, t),
                    catmull(a->front, b->front, c->front, d->front, t),
                    catmull(a->back, b->back, c->back, d->back, t),
                    catmull(a->middle, b->middle, c->middle, d->middle, t),
                    catmull(a->power, b->power, c->power, d->power, t)};
    s.width = s.width > 0.0f ? s.width : 0.0f;
    return s;
}

cm_section cm_head_section(const cm_traits *traits, float u)
{
    const cm_head_traits *h = &traits->head;
    cm_section s = cm_section_between(HEAD, HEAD_COUNT, u);
    float y = s.y;
    float scale = h->width * cm_mix(1.0f, h->cranium, cm_step(0.0f, 5.0f, y));
    scale *= 1.0f + (h->cheek - 1.0f) * cm_bell(y + 2.0f, 3.5f);
    scale *= 1.0f + (h->jaw - 1.0f) * cm_bell(y + 7.2f, 3.0f);
    scale *= 1.0f + (h->chin_width - 1.0f) * cm_step(-8.5f, -11.0f, y);
    s.width *= scale;
    s.power += (h->squareness - 2.4f) * cm_step(4.0f, -2.0f, y);
    float chin = cm_step(-8.0f, -11.0f, y);
    s.front += h->chin_forward * chin - 0.9f * h->forehead_slope * cm_step(2.5f, 8.5f, y) * cm_step(11.4f, 8.5f, y);
    s.y = y * h->height - h->chin_length * cm_step(-8.0f, -11.5f, y);
    return s;
}

float cm_head_row(const cm_traits *traits, float y)
{
    float low = 0.0f, high = 1.0f;
    for (int i = 0; i < 24; i++) {
        float middle = 0.5f * (low + high);
        if (cm_head_section(traits, middle).y > y)
            low = middle;
        else
            high = middle;
    }
    return 0.5f * (low + high);
}

cm_vec3 cm_section_point(const cm_section *s, float angle)
{
    float sine = sinf(angle), cosine = cosf(angle);
    float radius = powf(powf(fabsf(sine), s->power) + powf(fabsf(cosine), s->power), -1.0f / s->power);
    float depth = cosine > 0.0f ? s->front - s->middle : s->middle - s->back;
    return cm_v3(s->width * sine * radius, s->y, s->middle + depth * cosine * radius);
}

float cm_head_depth(const cm_traits *traits, float x, float y)
{
    cm_section s = cm_head_section(traits, cm_head_row(traits, y));
    float across = s.width > 0.0f ? cm_clamp(fabsf(x) / s.width, 0.0f, 1.0f) : 1.0f;
    return s.middle + (s.front - s.middle) * powf(1.0f - powf(across, s.power), 1.0f / s.power);
}
