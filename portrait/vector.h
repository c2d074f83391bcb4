/* Three-component vectors and the few scalar curves that shapes and paints are made of. Pure functions. */
#ifndef CM_PORTRAIT_VECTOR_H
#define CM_PORTRAIT_VECTOR_H

#include <math.h>

typedef struct cm_vec3 {
    float x, y, z;
} cm_vec3;

static inline cm_vec3 cm_v3(float x, float y, float z)
{
    return (cm_vec3){x, y, z};
}

static inline cm_vec3 cm_add(cm_vec3 a, cm_vec3 b)
{
    return cm_v3(a.x + b.x, a.y + b.y, a.z + b.z);
}

static inline cm_vec3 cm_sub(cm_vec3 a, cm_vec3 b)
{
    return cm_v3(a.x - b.x, a.y - b.y, a.z - b.z);
}

static inline cm_vec3 cm_scale(cm_vec3 a, float s)
{
    return cm_v3(a.x * s, a.y * s, a.z * s);
}

/* Component by component: colours through filters. */
static inline cm_vec3 cm_tint(cm_vec3 a, cm_vec3 b)
{
    return cm_v3(a.x * b.x, a.y * b.y, a.z * b.z);
}

static inline float cm_dot(cm_vec3 a, cm_vec3 b)
{
    return a.x * b.x + a.y * b.y + a.z * b.z;
}

static inline cm_vec3 cm_cross(cm_vec3 a, cm_vec3 b)
{
    return cm_v3(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x);
}

/* Length 1; the zero vector stays. */
static inline cm_vec3 cm_unit(cm_vec3 a)
{
    float length = sqrtf(cm_dot(a, a));
    return length > 0.0f ? cm_scale(a, 1.0f / length) : a;
}

static inline float cm_mix(float a, float b, float t)
{
    return a + (b - a) * t;
}

static inline cm_vec3 cm_mix3(cm_vec3 a, cm_vec3 b, float t)
{
    return cm_v3(cm_mix(a.x, b.x, t), cm_mix(a.y, b.y, t), cm_mix(a.z, b.z, t));
}

static inline float cm_clamp(float x, float low, float high)
{
    return x < low ? low : (x > high ? high : x);
}

/* 0 below a, 1 above b, smooth between; a > b turns it round. */
static inline float cm_step(float a, float b, float x)
{
    float t = cm_clamp((x - a) / (b - a), 0.0f, 1.0f);
    return t * t * (3.0f - 2.0f * t);
}

/* The bell exp(-(x / width)^2), cut to exactly 0 beyond three widths. */
static inline float cm_bell(float x, float width)
{
    float t = x / width;
    return t * t > 9.0f ? 0.0f : expf(-t * t);
}

/* The bell of a point in the plane with its own width along each axis. */
static inline float cm_bell2(float x, float y, float width_x, float width_y)
{
    float t = (x / width_x) * (x / width_x) + (y / width_y) * (y / width_y);
    return t > 9.0f ? 0.0f : expf(-t);
}

#endif
