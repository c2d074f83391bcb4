/* Convolutions by Winograd's minimal filtering, chunk after chunk of tiles:
 *
 *   input transform   tiles -> V [k/16][rows][16]
 *   filter transform  filters of a group of output channels, a block of k -> U [weight][k][channels]
 *   product           for each weight: its rows of V x U -> its rows of the sums, block after block of k
 *   output transform  sums -> output pixels, epilogue
 *
 * U is up to four times as large as the filters. Where a second-level cache holds it beside the rest it is made anew, once a task: reading it from memory
 * would take longer. Larger ones are made block by block as they are used if there are many tiles, or if little memory is wanted; for few tiles
 * writing them into the cache would cost more than reading them from memory, and filters are kept transformed, as half floats.
 *
 * Bytes go the same way in exact integers (kern.h): two input channels are one word of V and of U, and filters are always transformed in each run, since 16
 * bits for each of 36 weights are eight times as large as they are.
 *
 * A task takes tiles and groups of output channels through all steps, in scratch memory of its thread. Where U is small tasks share the tiles; where
 * it is large they share the groups, so that each filter is read and transformed once, and each task transforms all the tiles: that costs less than
 * fetching them transformed from another core's cache. What a tile's outputs become is the same in any cut. */
#include "run/winograd_tiles.h"

enum {
    TAPS = 9,
    SMALL_SCRATCH = 48 * 1024,      /* floats of V of one chunk, where U shares the second-level cache with it */
    LARGE_SCRATCH = 288 * 1024,     /* where it does not: each chunk transforms or reads all filters anew, so chunks should be few */
    WHOLE_FILTERS = 384 * 1024,     /* floats of U that stay in a second-level cache */
    FILTER_BLOCK = 148 * 1024,      /* otherwise so many at once */
    PREFETCH_BYTES = 32 * 1024,     /* how far ahead of their use filters that are kept transformed are fetched */
    CALL_TILES = 16                 /* tiles that one call transforms */
};

typedef struct winograd_job {
    const cm_step *step;
    const cm_winograd *winograd;
    const cm_context *context;
    cm_window window;
    const float *x, *residual;
    float *y;
    int inputs, outputs, groups; /* inputs: channels, or pairs of bytes */
    ptrdiff_t pixel_stride;      /* of the output, in elements */
    cm_requantize requantize;    /* bytes */
    int chunks, parts, tasks; /* tiles are cut into so many chunks, groups into so many parts */
} winograd_job;

/* What a thread needs for itself. */
typedef struct winograd_scratch {
    const float **pixels;       /* [CALL_TILES, inputs of a tile] */
    cm_winograd_tile *order;    /* [chunk tiles] */
    cm_winograd_place *places;  /* [chunk tiles] */
    uint32_t *rows;             /* [chunk tiles, positions] */
    float *sums;                /* [group/16][rows][16] */
    float *v, *u;
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

/* Floats of U from one panel to the next, one weight to the next, and one group to the next (where all groups are kept). The lines left out between
 * weights keep them from falling into the same few sets of the caches. */
static ptrdiff_t panel_stride(const cm_winograd *w)
{
    return (ptrdiff_t)w->k_block * w->multiply->nr;
}

static ptrdiff_t weight_stride(const cm_winograd *w)
{
    return ceil_div(w->width, w->multiply->nr) * panel_stride(w) + CM_GEMM_K;
}

static ptrdiff_t group_floats(const cm_winograd *w)
{
    return w->edge * w->edge * weight_stride(w);
}

/* Lays a thread's scratch out; returns its size. base NULL: the size only. */
static size_t lay_out(const cm_winograd *w, int groups, unsigned char *base, winograd_scratch *scratch)
{
    size_t positions = (size_t)cm_winograd_most_positions(w), tiles = (size_t)w->chunk_tiles, most_rows = cm_winograd_most_rows(w, w->chunk_tiles);
    size_t order = round_up(CALL_TILES * positions * sizeof(float *)), places = round_up(order + tiles * sizeof(cm_winograd_tile));
    size_t rows = round_up(places + tiles * sizeof(cm_winograd_place)), sums = round_up(rows + tiles * positions * sizeof(uint32_t));
    size_t v = round_up(sums + most_rows * CM_WINOGRAD_GROUP * sizeof(float)), u = round_up(v + most_rows * (size_t)w->k * sizeof(float));
    size_t end = round_up(u + (size_t)(w->kept ? 0 : w->whole ? groups : 1) * (size_t)group_floats(w) * sizeof(float));
    if (base)
        *scratch = (winograd_scratch){.pixels = (const float **)(void *)base,
                                      .order = (cm_winograd_tile *)(void *)(base + order),
                                      .places = (cm_winograd_place *)(void *)(base + places),
                                      .rows = (uint32_t *)(void *)(base + rows),
                                      .sums = (float *)(void *)(base + sums),
                                      .v = (float *)(void *)(base + v),
                                      .u = (float *)(void *)(base + u)};
    return end;
}

static winograd_scratch scratch_of(const winograd_job *job, int worker)
{
    winograd_scratch scratch = {0};
    lay_out(job->winograd, job->groups, job->context->scratch + (size_t)worker * job->context->scratch_bytes, &scratch);
    return scratch;
}

/* Floats from one group of V, or of the sums, to the next: an odd number of rows, for the same reason as in lay_rows of winograd_tiles.c. */
static ptrdiff_t group_stride(const cm_winograd_chunk *chunk)
{
    return (ptrdiff_t)(chunk->rows | 1) * CM_GEMM_K;
}

static bool of_bytes(const winograd_job *job)
{
    return job->step->op->integer != NULL;
}

static void transform_input(const winograd_job *job, const cm_winograd_chunk *chunk, const winograd_scratch *scratch)
{
    const cm_winograd *w = job->winograd;
    cm_winograd_input_tile call = {.pixels = scratch->pixels,
                                   .rows = scratch->rows,
                                   .v = scratch->v,
                                   .group_stride = group_stride(chunk),
                                   .channels = of_bytes(job) ? 2 * job->inputs : job->inputs,
                                   .zero = of_bytes(job) ? job->step->op->integer->zero : 0,
                                   .scheme = w->scheme};
    for (int kind = 0; kind < CM_WINOGRAD_KINDS; kind++) {
        int inputs = cm_winograd_kind_inputs(w, kind), end = chunk->kind_first[kind + 1];
        call.half_down = (kind & 2) != 0;
        call.half_across = (kind & 1) != 0;
        for (int first = chunk->kind_first[kind]; first < end; first += call.tiles) {
            call.tiles = end - first < CALL_TILES ? end - first : CALL_TILES;
            for (int i = 0; i < call.tiles; i++)
                cm_winograd_pixels(w, kind, &job->window, job->x, job->step->packed->pad_row, scratch->order[first + i], scratch->pixels + i * inputs);
            w->input->run.winograd_input(&call);
            call.rows += call.tiles * cm_winograd_kind_positions(w, kind);
        }
    }
}

/* Of a filter's number, or of two that are bytes. */
static size_t filter_bytes(const winograd_job *job)
{
    return job->step->algorithm.half || of_bytes(job) ? sizeof(uint16_t) : sizeof(float);
}

/* Where a group's filters of one tap begin, at input channel k. */
static const unsigned char *filters_at(const winograd_job *job, int group, int tap, int k)
{
    size_t row = (size_t)job->winograd->width * filter_bytes(job), before = ((size_t)group * TAPS + (size_t)tap) * (size_t)job->inputs + (size_t)k;
    return (const unsigned char *)job->step->packed->weights + before * row;
}

static int channels_of(const winograd_job *job, int group)
{
    return (int)min(job->outputs - group * job->winograd->width, job->winograd->width);
}

/* A group's filters, `count` input channels from k on, into u. */
static void transform_filters(const winograd_job *job, int group, int k, int count, float *u)
{
    const cm_winograd *w = job->winograd;
    int there = (int)min(job->inputs - k, count);
    cm_winograd_filter_tile call = {.filters = filters_at(job, group, 0, k),
                                    .u = u,
                                    .tap_stride = (ptrdiff_t)job->inputs * w->width,
                                    .weight_stride = weight_stride(w),
                                    .panel_stride = panel_stride(w),
                                    .k = there,
                                    .zeros = count - there,
                                    .columns = cm_gemm_padded(channels_of(job, group)),
                                    .row = w->width,
                                    .nr = w->multiply->nr,
                                    .scheme = w->scheme};
    w->filter->run.winograd_filter(&call);
}

/* A block of a group's filters. u: transformed; NULL: they are kept transformed. */
typedef struct filter_block {
    int group, channels, k;
    const float *u;
} filter_block;

/* The panel of one weight and of the columns from `column` on. */
static const void *panel_of(const winograd_job *job, const filter_block *block, int weight, int column)
{
    const cm_winograd *w = job->winograd;
    int panel = column / w->multiply->nr;
    if (block->u)
        return block->u + weight * weight_stride(w) + panel * panel_stride(w);
    const unsigned char *weights = job->step->packed->weights;
    return weights + cm_winograd_panel(&w->layout, job->inputs, job->outputs, block->group * w->width / w->multiply->nr + panel, weight);
}

/* All products of one weight with a block of its filters. Rows are cut into blocks of equal size (but for the last). */
static void multiply_weight(const winograd_job *job, const cm_winograd_chunk *chunk, int weight, const filter_block *filters,
                            const winograd_scratch *scratch)
{
    const cm_winograd *w = job->winograd;
    int k = filters->k, nr = w->multiply->nr, rows = chunk->weight_rows[weight], block = rows ? ceil_div(rows, ceil_div(rows, w->multiply->mr)) : 1;
    cm_gemm_tile product = {.group_stride = group_stride(chunk),
                            .c_stride = group_stride(chunk),
                            .ahead = PREFETCH_BYTES,
                            .k = (int)min(w->k - k, w->k_block),
                            .accumulate = k > 0};
    const float *v = scratch->v + k / CM_GEMM_K * product.group_stride;
    for (int column = 0; column < filters->channels; column += nr) {
        product.panel = panel_of(job, filters, weight, column);
        product.n = (int)min(filters->channels - column, nr);
        for (int row = 0; row < rows; row += block) {
            int first = chunk->weight_first[weight] + row, next = row + block < rows ? first + block : chunk->weight_first[weight + 1];
            product.m = (int)min(rows - row, block);
            product.a = v + (ptrdiff_t)first * CM_GEMM_K;
            product.c = scratch->sums + column / CM_GEMM_K * product.c_stride + (ptrdiff_t)first * CM_GEMM_K + column % CM_GEMM_K;
            product.next = v + (ptrdiff_t)(column + nr >= filters->channels ? next : first) * CM_GEMM_K;
            w->multiply->run.gemm(&product);
        }
    }
}

/* Of pixels in what places count. */
static int place_stride(const winograd_job *job)
{
    return of_bytes(job) ? 1 : job->outputs;
}

static void transform_output(const winograd_job *job, const cm_winograd_chunk *chunk, int column, int channels, const winograd_scratch *scratch)
{
    const cm_winograd *w = job->winograd;
    cm_epilogue epilogue = cm_step_epilogue(&job->step->op->u.conv.fused, job->step->packed, job->residual, 0, job->outputs);
    cm_winograd_output_tile call = {.sums = scratch->sums,
                                    .rows = scratch->rows,
                                    .c = job->y,
                                    .epilogue = &epilogue,
                                    .requantize = &job->requantize,
                                    .group_stride = group_stride(chunk),
                                    .pixel_stride = job->pixel_stride,
                                    .line_stride = (ptrdiff_t)job->window.out_width * place_stride(job),
                                    .channels = channels,
                                    .column = column,
                                    .scheme = w->scheme};
    for (int kind = 0; kind < CM_WINOGRAD_KINDS; kind++) {
        call.tiles = chunk->kind_first[kind + 1] - chunk->kind_first[kind];
        call.places = scratch->places + chunk->kind_first[kind];
        call.half_down = (kind & 2) != 0;
        call.half_across = (kind & 1) != 0;
        if (call.tiles)
            w->output->run.winograd_output(&call);
        call.rows += call.tiles * cm_winograd_kind_positions(w, kind);
    }
}

static void transform_all_filters(const winograd_job *job, const winograd_scratch *scratch)
{
    for (int group = 0; group < job->groups; group++)
        transform_filters(job, group, 0, job->winograd->k, scratch->u + group * group_floats(job->winograd));
}

/* A chunk, and the groups from `group` to before `end`. */
static void run_chunk(const winograd_job *job, int64_t number, int group, int end, const winograd_scratch *scratch)
{
    const cm_winograd *w = job->winograd;
    int64_t first = w->tiles * number / job->chunks, last = w->tiles * (number + 1) / job->chunks;
    cm_winograd_chunk chunk = cm_winograd_chunk_of(w, first, (int)(last - first), scratch->order, scratch->rows);
    for (int i = 0; i < chunk.tiles; i++)
        scratch->places[i] = cm_winograd_place_of(w, &job->window, place_stride(job), scratch->order[i]);
    transform_input(job, &chunk, scratch);
    for (; group < end; group++) {
        filter_block block = {.group = group, .channels = channels_of(job, group)};
        if (!w->kept)
            block.u = scratch->u + (w->whole ? group * group_floats(w) : 0);
        for (block.k = 0; block.k < w->k; block.k += w->k_block) {
            if (!w->kept && !w->whole)
                transform_filters(job, group, block.k, (int)min(w->k - block.k, w->k_block), scratch->u);
            for (int weight = 0; weight < w->edge * w->edge; weight++)
                multiply_weight(job, &chunk, weight, &block, scratch);
        }
        transform_output(job, &chunk, group * w->width, block.channels, scratch);
    }
}

static void winograd_task(void *argument, int task, int worker)
{
    const winograd_job *job = argument;
    winograd_scratch scratch = scratch_of(job, worker);
    int64_t part = task % job->parts, share = task / job->parts, shares = job->tasks / job->parts;
    if (job->winograd->whole)
        transform_all_filters(job, &scratch);
    for (int64_t chunk = job->chunks * share / shares; chunk < job->chunks * (share + 1) / shares; chunk++)
        run_chunk(job, chunk, (int)(job->groups * part / job->parts), (int)(job->groups * (part + 1) / job->parts), &scratch);
}

static winograd_job job_of(const cm_step *step, const cm_context *context)
{
    const cm_op *op = step->op;
    winograd_job job = {.step = step, .winograd = &step->winograd, .context = context, .window = cm_window_of(op)};
    job.x = cm_context_data(context, op->inputs[0]);
    job.residual = cm_context_residual(context, op, &op->u.conv.fused);
    job.y = cm_context_data(context, op->output);
    job.inputs = (int)op->inputs[0]->dims[1];
    job.outputs = (int)op->output->dims[1];
    job.groups = ceil_div(job.outputs, step->winograd.width);
    job.pixel_stride = cm_value_pixel_elements(op->output);
    if (op->integer) {
        job.window.channels = cm_value_words(op->inputs[0]->dims[1]);
        job.inputs = 2 * (int)job.window.channels;
        job.requantize = cm_step_requantize(op->integer, step->packed->offset, job.residual, job.residual ? cm_value_pixel_elements(op->inputs[1]) : 0);
    }
    return job;
}

static void run_winograd(const cm_step *step, const cm_context *context)
{
    winograd_job job = job_of(step, context);
    const cm_winograd *w = job.winograd;
    int threads = context->threads;
    job.chunks = ceil_div(w->tiles, w->chunk_tiles);
    job.parts = 1;
    if (w->whole || job.chunks >= threads)
        job.chunks = (int)min(ceil_div(job.chunks, threads) * threads, w->tiles);
    else
        job.parts = (int)min(ceil_div(threads, job.chunks), job.groups);
    job.tasks = w->whole ? (int)min(threads, job.chunks) : job.chunks * job.parts;
    cm_pool_run(context->pool, winograd_task, &job, job.tasks);
}

/* How the work is cut into blocks of k and chunks of tiles. */
static void cut(cm_winograd *w, int inputs, int outputs)
{
    int weights = w->edge * w->edge, columns = cm_gemm_padded(outputs); /* that are computed */
    w->k = cm_gemm_padded(inputs);
    w->k_block = w->k;
    w->width = outputs < CM_WINOGRAD_GROUP && !w->kept ? columns : CM_WINOGRAD_GROUP;
    w->whole = !w->kept && (int64_t)weights * w->k * columns <= WHOLE_FILTERS;
    if (!w->whole && !w->kept)
        w->k_block = (int)min(FILTER_BLOCK / (weights * w->width) / CM_GEMM_K * CM_GEMM_K, w->k);
    int64_t fits = (w->whole ? SMALL_SCRATCH : LARGE_SCRATCH) / ((int64_t)cm_winograd_most_positions(w) * w->k);
    int mr = w->multiply->mr;
    w->chunk_tiles = (int)min(fits > mr ? fits / mr * mr : mr, w->tiles);
}

cameo_status cm_step_prepare_winograd(cm_step *step, cm_graph *graph, cm_weight_store *store, cm_cpu_tier tier, cameo_error *error)
{
    const cm_op *op = step->op;
    cm_winograd *w = &step->winograd;
    w->scheme = cm_winograd_scheme_of(step->algorithm.winograd, op->u.conv.stride[0]);
    w->edge = cm_winograd_edge(w->scheme);
    bool bytes = op->integer != NULL;
    w->filter = cm_kernel_choose(CM_KERNEL_winograd_filter, bytes ? "s8" : step->algorithm.half ? "f16" : "f32", tier);
    w->input = cm_kernel_choose(CM_KERNEL_winograd_input, bytes ? "u8" : "f32", tier);
    w->kept = step->algorithm.kept;
    w->multiply = cm_kernel_choose(CM_KERNEL_gemm, bytes ? "s16" : w->kept ? "f16" : "f32", tier);
    w->output = cm_kernel_choose(CM_KERNEL_winograd_output, bytes ? "s32" : "f32", tier);
    w->down = cm_winograd_cut_of(w->scheme, op->output->dims[2]);
    w->across = cm_winograd_cut_of(w->scheme, op->output->dims[3]);
    w->tiles = op->output->dims[0] * w->down.tiles * w->across.tiles;
    int inputs = (int)op->inputs[0]->dims[1], outputs = (int)op->output->dims[1];
    cut(w, bytes ? 2 * (int)cm_value_words(inputs) : inputs, outputs);
    step->kernel = w->multiply;
    step->kernel_name = w->multiply->name;
    step->run = run_winograd;
    step->scratch_bytes = lay_out(w, ceil_div(outputs, w->width), NULL, NULL);
    w->layout = w->kept ? (cm_weight_layout){.form = CM_WEIGHTS_WINOGRAD, .nr = w->multiply->nr, .edge = w->edge, .half = true}
                        : (cm_weight_layout){.form = bytes ? CM_WEIGHTS_BYTES_WINOGRAD : CM_WEIGHTS_PANELS, .nr = w->width, .half = step->algorithm.half};
    return cm_weights_pack(store, graph, op, &w->layout, &step->packed, error);
}
