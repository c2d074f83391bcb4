/* The loop of one instruction set; pair_dots_<isa>.c says its name, how it multiplies and adds, and how many rows its registers hold sums for. Plain C, of
 * which the compiler makes vectors (cmake/rooms.cmake). */
#include "pair_dots.h"

void CM_DOTS(const float *rows, const float *panel, int dimension, float *dots)
{
    for (int first = 0; first < CM_DOTS_ROWS; first += HELD_ROWS) {
        float sums[HELD_ROWS][CM_DOTS_COLUMNS] = {{0}};
        const float *x = rows + (long)first * dimension;
        for (int k = 0; k < dimension; k++)
            for (int r = 0; r < HELD_ROWS; r++)
                for (int c = 0; c < CM_DOTS_COLUMNS; c++)
                    sums[r][c] = MULTIPLY_ADD(x[(long)r * dimension + k], panel[(long)k * CM_DOTS_COLUMNS + c], sums[r][c]);
        for (int r = 0; r < HELD_ROWS; r++)
            for (int c = 0; c < CM_DOTS_COLUMNS; c++)
                dots[(first + r) * CM_DOTS_COLUMNS + c] = sums[r][c];
    }
}
