/* Dot products of many vectors with many: the inner loop of comparing everybody with everybody, one for each instruction set. */
#ifndef CM_CLI_PAIR_DOTS_H
#define CM_CLI_PAIR_DOTS_H

enum { CM_DOTS_ROWS = 8, CM_DOTS_COLUMNS = 16 };

/* rows: [8, dimension]; panel: [dimension, 16], sixteen vectors side by side -> dots: [8, 16]. Each is summed in the order of the vector's
 * elements, so that it does not depend on its place. */
typedef void cm_dots_fn(const float *rows, const float *panel, int dimension, float *dots);

cm_dots_fn cm_dots_ref, cm_dots_avx2, cm_dots_avx512, cm_dots_neon;

/* The one for this machine (see cameo_cpu_tier). */
cm_dots_fn *cm_dots_choose(void);

#endif
