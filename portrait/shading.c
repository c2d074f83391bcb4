#include "shading.h"

#include "paint.h"

bool cm_shading_begin(cm_shading *shading, const cm_person *person, float camera_distance)
{
    shading->person = person;
    shading->eye = cm_v3(0.0f, 0.0f, camera_distance);
    return cm_shadow_build(&shading->shadow, person);
}

void cm_shading_end(cm_shading *shading)
{
    cm_shadow_free(&shading->shadow);
}

static cm_paint paint_of(const cm_person *person, cm_vec3 rest, cm_material material)
{
    switch (material) {
    case CM_MATERIAL_SKIN:
        return cm_paint_skin(&person->traits, &person->moment, rest);
    case CM_MATERIAL_EAR:
        return cm_paint_ear(&person->traits, rest);
    case CM_MATERIAL_HAIR:
        return cm_paint_hair(&person->traits, rest);
    case CM_MATERIAL_BODY:
        return cm_paint_body(&person->traits, &person->moment, rest);
    default:
        return cm_paint_rim(&person->traits);
    }
}

/* Lambert's cosine, let round the edge by `wrap`. */
static float wrapped(float facing, float wrap)
{
    float lit = (facing + wrap) / (1.0f + wrap);
    return lit > 0.0f ? lit : 0.0f;
}

/* Light scattered under skin wraps round edges and into shadows, red furthest. */
static cm_vec3 diffuse_light(float facing, float reach, float translucent)
{
    float red = reach + 0.25f * translucent * (sqrtf(reach) - reach);
    return cm_v3(wrapped(facing, 0.05f + 0.28f * translucent) * red, wrapped(facing, 0.05f + 0.14f * translucent) * reach,
                 wrapped(facing, 0.05f + 0.08f * translucent) * reach);
}

static float highlight(cm_vec3 normal, cm_vec3 to_light, cm_vec3 to_eye, float gloss)
{
    float half = cm_dot(normal, cm_unit(cm_add(to_light, to_eye)));
    return half > 0.0f ? powf(half, gloss) * (0.25f + 0.03f * gloss) : 0.0f;
}

cm_vec3 cm_shade(const cm_shading *shading, const cm_vertex *point, cm_material material)
{
    const cm_person *person = shading->person;
    const cm_moment *m = &person->moment;
    cm_paint paint = paint_of(person, point->rest, material);
    cm_vec3 normal = point->normal;
    if (paint.rounded > 0.0f) {
        const cm_turn *turn = &person->head_turn;
        cm_vec3 own = cm_v3(cm_dot(turn->rows[0], paint.normal), cm_dot(turn->rows[1], paint.normal), cm_dot(turn->rows[2], paint.normal));
        normal = cm_unit(cm_mix3(normal, own, paint.rounded));
    }
    cm_vec3 to_eye = cm_unit(cm_sub(shading->eye, point->position));
    float facing = cm_dot(normal, m->key_direction), reach = 0.0f;
    if (facing > -0.4f)
        reach = cm_shadow_reach(&shading->shadow, point->position, point->normal, m->key_softness);
    cm_vec3 light = cm_tint(m->key_color, diffuse_light(facing, reach, paint.translucent));
    light = cm_scale(cm_add(light, point->ambient), 1.0f - paint.covered);
    cm_vec3 color = cm_tint(paint.albedo, light);
    /* highlights: the main light's, and the surroundings' at grazing angles */
    float grazing = 1.0f - cm_clamp(cm_dot(normal, to_eye), 0.0f, 1.0f);
    float fresnel = 0.04f + 0.5f * grazing * grazing * grazing * grazing;
    float shine = paint.shine * (1.0f - 0.5f * paint.covered);
    float spot = facing > 0.0f ? 0.5f * shine * reach * highlight(normal, m->key_direction, to_eye, paint.gloss) : 0.0f;
    color = cm_add(color, cm_scale(m->key_color, spot * (0.10f + fresnel)));
    return cm_add(color, cm_scale(point->ambient, shine * 0.5f * fresnel));
}
