/* Indirect matrix product in C alone; the including file says how an element of the panel is stored (igemm_panel_element, igemm_load). The sums are
 * held in four-wide vectors of the compiler's own (gcc and clang have them on every processor): left to themselves, compilers turn the loops around
 * and lose a factor of three. */
#ifndef CM_KERN_IGEMM_REF_INC_H
#define CM_KERN_IGEMM_REF_INC_H

#include "kern/kernel_list.h"
#include "kern/vector/scalar_math.h"

enum { MR = 4, NR = 8 };

typedef float four __attribute__((vector_size(16)));

static const float *row_of(const cm_igemm_tile *tile, int tap, int i)
{
    if (tile->step == 0)
        return tile->rows[tap * MR + i];
    return tile->rows[tap] + (i < tile->m ? i : tile->m - 1) * tile->step;
}

static void multiply(const cm_igemm_tile *tile, float sums[MR][NR])
{
    four s[MR][2] = { 0 };
    const igemm_panel_element *panel = tile->panel;
    for (int tap = 0; tap < tile->taps; tap++) {
        const float *r0 = row_of(tile, tap, 0), *r1 = row_of(tile, tap, 1), *r2 = row_of(tile, tap, 2), *r3 = row_of(tile, tap, 3);
        for (int k = 0; k < tile->k; k++, panel += NR) {
            four left = { igemm_load(panel[0]), igemm_load(panel[1]), igemm_load(panel[2]), igemm_load(panel[3]) };
            four right = { igemm_load(panel[4]), igemm_load(panel[5]), igemm_load(panel[6]), igemm_load(panel[7]) };
            s[0][0] += r0[k] * left;
            s[0][1] += r0[k] * right;
            s[1][0] += r1[k] * left;
            s[1][1] += r1[k] * right;
            s[2][0] += r2[k] * left;
            s[2][1] += r2[k] * right;
            s[3][0] += r3[k] * left;
            s[3][1] += r3[k] * right;
        }
    }
    memcpy(sums, s, sizeof s);
}

static void igemm_all(const cm_igemm_tile *tile)
{
    float sums[MR][NR];
    multiply(tile, sums);
    const cm_epilogue *epilogue = tile->epilogue;
    for (int i = 0; i < tile->m; i++) {
        const float *add = epilogue->add != NULL ? epilogue->add + i * epilogue->add_stride : NULL;
        for (int j = 0; j < tile->n; j++)
            tile->c[i * tile->c_stride + j] = scalar_finish(epilogue, sums[i][j], add, tile->column + j);
    }
}

#endif
