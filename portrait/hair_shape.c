/* Hair: a shell over the head that dives below the skin where no hair grows, so that the hairline is where the two surfaces cross. */
#include "head_shape.h"
#include "person.h"
#include "portrait_random.h"

static const float PI = 3.14159265f;

static float smaller(float a, float b)
{
    return a < b ? a : b;
}

static float larger(float a, float b)
{
    return a > b ? a : b;
}

float cm_hair_region(const cm_traits *t, float angle, float y)
{
    const cm_hair_traits *h = &t->hair;
    float side = fabsf(angle), turn = cm_clamp(side / 1.15f, 0.0f, 1.5f);
    float line = h->line - h->line_round * turn * turn + h->fringe * angle * 4.0f;
    line += h->recession * cm_bell(side - 0.55f, 0.32f);
    if (h->bald)
        line += 9.0f * cm_step(1.9f, 0.9f, side);
    float above = y - line;
    /* the edge beside the face: over the temple, before the ear, behind it */
    float edge = y > h->sideburn ? cm_mix(1.30f, 1.12f, cm_step(0.5f, 5.0f, y)) : cm_mix(1.30f, 1.92f, cm_step(h->sideburn, h->sideburn - 0.8f, y));
    float beside = (side - edge) * 7.0f;
    float nape = y + 7.5f;
    return smaller(larger(above, beside), nape);
}

/* A shell grown over the head's section, `u` reaching the nape, thickness by region. */
static void cap_surface(const void *context, float u, float v, cm_vec3 *point, cm_vec3 *rest)
{
    const cm_person *person = context;
    const cm_traits *t = &person->traits;
    const cm_hair_traits *h = &t->hair;
    float angle = PI * (2.0f * v - 1.0f);
    cm_section s = cm_head_section(t, 0.72f * u);
    *rest = cm_v3(angle, s.y, 1.0f);
    float region = cm_hair_region(t, angle, s.y);
    region += (0.35f + 0.6f * h->curl) * cm_noise_octaves(angle * 5.0f, s.y * 0.9f, h->pattern, 3);
    region += 0.30f * cm_noise(angle * 26.0f, s.y * 0.3f, h->pattern + 1u); /* locks along the edge */
    float thickness = cm_mix(h->side, h->top, cm_step(2.0f, 9.5f, s.y));
    if (h->bald)
        thickness = smaller(thickness, 0.3f);
    thickness *= 1.0f + 0.5f * h->curl * cm_noise_octaves(angle * 4.0f, s.y * 0.5f, h->pattern + 7u, 3);
    thickness *= 1.0f - 0.4f * cm_bell(angle - h->parting, 0.10f) * cm_step(h->line - 0.5f, h->line + 1.0f, s.y);
    thickness *= cm_mix(cm_step(-0.2f, 1.6f, region), cm_step(-0.2f, h->lift, region), cm_step(3.0f, 5.5f, s.y));
    thickness -= 0.45f * cm_step(0.25f, -0.25f, region) + 2.0f * cm_step(-0.4f, -2.5f, region); /* deeper than the sockets */
    s.width += thickness;
    s.front += thickness;
    s.back -= thickness;
    s.y += thickness * cm_step(4.0f, 11.5f, s.y);
    *point = cm_section_point(&s, angle);
    rest->z = cm_step(-0.2f, 1.8f, region);
}

/* Hanging hair: a curtain round head and neck from the temples down, open in front. */
static void curtain_surface(const void *context, float u, float v, cm_vec3 *point, cm_vec3 *rest)
{
    const cm_person *person = context;
    const cm_traits *t = &person->traits;
    const cm_hair_traits *h = &t->hair;
    float angle = PI * (2.0f * v - 1.0f), top = 6.5f;
    float y = cm_mix(top, h->length, u);
    cm_section s = cm_head_section(t, cm_head_row(t, larger(y, -3.0f)));
    float hang = cm_step(-1.0f, -7.0f, y);
    s.front = cm_mix(s.front, 3.0f, hang); /* behind the throat where it is open */
    s.back = cm_mix(s.back, -9.4f, hang);
    s.width = larger(s.width, cm_mix(s.width, 6.9f, hang));
    float wave = cm_noise_octaves(angle * 3.0f, y * 0.25f, h->pattern + 3u, 3);
    float lock = cm_noise(angle * 14.0f, y * 0.08f, h->pattern + 5u);
    float thickness = h->side * (1.0f + 0.8f * h->curl * wave) + 0.14f * lock + 0.6f * hang * h->curl;
    thickness *= cm_step(top + 0.1f, top - 4.0f, y);
    float opening = h->opening * PI / 180.0f + 0.10f * wave + 0.02f * lock;
    float open = cm_step(opening + 0.06f, opening - 0.06f, fabsf(angle));
    float end = cm_step(1.0f, 0.97f, u); /* the ends turn in */
    thickness -= (0.6f + 0.3f * lock) * cm_step(0.6f, 1.0f, u);
    s.width += thickness;
    s.front += thickness;
    s.back -= thickness;
    s.y = y + 0.4f * lock * u;
    /* where it is open, and below its end, the surface hides inside the neck */
    *point = cm_mix3(cm_section_point(&s, angle), cm_v3(0.0f, s.y, -2.5f), 0.9f * larger(open, 1.0f - end));
    *rest = cm_v3(angle, y, 1.0f);
}

bool cm_person_add_hair(cm_person *person)
{
    const cm_hair_traits *h = &person->traits.hair;
    if (!cm_mesh_add_surface(&person->mesh, 84, 150, true, CM_MATERIAL_HAIR, cap_surface, person))
        return false;
    return h->length > -6.0f || cm_mesh_add_surface(&person->mesh, 56, 150, true, CM_MATERIAL_HAIR, curtain_surface, person);
}
