#include "mesh.h"

#include <stdlib.h>

static bool reserve(cm_mesh *mesh, int vertices, int triangles)
{
    int need = mesh->vertex_count + vertices;
    if (need > mesh->vertex_capacity) {
        cm_vertex *grown = realloc(mesh->vertices, (size_t)need * sizeof *grown);
        if (!grown)
            return false;
        mesh->vertices = grown;
        mesh->vertex_capacity = need;
    }
    need = mesh->triangle_count + triangles;
    if (need > mesh->triangle_capacity) {
        cm_triangle *grown = realloc(mesh->triangles, (size_t)need * sizeof *grown);
        if (!grown)
            return false;
        mesh->triangles = grown;
        mesh->triangle_capacity = need;
    }
    return true;
}

/* Normals of a rows x columns grid of vertices by central differences. */
static void grid_normals(cm_vertex *grid, int rows, int columns, bool closed)
{
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < columns; j++) {
            int up = i > 0 ? i - 1 : i, down = i < rows - 1 ? i + 1 : i;
            int left = j > 0 ? j - 1 : (closed ? columns - 1 : j);
            int right = j < columns - 1 ? j + 1 : (closed ? 0 : j);
            cm_vec3 along = cm_sub(grid[down * columns + j].position, grid[up * columns + j].position);
            cm_vec3 across = cm_sub(grid[i * columns + right].position, grid[i * columns + left].position);
            grid[i * columns + j].normal = cm_unit(cm_cross(along, across));
        }
}

static void grid_triangles(cm_mesh *mesh, uint32_t base, int rows, int columns, bool closed, cm_material material)
{
    int last = closed ? columns : columns - 1;
    for (int i = 0; i + 1 < rows; i++)
        for (int j = 0; j < last; j++) {
            uint32_t a = base + (uint32_t)(i * columns + j), b = base + (uint32_t)(i * columns + (j + 1) % columns);
            uint32_t c = a + (uint32_t)columns, d = b + (uint32_t)columns;
            mesh->triangles[mesh->triangle_count++] = (cm_triangle){{a, b, c}, (uint32_t)material};
            mesh->triangles[mesh->triangle_count++] = (cm_triangle){{b, d, c}, (uint32_t)material};
        }
}

bool cm_mesh_add_surface(cm_mesh *mesh, int rows, int columns, bool closed, cm_material material, cm_surface *surface,
                         const void *context)
{
    if (!reserve(mesh, rows * columns, 2 * rows * columns))
        return false;
    cm_vertex *grid = mesh->vertices + mesh->vertex_count;
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < columns; j++) {
            cm_vertex *vertex = &grid[i * columns + j];
            float u = (float)i / (float)(rows - 1), v = (float)j / (float)(closed ? columns : columns - 1);
            surface(context, u, v, &vertex->position, &vertex->rest);
            vertex->ambient = cm_v3(0.0f, 0.0f, 0.0f);
        }
    grid_normals(grid, rows, columns, closed);
    grid_triangles(mesh, (uint32_t)mesh->vertex_count, rows, columns, closed, material);
    mesh->vertex_count += rows * columns;
    return true;
}

void cm_mesh_free(cm_mesh *mesh)
{
    free(mesh->vertices);
    free(mesh->triangles);
    *mesh = (cm_mesh){0};
}

static cm_vec3 apply(const cm_vec3 rows[3], cm_vec3 p)
{
    return cm_v3(cm_dot(rows[0], p), cm_dot(rows[1], p), cm_dot(rows[2], p));
}

cm_turn cm_turn_make(float yaw, float pitch, float roll, cm_vec3 pivot)
{
    float cy = cosf(yaw), sy = sinf(yaw), cp = cosf(pitch), sp = sinf(pitch), cr = cosf(roll), sr = sinf(roll);
    cm_turn turn = {.pivot = pivot};
    /* roll in the picture's plane, after yaw, after pitch */
    cm_vec3 yaw_pitch[3] = {{cy, -sy * sp, sy * cp}, {0.0f, cp, sp}, {-sy, -cy * sp, cy * cp}};
    turn.rows[0] = cm_add(cm_scale(yaw_pitch[0], cr), cm_scale(yaw_pitch[1], sr));
    turn.rows[1] = cm_sub(cm_scale(yaw_pitch[1], cr), cm_scale(yaw_pitch[0], sr));
    turn.rows[2] = yaw_pitch[2];
    return turn;
}

cm_vec3 cm_turn_point(const cm_turn *turn, cm_vec3 point)
{
    return cm_add(apply(turn->rows, cm_sub(point, turn->pivot)), turn->pivot);
}

void cm_mesh_turn(cm_mesh *mesh, int first, const cm_turn *turn)
{
    for (int i = first; i < mesh->vertex_count; i++) {
        cm_vertex *vertex = &mesh->vertices[i];
        vertex->position = cm_turn_point(turn, vertex->position);
        vertex->normal = apply(turn->rows, vertex->normal);
    }
}
