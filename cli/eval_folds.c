#include "eval_folds.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

enum { COARSE = 400, FINE = 4000 };

static const double far_wanted = 1e-3;

/* counts[k]: pairs of one kind whose distance lies below threshold k; [folds + 1][2][steps], the last of them of all folds. */
typedef struct tables {
    double *counts;
    double *pairs; /* [folds + 1][2] */
    int steps, folds;
} tables;

static double *row(const tables *t, int fold, int same)
{
    return t->counts + ((size_t)fold * 2 + (size_t)same) * (size_t)t->steps;
}

static double threshold_of(const tables *t, double step)
{
    return step * 4 / t->steps;
}

/* The first threshold that the distance lies below; `steps` if none. */
static int first_above(const tables *t, double distance)
{
    int step = (int)(distance * t->steps / 4);
    step = step < 0 ? 0 : step > t->steps ? t->steps : step;
    while (step > 0 && distance < threshold_of(t, step - 1))
        step--;
    while (step < t->steps && !(distance < threshold_of(t, step)))
        step++;
    return step;
}

static int make_tables(tables *t, const cm_fold_pair *pairs, size_t count, int folds, int steps)
{
    *t = (tables){.counts = calloc(((size_t)folds + 1) * 2 * (size_t)steps, sizeof(double)), .pairs = calloc(((size_t)folds + 1) * 2, sizeof(double)),
                  .steps = steps, .folds = folds};
    if (!t->counts || !t->pairs)
        return -1;
    for (size_t i = 0; i < count; i++) {
        int step = first_above(t, pairs[i].distance);
        for (int k = 0; k < 2; k++) {
            int fold = k ? folds : pairs[i].fold;
            t->pairs[fold * 2 + pairs[i].same]++;
            if (step < steps)
                row(t, fold, pairs[i].same)[step]++;
        }
    }
    for (int i = 0; i < (folds + 1) * 2; i++)
        for (int k = 1; k < steps; k++)
            row(t, i / 2, i % 2)[k] += row(t, i / 2, i % 2)[k - 1];
    return 0;
}

static void free_tables(tables *t)
{
    free(t->counts);
    free(t->pairs);
}

/* Of all folds but one, pairs of a kind below a threshold; and of all thresholds, how many there are. */
static double others(const tables *t, int fold, int same, int step)
{
    return row(t, t->folds, same)[step] - row(t, fold, same)[step];
}

static double other_pairs(const tables *t, int fold, int same)
{
    return t->pairs[t->folds * 2 + same] - t->pairs[fold * 2 + same];
}

static void mean_and_deviation(const double *values, int count, double *mean, double *deviation)
{
    double sum = 0, squares = 0;
    for (int i = 0; i < count; i++)
        sum += values[i];
    for (int i = 0; i < count; i++)
        squares += (values[i] - sum / count) * (values[i] - sum / count);
    *mean = sum / count;
    *deviation = sqrt(squares / count);
}

/* The first of the thresholds that are best on the other folds. */
static int best_step(const tables *t, int fold)
{
    double best = -1;
    int found = 0;
    for (int k = 0; k < t->steps; k++) {
        double right = others(t, fold, 1, k) + other_pairs(t, fold, 0) - others(t, fold, 0, k);
        if (right > best) {
            best = right;
            found = k;
        }
    }
    return found;
}

static void measure_accuracy(const tables *t, double *values, cm_fold_scores *result)
{
    double sum = 0;
    for (int fold = 0; fold < t->folds; fold++) {
        int step = best_step(t, fold);
        double same = row(t, fold, 1)[step], different = t->pairs[fold * 2] - row(t, fold, 0)[step], all = t->pairs[fold * 2] + t->pairs[fold * 2 + 1];
        values[fold] = all > 0 ? (same + different) / all : 0;
        sum += 1 - threshold_of(t, step) / 2;
    }
    result->threshold = sum / t->folds;
    mean_and_deviation(values, t->folds, &result->accuracy, &result->accuracy_deviation);
}

/* Where the false accept rate of the other folds, taken as a line between the thresholds, reaches the wanted one; 0 where it never does. */
static double far_threshold(const tables *t, int fold)
{
    double pairs = other_pairs(t, fold, 0), before = 0;
    for (int k = 0; k < t->steps && pairs > 0; k++) {
        double far = others(t, fold, 0, k) / pairs;
        if (far >= far_wanted)
            return k == 0 || far == before ? threshold_of(t, k) : threshold_of(t, k - 1 + (far_wanted - before) / (far - before));
        before = far;
    }
    return 0;
}

static void measure_tar(const tables *t, const cm_fold_pair *pairs, size_t count, double *thresholds, double *rates, cm_fold_scores *result)
{
    double *accepted = rates + t->folds; /* [folds][2] */
    double deviation;
    for (int fold = 0; fold < t->folds; fold++)
        thresholds[fold] = far_threshold(t, fold);
    memset(accepted, 0, (size_t)t->folds * 2 * sizeof *accepted);
    for (size_t i = 0; i < count; i++)
        accepted[pairs[i].fold * 2 + pairs[i].same] += pairs[i].distance < thresholds[pairs[i].fold];
    for (int same = 1; same >= 0; same--) {
        for (int fold = 0; fold < t->folds; fold++)
            rates[fold] = t->pairs[fold * 2 + same] > 0 ? accepted[fold * 2 + same] / t->pairs[fold * 2 + same] : 0;
        mean_and_deviation(rates, t->folds, same ? &result->tar : &result->far, same ? &result->tar_deviation : &deviation);
    }
}

int cm_folds_measure(const cm_fold_pair *pairs, size_t count, int folds, cm_fold_scores *result)
{
    tables coarse = {0}, fine = {0};
    double *room = malloc((size_t)folds * 4 * sizeof *room);
    *result = (cm_fold_scores){.folds = folds, .pairs = count};
    int done = room && make_tables(&coarse, pairs, count, folds, COARSE) == 0 && make_tables(&fine, pairs, count, folds, FINE) == 0;
    if (done) {
        measure_accuracy(&coarse, room, result);
        measure_tar(&fine, pairs, count, room, room + folds, result);
    }
    free_tables(&coarse);
    free_tables(&fine);
    free(room);
    return done ? 0 : -1;
}

static double squared_distance(const cm_eval_set *set, const cm_eval_pair *pair)
{
    size_t dimension = (size_t)set->dimension;
    const float *a = set->vectors + pair->a * dimension, *b = set->vectors + pair->b * dimension;
    double sum = 0;
    for (size_t k = 0; k < dimension; k++)
        sum += ((double)a[k] - (double)b[k]) * ((double)a[k] - (double)b[k]);
    return sum;
}

/* As KFold divides `count` things in a row. */
static int even_fold(size_t i, size_t count, int folds)
{
    size_t size = count / (size_t)folds, larger = count % (size_t)folds, in_larger = larger * (size + 1);
    return (int)(i < in_larger ? i / (size + 1) : larger + (i - in_larger) / size);
}

int cm_folds_of_set(const cm_eval_set *set, cm_fold_scores *result)
{
    cm_fold_pair *pairs = malloc((set->pair_count + 1) * sizeof *pairs);
    size_t count = 0;
    *result = (cm_fold_scores){.folds = 0};
    if (!pairs)
        return cm_report(CM_EXIT_OTHER, "out of memory");
    for (size_t i = 0; i < set->pair_count; i++) {
        const cm_eval_pair *pair = &set->pairs[i];
        if (set->usable[pair->a] && set->usable[pair->b])
            pairs[count++] = (cm_fold_pair){squared_distance(set, pair), pair->fold, pair->same};
    }
    int folds = set->folds ? set->folds : CM_FOLDS_USUAL, code = CM_EXIT_OK;
    for (size_t i = 0; i < count && !set->folds && count >= CM_FOLDS_USUAL; i++)
        pairs[i].fold = even_fold(i, count, folds);
    if (count >= (size_t)folds && cm_folds_measure(pairs, count, folds, result) != 0)
        code = cm_report(CM_EXIT_OTHER, "out of memory");
    free(pairs);
    return code;
}
