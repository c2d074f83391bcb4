#include "camera.h"

#include <stdlib.h>

#include "raster.h"
#include "shading.h"

/* Samples a pixel along each axis; rows of pixels drawn at a time, so that memory does not grow with the picture. */
enum { SAMPLES = 2, BAND_ROWS = 128 };

cm_camera cm_camera_aim(const cm_moment *m, float x, float y, float head_height)
{
    const float head = 24.0f, depth = m->distance - 4.0f;
    return (cm_camera){m->distance, 0.0f, head_height * depth / head, x, y};
}

cm_vec3 cm_camera_project(const cm_camera *camera, cm_vec3 point)
{
    float near = 1.0f / (camera->distance - point.z);
    return cm_v3(camera->center_x + camera->focal * point.x * near, camera->center_y - camera->focal * (point.y - camera->eye_y) * near, near);
}

/* The mean of one surface's samples in a pixel. */
typedef struct blend {
    cm_vertex sum;
    int count;
} blend;

static void add_sample(blend *blends, const cm_mesh *mesh, const cm_vec3 *projected, uint32_t owner, float x, float y)
{
    const cm_triangle *t = &mesh->triangles[owner];
    cm_vec3 corners[3];
    for (int k = 0; k < 3; k++)
        corners[k] = projected[t->corner[k]];
    cm_vec3 w = cm_raster_weights(corners, x, y);
    float weights[3] = {w.x, w.y, w.z};
    blend *b = &blends[t->material];
    for (int k = 0; k < 3; k++) {
        const cm_vertex *v = &mesh->vertices[t->corner[k]];
        b->sum.position = cm_add(b->sum.position, cm_scale(v->position, weights[k]));
        b->sum.normal = cm_add(b->sum.normal, cm_scale(v->normal, weights[k]));
        b->sum.rest = cm_add(b->sum.rest, cm_scale(v->rest, weights[k]));
        b->sum.ambient = cm_add(b->sum.ambient, cm_scale(v->ambient, weights[k]));
    }
    b->count++;
}

static void resolve_pixel(const cm_raster *raster, const cm_vec3 *projected, const cm_shading *shading, int column, int band_row,
                          cm_vec3 *light)
{
    blend blends[CM_MATERIAL_COUNT] = {0};
    int covered = 0;
    for (int k = 0; k < SAMPLES * SAMPLES; k++) {
        int sx = column * SAMPLES + k % SAMPLES, sy = band_row * SAMPLES + k / SAMPLES;
        uint32_t owner = raster->owner[(size_t)sy * (size_t)raster->width + (size_t)sx];
        if (owner == CM_RASTER_NOBODY)
            continue;
        add_sample(blends, &shading->person->mesh, projected, owner, (float)sx, (float)(sy + raster->first_row));
        covered++;
    }
    if (covered == 0)
        return;
    const float share = 1.0f / (float)(SAMPLES * SAMPLES);
    cm_vec3 sum = cm_scale(*light, 1.0f - share * (float)covered);
    for (int material = 0; material < CM_MATERIAL_COUNT; material++) {
        blend *b = &blends[material];
        if (b->count == 0)
            continue;
        float mean = 1.0f / (float)b->count;
        cm_vertex point = {cm_scale(b->sum.position, mean), cm_unit(b->sum.normal), cm_scale(b->sum.rest, mean), cm_scale(b->sum.ambient, mean)};
        sum = cm_add(sum, cm_scale(cm_shade(shading, &point, (cm_material)material), share * (float)b->count));
    }
    *light = sum;
}

static void draw_band(cm_raster *raster, const cm_vec3 *projected, const cm_shading *shading, cm_vec3 *light, int rows)
{
    const cm_mesh *mesh = &shading->person->mesh;
    for (int i = 0; i < mesh->triangle_count; i++) {
        const uint32_t *corner = mesh->triangles[i].corner;
        cm_vec3 corners[3] = {projected[corner[0]], projected[corner[1]], projected[corner[2]]};
        cm_raster_triangle(raster, corners, (uint32_t)i);
    }
    int width = raster->width / SAMPLES;
    for (int row = 0; row < rows; row++)
        for (int column = 0; column < width; column++)
            resolve_pixel(raster, projected, shading, column, row, &light[(size_t)row * (size_t)width + (size_t)column]);
}

bool cm_camera_draw(const cm_camera *camera, const cm_person *person, cm_vec3 *light, int width, int height)
{
    const cm_mesh *mesh = &person->mesh;
    cm_shading shading = {0};
    cm_raster raster = {0};
    cm_vec3 *projected = malloc((size_t)mesh->vertex_count * sizeof *projected);
    bool made = projected && cm_shading_begin(&shading, person, camera->distance) &&
                cm_raster_create(&raster, width * SAMPLES, BAND_ROWS * SAMPLES, true);
    if (made) {
        for (int i = 0; i < mesh->vertex_count; i++) {
            cm_vec3 p = cm_camera_project(camera, mesh->vertices[i].position);
            /* pixel centres to sample centres */
            projected[i] = cm_v3((p.x + 0.5f) * SAMPLES - 0.5f, (p.y + 0.5f) * SAMPLES - 0.5f, p.z);
        }
        for (int row = 0; row < height; row += BAND_ROWS) {
            int rows = height - row < BAND_ROWS ? height - row : BAND_ROWS;
            cm_raster_clear(&raster, row * SAMPLES);
            draw_band(&raster, projected, &shading, light + (size_t)row * (size_t)width, rows);
        }
    }
    cm_raster_free(&raster);
    cm_shading_end(&shading);
    free(projected);
    return made;
}
