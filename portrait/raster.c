#include "raster.h"

#include <stdlib.h>

bool cm_raster_create(cm_raster *raster, int width, int height, bool owners)
{
    size_t count = (size_t)width * (size_t)height;
    *raster = (cm_raster){width, height, 0, malloc(count * sizeof(float)), owners ? malloc(count * sizeof(uint32_t)) : NULL};
    return raster->nearness && (raster->owner || !owners);
}

void cm_raster_clear(cm_raster *raster, int first_row)
{
    raster->first_row = first_row;
    size_t count = (size_t)raster->width * (size_t)raster->height;
    for (size_t i = 0; i < count; i++) {
        raster->nearness[i] = CM_RASTER_EMPTY;
        if (raster->owner)
            raster->owner[i] = CM_RASTER_NOBODY;
    }
}

void cm_raster_free(cm_raster *raster)
{
    free(raster->nearness);
    free(raster->owner);
    *raster = (cm_raster){0};
}

static float edge(cm_vec3 a, cm_vec3 b, float x, float y)
{
    return (b.x - a.x) * (y - a.y) - (b.y - a.y) * (x - a.x);
}

cm_vec3 cm_raster_weights(const cm_vec3 c[3], float x, float y)
{
    float area = edge(c[0], c[1], c[2].x, c[2].y);
    float inverse = area != 0.0f ? 1.0f / area : 0.0f;
    float w0 = edge(c[1], c[2], x, y) * inverse, w1 = edge(c[2], c[0], x, y) * inverse;
    return cm_v3(w0, w1, 1.0f - w0 - w1);
}

static float least(float a, float b, float c)
{
    float m = a < b ? a : b;
    return m < c ? m : c;
}

static float most(float a, float b, float c)
{
    return -least(-a, -b, -c);
}

static void keep_nearest(cm_raster *raster, int column, int row, float nearness, uint32_t owner)
{
    size_t at = (size_t)row * (size_t)raster->width + (size_t)column;
    if (nearness <= raster->nearness[at])
        return;
    raster->nearness[at] = nearness;
    if (raster->owner)
        raster->owner[at] = owner;
}

void cm_raster_triangle(cm_raster *raster, const cm_vec3 c[3], uint32_t owner)
{
    float top = (float)raster->first_row, bottom = top + (float)(raster->height - 1);
    float y0 = ceilf(least(c[0].y, c[1].y, c[2].y)), y1 = floorf(most(c[0].y, c[1].y, c[2].y));
    float x0 = ceilf(least(c[0].x, c[1].x, c[2].x)), x1 = floorf(most(c[0].x, c[1].x, c[2].x));
    y0 = y0 < top ? top : y0;
    y1 = y1 > bottom ? bottom : y1;
    x0 = x0 < 0.0f ? 0.0f : x0;
    x1 = x1 > (float)(raster->width - 1) ? (float)(raster->width - 1) : x1;
    if (y0 > y1 || x0 > x1)
        return;
    float area = edge(c[0], c[1], c[2].x, c[2].y);
    if (area == 0.0f)
        return;
    float inverse = 1.0f / area;
    for (int row = (int)y0; row <= (int)y1; row++)
        for (int column = (int)x0; column <= (int)x1; column++) {
            float x = (float)column, y = (float)row;
            float w0 = edge(c[1], c[2], x, y) * inverse, w1 = edge(c[2], c[0], x, y) * inverse, w2 = 1.0f - w0 - w1;
            if (w0 < 0.0f || w1 < 0.0f || w2 < 0.0f)
                continue;
            keep_nearest(raster, column, row - raster->first_row, w0 * c[0].z + w1 * c[1].z + w2 * c[2].z, owner);
        }
}
