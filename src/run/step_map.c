/* Element by element, and copies. */
#include "run/step.h"

enum { TASK_ELEMENTS = 32768 };

typedef struct map_job {
    const cm_step *step;
    const float *a, *b, *b2;
    float *c;
    cm_map_op op;
    cm_map_operand b_kind;
    cm_epilogue epilogue;
    int64_t rows, chunk, chunks; /* rows of one of the outer, of one task, tasks of one of the outer */
    int channels;
} map_job;

static void map_task(void *argument, int task, int worker)
{
    const map_job *job = argument;
    int64_t outer = task / job->chunks, first = task % job->chunks * job->chunk;
    int64_t rows = job->rows - first < job->chunk ? job->rows - first : job->chunk;
    int64_t at = (outer * job->rows + first) * job->channels, b_at = 0;
    (void)worker;
    switch (job->b_kind) {
    case CM_MAP_FULL:
        b_at = at;
        break;
    case CM_MAP_PER_CHANNEL:
        b_at = outer * job->channels;
        break;
    case CM_MAP_PER_ROW:
        b_at = outer * job->rows + first;
        break;
    default:
        b_at = outer;
    }
    cm_map_tile tile = {.a = job->a + at,
                        .b = job->b ? job->b + b_at : NULL,
                        .b2 = job->b2,
                        .c = job->c + at,
                        .a_stride = job->channels,
                        .b_stride = job->channels,
                        .c_stride = job->channels,
                        .rows = rows,
                        .channels = job->channels,
                        .op = job->op,
                        .b_kind = job->b_kind,
                        .epilogue = &job->epilogue};
    job->step->kernel->run.map(&tile);
}

static void run_job(map_job *job, int64_t outer, const cm_context *context)
{
    if (job->rows == 0 || job->channels == 0 || outer == 0)
        return;
    job->chunk = TASK_ELEMENTS / job->channels + 1;
    job->chunks = (job->rows + job->chunk - 1) / job->chunk;
    cm_pool_run(context->pool, map_task, job, (int)(outer * job->chunks));
}

static void run_map(const cm_step *step, const cm_context *context)
{
    const cm_op *op = step->op;
    const cm_map *map = &op->u.map;
    map_job job = {.step = step,
                   .a = cm_context_data(context, op->inputs[0]),
                   .b = op->input_count > 1 ? cm_context_data(context, op->inputs[1]) : NULL,
                   .c = cm_context_data(context, op->output),
                   .op = map->op,
                   .b_kind = map->b_kind,
                   .epilogue = cm_step_epilogue(&map->fused, NULL, NULL, 0, 0),
                   .rows = map->rows,
                   .channels = map->channels};
    run_job(&job, map->outer, context);
}

static void run_affine(const cm_step *step, const cm_context *context)
{
    const cm_op *op = step->op;
    int64_t channels = op->output->dims[1];
    map_job job = {.step = step,
                   .a = cm_context_data(context, op->inputs[0]),
                   .b = op->u.affine.scale,
                   .b2 = op->u.affine.shift,
                   .c = cm_context_data(context, op->output),
                   .op = CM_MAP_AFFINE,
                   .b_kind = CM_MAP_PER_CHANNEL,
                   .rows = channels ? op->output->elements / channels : 0,
                   .channels = (int)channels};
    run_job(&job, 1, context);
}

cameo_status cm_step_prepare_map(cm_step *step, cm_cpu_tier tier)
{
    step->kernel = cm_kernel_choose(CM_KERNEL_map, "f32", tier);
    step->kernel_name = step->kernel->name;
    step->run = step->op->kind == CM_OP_AFFINE ? run_affine : run_map;
    return CAMEO_OK;
}

/* ---- Copies ---- */

typedef struct move_job {
    const cm_step *step;
    const cm_context *context;
} move_job;

static void move_task(void *argument, int task, int worker)
{
    const move_job *job = argument;
    const cm_op *op = job->step->op;
    const cm_move_piece *piece = &op->u.move.pieces[task];
    const cm_value *from = op->inputs[piece->input];
    int64_t src_strides[CAMEO_MAX_RANK] = {0}, dst_strides[CAMEO_MAX_RANK] = {0};
    (void)worker;
    cm_value_strides(from, src_strides);
    cm_value_strides(op->output, dst_strides);
    cm_move_run_piece(piece, cm_context_data(job->context, from), src_strides, cm_context_data(job->context, op->output), dst_strides,
                      sizeof(float));
}

static void run_move(const cm_step *step, const cm_context *context)
{
    move_job job = {.step = step, .context = context};
    if (step->op->u.move.fill) {
        float *c = cm_context_data(context, step->op->output);
        for (int64_t i = 0; i < step->op->output->elements; i++)
            c[i] = step->op->u.move.fill_value;
    }
    cm_pool_run(context->pool, move_task, &job, step->op->u.move.piece_count);
}

/* Between [N,C,H,W] and [N,H,W,C]: a transposition of each picture. */
enum { TURN_PIXELS = 1024 };

/* Pixels of one picture from [C,H,W] to [H,W,C]. */
static void turn_part(const cm_step *step, const cm_part *part)
{
    const cm_value *x = step->op->inputs[0];
    int64_t channels = x->dims[1], pixels = x->dims[2] * x->dims[3];
    step->kernel->run.transpose(part->x + part->first, (ptrdiff_t)pixels, part->y, (ptrdiff_t)channels, channels, part->pixels);
}

static void turn_task(void *argument, int task, int worker)
{
    const move_job *job = argument;
    const cm_value *x = job->step->op->inputs[0], *y = job->step->op->output;
    int64_t channels = x->dims[1], pixels = x->dims[2] * x->dims[3], chunks = (pixels + TURN_PIXELS - 1) / TURN_PIXELS;
    int64_t first = task % chunks * TURN_PIXELS, count = pixels - first < TURN_PIXELS ? pixels - first : TURN_PIXELS;
    int64_t picture = task / chunks * channels * pixels;
    const float *a = cm_context_data(job->context, x) + picture;
    float *c = cm_context_data(job->context, y) + picture;
    (void)worker;
    if (y->layout == CM_LAYOUT_CHANNELS_LAST)
        turn_part(job->step, &(cm_part){.x = a, .y = c + first * channels, .first = first, .pixels = (int)count});
    else
        job->step->kernel->run.transpose(a + first * channels, (ptrdiff_t)channels, c + first, (ptrdiff_t)pixels, count, channels);
}

static void run_turn(const cm_step *step, const cm_context *context)
{
    move_job job = {.step = step, .context = context};
    const cm_value *x = step->op->inputs[0];
    int64_t pixels = x->dims[2] * x->dims[3];
    cm_pool_run(context->pool, turn_task, &job, (int)(x->dims[0] * ((pixels + TURN_PIXELS - 1) / TURN_PIXELS)));
}

cameo_status cm_step_prepare_move(cm_step *step, cm_cpu_tier tier)
{
    const cm_op *op = step->op;
    step->run = run_move;
    step->kernel_name = "plain_move";
    if (cm_op_changes_layout(op)) {
        step->kernel = cm_kernel_choose(CM_KERNEL_transpose, "f32", tier);
        step->kernel_name = step->kernel->name;
        step->run = run_turn;
        step->part = op->output->layout == CM_LAYOUT_CHANNELS_LAST ? turn_part : NULL;
    }
    return CAMEO_OK;
}
