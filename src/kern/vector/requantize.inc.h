/* What becomes of sums of bytes (kern.h, Integers), on the vectors of an instruction set and their bytes_*.h. */
#ifndef CM_KERN_REQUANTIZE_INC_H
#define CM_KERN_REQUANTIZE_INC_H

#include "kern/kernel_list.h"
#include "kern/vector/vector_math.h"

/* What belongs to the channels of one vector. */
typedef struct requantize_channels {
    vec scale, bias, slope;
    int first, count; /* channel of the first element; how many are there */
} requantize_channels;

VEC_INLINE requantize_channels requantize_at(const cm_requantize *e, int channel, int left)
{
    requantize_channels c = { .first = channel, .count = left < VEC ? left : VEC, .scale = vec_load(e->scale + channel) };
    c.bias = e->bias != NULL ? vec_load(e->bias + channel) : vec_zero();
    c.slope = e->activation == CM_ACT_PRELU ? vec_load(e->slope + channel) : vec_zero();
    return c;
}

VEC_INLINE vec requantize_clip(vec v, const cm_rounding *range)
{
    return vec_min(vec_max(v, vec_all(range->low)), vec_all(range->high));
}

VEC_INLINE vec requantize_add(const cm_requantize *e, const requantize_channels *c, vec v, int64_t row)
{
    ptrdiff_t at = (ptrdiff_t)row * e->add_stride + c->first;
    vec other;
    if (e->add_bytes) {
        const uint8_t *bytes = (const uint8_t *)e->add + at;
        other = c->count == VEC ? vec_of_bytes(bytes, e->add_zero) : vec_of_bytes_part(bytes, e->add_zero, c->count);
    } else {
        other = vec_load_part((const float *)e->add + at, vec_first(c->count));
    }
    return vec_add(vec_mul(v, vec_all(e->add_factor)), vec_mul(other, vec_all(e->add_scale)));
}

VEC_INLINE vec requantize_activate(const cm_requantize *e, const requantize_channels *c, vec v)
{
    if (e->activation == CM_ACT_PRELU)
        return vec_mul(v, vec_if_less(vec_zero(), v, vec_all(e->above), c->slope));
    if (e->above != 1.0f)
        v = vec_mul(v, vec_all(e->above));
    if (e->activation == CM_ACT_CLIP)
        v = vec_min(vec_max(v, vec_all(e->clip_low)), vec_all(e->clip_high));
    return v;
}

/* One vector of sums, as floats, to where the element of its row and its first channel belongs; row: within e->add. */
VEC_INLINE void requantize_vector(const cm_requantize *e, const requantize_channels *c, vec v, int64_t row, void *to, ptrdiff_t at)
{
    v = vec_mul(v, c->scale);
    if (e->bias != NULL)
        v = vec_add(v, c->bias);
    if (e->first.on)
        v = vec_round(requantize_clip(v, &e->first));
    if (e->add != NULL && e->add_first)
        v = requantize_add(e, c, v, row);
    v = requantize_activate(e, c, v);
    if (e->second.on)
        v = vec_round(requantize_clip(v, &e->second));
    if (e->add != NULL && !e->add_first)
        v = requantize_add(e, c, v, row);
    if (!e->last.on)
        vec_store_part((float *)to + at, v, vec_first(c->count));
    else if (c->count == VEC)
        vec_to_bytes((uint8_t *)to + at, requantize_clip(v, &e->last), e->zero);
    else
        vec_to_bytes_part((uint8_t *)to + at, requantize_clip(v, &e->last), e->zero, c->count);
}

/* What is the same for all elements, for the forms that networks are made of, so that the compiler leaves out what is not there. */
typedef enum requantize_form { REQUANTIZE_PLAIN, REQUANTIZE_PRELU, REQUANTIZE_ADD, REQUANTIZE_ANY } requantize_form;

/* No step but the first rounding, one of PReLU and the addition of bytes, and the last rounding. */
static inline bool requantize_is_simple(const cm_requantize *e)
{
    bool acts = e->activation == CM_ACT_PRELU, adds = e->add != NULL;
    if (!e->last.on || e->bias != NULL || e->second.on || e->activation == CM_ACT_CLIP || (acts && adds))
        return false;
    return (acts || e->above == 1.0f) && (!adds || (e->add_bytes && !e->add_first)) && (acts || adds || !e->first.on);
}

static inline requantize_form requantize_form_of(const cm_requantize *e)
{
    if (!requantize_is_simple(e))
        return REQUANTIZE_ANY;
    return e->activation == CM_ACT_PRELU ? REQUANTIZE_PRELU : e->add != NULL ? REQUANTIZE_ADD : REQUANTIZE_PLAIN;
}

/* The same steps, with what the form tells as constants. */
VEC_INLINE cm_requantize requantize_as(const cm_requantize *e, const requantize_form form, const bool first)
{
    cm_requantize known = *e;
    if (form == REQUANTIZE_ANY)
        return known;
    known.bias = NULL;
    known.first.on = first;
    known.second.on = false;
    known.last.on = true;
    known.add_first = false;
    known.activation = form == REQUANTIZE_PRELU ? CM_ACT_PRELU : CM_ACT_NONE;
    if (form != REQUANTIZE_PRELU)
        known.above = 1.0f;
    if (form == REQUANTIZE_ADD)
        known.add_bytes = true;
    else
        known.add = NULL;
    return known;
}

/* A block of sums, and where they go. */
typedef struct requantize_block {
    const int32_t *sums; /* [rows, columns], row distance stride */
    ptrdiff_t stride;
    int column, first_row; /* channel of the first column; row of the first one within e->add */
    int rows, columns;
    void *c; /* where the first one goes */
    ptrdiff_t c_stride;
} requantize_block;

VEC_INLINE void requantize_sums_as(const cm_requantize *steps, const requantize_block *b, const requantize_form form, const bool first)
{
    const cm_requantize e = requantize_as(steps, form, first);
    for (int j = 0; j < b->columns; j += VEC) {
        requantize_channels c = requantize_at(&e, b->column + j, b->columns - j);
        for (int i = 0; i < b->rows; i++)
            requantize_vector(&e, &c, vec_of_sums(b->sums + i * b->stride + j, e.offset + b->column + j), b->first_row + i, b->c, i * b->c_stride + j);
    }
}

VEC_INLINE void requantize_sums(const cm_requantize *e, const requantize_block *b)
{
    switch (requantize_form_of(e)) {
    case REQUANTIZE_PLAIN:
        requantize_sums_as(e, b, REQUANTIZE_PLAIN, false);
        break;
    case REQUANTIZE_PRELU:
        if (e->first.on)
            requantize_sums_as(e, b, REQUANTIZE_PRELU, true);
        else
            requantize_sums_as(e, b, REQUANTIZE_PRELU, false);
        break;
    case REQUANTIZE_ADD:
        if (e->first.on)
            requantize_sums_as(e, b, REQUANTIZE_ADD, true);
        else
            requantize_sums_as(e, b, REQUANTIZE_ADD, false);
        break;
    default: requantize_sums_as(e, b, REQUANTIZE_ANY, false);
    }
}

#endif
