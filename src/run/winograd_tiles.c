#include "run/winograd_tiles.h"

cm_winograd_cut cm_winograd_cut_of(cm_winograd_scheme scheme, int64_t outputs)
{
    cm_winograd_cut cut = {.whole = cm_winograd_side_of(scheme, false), .half = cm_winograd_side_of(scheme, true)};
    int m = cut.whole->outputs, left = (int)(outputs % m);
    cut.has_half = left > 0 && left <= cut.half->outputs;
    cut.tiles = (int)((outputs + m - 1) / m);
    return cut;
}

int64_t cm_winograd_cut_positions(const cm_winograd_cut *cut)
{
    return (int64_t)(cut->tiles - cut->has_half) * cut->whole->positions + (cut->has_half ? cut->half->positions : 0);
}

int cm_winograd_most_positions(const cm_winograd *w)
{
    return w->down.whole->positions * w->across.whole->positions;
}

size_t cm_winograd_most_rows(const cm_winograd *w, int64_t tiles)
{
    return (size_t)tiles * (size_t)cm_winograd_most_positions(w) + CM_WINOGRAD_MOST_WEIGHTS + 2;
}

static const cm_winograd_side *side_down(const cm_winograd *w, int kind)
{
    return kind & 2 ? w->down.half : w->down.whole;
}

static const cm_winograd_side *side_across(const cm_winograd *w, int kind)
{
    return kind & 1 ? w->across.half : w->across.whole;
}

int cm_winograd_kind_positions(const cm_winograd *w, int kind)
{
    return side_down(w, kind)->positions * side_across(w, kind)->positions;
}

int cm_winograd_kind_inputs(const cm_winograd *w, int kind)
{
    return side_down(w, kind)->inputs * side_across(w, kind)->inputs;
}

static int kind_of(const cm_winograd *w, cm_winograd_tile tile)
{
    bool down = w->down.has_half && tile.down == w->down.tiles - 1, across = w->across.has_half && tile.across == w->across.tiles - 1;
    return 2 * down + across;
}

static cm_winograd_tile next_tile(const cm_winograd *w, cm_winograd_tile tile)
{
    if (++tile.across == w->across.tiles) {
        tile.across = 0;
        if (++tile.down == w->down.tiles) {
            tile.down = 0;
            tile.batch++;
        }
    }
    return tile;
}

static void sort_tiles(const cm_winograd *w, int64_t number, cm_winograd_chunk *chunk, cm_winograd_tile *order)
{
    int64_t lines = number / w->across.tiles;
    const cm_winograd_tile first = {.batch = lines / w->down.tiles, .down = (int)(lines % w->down.tiles), .across = (int)(number % w->across.tiles)};
    int count = 0, kinds = w->down.has_half || w->across.has_half ? CM_WINOGRAD_KINDS : 1;
    for (int kind = 0; kind < CM_WINOGRAD_KINDS; kind++) {
        chunk->kind_first[kind] = count;
        cm_winograd_tile tile = first;
        for (int i = 0; i < chunk->tiles && kind < kinds; i++, tile = next_tile(w, tile))
            if (kind_of(w, tile) == kind)
                order[count++] = tile;
    }
    chunk->kind_first[CM_WINOGRAD_KINDS] = count;
}

static int weight_of(const cm_winograd *w, int kind, int position)
{
    const cm_winograd_side *across = side_across(w, kind);
    return side_down(w, kind)->weight[position / across->positions] * w->edge + across->weight[position % across->positions];
}

/* How many rows each weight has, and where they begin. */
static void lay_rows(const cm_winograd *w, cm_winograd_chunk *chunk)
{
    for (int kind = 0; kind < CM_WINOGRAD_KINDS; kind++) {
        int tiles = chunk->kind_first[kind + 1] - chunk->kind_first[kind];
        for (int p = 0; tiles && p < cm_winograd_kind_positions(w, kind); p++)
            chunk->weight_rows[weight_of(w, kind, p)] += tiles;
    }
    for (int weight = 0; weight < w->edge * w->edge; weight++) {
        /* The row left out keeps the weights' rows from falling into the same few sets of the caches. */
        chunk->weight_first[weight] = chunk->rows;
        chunk->rows += chunk->weight_rows[weight] + 1;
    }
    chunk->weight_first[w->edge * w->edge] = chunk->rows;
}

cm_winograd_chunk cm_winograd_chunk_of(const cm_winograd *w, int64_t first, int tiles, cm_winograd_tile *order, uint32_t *rows)
{
    cm_winograd_chunk chunk = {.tiles = tiles};
    int next[CM_WINOGRAD_MOST_WEIGHTS];
    sort_tiles(w, first, &chunk, order);
    lay_rows(w, &chunk);
    for (int weight = 0; weight < w->edge * w->edge; weight++)
        next[weight] = chunk.weight_first[weight];
    for (int kind = 0; kind < CM_WINOGRAD_KINDS; kind++) {
        int positions = cm_winograd_kind_positions(w, kind), weights[CM_WINOGRAD_MOST_POSITIONS * CM_WINOGRAD_MOST_POSITIONS];
        for (int p = 0; p < positions; p++)
            weights[p] = weight_of(w, kind, p);
        for (int i = chunk.kind_first[kind]; i < chunk.kind_first[kind + 1]; i++)
            for (int p = 0; p < positions; p++)
                *rows++ = (uint32_t)next[weights[p]]++ * CM_GEMM_K;
    }
    return chunk;
}

void cm_winograd_pixels(const cm_winograd *w, int kind, const cm_window *window, const float *x, const float *outside, cm_winograd_tile tile,
                        const float **pixels)
{
    int down = side_down(w, kind)->inputs, across = side_across(w, kind)->inputs;
    int64_t step = (int64_t)w->down.whole->outputs * window->stride[0]; /* the same across */
    int64_t top = tile.down * step - window->pad[0], left = tile.across * step - window->pad[1];
    const float *picture = x + tile.batch * window->height * window->width * window->channels;
    for (int i = 0; i < down; i++) {
        bool inside = top + i >= 0 && top + i < window->height;
        for (int j = 0; j < across; j++)
            *pixels++ = inside && left + j >= 0 && left + j < window->width
                            ? picture + ((top + i) * window->width + left + j) * window->channels
                            : outside;
    }
}

static int at_most(int64_t value, int most)
{
    return value < most ? (int)value : most;
}

cm_winograd_place cm_winograd_place_of(const cm_winograd *w, const cm_window *window, int outputs, cm_winograd_tile tile)
{
    int m = w->down.whole->outputs;
    int64_t row = (int64_t)tile.down * m, column = (int64_t)tile.across * m, height = window->out_height, width = window->out_width;
    return (cm_winograd_place){.offset = (ptrdiff_t)(((tile.batch * height + row) * width + column) * outputs),
                               .rows = at_most(height - row, m),
                               .columns = at_most(width - column, m)};
}
