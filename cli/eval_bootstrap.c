#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "eval.h"
#include "interrupt.h"
#include "progress.h"
#include "report.h"
#include "samples.h"

enum {
    MOST_REPLICATES = 1000, LEAST_REPLICATES = 200,
    MOST_THREADS = 64,
    LEAST_DRAWN = 100000,
    AUC = 0, EER = 1, POINTS = 2, POINT_VALUES = 3, /* of a point: threshold, true accept rate, false accept rate at the threshold of the whole */
    VALUES = POINTS + POINT_VALUES * CM_EVAL_POINTS
};

static const double most_work = 2e9; /* weighted pairs in all */

/* A pair and what it weighs: the product of its two units' weights, or the weight of one where they are the same. */
typedef struct drawn_pair {
    float score;
    uint32_t a, b;
} drawn_pair;

typedef struct bootstrap {
    const cm_measures *measures;
    drawn_pair *genuine, *impostor; /* rising, falling */
    size_t genuine_count, impostor_count;
    double genuine_rest, impostor_rest; /* pairs that are not drawn one by one */
    float *pictures;  /* [units]: of people, how many can be compared; NULL: units are pairs, and those that are not kept weigh 1 */
    float *beats_rest; /* [genuine_count]: part of the impostors' rest that the pair scores above; pairs that are not kept score above all of it */
    size_t units;
    int replicates;
    double *values;  /* [VALUES][replicates]; NAN: the replicate has no pairs of a kind */
    atomic_int next;
} bootstrap;

/* SplitMix64 (Steele, Lea and Flood 2014): each replicate has its own start, so that threads do not matter. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* A Poisson variable of mean 1, by its cumulative probabilities. */
static float draw_weight(uint64_t *state)
{
    double uniform = (double)(next_random(state) >> 11) * 0x1p-53, part = exp(-1), sum = part;
    int k = 0;
    while (uniform >= sum && k < 20) {
        part /= ++k;
        sum += part;
    }
    return (float)k;
}

static double weight_of(const float *weights, const drawn_pair *pair)
{
    return (double)(pair->a == pair->b ? weights[pair->a] : weights[pair->a] * weights[pair->b]);
}

/* sums[i]: weight of the first i pairs. */
static void sum_up(const drawn_pair *pairs, size_t count, const float *weights, double *sums)
{
    sums[0] = 0;
    for (size_t i = 0; i < count; i++)
        sums[i + 1] = sums[i] + weight_of(weights, &pairs[i]);
}

/* The weight of all pairs of one person, and of different people. */
static void sum_all(const bootstrap *b, const float *weights, const double *below, const double *above, double *same, double *different)
{
    *same = below[b->genuine_count];
    *different = above[b->impostor_count];
    if (!b->pictures) {
        *same += b->genuine_rest;
        *different += b->impostor_rest;
        return;
    }
    double pictures = 0, squares = 0, pairs = 0;
    for (size_t i = 0; i < b->units; i++) {
        double weight = (double)weights[i], count = (double)b->pictures[i];
        pictures += weight * count;
        squares += weight * count * weight * count;
        pairs += weight * count * (count - 1) / 2;
    }
    *same = b->genuine_rest > 0 ? pairs : *same;
    *different = b->impostor_rest > 0 ? (pictures * pictures - squares) / 2 : *different;
}

/* How many pairs of one person score below. */
static size_t count_below(const bootstrap *b, float threshold)
{
    size_t low = 0, high = b->genuine_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (b->genuine[middle].score < threshold)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Thresholds and rates at the wanted false accept rates. above[i]: weight of the i highest pairs of different people. */
static void measure_points(const bootstrap *b, const double *below, double same, const double *above, double different, double *out)
{
    for (int i = 0; i < b->measures->point_count; i++) {
        const cm_eval_point *point = &b->measures->points[i];
        double allowed = point->far * different * (1 + 1e-9), *values = out + POINT_VALUES * i;
        size_t low = 0, high = b->impostor_count; /* how many pass: the last place whose weight is allowed */
        if (!point->resolvable)
            continue;
        while (low < high) {
            size_t middle = low + (high - low + 1) / 2;
            if (above[middle] <= allowed)
                low = middle;
            else
                high = middle - 1;
        }
        double threshold = low < b->impostor_count ? (double)nextafterf(b->impostor[low].score, INFINITY) : (double)b->impostor[low - 1].score;
        values[0] = threshold;
        values[1] = 1 - below[count_below(b, (float)threshold)] / same;
        values[2] = point->accepted <= b->impostor_count ? above[point->accepted] / different : point->actual.value;
    }
}

/* How likely a pair of one person scores above one of the impostors' rest. */
static double beats_rest(const bootstrap *b, const double *below, double same)
{
    double wins = same - below[b->genuine_count];
    for (size_t i = 0; i < b->genuine_count; i++)
        wins += (below[i + 1] - below[i]) * (double)b->beats_rest[i];
    return wins / same;
}

/* Area and equal error rate in one walk through the pairs of different people, from the highest. */
static void measure_curve(const bootstrap *b, const double *below, double same, const double *above, double different, double *out)
{
    size_t place = b->genuine_count;
    double wins = 0, eer = NAN, nearest = INFINITY;
    for (size_t i = 0; i < b->impostor_count; i++) {
        while (place > 0 && b->genuine[place - 1].score >= b->impostor[i].score)
            place--;
        double rejects = below[place] / same, accepts = above[i + 1] / different, gap = fabs(accepts - rejects);
        wins += (above[i + 1] - above[i]) * (same - below[place]);
        if (gap < nearest) {
            nearest = gap;
            eer = (accepts + rejects) / 2;
        }
    }
    out[AUC] = (wins / same + (different - above[b->impostor_count]) * beats_rest(b, below, same)) / different;
    out[EER] = eer;
}

static void replicate(bootstrap *b, int number, float *weights, double *below, double *above)
{
    double out[VALUES];
    uint64_t state = (uint64_t)number * UINT64_C(0xd1342543de82ef95) + 1;
    for (size_t i = 0; i < b->units; i++)
        weights[i] = draw_weight(&state);
    double same, different;
    sum_up(b->genuine, b->genuine_count, weights, below);
    sum_up(b->impostor, b->impostor_count, weights, above);
    sum_all(b, weights, below, above, &same, &different);
    for (int i = 0; i < VALUES; i++)
        out[i] = NAN;
    if (same > 0 && different > 0) {
        measure_curve(b, below, same, above, different, out);
        measure_points(b, below, same, above, different, out + POINTS);
    }
    for (int i = 0; i < VALUES; i++)
        b->values[(size_t)i * (size_t)b->replicates + (size_t)number] = out[i];
}

typedef struct drawer {
    bootstrap *shared;
    pthread_t thread;
    int failed;
} drawer;

static void *draw(void *argument)
{
    drawer *self = argument;
    bootstrap *b = self->shared;
    float *weights = malloc((b->units + 1) * sizeof *weights);
    double *below = malloc((b->genuine_count + 1) * sizeof *below), *above = malloc((b->impostor_count + 1) * sizeof *above);
    int number;
    self->failed = !weights || !below || !above;
    while (!self->failed && (number = atomic_fetch_add(&b->next, 1)) < b->replicates) {
        replicate(b, number, weights, below, above);
        cm_progress_update((uint64_t)number + 1);
    }
    free(weights);
    free(below);
    free(above);
    return NULL;
}

/* All replicates; what one thread has no memory for, others do. */
static int draw_all(bootstrap *b, int threads)
{
    drawer drawers[MOST_THREADS];
    int started = 1, wanted = threads < MOST_THREADS ? threads : MOST_THREADS;
    cm_progress_start("bootstrap", (uint64_t)b->replicates, CM_PROGRESS_COUNT, 0);
    drawers[0] = (drawer){.shared = b};
    while (started < wanted) {
        drawers[started] = (drawer){.shared = b};
        if (cm_interrupt_thread(&drawers[started].thread, draw, &drawers[started]) != 0)
            break;
        started++;
    }
    (void)draw(&drawers[0]);
    for (int i = 1; i < started; i++)
        (void)pthread_join(drawers[i].thread, NULL);
    cm_progress_stop();
    return atomic_load(&b->next) >= b->replicates ? CM_EXIT_OK : cm_report(CM_EXIT_OTHER, "out of memory");
}

/* Percentiles 2.5 and 97.5 of the replicates. */
static void set_interval(const bootstrap *b, int value, cm_interval *interval)
{
    double *row = b->values + (size_t)value * (size_t)b->replicates;
    int count = 0;
    for (int i = 0; i < b->replicates; i++)
        if (!isnan(row[i]))
            row[count++] = row[i];
    if (count < LEAST_REPLICATES / 2)
        return;
    cm_samples_sort(row, count);
    interval->low = row[(int)(0.025 * (count - 1) + 0.5)];
    interval->high = row[(int)(0.975 * (count - 1) + 0.5)];
}

int cm_eval_genuine_units(const cm_scores *scores, const cm_eval_set *set)
{
    int people = 0;
    if (set->form != CM_EVAL_FOLDERS)
        return (int)scores->genuine.total;
    for (size_t i = 0, run = 0, last = 0; i < set->entries; i++) {
        if (!set->usable[i])
            continue;
        run = run && set->pictures[last].person == set->pictures[i].person ? run + 1 : 1;
        people += run == 2;
        last = i;
    }
    return people;
}

/* Where there is no error at all, drawing finds none either: then the bound is exact for independent units (Clopper and Pearson 1934). */
static void set_all(const bootstrap *b, cm_measures *m)
{
    double flawless = pow(0.025, 1.0 / (m->units > 0 ? m->units : 1));
    set_interval(b, AUC, &m->auc);
    set_interval(b, EER, &m->eer);
    for (int i = 0; i < m->point_count; i++) {
        cm_eval_point *point = &m->points[i];
        int first = POINTS + POINT_VALUES * i;
        if (!point->resolvable)
            continue;
        set_interval(b, first, &point->threshold);
        set_interval(b, first + 1, &point->tar);
        set_interval(b, first + 2, &point->actual);
        if (point->tar.value == 1 && point->tar.low > flawless)
            point->tar.low = flawless;
    }
}

/* Pairs with their units: people, or each pair for itself, numbered from `first`. */
static drawn_pair *units_of(const cm_kept_scores *kept, const cm_eval_set *set, uint32_t first)
{
    drawn_pair *pairs = malloc((kept->count + 1) * sizeof *pairs);
    for (size_t i = 0; pairs && i < kept->count; i++) {
        const cm_scored *from = &kept->pairs[i];
        if (set->form == CM_EVAL_FOLDERS)
            pairs[i] = (drawn_pair){from->score, (uint32_t)set->pictures[from->a].person, (uint32_t)set->pictures[from->b].person};
        else
            pairs[i] = (drawn_pair){from->score, first + (uint32_t)i, first + (uint32_t)i};
    }
    return pairs;
}

/* Of the impostors that are not drawn one by one, which part each pair of one person scores above; equal scores count half. */
static float *parts_of_rest(const cm_scores *s, double rest)
{
    const cm_kept_scores *genuine = &s->lowest_genuine;
    float *parts = malloc((genuine->count + 1) * sizeof *parts);
    for (size_t i = 0; parts && i < genuine->count; i++) {
        float score = genuine->pairs[i].score;
        double total = (double)s->impostor.total, reach = (double)cm_distribution_at_least(&s->impostor, score);
        double pass = (double)cm_distribution_at_least(&s->impostor, nextafterf(score, INFINITY)), beaten = total - (reach + pass) / 2;
        parts[i] = rest > 0 ? (float)(beaten < rest ? beaten / rest : 1) : 1;
    }
    return parts;
}

/* How many of the highest scores of different people are drawn one by one: those that any wanted rate, or the equal error rate, can reach in a replicate. */
static size_t drawn_impostors(const cm_measures *m, const cm_scores *s)
{
    double part = 4 * m->eer.value > 2 * cm_rates_far(0) ? 4 * m->eer.value : 2 * cm_rates_far(0), wanted = part * (double)s->impostor.total;
    size_t kept = s->highest_impostor.count;
    return kept <= LEAST_DRAWN || wanted >= (double)kept ? kept : wanted < LEAST_DRAWN ? LEAST_DRAWN : (size_t)wanted;
}

/* How many pictures of each person can be compared. */
static float *pictures_of(const cm_eval_set *set)
{
    float *pictures = calloc((size_t)set->people + 1, sizeof *pictures);
    for (size_t i = 0; pictures && i < set->entries; i++)
        if (set->usable[i])
            pictures[set->pictures[i].person]++;
    return pictures;
}

int cm_eval_bootstrap(cm_measures *measures, const cm_scores *scores, const cm_eval_set *set, int threads)
{
    const cm_kept_scores *genuine = &scores->lowest_genuine;
    const cm_kept_scores drawn = {scores->highest_impostor.pairs, drawn_impostors(measures, scores)}, *impostor = &drawn;
    double replicates = most_work / (double)(genuine->count + impostor->count + 1);
    bootstrap b = {.measures = measures, .genuine_count = genuine->count, .impostor_count = impostor->count,
                   .genuine = units_of(genuine, set, 0), .impostor = units_of(impostor, set, (uint32_t)genuine->count),
                   .genuine_rest = (double)(scores->genuine.total - genuine->count), .impostor_rest = (double)(scores->impostor.total - impostor->count),
                   .replicates = replicates > MOST_REPLICATES ? MOST_REPLICATES : replicates < LEAST_REPLICATES ? LEAST_REPLICATES : (int)replicates,
                   .units = set->form == CM_EVAL_FOLDERS ? (size_t)set->people : genuine->count + impostor->count};
    int code = CM_EXIT_OK, people = set->form == CM_EVAL_FOLDERS;
    b.pictures = people ? pictures_of(set) : NULL;
    b.beats_rest = parts_of_rest(scores, b.impostor_rest);
    b.values = malloc((size_t)VALUES * (size_t)b.replicates * sizeof *b.values);
    if (!b.values || !b.genuine || !b.impostor || !b.beats_rest || (people && !b.pictures))
        code = cm_report(CM_EXIT_OTHER, "out of memory for the intervals of %zu pairs", genuine->count + impostor->count);
    if (code == CM_EXIT_OK)
        code = draw_all(&b, threads);
    if (code == CM_EXIT_OK) {
        measures->replicates = b.replicates;
        measures->units = cm_eval_genuine_units(scores, set);
        set_all(&b, measures);
    }
    free(b.values);
    free(b.pictures);
    free(b.beats_rest);
    free(b.genuine);
    free(b.impostor);
    return code;
}
