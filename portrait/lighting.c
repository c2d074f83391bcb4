#include "lighting.h"

#include <stddef.h>

enum { AMBIENT_DIRECTIONS = 28, AMBIENT_CELLS = 160, SHADOW_CELLS = 512 };
static const float AMBIENT_RADIUS = 18.0f, SHADOW_RADIUS = 27.0f;

cm_vec3 cm_light_from(const cm_moment *m, cm_vec3 direction)
{
    cm_vec3 light = cm_mix3(m->ambient_ground, m->ambient_sky, cm_step(-0.7f, 0.8f, direction.y));
    for (int i = 0; i < CM_LIGHT_LOBES; i++) {
        float towards = cm_dot(direction, m->lobe_direction[i]);
        if (towards > 0.0f)
            light = cm_add(light, cm_scale(m->lobe_color[i], towards * towards * towards));
    }
    return light;
}

static void look_along(cm_shadow *s, cm_vec3 towards)
{
    cm_vec3 helper = fabsf(towards.y) < 0.9f ? cm_v3(0.0f, 1.0f, 0.0f) : cm_v3(1.0f, 0.0f, 0.0f);
    s->towards = towards;
    s->right = cm_unit(cm_cross(helper, towards));
    s->up = cm_cross(towards, s->right);
}

/* Scene -> map: x, y in cells, z nearness to the light in centimetres. */
static cm_vec3 to_map(const cm_shadow *s, cm_vec3 point)
{
    cm_vec3 p = cm_sub(point, s->center);
    float half = 0.5f * (float)s->map.width;
    return cm_v3(half + cm_dot(p, s->right) * s->cells, half + cm_dot(p, s->up) * s->cells, cm_dot(p, s->towards));
}

/* Every vertex into the four cells around it: dense enough for light from all around, and far cheaper than triangles. */
static void splat(cm_shadow *s, const cm_mesh *mesh)
{
    cm_raster_clear(&s->map, 0);
    for (int i = 0; i < mesh->vertex_count; i++) {
        cm_vec3 p = to_map(s, mesh->vertices[i].position);
        int x = (int)floorf(p.x), y = (int)floorf(p.y);
        if (x < 0 || y < 0 || x + 1 >= s->map.width || y + 1 >= s->map.height)
            continue;
        float *cell = s->map.nearness + (size_t)y * (size_t)s->map.width + (size_t)x;
        float *cells[4] = {cell, cell + 1, cell + s->map.width, cell + s->map.width + 1};
        for (int k = 0; k < 4; k++)
            if (*cells[k] < p.z)
                *cells[k] = p.z;
    }
}

/* 1 where nothing is in front of a point with nearness z, falling to 0 over half a centimetre beyond `bias`. */
static float passes(float nearest, float z, float bias)
{
    return cm_clamp(1.0f - 2.0f * (nearest - z - bias), 0.0f, 1.0f);
}

static void gather(const cm_shadow *s, cm_mesh *mesh, cm_vec3 light)
{
    for (int i = 0; i < mesh->vertex_count; i++) {
        cm_vertex *vertex = &mesh->vertices[i];
        float facing = cm_dot(vertex->normal, s->towards);
        if (facing <= 0.0f || vertex->normal.z < -0.4f) /* turned off the light, or off the camera */
            continue;
        cm_vec3 p = to_map(s, cm_add(vertex->position, cm_scale(vertex->normal, 0.15f)));
        int x = (int)floorf(p.x), y = (int)floorf(p.y);
        float reach = 1.0f;
        if (x >= 0 && y >= 0 && x + 1 < s->map.width && y + 1 < s->map.height) {
            const float *cell = s->map.nearness + (size_t)y * (size_t)s->map.width + (size_t)x;
            float u = p.x - (float)x, v = p.y - (float)y, bias = 0.30f;
            float low = cm_mix(passes(cell[0], p.z, bias), passes(cell[1], p.z, bias), u);
            cell += s->map.width;
            reach = cm_mix(low, cm_mix(passes(cell[0], p.z, bias), passes(cell[1], p.z, bias), u), v);
        }
        vertex->ambient = cm_add(vertex->ambient, cm_scale(light, facing * reach));
    }
}

bool cm_light_ambient(cm_person *person)
{
    cm_shadow s = {.center = cm_v3(0.0f, -3.0f, 0.0f), .cells = (float)AMBIENT_CELLS / (2.0f * AMBIENT_RADIUS)};
    bool made = cm_raster_create(&s.map, AMBIENT_CELLS, AMBIENT_CELLS, false);
    for (int i = 0; made && i < AMBIENT_DIRECTIONS; i++) {
        /* Fibonacci's spiral: even over the sphere */
        float height = 1.0f - (2.0f * (float)i + 1.0f) / (float)AMBIENT_DIRECTIONS;
        float around = 2.39996323f * (float)i, radius = sqrtf(1.0f - height * height);
        float depth = radius * sinf(around);
        if (depth < -0.75f)
            continue; /* from behind: what the camera sees is turned away from it */
        look_along(&s, cm_v3(radius * cosf(around), height, depth));
        splat(&s, &person->mesh);
        /* 4: the mean of facing over the sphere is a quarter */
        cm_vec3 light = cm_scale(cm_light_from(&person->moment, s.towards), 4.0f / (float)AMBIENT_DIRECTIONS);
        gather(&s, &person->mesh, light);
    }
    cm_raster_free(&s.map);
    return made;
}

bool cm_shadow_build(cm_shadow *s, const cm_person *person)
{
    *s = (cm_shadow){.center = cm_v3(0.0f, -7.0f, 0.0f), .cells = (float)SHADOW_CELLS / (2.0f * SHADOW_RADIUS)};
    if (!cm_raster_create(&s->map, SHADOW_CELLS, SHADOW_CELLS, false))
        return false;
    look_along(s, person->moment.key_direction);
    cm_raster_clear(&s->map, 0);
    const cm_mesh *mesh = &person->mesh;
    for (int i = 0; i < mesh->triangle_count; i++) {
        const cm_triangle *t = &mesh->triangles[i];
        cm_vec3 corners[3];
        for (int k = 0; k < 3; k++)
            corners[k] = to_map(s, mesh->vertices[t->corner[k]].position);
        cm_raster_triangle(&s->map, corners, 0);
    }
    return true;
}

void cm_shadow_free(cm_shadow *s)
{
    cm_raster_free(&s->map);
}

float cm_shadow_reach(const cm_shadow *s, cm_vec3 point, cm_vec3 normal, float softness)
{
    static const float taps[13][2] = {{0.0f, 0.0f},  {0.5f, 0.1f},   {-0.1f, 0.5f}, {-0.5f, -0.1f}, {0.1f, -0.5f},
                                      {0.7f, 0.7f},  {-0.7f, 0.7f},  {-0.7f, -0.7f}, {0.7f, -0.7f}, {1.0f, 0.0f},
                                      {0.0f, 1.0f},  {-1.0f, 0.0f},  {0.0f, -1.0f}};
    cm_vec3 p = to_map(s, cm_add(point, cm_scale(normal, 0.25f)));
    float radius = 0.5f * softness * s->cells, reach = 0.0f;
    for (int i = 0; i < 13; i++) {
        int x = (int)floorf(p.x + radius * taps[i][0] + 0.5f), y = (int)floorf(p.y + radius * taps[i][1] + 0.5f);
        if (x < 0 || y < 0 || x >= s->map.width || y >= s->map.height)
            reach += 1.0f;
        else
            reach += passes(s->map.nearness[(size_t)y * (size_t)s->map.width + (size_t)x], p.z, 0.15f + 0.25f * softness * fabsf(taps[i][0]));
    }
    return reach / 13.0f;
}
