/* Which ranges, whether biases are corrected, and what has to stay in float: all decided by embeddings of the given faces. */
#include <math.h>
#include <stdlib.h>

#include "progress.h"
#include "quantize_job.h"
#include "report.h"

enum { SEARCH_FACES = 96, LAYER_FACES = 32, REFINED_LAYERS = 12 };

static int try_methods(cm_quantize_job *job)
{
    int best = -1, code = CM_EXIT_OK;
    cm_progress_start("ranges", CAMEO_RANGE_METHODS, CM_PROGRESS_COUNT, 0);
    for (int i = 0; i < CAMEO_RANGE_METHODS && code == CM_EXIT_OK; i++) {
        cameo_quantizer_set_method(job->quantizer, -1, (cameo_range_method)i);
        code = cm_quantize_try(job, SEARCH_FACES, &job->methods[i]);
        if (best < 0 || job->methods[i].cosine > job->methods[best].cosine)
            best = i;
        cm_progress_update((uint64_t)i + 1);
    }
    cm_progress_stop();
    job->method = best;
    return code;
}

/* With the ranges as they are: biases corrected if that pays. */
static int choose_correction(cm_quantize_job *job)
{
    cm_quantize_score corrected = {0};
    cameo_quantizer_correct(job->quantizer, 0);
    int code = cm_quantize_measure(job);
    if (code == CM_EXIT_OK)
        code = cm_quantize_try(job, SEARCH_FACES, &job->uncorrected);
    cameo_quantizer_correct(job->quantizer, 1);
    if (code == CM_EXIT_OK)
        code = cm_quantize_try(job, SEARCH_FACES, &corrected);
    job->corrected = corrected.cosine > job->uncorrected.cosine;
    cameo_quantizer_correct(job->quantizer, job->corrected);
    return code;
}

static int is_met(const cm_quantize_job *job, const cm_quantize_score *score)
{
    return score->cosine >= job->min_cosine && cm_quantize_loss(job, score) <= job->max_loss + 1e-9;
}

static void keep_all_but(cm_quantize_job *job, int layer)
{
    for (int i = 0; i < job->row_count; i++)
        cameo_quantizer_keep(job->quantizer, i, layer >= 0 && i != layer);
}

static int try_alone(cm_quantize_job *job, int layer, double *loss)
{
    cm_quantize_score score;
    keep_all_but(job, layer);
    const int code = cm_quantize_try(job, LAYER_FACES, &score);
    *loss = 1.0 - score.cosine;
    return code;
}

static int measure_layers(cm_quantize_job *job)
{
    int code = CM_EXIT_OK;
    cm_progress_start("layers", (uint64_t)job->row_count, CM_PROGRESS_COUNT, 0);
    for (int i = 0; i < job->row_count && code == CM_EXIT_OK; i++) {
        code = try_alone(job, i, &job->rows[i].loss);
        cm_progress_update((uint64_t)i + 1);
    }
    cm_progress_stop();
    return code;
}

/* A layer's place among those that hurt. */
typedef struct place {
    double loss;
    int index;
} place;

static int worst_first(const void *left, const void *right)
{
    const place *a = left, *b = right;
    return a->loss != b->loss ? (a->loss < b->loss) - (a->loss > b->loss) : (a->index > b->index) - (a->index < b->index);
}

static int try_keeping(cm_quantize_job *job, const place *order, int kept)
{
    for (int i = 0; i < job->row_count; i++)
        cameo_quantizer_keep(job->quantizer, order[i].index, i < kept);
    job->kept = kept;
    const int code = cm_quantize_try(job, job->people.count, &job->result);
    job->met = code == CM_EXIT_OK && is_met(job, &job->result);
    return code;
}

/* How many of the worst layers together take no more than the share of the work that may stay in float. */
static int most_kept(const cm_quantize_job *job, const place *order)
{
    double all = 0.0, kept = 0.0;
    for (int i = 0; i < job->row_count; i++)
        all += (double)job->rows[i].layer.macs;
    for (int i = 0; i < job->row_count; i++) {
        kept += (double)job->rows[order[i].index].layer.macs;
        if (kept > all * job->max_float)
            return i;
    }
    return job->row_count;
}

/* The fewest of the worst layers with which the budget is met, by bisection. */
static int find_kept(cm_quantize_job *job, const place *order)
{
    int few = 0, many = most_kept(job, order), tries = 1, tried = 0;
    for (int left = many; left > 1; left /= 2)
        tries++;
    cm_progress_start("budget", (uint64_t)tries, CM_PROGRESS_COUNT, 0);
    int code = try_keeping(job, order, many);
    while (code == CM_EXIT_OK && job->met && many - few > 1) {
        const int middle = few + (many - few) / 2;
        cm_progress_update((uint64_t)++tried);
        code = try_keeping(job, order, middle);
        if (job->met)
            many = middle;
        else
            few = middle;
        job->met = 1; /* with `many` it is */
    }
    if (code == CM_EXIT_OK && job->met && job->kept != many)
        code = try_keeping(job, order, many);
    cm_progress_stop();
    return code;
}

/* The ranges with which this layer alone costs least. */
static int refine_layer(cm_quantize_job *job, int layer)
{
    int best = job->method, code = CM_EXIT_OK;
    double least = INFINITY;
    for (int i = 0; i < CAMEO_RANGE_METHODS && code == CM_EXIT_OK; i++) {
        double loss;
        cameo_quantizer_set_method(job->quantizer, layer, (cameo_range_method)i);
        code = try_alone(job, layer, &loss);
        best = loss < least ? i : best;
        least = loss < least ? loss : least;
    }
    cameo_quantizer_set_method(job->quantizer, layer, (cameo_range_method)best);
    job->rows[layer].loss = least;
    return code;
}

static void sort_rows(const cm_quantize_job *job, place *order)
{
    for (int i = 0; i < job->row_count; i++)
        order[i] = (place){job->rows[i].loss, i};
    qsort(order, (size_t)job->row_count, sizeof *order, worst_first);
}

/* The worst layers get ranges of their own choice, where that makes the whole better. */
static int refine_worst(cm_quantize_job *job, place *order)
{
    const int count = job->row_count < REFINED_LAYERS ? job->row_count : REFINED_LAYERS;
    const cm_quantize_score before = job->result;
    int code = CM_EXIT_OK;
    sort_rows(job, order);
    cm_progress_start("worst layers", (uint64_t)count, CM_PROGRESS_COUNT, 0);
    for (int i = 0; i < count && code == CM_EXIT_OK; i++) {
        code = refine_layer(job, order[i].index);
        cm_progress_update((uint64_t)i + 1);
    }
    cm_progress_stop();
    keep_all_but(job, -1);
    if (code == CM_EXIT_OK)
        code = choose_correction(job);
    if (code == CM_EXIT_OK)
        code = cm_quantize_try(job, job->people.count, &job->result);
    if (code != CM_EXIT_OK || job->result.cosine > before.cosine)
        return code;
    cameo_quantizer_set_method(job->quantizer, -1, (cameo_range_method)job->method);
    job->result = before;
    return choose_correction(job);
}

static int keep_what_hurts(cm_quantize_job *job, int refine)
{
    place *order = malloc((size_t)job->row_count * sizeof *order);
    if (!order)
        return cm_report(CM_EXIT_OTHER, "out of memory for %d layers", job->row_count);
    int code = measure_layers(job);
    keep_all_but(job, -1);
    if (code == CM_EXIT_OK && refine)
        code = refine_worst(job, order);
    job->met = code == CM_EXIT_OK && is_met(job, &job->result);
    sort_rows(job, order);
    if (code == CM_EXIT_OK && !job->met)
        code = find_kept(job, order);
    free(order);
    return code;
}

int cm_quantize_search(cm_quantize_job *job)
{
    const int choose = job->method == CM_QUANTIZE_AUTO;
    int code = choose ? try_methods(job) : CM_EXIT_OK;
    cameo_quantizer_set_method(job->quantizer, -1, (cameo_range_method)job->method);
    if (code == CM_EXIT_OK)
        code = choose_correction(job);
    if (code == CM_EXIT_OK)
        code = cm_quantize_try(job, job->people.count, &job->result);
    job->met = code == CM_EXIT_OK && is_met(job, &job->result);
    if (code == CM_EXIT_OK && !job->met)
        code = keep_what_hurts(job, choose);
    for (int i = 0; i < job->row_count; i++)
        job->rows[i].layer = cameo_quantizer_layer(job->quantizer, i);
    return code;
}
