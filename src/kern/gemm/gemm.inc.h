/* Matrix product of a packed left side, on the vectors of the including file, which defines the tile GEMM_MR x GEMM_COLUMNS vectors, how an element
 * of the panel is stored (gemm_panel_element, gemm_load), whether it comes from memory rather than from a cache (GEMM_PANEL_FROM_MEMORY; the panel's
 * row is then not longer than a cache line), and includes vector_*.h before this. GEMM_INTEGERS: it also defines what the sums and the words of the left
 * side are (gemm_vec, gemm_zero, gemm_all, gemm_multiply, gemm_get, gemm_put); otherwise they are floats.
 *
 *            panel:   b0 .. b3        (streamed)
 *   row 0 -> a0 all:  s00 .. s03
 *   row 1 -> a1 all:  s10 .. s13      (rows are 16 floats apart: displacements of one pointer)
 *
 * Each sum runs by FMA over k in rising order, in every variant. */
#ifndef CM_KERN_GEMM_INC_H
#define CM_KERN_GEMM_INC_H

#include "kern/kernel_list.h"
#include "kern/vector/unroll.h"
#include "kern/vector/vector_math.h"

#ifndef GEMM_INTEGERS
typedef vec gemm_vec;
#define gemm_zero vec_zero
#define gemm_all(p) vec_all(*(p))
#define gemm_multiply(x, b, sum) vec_fma(x, b, sum)
#define gemm_get vec_load
#define gemm_put vec_store
#endif

#define GEMM_NR (GEMM_COLUMNS * VEC)
/* A line of the panel lasts for so many k. */
enum { GEMM_ROW_BYTES = GEMM_NR * (int)sizeof(gemm_panel_element), GEMM_LINE_K = GEMM_ROW_BYTES < CM_CACHE_LINE ? CM_CACHE_LINE / GEMM_ROW_BYTES : 1 };

/* What a body is made for; all constant. */
typedef struct gemm_variant {
    int m, columns;
} gemm_variant;

/* Row i of vector j of the columns. */
VEC_INLINE float *gemm_place(const cm_gemm_tile *tile, int i, int j)
{
    return tile->c + j * VEC / CM_GEMM_K * tile->c_stride + i * CM_GEMM_K + j * VEC % CM_GEMM_K;
}

VEC_INLINE void gemm_body(const cm_gemm_tile *tile, const gemm_variant variant)
{
    const int m = variant.m, columns = variant.columns;
    gemm_vec sums[GEMM_MR][GEMM_COLUMNS];
    UNROLL for (int i = 0; i < m; i++) {
        UNROLL for (int j = 0; j < columns; j++)
            sums[i][j] = tile->accumulate ? gemm_get(gemm_place(tile, i, j)) : gemm_zero();
    }
    const gemm_panel_element *panel = tile->panel;
    const float *a = tile->a;
    uintptr_t next = (uintptr_t)tile->next;
    for (int group = 0; group < tile->k; group += CM_GEMM_K) {
        for (int k = 0; k < CM_GEMM_K; k += GEMM_LINE_K) {
            UNROLL for (int step = k; step < k + GEMM_LINE_K; step++, panel += GEMM_NR) {
                gemm_vec b[GEMM_COLUMNS];
                UNROLL for (int j = 0; j < columns; j++)
                    b[j] = gemm_load(panel + j * VEC);
                vec_prefetch((const void *)(next + (uintptr_t)step * CM_CACHE_LINE));
                if (GEMM_PANEL_FROM_MEMORY && step % GEMM_LINE_K == 0)
                    vec_prefetch_far((const void *)((uintptr_t)panel + (uintptr_t)tile->ahead));
                UNROLL for (int i = 0; i < m; i++) {
                    gemm_vec x = gemm_all(a + i * CM_GEMM_K + step);
                    UNROLL for (int j = 0; j < columns; j++)
                        sums[i][j] = gemm_multiply(x, b[j], sums[i][j]);
                }
            }
        }
        a += tile->group_stride;
        next += (uintptr_t)tile->group_stride * sizeof *a;
    }
    UNROLL for (int i = 0; i < m; i++) {
        UNROLL for (int j = 0; j < columns; j++)
            gemm_put(gemm_place(tile, i, j), sums[i][j]);
    }
}

/* m rows and as many vectors of columns as hold n. */
VEC_INLINE void gemm_rows(const cm_gemm_tile *tile, const int m)
{
#if GEMM_COLUMNS > 2
    if (tile->n <= VEC)
        gemm_body(tile, (gemm_variant){ m, 1 });
    else if (tile->n <= 2 * VEC)
        gemm_body(tile, (gemm_variant){ m, 2 });
    else if (tile->n <= 3 * VEC)
        gemm_body(tile, (gemm_variant){ m, 3 });
    else
#endif
        gemm_body(tile, (gemm_variant){ m, GEMM_COLUMNS });
}

#endif
