/* Triangle meshes built from parametric surfaces; one mesh holds a whole scene, each triangle with its material. */
#ifndef CM_PORTRAIT_MESH_H
#define CM_PORTRAIT_MESH_H

#include <stdbool.h>
#include <stdint.h>

#include "vector.h"

typedef enum cm_material {
    CM_MATERIAL_NONE,
    CM_MATERIAL_SKIN,  /* head: painted by its rest position */
    CM_MATERIAL_EAR,
    CM_MATERIAL_HAIR,
    CM_MATERIAL_BODY,  /* neck and clothes: painted by its rest position */
    CM_MATERIAL_RIM,   /* glasses */
    CM_MATERIAL_COUNT
} cm_material;

typedef struct cm_vertex {
    cm_vec3 position; /* where it is in the scene */
    cm_vec3 normal;   /* unit, outwards */
    cm_vec3 rest;     /* where it was on the person at rest: what paint goes by */
    cm_vec3 ambient;  /* light from all sides that reaches it */
} cm_vertex;

typedef struct cm_triangle {
    uint32_t corner[3];
    uint32_t material;
} cm_triangle;

typedef struct cm_mesh {
    cm_vertex *vertices;
    cm_triangle *triangles;
    int vertex_count, triangle_count, vertex_capacity, triangle_capacity;
} cm_mesh;

/* A surface: (u, v) in 0..1 -> a point and its rest position. */
typedef void cm_surface(const void *context, float u, float v, cm_vec3 *point, cm_vec3 *rest);

/* A rotation and a shift about a pivot: p -> rows * (p - pivot) + pivot. */
typedef struct cm_turn {
    cm_vec3 rows[3];
    cm_vec3 pivot;
} cm_turn;

/* Adds rows x columns samples of a surface as triangles; columns close on themselves if `closed`. u runs along rows, v along columns;
 * d/du x d/dv must point outwards. False when memory is out (the mesh stays valid). */
bool cm_mesh_add_surface(cm_mesh *mesh, int rows, int columns, bool closed, cm_material material, cm_surface *surface,
                         const void *context);
void cm_mesh_free(cm_mesh *mesh);

/* Head turned by yaw (to the picture's right), pitch (up), roll (clockwise in the picture), radians. */
cm_turn cm_turn_make(float yaw, float pitch, float roll, cm_vec3 pivot);
cm_vec3 cm_turn_point(const cm_turn *turn, cm_vec3 point);
/* Turns all vertices from number `first` on. */
void cm_mesh_turn(cm_mesh *mesh, int first, const cm_turn *turn);

#endif
