/* Indirect product of bytes; the including file says how one row of four bytes meets the panel. It defines
 *
 *   QGEMM_MR, QGEMM_NR, QGEMM_COLUMNS (vectors of a panel's row), qgemm_sum (type of a vector of sums), qgemm_weights (of weights),
 *   qgemm_load(p), qgemm_zero(), qgemm_step(sum, word, weights), qgemm_store(sums of one row, to: [QGEMM_NR])
 *
 * QGEMM_CENTRED: qgemm_step multiplies each byte less 128; the sums of the weights, taken along as one more row, make up for that (qgemm_uncentre).
 *
 * Sums stay in registers; a tile's sums then go through a small block of memory in the first-level cache to what becomes of them. */
#ifndef CM_KERN_QGEMM_INC_H
#define CM_KERN_QGEMM_INC_H

#include "kern/vector/requantize.inc.h"
#include "kern/vector/unroll.h"

#include <string.h>

/* How far ahead of its use the panel is fetched, in bytes. */
#ifndef QGEMM_AHEAD
#define QGEMM_AHEAD 2048
#endif

VEC_INLINE void qgemm_clear(qgemm_sum s[QGEMM_MR + 1][QGEMM_COLUMNS], const int m)
{
    UNROLL for (int i = 0; i < m; i++) {
        UNROLL for (int j = 0; j < QGEMM_COLUMNS; j++)
            s[i][j] = qgemm_zero();
    }
#ifdef QGEMM_CENTRED
    UNROLL for (int j = 0; j < QGEMM_COLUMNS; j++)
        s[QGEMM_MR][j] = qgemm_zero();
#endif
}

VEC_INLINE void qgemm_keep(qgemm_sum s[QGEMM_MR + 1][QGEMM_COLUMNS], int32_t sums[QGEMM_MR][QGEMM_NR], const int m)
{
    UNROLL for (int i = 0; i < m; i++) {
#ifdef QGEMM_CENTRED
        UNROLL for (int j = 0; j < QGEMM_COLUMNS; j++)
            s[i][j] = qgemm_uncentre(s[i][j], s[QGEMM_MR][j]);
#endif
        qgemm_store(s[i], sums[i]);
    }
}

VEC_INLINE void qgemm_multiply(const cm_qgemm_tile *tile, int32_t sums[QGEMM_MR][QGEMM_NR], const int m)
{
    qgemm_sum s[QGEMM_MR + 1][QGEMM_COLUMNS]; /* the last row: QGEMM_CENTRED only */
    qgemm_clear(s, m);
    const int8_t *panel = tile->panel;
    const void *const *rows = tile->rows;
    uintptr_t next = (uintptr_t)tile->next, pace = (uintptr_t)tile->pace;
    ptrdiff_t bytes = (ptrdiff_t)tile->k * 4, step = tile->step * 4;
    for (int tap = 0; tap < tile->taps; tap++, rows += step ? 1 : QGEMM_MR) {
        const uint8_t *row[QGEMM_MR];
        UNROLL for (int i = 0; i < m; i++)
            row[i] = step ? (const uint8_t *)rows[0] + i * step : (const uint8_t *)rows[i];
        for (ptrdiff_t k = 0; k < bytes; k += 4, panel += (ptrdiff_t)QGEMM_NR * 4) {
            qgemm_weights b[QGEMM_COLUMNS];
            UNROLL for (int j = 0; j < QGEMM_COLUMNS; j++)
                b[j] = qgemm_load(panel + (ptrdiff_t)j * (QGEMM_NR * 4 / QGEMM_COLUMNS));
            UNROLL for (int j = 0; j < QGEMM_NR * 4 / 64 + (QGEMM_NR * 4 < 64); j++)
                vec_prefetch((const void *)((uintptr_t)panel + QGEMM_AHEAD + 64 * (uintptr_t)j));
            vec_prefetch_far((const void *)next);
            if (m <= QGEMM_MR / 2)
                vec_prefetch_far((const void *)(next + 64));
            next += pace;
#ifdef QGEMM_CENTRED
            UNROLL for (int j = 0; j < QGEMM_COLUMNS; j++)
                s[QGEMM_MR][j] = qgemm_ones(s[QGEMM_MR][j], b[j]);
#endif
            UNROLL for (int i = 0; i < m; i++) {
                int32_t word;
                memcpy(&word, row[i] + k, sizeof word);
                UNROLL for (int j = 0; j < QGEMM_COLUMNS; j++)
                    s[i][j] = qgemm_step(s[i][j], word, b[j]);
            }
        }
    }
    qgemm_keep(s, sums, m);
}

static __attribute__((noinline)) void qgemm_finish(const cm_qgemm_tile *tile, const int32_t *sums)
{
    requantize_sums(tile->epilogue, &(requantize_block){ .sums = sums, .stride = QGEMM_NR, .column = tile->column, .rows = tile->m, .columns = tile->n,
                                                         .c = tile->c, .c_stride = tile->c_stride });
}

VEC_INLINE void qgemm_rows(const cm_qgemm_tile *tile, const int m)
{
    _Alignas(64) int32_t sums[QGEMM_MR][QGEMM_NR];
    qgemm_multiply(tile, sums, m);
    qgemm_finish(tile, sums[0]);
}

#endif
