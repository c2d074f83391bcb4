/* Triangles onto a grid of samples, nearest one wins. */
#ifndef CM_PORTRAIT_RASTER_H
#define CM_PORTRAIT_RASTER_H

#include <stdbool.h>
#include <stdint.h>

#include "vector.h"

/* A window of sample rows first_row .. first_row + height - 1. */
typedef struct cm_raster {
    int width, height, first_row;
    float *nearness;    /* [height, width]: larger is nearer */
    uint32_t *owner;    /* [height, width]: who is nearest, or NULL if nobody asks */
} cm_raster;

#define CM_RASTER_EMPTY (-1e30f)
#define CM_RASTER_NOBODY UINT32_MAX

/* False when memory is out. */
bool cm_raster_create(cm_raster *raster, int width, int height, bool owners);
void cm_raster_clear(cm_raster *raster, int first_row);
void cm_raster_free(cm_raster *raster);

/* Corners: x, y in samples (sample centres at whole numbers), z nearness, linear in between. Corners may lie outside. */
void cm_raster_triangle(cm_raster *raster, const cm_vec3 corners[3], uint32_t owner);

/* Weights of the three corners at (x, y); they sum to 1. */
cm_vec3 cm_raster_weights(const cm_vec3 corners[3], float x, float y);

#endif
