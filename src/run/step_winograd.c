/* Convolutions by Winograd's minimal filtering. Tiles of output pixels are gathered into blocks of as many as the product's kernel has rows:
 *
 *   input transform   block of tiles -> V [position][k/16][rows][16]
 *   product           for each position: V [rows, k] x U [k, channels of a group] -> sums
 *   output transform  sums -> output pixels, epilogue
 *
 * A task takes some tiles and some groups of output channels through all three steps, in scratch memory of its thread. Where the weights are small
 * tasks share the tiles, and each reads all the weights; where they are large tasks share the groups, so that weights are read from memory once,
 * and each transforms all the tiles: that costs less than fetching them transformed from another core's cache. What a tile's outputs become is
 * the same in any cut. */
#include "run/step.h"

enum {
    SMALL_SCRATCH = 96 * 1024,      /* floats of V of one task, where the weights share the second-level cache with it */
    LARGE_SCRATCH = 240 * 1024,     /* where they do not: each task reads them all, so tasks should be few */
    CACHED_WEIGHTS = 3 << 19,       /* bytes of weights that stay in a second-level cache beside it */
    PREFETCH_BYTES = 32 * 1024,     /* how far ahead of their use weights are fetched */
    STAGGER = 16                    /* floats between positions: without, all positions of a tile would fall into the same few sets of the caches */
};

typedef struct winograd_job {
    const cm_step *step;
    const cm_winograd *winograd;
    const cm_context *context;
    cm_window window;
    const float *x, *residual;
    float *y;
    int outputs, groups; /* groups of CM_WINOGRAD_GROUP output channels */
    int chunks, parts;   /* tiles are cut into so many chunks, groups into so many parts */
} winograd_job;

/* What a thread needs for itself. */
typedef struct winograd_scratch {
    const float **rows;         /* [block tiles, positions] */
    cm_winograd_place *places;  /* [chunk tiles] */
    float *sums;                /* [positions][block tiles][CM_WINOGRAD_GROUP] */
    float *v;                   /* the chunk's blocks */
} winograd_scratch;

static int ceil_div(int64_t value, int64_t by)
{
    return (int)((value + by - 1) / by);
}

static int64_t min(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static size_t round_up(size_t bytes)
{
    return (bytes + CM_ALIGNMENT - 1) & ~(size_t)(CM_ALIGNMENT - 1);
}

/* Blocks of equal size (but for the last) for so many tiles. */
static int block_rows(const cm_winograd *winograd, int tiles)
{
    return ceil_div(tiles, ceil_div(tiles, winograd->multiply->mr));
}

/* Floats from one position of a block to the next, and from one block to the next. */
static ptrdiff_t position_floats(const cm_winograd *w, int rows)
{
    return (ptrdiff_t)rows * w->panels.k + STAGGER;
}

static ptrdiff_t block_floats(const cm_winograd *w, int rows)
{
    return w->panels.positions * position_floats(w, rows);
}

/* V of so many tiles, in blocks of any size. */
static size_t v_bytes(const cm_winograd *w, int64_t tiles)
{
    size_t rows = (size_t)tiles + (size_t)w->multiply->mr, floats = rows * ((size_t)w->panels.k + STAGGER);
    return round_up(floats * (size_t)w->panels.positions * sizeof(float));
}

/* Lays a thread's scratch out; returns its size. base NULL: the size only. */
static size_t lay_out(const cm_winograd *w, unsigned char *base, winograd_scratch *scratch)
{
    size_t positions = (size_t)w->panels.positions, mr = (size_t)w->multiply->mr, tiles = (size_t)w->chunk_tiles;
    size_t rows = 0, places = round_up(rows + mr * positions * sizeof(float *)), sums = round_up(places + tiles * sizeof(cm_winograd_place));
    size_t v = round_up(sums + positions * (mr * CM_WINOGRAD_GROUP + STAGGER) * sizeof(float));
    size_t end = v + v_bytes(w, w->chunk_tiles);
    if (base)
        *scratch = (winograd_scratch){.rows = (const float **)(void *)(base + rows),
                                      .places = (cm_winograd_place *)(void *)(base + places),
                                      .sums = (float *)(void *)(base + sums),
                                      .v = (float *)(void *)(base + v)};
    return end;
}

static winograd_scratch scratch_of(const winograd_job *job, int worker)
{
    winograd_scratch scratch = {0};
    lay_out(job->winograd, job->context->scratch + (size_t)worker * job->context->scratch_bytes, &scratch);
    return scratch;
}

/* Pointers to the pixels under a tile: [positions]. */
static void tile_rows(const winograd_job *job, int64_t tile, const float **rows)
{
    const cm_winograd *w = job->winograd;
    const cm_window *window = &job->window;
    int64_t across = tile % w->tiles_across, rest = tile / w->tiles_across, down = rest % w->tiles_down, batch = rest / w->tiles_down;
    int64_t top = down * w->m - window->pad[0], left = across * w->m - window->pad[1];
    const float *picture = job->x + batch * window->height * window->width * window->channels;
    for (int i = 0; i < w->m + 2; i++) {
        bool inside = top + i >= 0 && top + i < window->height;
        for (int j = 0; j < w->m + 2; j++)
            *rows++ = inside && left + j >= 0 && left + j < window->width
                          ? picture + ((top + i) * window->width + left + j) * window->channels
                          : job->step->packed->pad_row;
    }
}

static cm_winograd_place tile_place(const winograd_job *job, int64_t tile)
{
    const cm_winograd *w = job->winograd;
    int64_t across = tile % w->tiles_across, rest = tile / w->tiles_across, down = rest % w->tiles_down, batch = rest / w->tiles_down;
    int64_t row = down * w->m, column = across * w->m, height = job->window.out_height, width = job->window.out_width;
    return (cm_winograd_place){.offset = (ptrdiff_t)(((batch * height + row) * width + column) * job->outputs),
                               .rows = (int)(height - row < w->m ? height - row : w->m),
                               .columns = (int)(width - column < w->m ? width - column : w->m)};
}

/* `tiles` tiles from `first` on into the block at v of `rows` rows. */
static void transform_block(const winograd_job *job, int64_t first, int tiles, int rows, float *v, const winograd_scratch *scratch)
{
    const cm_winograd *w = job->winograd;
    for (int i = 0; i < tiles; i++)
        tile_rows(job, first + i, scratch->rows + (ptrdiff_t)i * w->panels.positions);
    cm_winograd_input_tile tile = {.rows = scratch->rows,
                                   .v = v,
                                   .position_stride = position_floats(w, rows),
                                   .v_rows = rows,
                                   .tiles = tiles,
                                   .channels = (int)job->window.channels};
    w->input->run.winograd_input(&tile);
}

/* One block and one group of output channels: products and output transform. v: the block; fetch: weights come from memory, not from a cache. */
static void finish_block(const winograd_job *job, const float *v, int tiles, int rows, const cm_winograd_place *places, int group, bool fetch,
                         const winograd_scratch *scratch)
{
    const cm_winograd *w = job->winograd;
    const cm_winograd_panels *panels = &w->panels;
    int column = group * CM_WINOGRAD_GROUP, left = job->outputs - column, channels = left < CM_WINOGRAD_GROUP ? left : CM_WINOGRAD_GROUP;
    const unsigned char *weights = job->step->packed->weights;
    ptrdiff_t row_stride = CM_WINOGRAD_GROUP, position_stride = tiles * row_stride + STAGGER;
    for (int p = 0; p < panels->positions; p++) {
        for (int c = 0; c < channels; c += panels->nr) {
            cm_gemm_tile product = {.a = v + p * position_floats(w, rows),
                                    .panel = weights + cm_winograd_panel(panels, (column + c) / panels->nr, p),
                                    .c = scratch->sums + p * position_stride + c,
                                    .c_stride = row_stride,
                                    .ahead = fetch ? PREFETCH_BYTES : 0,
                                    .rows = rows,
                                    .k = panels->k,
                                    .m = tiles,
                                    .n = channels - c < panels->nr ? channels - c : panels->nr};
            w->multiply->run.gemm(&product);
        }
    }
    cm_epilogue epilogue = cm_step_epilogue(&job->step->op->u.conv.fused, job->step->packed, job->residual, 0, job->outputs);
    cm_winograd_output_tile output = {.sums = scratch->sums,
                                      .c = job->y,
                                      .epilogue = &epilogue,
                                      .places = places,
                                      .position_stride = position_stride,
                                      .row_stride = row_stride,
                                      .pixel_stride = job->outputs,
                                      .line_stride = (ptrdiff_t)job->window.out_width * job->outputs,
                                      .tiles = tiles,
                                      .channels = channels,
                                      .column = column};
    w->output->run.winograd_output(&output);
}

static void winograd_task(void *argument, int task, int worker)
{
    const winograd_job *job = argument;
    const cm_winograd *w = job->winograd;
    winograd_scratch scratch = scratch_of(job, worker);
    int chunk = task / job->parts, part = task % job->parts;
    int64_t first = w->tiles * chunk / job->chunks;
    int tiles = (int)(w->tiles * (chunk + 1) / job->chunks - first), rows = block_rows(w, tiles), blocks = ceil_div(tiles, rows);
    ptrdiff_t block = block_floats(w, rows);
    for (int i = 0; i < tiles; i++)
        scratch.places[i] = tile_place(job, first + i);
    for (int b = 0; b < blocks; b++)
        transform_block(job, first + b * rows, tiles - b * rows < rows ? tiles - b * rows : rows, rows, scratch.v + b * block, &scratch);
    for (int group = job->groups * part / job->parts; group < job->groups * (part + 1) / job->parts; group++) {
        for (int b = 0; b < blocks; b++)
            finish_block(job, scratch.v + b * block, tiles - b * rows < rows ? tiles - b * rows : rows, rows, scratch.places + b * rows, group,
                         b == 0, &scratch);
    }
}

static winograd_job job_of(const cm_step *step, const cm_context *context)
{
    const cm_op *op = step->op;
    winograd_job job = {.step = step, .winograd = &step->winograd, .context = context, .window = cm_window_of(op)};
    job.x = cm_context_data(context, op->inputs[0]);
    job.residual = op->u.conv.fused.has_residual ? cm_context_data(context, op->inputs[1]) : NULL;
    job.y = cm_context_data(context, op->output);
    job.outputs = (int)op->output->dims[1];
    job.groups = ceil_div(job.outputs, CM_WINOGRAD_GROUP);
    return job;
}

static void run_winograd(const cm_step *step, const cm_context *context)
{
    winograd_job job = job_of(step, context);
    const cm_winograd *w = job.winograd;
    int threads = context->threads;
    job.chunks = ceil_div(w->tiles, w->chunk_tiles);
    job.parts = 1;
    if (job.chunks >= threads || w->panels.bytes <= CACHED_WEIGHTS)
        job.chunks = (int)min(ceil_div(job.chunks, threads) * threads, w->tiles);
    else
        job.parts = (int)min(ceil_div(threads, job.chunks), job.groups);
    cm_pool_run(context->pool, winograd_task, &job, job.chunks * job.parts);
}

cameo_status cm_step_prepare_winograd(cm_step *step, cm_graph *graph, cm_weight_store *store, cm_cpu_tier tier, cameo_error *error)
{
    const cm_op *op = step->op;
    cm_winograd *w = &step->winograd;
    bool half = step->algorithm.half;
    w->m = step->algorithm.winograd;
    w->input = cm_kernel_choose_winograd(CM_KERNEL_winograd_input, w->m, tier);
    w->output = cm_kernel_choose_winograd(CM_KERNEL_winograd_output, w->m, tier);
    w->multiply = cm_kernel_choose(CM_KERNEL_gemm, half ? "f16" : "f32", tier);
    cm_weight_layout layout = {.form = CM_WEIGHTS_WINOGRAD, .nr = w->multiply->nr, .m = w->m, .half = half};
    w->panels = cm_winograd_panels_of(&layout, (int)op->inputs[0]->dims[1], (int)op->output->dims[1]);
    w->tiles_down = ceil_div(op->output->dims[2], w->m);
    w->tiles_across = ceil_div(op->output->dims[3], w->m);
    w->tiles = op->output->dims[0] * w->tiles_down * w->tiles_across;
    int64_t fits = (w->panels.bytes <= CACHED_WEIGHTS ? SMALL_SCRATCH : LARGE_SCRATCH) / (w->panels.positions * w->panels.k);
    w->chunk_tiles = (int)min(fits > w->multiply->mr ? fits : w->multiply->mr, w->tiles);
    step->kernel = w->multiply;
    step->kernel_name = w->multiply->name;
    step->run = run_winograd;
    step->scratch_bytes = lay_out(w, NULL, NULL);
    return cm_weights_pack(store, graph, op, &layout, &step->packed, error);
}
