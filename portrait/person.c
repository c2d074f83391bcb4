#include "person.h"

#include "head_shape.h"

static const float PI = 3.14159265f;

/* Columns lie closer together on the face than at the back. */
static float column_angle(float v)
{
    float q = 2.0f * v - 1.0f;
    return PI * q * (0.42f + 0.58f * q * q);
}

static void head_surface(const void *context, float u, float v, cm_vec3 *point, cm_vec3 *rest)
{
    const cm_person *person = context;
    float angle = column_angle(v);
    cm_section section = cm_head_section(&person->traits, u);
    cm_vec3 base = cm_section_point(&section, angle);
    *rest = base;
    float front = cm_step(1.75f, 0.9f, fabsf(angle)) * cm_step(0.0f, 3.0f, section.width + 1.5f);
    if (front > 0.0f) {
        base = cm_face_expression(&person->traits, &person->moment, base);
        base.z += front * cm_face_relief(&person->traits, &person->moment, rest->x, rest->y);
    }
    *point = base;
}

/* An ear: a flattened half shell that stands off the head; its rest position is relative to its own centre. */
static void ear_point(const cm_traits *t, float sign, float u, float v, cm_vec3 *point, cm_vec3 *rest)
{
    float latitude = (u - 0.5f) * PI, longitude = 2.0f * PI * v;
    cm_vec3 shell = cm_v3(0.42f * cosf(latitude) * sinf(longitude), sinf(latitude), cosf(latitude) * cosf(longitude));
    float lobe = cm_mix(1.0f, 0.62f, cm_step(0.2f, -1.0f, shell.y));
    cm_vec3 local = cm_v3(shell.x * 1.3f, 3.05f * shell.y * t->ear_size, 1.75f * shell.z * lobe * t->ear_size);
    float rim = sqrtf(shell.y * shell.y + shell.z * shell.z);
    if (shell.x > 0.0f)
        local.x -= 0.55f * cm_step(0.85f, 0.3f, rim); /* the hollow */
    *rest = cm_v3(rim, shell.y, shell.z);
    float flare = t->ear_flare, lean = 0.18f;
    cm_vec3 flared = cm_v3(local.x * cosf(flare) - local.z * sinf(flare), local.y, local.z * cosf(flare) + local.x * sinf(flare));
    cm_vec3 leaned = cm_v3(flared.x, flared.y, flared.z - lean * flared.y);
    float base = cm_head_section(t, cm_head_row(t, -1.3f)).width;
    *point = cm_v3(sign * (base + 0.55f + leaned.x), leaned.y - 1.3f, leaned.z - 1.0f);
}

/* Mirrored, the left ear runs through v the other way to face outwards too. */
static void right_ear_surface(const void *context, float u, float v, cm_vec3 *point, cm_vec3 *rest)
{
    ear_point(&((const cm_person *)context)->traits, 1.0f, 1.0f - u, v, point, rest);
}

static void left_ear_surface(const void *context, float u, float v, cm_vec3 *point, cm_vec3 *rest)
{
    ear_point(&((const cm_person *)context)->traits, -1.0f, 1.0f - u, 1.0f - v, point, rest);
}

/* Neck, shoulders, chest of an average person, downwards. */
static const cm_section BODY[] = {
    {-4.0f, 5.0f, 2.6f, -7.5f, -1.6f, 2.1f},   {-7.0f, 5.2f, 2.8f, -7.6f, -2.0f, 2.1f},
    {-10.0f, 5.3f, 2.6f, -7.8f, -2.4f, 2.1f},  {-13.0f, 5.5f, 2.2f, -8.2f, -2.8f, 2.1f},
    {-15.2f, 6.5f, 2.2f, -8.8f, -3.2f, 2.1f},  {-16.8f, 9.0f, 2.9f, -9.4f, -3.4f, 2.1f},
    {-18.4f, 14.0f, 4.2f, -10.0f, -3.6f, 2.2f}, {-20.4f, 18.3f, 5.6f, -10.6f, -3.5f, 2.3f},
    {-23.5f, 20.5f, 7.0f, -11.0f, -3.2f, 2.4f}, {-28.0f, 21.3f, 8.4f, -11.2f, -3.0f, 2.5f},
    {-36.0f, 21.3f, 9.2f, -11.0f, -2.6f, 2.5f},
    {-52.0f, 20.6f, 9.2f, -10.8f, -2.4f, 2.5f}, {-84.0f, 20.0f, 9.0f, -10.5f, -2.0f, 2.5f},
    {-140.0f, 20.0f, 9.0f, -10.5f, -2.0f, 2.5f},
};
enum { BODY_COUNT = sizeof BODY / sizeof BODY[0] };

static void body_surface(const void *context, float u, float v, cm_vec3 *point, cm_vec3 *rest)
{
    const cm_person *person = context;
    const cm_traits *t = &person->traits;
    cm_section s = cm_section_between(BODY, BODY_COUNT, u);
    float neck = t->neck_width / 5.3f, shoulder = t->shoulder_width / 20.5f;
    s.width *= cm_mix(neck, shoulder, cm_step(-13.0f, -19.0f, s.y));
    s.back *= cm_mix(neck, 1.0f, cm_step(-10.0f, -17.0f, s.y));
    cm_vec3 p = cm_section_point(&s, column_angle(v));
    *rest = p;
    /* the two muscles that run from behind the ears to the breastbone, and the windpipe between */
    float height = cm_clamp((-7.0f - p.y) / 8.5f, 0.0f, 1.0f), on_neck = cm_step(-17.5f, -14.5f, p.y);
    float front = cm_step(-1.0f, 1.5f, p.z) * on_neck;
    p.z += front * (0.55f * cm_bell(fabsf(p.x) - cm_mix(4.2f, 0.9f, height), 0.9f) + 0.35f * cm_bell(p.x, 1.0f) * (1.0f - height));
    float collar_bone = cm_bell(p.y + 17.2f + 0.10f * fabsf(p.x), 0.7f) * cm_step(9.0f, 5.0f, fabsf(p.x)) * cm_step(0.6f, 1.5f, fabsf(p.x));
    p.z += 0.45f * collar_bone * cm_step(0.0f, 2.0f, p.z);
    *point = p;
}

bool cm_person_build(cm_person *person, const cm_portrait_options *options)
{
    *person = (cm_person){0};
    cm_traits_from_seed(&person->traits, options->identity);
    cm_moment_from_options(&person->moment, options);
    const cm_moment *m = &person->moment;
    cm_mesh *mesh = &person->mesh;
    bool made = cm_mesh_add_surface(mesh, 190, 200, true, CM_MATERIAL_SKIN, head_surface, person) &&
                cm_mesh_add_surface(mesh, 26, 32, true, CM_MATERIAL_EAR, right_ear_surface, person) &&
                cm_mesh_add_surface(mesh, 26, 32, true, CM_MATERIAL_EAR, left_ear_surface, person) &&
                cm_person_add_hair(person) && cm_person_add_glasses(person);
    if (!made)
        return false;
    person->head_turn = cm_turn_make(m->yaw, m->pitch, m->roll, cm_v3(0.0f, -7.0f, -2.5f));
    cm_mesh_turn(mesh, 0, &person->head_turn);
    int first = mesh->vertex_count;
    if (!cm_mesh_add_surface(mesh, 100, 90, true, CM_MATERIAL_BODY, body_surface, person))
        return false;
    person->body_turn = cm_turn_make(0.35f * m->yaw, 0.0f, 0.2f * m->roll, cm_v3(0.0f, -10.0f, -2.5f));
    cm_mesh_turn(mesh, first, &person->body_turn);
    return true;
}

void cm_person_free(cm_person *person)
{
    cm_mesh_free(&person->mesh);
}
