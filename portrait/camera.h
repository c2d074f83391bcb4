/* From the posed person to light on the picture's pixels. */
#ifndef CM_PORTRAIT_CAMERA_H
#define CM_PORTRAIT_CAMERA_H

#include "person.h"

/* A pinhole at (0, eye_y, distance), looking along -z. */
typedef struct cm_camera {
    float distance, eye_y;
    float focal;              /* pixels at unit depth */
    float center_x, center_y; /* pixel the optical axis meets */
} cm_camera;

/* The camera that shows a person's head with its centre at pixel (x, y), the head `head_height` pixels high. */
cm_camera cm_camera_aim(const cm_moment *moment, float x, float y, float head_height);

/* Scene -> x, y in pixels (centres at whole numbers), z the inverse distance along the axis. */
cm_vec3 cm_camera_project(const cm_camera *camera, cm_vec3 point);

/* Draws a person, with the ambient light already in its vertices, over light: [height, width]. False when memory is out. */
bool cm_camera_draw(const cm_camera *camera, const cm_person *person, cm_vec3 *light, int width, int height);

#endif
