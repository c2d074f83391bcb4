/* One layer's weights on their way from the file into a packed form; for the packers of this room. */
#ifndef CM_RUN_WEIGHTS_LAYER_H
#define CM_RUN_WEIGHTS_LAYER_H

#include "run/weights.h"

#include <stdatomic.h>

/* What packing one layer needs to know. */
typedef struct cm_layer {
    cm_graph *graph;
    const cm_op *op;
    const cm_weights *from;
    const unsigned char *bytes; /* the file's float32 weights, not aligned; NULL: use floats */
    const float *floats;
    int outputs, groups, taps, inputs; /* inputs: of one group (for DENSE: k) */
    int spatial;                       /* DENSE: k is [C, spatial] in the file and [spatial, C] in memory */
    cm_cpu_tier tier;                  /* instructions that packing may use; the bytes are the same */
    float *row, *turned;               /* scratch: [taps * inputs] each */
} cm_layer;

/* One output's weights with all factors in, in the kernel's order [taps, inputs], into l->turned; its bias into *bias. False: not finite. */
bool cm_layer_row(const cm_layer *l, int output, float *bias);
/* The error that says so. */
cameo_status cm_layer_not_finite(const cm_layer *l, int output, cameo_error *error);

/* The largest of [count] values' magnitudes as the bits of a float; from 0x7f800000 on, one of them is no finite number. */
uint32_t cm_largest_bits(const float *values, size_t count);
/* Multiplies [count] values with the power of two that brings the largest just below what half floats hold; returns what undoes it. */
float cm_half_scale(float *values, size_t count);

/* The outputs of one panel, by one worker: first .. first + columns - 1 are packed into packed->weights, bias and scale. Returns the first output
 * with a weight that is not finite, or -1. */
struct cm_panel_job;
typedef int cm_panel_fn(const struct cm_panel_job *job, const cm_layer *l, int panel, float *scratch);

/* A layer's panels, shared out to the threads of a pool. */
typedef struct cm_panel_job {
    const cm_layer *layer;
    const cm_weight_layout *layout;
    cm_packed *packed;
    cm_panel_fn *pack;
    int panels;            /* of all groups */
    size_t scratch_floats; /* each worker needs so many; zero at the start */
    float *scratch;        /* [workers, 2 * taps * inputs + scratch_floats] */
    atomic_int bad;        /* the first output whose weights are not finite; INT_MAX: none */
} cm_panel_job;

/* Packs all panels of a job whose layer, layout, packed, pack, panels and scratch_floats are set; each worker gets a copy of the layer with
 * scratch of its own. pool: NULL for the caller alone. Errors: MEMORY, FORMAT. */
cameo_status cm_pack_panels(cm_panel_job *job, cm_pool *pool, cameo_error *error);

/* Whether every sum of bytes of a 3x3 convolution is as small as Winograd's integers want it (kern.h), whatever the bytes are. */
bool cm_bytes_fit_winograd(const cm_layer *l);
/* Bytes of 8-bit weights in qgemm's panels, and as Winograd's filters. */
size_t cm_bytes_panels(const cm_layer *l, int nr);
/* The same for qdwconv. */
size_t cm_bytes_depthwise(const cm_layer *l, int nr);
/* Fill packed->weights and offset, which are allocated and zero, with 8-bit weights, and pad_row: for qdwconv; for qgemm or as Winograd's filters. Errors:
 * MEMORY. */
void cm_pack_bytes_depthwise(const cm_layer *l, const cm_weight_layout *layout, cm_packed *packed);
cameo_status cm_pack_bytes(const cm_layer *l, const cm_weight_layout *layout, cm_packed *packed, cm_pool *pool, cameo_error *error);

/* Fills packed->weights, bias and scale, which are allocated, with a 3x3 convolution's filters transformed. Errors: MEMORY, FORMAT. */
cameo_status cm_pack_winograd(const cm_layer *l, const cm_weight_layout *layout, cm_packed *packed, cm_pool *pool, cameo_error *error);

#endif
