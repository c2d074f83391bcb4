/* How a convolution's output is cut into Winograd's tiles, and where the rows of their products lie.
 *
 * A side of the picture is cut into whole tiles; what is left is half a tile where that suffices, or a whole one that sticks out. Tiles are worked on
 * in chunks. Of a chunk, all that is multiplied with the same weight (a position of a tile, or with stride 2 several) lies in rows side by side, so
 * that a panel of weights is read once for all of them. */
#ifndef CM_RUN_WINOGRAD_TILES_H
#define CM_RUN_WINOGRAD_TILES_H

#include "run/step.h"

enum { CM_WINOGRAD_MOST_WEIGHTS = CM_WINOGRAD_MOST_EDGE * CM_WINOGRAD_MOST_EDGE, CM_WINOGRAD_KINDS = 4 };

/* A tile's place: the picture, and how many tiles are above it and left of it. */
typedef struct cm_winograd_tile {
    int64_t batch;
    int down, across;
} cm_winograd_tile;

/* A chunk's tiles in the order of their kinds (kind = 2 * half down + half across): [kinds][tiles of that kind]. */
typedef struct cm_winograd_chunk {
    int tiles, rows;                          /* rows: of all products together */
    int kind_first[CM_WINOGRAD_KINDS + 1];    /* tiles */
    int weight_first[CM_WINOGRAD_MOST_WEIGHTS + 1]; /* rows; between two weights' rows one is left out */
    int weight_rows[CM_WINOGRAD_MOST_WEIGHTS];
} cm_winograd_chunk;

cm_winograd_cut cm_winograd_cut_of(cm_winograd_scheme scheme, int64_t outputs);
/* Rows of one side, with all kinds of tiles: the products are those of both sides multiplied. */
int64_t cm_winograd_cut_positions(const cm_winograd_cut *cut);
/* No chunk of so many tiles has more rows. */
size_t cm_winograd_most_rows(const cm_winograd *w, int64_t tiles);

/* `tiles` tiles from number `first` on (batch, row, column flattened). -> order: [tiles]; rows: where their positions' rows begin, in floats, kind by kind
 * [tiles, positions of the kind], at most cm_winograd_most_positions(w) a tile. */
cm_winograd_chunk cm_winograd_chunk_of(const cm_winograd *w, int64_t first, int tiles, cm_winograd_tile *order, uint32_t *rows);
int cm_winograd_kind_positions(const cm_winograd *w, int kind);
int cm_winograd_kind_inputs(const cm_winograd *w, int kind);
int cm_winograd_most_positions(const cm_winograd *w);

/* Pointers to the pixels under a tile of a kind, x being the first picture's start: [inputs of the kind]. */
void cm_winograd_pixels(const cm_winograd *w, int kind, const cm_window *window, const float *x, const float *outside, cm_winograd_tile tile,
                        const float **pixels);
/* Where its outputs go; pixels lie `outputs` apart. */
cm_winograd_place cm_winograd_place_of(const cm_winograd *w, const cm_window *window, int outputs, cm_winograd_tile tile);

#endif
