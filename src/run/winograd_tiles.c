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
    return (size_t)tiles * (size_t)cm_winograd_most_positions(w) + CM_WINOGRAD_MOST_WEIGHTS + 1;
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

/* A tile's place among the others: in tiles. */
typedef struct tile_at {
    int64_t batch;
    int down, across;
} tile_at;

static tile_at at_of(const cm_winograd *w, int64_t tile)
{
    int64_t lines = tile / w->across.tiles;
    return (tile_at){.batch = lines / w->down.tiles, .down = (int)(lines % w->down.tiles), .across = (int)(tile % w->across.tiles)};
}

static int kind_of(const cm_winograd *w, int64_t tile)
{
    tile_at at = at_of(w, tile);
    bool down = w->down.has_half && at.down == w->down.tiles - 1, across = w->across.has_half && at.across == w->across.tiles - 1;
    return 2 * down + across;
}

/* The tiles' numbers by kind. */
static void sort_tiles(const cm_winograd *w, int64_t first, cm_winograd_chunk *chunk, int64_t *order)
{
    int count = 0;
    bool mixed = w->down.has_half || w->across.has_half;
    for (int kind = 0; kind < CM_WINOGRAD_KINDS; kind++) {
        chunk->kind_first[kind] = count;
        for (int i = 0; i < chunk->tiles && (mixed || kind == 0); i++)
            if (!mixed || kind_of(w, first + i) == kind)
                order[count++] = first + i;
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

cm_winograd_chunk cm_winograd_chunk_of(const cm_winograd *w, int64_t first, int tiles, int64_t *order, int32_t *rows)
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
                *rows++ = next[weights[p]]++;
    }
    return chunk;
}

void cm_winograd_pixels(const cm_winograd *w, const cm_window *window, const float *x, const float *outside, int64_t tile, const float **pixels)
{
    tile_at at = at_of(w, tile);
    int kind = kind_of(w, tile), down = side_down(w, kind)->inputs, across = side_across(w, kind)->inputs;
    int64_t step = (int64_t)w->down.whole->outputs * window->stride[0]; /* the same across */
    int64_t top = at.down * step - window->pad[0], left = at.across * step - window->pad[1];
    const float *picture = x + at.batch * window->height * window->width * window->channels;
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

cm_winograd_place cm_winograd_place_of(const cm_winograd *w, const cm_window *window, int outputs, int64_t tile)
{
    tile_at at = at_of(w, tile);
    int m = w->down.whole->outputs;
    int64_t row = (int64_t)at.down * m, column = (int64_t)at.across * m, height = window->out_height, width = window->out_width;
    return (cm_winograd_place){.offset = (ptrdiff_t)(((at.batch * height + row) * width + column) * outputs),
                               .rows = at_most(height - row, m),
                               .columns = at_most(width - column, m)};
}
