/* Running a chain: slabs of a picture are the tasks. */
#include "base/clock.h"
#include "run/chain.h"

#include <string.h>

enum { FEWEST_BANDS = 2 }; /* of a slab: its first band costs lines that the slab above computes too */

typedef struct chain_job {
    const cm_chain *chain;
    const cm_context *context;
    int slabs; /* of a picture */
} chain_job;

/* One thread on its way down a slab. */
typedef struct descent {
    const chain_job *job;
    int64_t picture;
    unsigned char *scratch;
    double *busy;               /* [count] */
    int64_t end[CM_CHAIN_MOST]; /* the line up to which each step has computed its output */
} descent;

static int64_t line_floats(const cm_value *value)
{
    return value->dims[3] * value->dims[1];
}

static float *picture_data(const descent *d, const cm_value *value)
{
    return cm_context_data(d->job->context, value) + d->picture * (value->elements / value->dims[0]);
}

static float *held_data(const descent *d, int i)
{
    return (float *)(void *)(d->scratch + d->job->chain->held[i].offset);
}

/* Computes lines of a step's output that lie side by side in memory. */
static void run_part(descent *d, int i, cm_lines lines)
{
    const cm_chain *chain = d->job->chain;
    const cm_step *step = &chain->steps[i];
    const cm_value *y = step->op->output;
    int64_t floats = line_floats(y);
    cm_part part = {.first = lines.first * y->dims[3], .pixels = (int)((lines.end - lines.first) * y->dims[3]), .scratch = d->scratch};
    part.x = i > 0 ? held_data(d, i - 1) : picture_data(d, step->op->inputs[0]);
    part.ring = i > 0 ? chain->held[i - 1].lines : 0;
    if (step->op->input_count > 1)
        part.residual = picture_data(d, step->op->inputs[1]) + lines.first * floats;
    part.y = i < chain->count - 1 ? held_data(d, i) + lines.first % chain->held[i].lines * floats : picture_data(d, y) + lines.first * floats;
    step->part(step, &part);
}

/* Computes lines of a step's output; its input is there. */
static void run_lines(descent *d, int i, cm_lines lines)
{
    const cm_chain *chain = d->job->chain;
    double start = d->job->context->profiling ? cm_clock_seconds() : 0.0;
    if (i < chain->count - 1) {
        int64_t ring = chain->held[i].lines, wrap = (lines.first / ring + 1) * ring;
        if (wrap < lines.end) {
            run_part(d, i, (cm_lines){lines.first, wrap});
            lines.first = wrap;
        }
    }
    run_part(d, i, lines);
    if (d->job->context->profiling)
        d->busy[i] += cm_clock_seconds() - start;
}

/* Computes what is missing of the lines of a step's output, a few at a time, each time what they need of the steps before. */
static void have_lines(descent *d, int i, cm_lines lines)
{
    const cm_chain *chain = d->job->chain;
    if (d->end[i] < lines.first)
        d->end[i] = lines.first;
    while (d->end[i] < lines.end) {
        cm_lines next = {d->end[i], d->end[i] + chain->lines[i] < lines.end ? d->end[i] + chain->lines[i] : lines.end};
        if (i > 0)
            have_lines(d, i - 1, cm_chain_wanted(chain->steps[i].op, next));
        run_lines(d, i, next);
        d->end[i] = next.end;
    }
}

static void chain_task(void *argument, int task, int worker)
{
    const chain_job *job = argument;
    const cm_chain *chain = job->chain;
    descent d = {.job = job, .picture = task / job->slabs, .busy = chain->busy + (ptrdiff_t)worker * chain->count};
    d.scratch = job->context->scratch + (size_t)worker * job->context->scratch_bytes;
    int64_t slab = task % job->slabs, height = chain->steps[chain->count - 1].op->output->dims[2];
    int64_t first = height * slab / job->slabs, end = height * (slab + 1) / job->slabs;
    have_lines(&d, chain->count - 1, (cm_lines){first, end});
}

/* As many slabs as give each thread its share; more only where one would not be alike for all. */
static int slabs_of(const cm_chain *chain, int threads)
{
    const int64_t *dims = chain->steps[chain->count - 1].op->output->dims;
    int64_t most = dims[2] / (FEWEST_BANDS * chain->lines[chain->count - 1]), wanted = dims[0] % threads ? threads : 1;
    return (int)(wanted < most ? wanted : most > 1 ? most : 1);
}

/* Shares the time of a run among the steps as the threads have spent theirs. */
static void share_seconds(const cm_chain *chain, int threads, double seconds)
{
    double sums[CM_CHAIN_MOST] = {0.0}, all = 0.0;
    for (int i = 0; i < threads * chain->count; i++) {
        sums[i % chain->count] += chain->busy[i];
        all += chain->busy[i];
    }
    for (int i = 0; i < chain->count && all > 0.0; i++)
        chain->steps[i].seconds += seconds * sums[i] / all;
}

void cm_chain_run(const cm_chain *chain, const cm_context *context)
{
    chain_job job = {.chain = chain, .context = context, .slabs = slabs_of(chain, context->threads)};
    double start = 0.0;
    if (context->profiling) {
        memset(chain->busy, 0, (size_t)context->threads * (size_t)chain->count * sizeof *chain->busy);
        start = cm_clock_seconds();
    }
    cm_pool_run(context->pool, chain_task, &job, (int)chain->steps[0].op->output->dims[0] * job.slabs);
    if (context->profiling)
        share_seconds(chain, context->threads, cm_clock_seconds() - start);
}
