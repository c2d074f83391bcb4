/* Glasses: tubes along the rims, the bridge and the temples. */
#include "head_shape.h"
#include "person.h"

static const float PI = 3.14159265f;

enum { RING = 0, BRIDGE = 1, TEMPLE = 2 };

typedef struct tube {
    const cm_traits *traits;
    int kind;
    float sign; /* -1: the picture's left */
    float depth;
} tube;

static cm_vec3 rim_point(const tube *part, float angle)
{
    const cm_traits *t = part->traits;
    float power = t->glasses_square, c = cosf(angle), s = sinf(angle);
    float radius = powf(powf(fabsf(c), power) + powf(fabsf(s), power), -1.0f / power);
    float x = t->eye.apart + 0.1f + t->glasses_width * c * radius;
    float y = -0.25f + t->glasses_height * s * radius;
    return cm_v3(part->sign * x, y, part->depth - 0.035f * x * x);
}

static cm_vec3 path(const tube *part, float along)
{
    if (part->kind == RING)
        return rim_point(part, 2.0f * PI * along);
    cm_vec3 inner = rim_point(part, PI - 0.25f), outer = rim_point(part, 0.3f);
    if (part->kind == BRIDGE) {
        float x = cm_mix(-inner.x, inner.x, along), rise = 4.0f * along * (1.0f - along);
        return cm_v3(x, inner.y + 0.25f * rise, inner.z + 0.5f * rise);
    }
    float ear = part->sign * 7.55f * part->traits->head.width;
    float bent = cm_clamp(along * 3.0f, 0.0f, 1.0f);
    return cm_v3(cm_mix(outer.x, ear, bent), cm_mix(outer.y, 0.35f, along), cm_mix(outer.z, -2.0f, along));
}

static void tube_surface(const void *context, float u, float v, cm_vec3 *point, cm_vec3 *rest)
{
    const tube *part = context;
    cm_vec3 at = path(part, u), ahead = path(part, u + 0.01f);
    cm_vec3 along = cm_unit(cm_sub(ahead, at));
    cm_vec3 helper = fabsf(along.z) < 0.8f ? cm_v3(0.0f, 0.0f, 1.0f) : cm_v3(0.0f, 1.0f, 0.0f);
    cm_vec3 side = cm_unit(cm_cross(along, helper)), other = cm_cross(side, along);
    float radius = part->kind == RING ? part->traits->glasses_rim : 0.8f * part->traits->glasses_rim;
    float c = radius * cosf(2.0f * PI * v), s = radius * sinf(2.0f * PI * v);
    *point = cm_add(at, cm_add(cm_scale(side, c), cm_scale(other, s)));
    *rest = at;
}

bool cm_person_add_glasses(cm_person *person)
{
    const cm_traits *t = &person->traits;
    if (!t->glasses)
        return true;
    float nose = cm_face_point(t, &person->moment, 0.0f, -0.6f).z;
    tube part = {t, RING, 1.0f, nose + 0.35f};
    bool made = true;
    for (int side = -1; side <= 1 && made; side += 2) {
        part.sign = (float)side;
        part.kind = RING;
        made = cm_mesh_add_surface(&person->mesh, 72, 8, true, CM_MATERIAL_RIM, tube_surface, &part);
        part.kind = TEMPLE;
        made = made && cm_mesh_add_surface(&person->mesh, 24, 8, true, CM_MATERIAL_RIM, tube_surface, &part);
    }
    part.kind = BRIDGE;
    return made && cm_mesh_add_surface(&person->mesh, 12, 8, true, CM_MATERIAL_RIM, tube_surface, &part);
}
