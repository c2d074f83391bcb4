/* Indirect matrix product on the vectors of the including file, which defines IGEMM_MR, IGEMM_COLUMNS and how an element of the panel is stored
 * (igemm_panel_element, igemm_load) and includes vector_*.h: tiles of 1..IGEMM_MR rows and 1..IGEMM_COLUMNS vectors of columns.
 *
 * The body is made once for each number of rows and of vectors, so that a tile at an edge costs what it has,
 * and its sums stay in registers. Each sum runs by FMA over taps, then k: the same in every variant.
 *
 *            panel:   b0   b1         (two vectors a step of k, streamed)
 *   row 0 -> a0 all:  s00  s01
 *   row 1 -> a1 all:  s10  s11        (row pointers in general registers) */
#ifndef CM_KERN_IGEMM_INC_H
#define CM_KERN_IGEMM_INC_H

#include "kern/kernel_list.h"
#include "kern/vector/unroll.h"
#include "kern/vector/vector_math.h"

#include <stddef.h>

/* How far ahead of its use the panel is fetched, in bytes. At the panel's end that is the next panel, or nothing: a prefetch never faults. */
#define PANEL_AHEAD (IGEMM_COLUMNS * VEC * 16 * sizeof(float))
/* Few rows use the panel faster than memory delivers it: then it is asked for earlier, into the second-level cache. */
enum { FEW_ROWS = 2, FAR_AHEAD = 8192 };

VEC_INLINE void igemm_multiply(const cm_igemm_tile *tile, vec sums[IGEMM_MR][IGEMM_COLUMNS], const int m, const int columns)
{
    UNROLL for (int i = 0; i < m; i++) {
        UNROLL for (int j = 0; j < columns; j++)
            sums[i][j] = vec_zero();
    }
    const igemm_panel_element *panel = tile->panel;
    const float *const *rows = tile->rows;
    ptrdiff_t depth = tile->k, step = tile->step;
    for (int tap = 0; tap < tile->taps; tap++, rows += step ? 1 : IGEMM_MR) {
        const float *row[IGEMM_MR];
        UNROLL for (int i = 0; i < m; i++)
            row[i] = step ? rows[0] + i * step : rows[i];
        for (ptrdiff_t k = 0; k < depth; k++, panel += IGEMM_COLUMNS * VEC) {
            vec b[IGEMM_COLUMNS];
            UNROLL for (int j = 0; j < columns; j++) {
                b[j] = igemm_load(panel + j * VEC);
                vec_prefetch((const void *)((uintptr_t)(panel + j * VEC) + PANEL_AHEAD));
            }
            if (m <= FEW_ROWS)
                vec_prefetch_far((const void *)((uintptr_t)panel + FAR_AHEAD));
            UNROLL for (int i = 0; i < m; i++) {
                vec a = vec_all(row[i][k]);
                UNROLL for (int j = 0; j < columns; j++)
                    sums[i][j] = vec_fma(a, b[j], sums[i][j]);
            }
        }
    }
}

/* What rows and vectors of the tile are there. */
typedef struct igemm_edge {
    vec_mask mask[IGEMM_COLUMNS];
    int part; /* the columns do not fill the vectors */
} igemm_edge;

VEC_INLINE vec igemm_channels(const float *values, const cm_igemm_tile *tile, int j, const igemm_edge *edge)
{
    return vec_load_if(values + tile->column + j * VEC, edge->part, edge->mask[j]);
}

VEC_INLINE void igemm_scale_bias(const cm_igemm_tile *tile, vec sums[IGEMM_MR][IGEMM_COLUMNS], const int m, const int columns,
                                 const igemm_edge *edge)
{
    const cm_epilogue *epilogue = tile->epilogue;
    if (epilogue->scale != NULL) {
        UNROLL for (int j = 0; j < columns; j++) {
            vec scale = igemm_channels(epilogue->scale, tile, j, edge);
            UNROLL for (int i = 0; i < m; i++)
                sums[i][j] = vec_mul(sums[i][j], scale);
        }
    }
    if (epilogue->bias != NULL) {
        UNROLL for (int j = 0; j < columns; j++) {
            vec bias = igemm_channels(epilogue->bias, tile, j, edge);
            UNROLL for (int i = 0; i < m; i++)
                sums[i][j] = vec_add(sums[i][j], bias);
        }
    }
}

VEC_INLINE void igemm_add(const cm_igemm_tile *tile, vec sums[IGEMM_MR][IGEMM_COLUMNS], const int m, const int columns, const igemm_edge *edge)
{
    const cm_epilogue *epilogue = tile->epilogue;
    UNROLL for (int i = 0; i < m; i++) {
        UNROLL for (int j = 0; j < columns; j++)
            sums[i][j] = vec_add(sums[i][j], igemm_channels(epilogue->add + i * epilogue->add_stride, tile, j, edge));
    }
}

/* Rare activations are not worth a body in every variant. They are done where the tile was stored: a branch that needs the sums in memory would have
 * the compiler keep them there for all. */
VEC_INLINE int igemm_is_rare(cm_activation activation)
{
    return activation != CM_ACT_NONE && activation != CM_ACT_RELU && activation != CM_ACT_PRELU;
}

/* The rest of the epilogue for the stored tile: the activation, and what is added after it. */
static __attribute__((noinline)) void igemm_finish_rare(const cm_igemm_tile *tile)
{
    const cm_epilogue *epilogue = tile->epilogue;
    for (int i = 0; i < tile->m; i++) {
        for (int j = 0; j < tile->n; j += VEC) {
            vec_mask mask = vec_first(tile->n - j < VEC ? tile->n - j : VEC);
            float *c = tile->c + i * tile->c_stride + j;
            vec x = vec_activate(epilogue, vec_load_part(c, mask), vec_zero());
            if (epilogue->add != NULL && epilogue->add_after)
                x = vec_add(x, vec_load_part(epilogue->add + i * epilogue->add_stride + tile->column + j, mask));
            vec_store_part(c, x, mask);
        }
    }
}

VEC_INLINE void igemm_activate(const cm_igemm_tile *tile, vec sums[IGEMM_MR][IGEMM_COLUMNS], const int m, const int columns, const igemm_edge *edge)
{
    const cm_epilogue *epilogue = tile->epilogue;
    if (epilogue->activation == CM_ACT_PRELU) {
        UNROLL for (int j = 0; j < columns; j++) {
            vec slope = igemm_channels(epilogue->slope, tile, j, edge);
            UNROLL for (int i = 0; i < m; i++)
                sums[i][j] = vec_prelu(sums[i][j], slope);
        }
    } else if (epilogue->activation == CM_ACT_RELU) {
        UNROLL for (int i = 0; i < m; i++) {
            UNROLL for (int j = 0; j < columns; j++)
                sums[i][j] = vec_relu(sums[i][j]);
        }
    }
}

VEC_INLINE void igemm_finish(const cm_igemm_tile *tile, vec sums[IGEMM_MR][IGEMM_COLUMNS], const int m, const int columns, const int part)
{
    const cm_epilogue *epilogue = tile->epilogue;
    igemm_edge edge = { .part = part };
    UNROLL for (int j = 0; j < columns; j++) {
        int left = tile->n - j * VEC;
        edge.mask[j] = vec_first(left < 0 ? 0 : left < VEC ? left : VEC);
    }
    igemm_scale_bias(tile, sums, m, columns, &edge);
    if (epilogue->add != NULL && !epilogue->add_after)
        igemm_add(tile, sums, m, columns, &edge);
    igemm_activate(tile, sums, m, columns, &edge);
    int rare = igemm_is_rare(epilogue->activation);
    if (epilogue->add != NULL && epilogue->add_after && !rare)
        igemm_add(tile, sums, m, columns, &edge);
    UNROLL for (int i = 0; i < m; i++) {
        UNROLL for (int j = 0; j < columns; j++)
            vec_store_if(tile->c + i * tile->c_stride + j * VEC, sums[i][j], part, edge.mask[j]);
    }
    if (rare)
        igemm_finish_rare(tile);
}

VEC_INLINE void igemm_body(const cm_igemm_tile *tile, const int m, const int columns)
{
    vec sums[IGEMM_MR][IGEMM_COLUMNS];
    igemm_multiply(tile, sums, m, columns);
    if (tile->n == columns * VEC)
        igemm_finish(tile, sums, m, columns, 0);
    else
        igemm_finish(tile, sums, m, columns, 1);
}

/* All columns of m rows. */
VEC_INLINE void igemm_rows(const cm_igemm_tile *tile, const int m)
{
    if (tile->n <= VEC)
        igemm_body(tile, m, 1);
#if IGEMM_COLUMNS > 2
    else if (tile->n <= 2 * VEC)
        igemm_body(tile, m, 2);
    else if (tile->n <= 3 * VEC)
        igemm_body(tile, m, 3);
#endif
    else
        igemm_body(tile, m, IGEMM_COLUMNS);
}

#endif
