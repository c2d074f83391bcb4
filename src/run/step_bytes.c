/* Between floats and bytes, and bytes element by element. */
#include "run/step.h"

enum { TASK_ELEMENTS = 32768 };

cm_requantize cm_step_requantize(const cm_integer *integer, const int32_t *offset, const void *add, ptrdiff_t add_stride)
{
    cm_requantize requantize = integer->requantize;
    requantize.offset = offset;
    requantize.add = add;
    requantize.add_stride = add_stride;
    return requantize;
}

typedef struct bytes_job {
    const cm_step *step;
    const unsigned char *x, *added;
    unsigned char *y;
    int64_t rows, chunk, channels;
} bytes_job;

/* Of an element. */
static ptrdiff_t size_of(const cm_value *value)
{
    return value->is_bytes ? 1 : (ptrdiff_t)sizeof(float);
}

static void bytes_task(void *argument, int task, int worker)
{
    const bytes_job *job = argument;
    const cm_step *step = job->step;
    const cm_op *op = step->op;
    const cm_value *x = op->inputs[0], *y = op->output;
    int64_t first = task * job->chunk, rows = job->rows - first < job->chunk ? job->rows - first : job->chunk;
    const void *a = job->x + first * cm_value_pixel_elements(x) * size_of(x);
    void *c = job->y + first * cm_value_pixel_elements(y) * size_of(y);
    (void)worker;
    if (op->kind == CM_OP_REQUANTIZE) {
        const cm_value *other = op->integer->has_add ? op->inputs[1] : NULL;
        const void *add = other ? job->added + first * cm_value_pixel_elements(other) * size_of(other) : NULL;
        cm_requantize requantize = cm_step_requantize(op->integer, NULL, add, other ? cm_value_pixel_elements(other) : 0);
        step->kernel->run.qmap(&(cm_qmap_tile){.a = a, .c = c, .a_stride = cm_value_pixel_elements(x), .c_stride = cm_value_pixel_elements(y),
                                               .epilogue = &requantize, .rows = rows, .channels = (int)job->channels, .zero = op->integer->zero});
        return;
    }
    cm_quantize_tile tile = {.a = a, .c = c, .a_stride = cm_value_pixel_elements(x), .c_stride = cm_value_pixel_elements(y), .rows = rows,
                             .channels = (int)job->channels,
                             .zero = op->u.quantize.zero, .scale = op->u.quantize.scale};
    if (op->kind == CM_OP_QUANTIZE)
        step->kernel->run.quantize(&tile);
    else
        step->kernel->run.dequantize(&tile);
}

static void run_bytes(const cm_step *step, const cm_context *context)
{
    const cm_op *op = step->op;
    bytes_job job = {.step = step, .channels = op->output->dims[1]};
    job.x = (const unsigned char *)cm_context_data(context, op->inputs[0]);
    job.y = (unsigned char *)cm_context_data(context, op->output);
    if (op->kind == CM_OP_REQUANTIZE && op->integer->has_add)
        job.added = (const unsigned char *)cm_context_data(context, op->inputs[1]);
    job.rows = op->output->elements / job.channels;
    job.chunk = TASK_ELEMENTS / job.channels + 1;
    cm_pool_run(context->pool, bytes_task, &job, (int)((job.rows + job.chunk - 1) / job.chunk));
}

cameo_status cm_step_prepare_bytes(cm_step *step, cm_cpu_tier tier)
{
    switch (step->op->kind) {
    case CM_OP_QUANTIZE: step->kernel = cm_kernel_choose(CM_KERNEL_quantize, "f32", tier); break;
    case CM_OP_DEQUANTIZE: step->kernel = cm_kernel_choose(CM_KERNEL_dequantize, "u8", tier); break;
    default: step->kernel = cm_kernel_choose(CM_KERNEL_qmap, "u8", tier);
    }
    step->kernel_name = step->kernel->name;
    step->run = run_bytes;
    return CAMEO_OK;
}
