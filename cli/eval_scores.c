#include "eval_scores.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "pair_walk.h"
#include "report.h"

enum { GENUINE = 0, IMPOSTOR = 1, KINDS = 2, BINS = 1 << 20 };

typedef struct collector {
    const cm_eval_set *set;
    uint32_t *entries;    /* [used]: of the set, those that are walked */
    float *vectors;       /* [used, dimension] */
    size_t used;
    int threads;
    uint64_t pairs[KINDS];
    uint64_t *bins;       /* [threads][KINDS][BINS]: where not all pairs are kept; afterwards the first thread's are the sums */
    long keep_below, keep_above; /* bins: genuine pairs below, impostor pairs above are kept */
    pthread_mutex_t lock; /* of what follows */
    cm_kept_scores kept[KINDS];
} collector;

static long bin_of(float score)
{
    long bin = (long)(((double)score + 1) * (BINS / 2));
    return bin < 0 ? 0 : bin >= BINS ? BINS - 1 : bin;
}

static float value_of(long bin)
{
    return (float)(((double)bin + 0.5) / (BINS / 2) - 1);
}

static uint64_t *bins_of(const collector *c, int thread, int kind)
{
    return c->bins + ((size_t)thread * KINDS + (size_t)kind) * BINS;
}

static void tally(collector *c, int thread, int kind, float score)
{
    bins_of(c, thread, kind)[bin_of(score)]++;
}

static void keep(collector *c, int kind, float score, uint32_t a, uint32_t b)
{
    long bin = bin_of(score);
    if (kind == GENUINE ? bin >= c->keep_below : bin <= c->keep_above)
        return;
    cm_kept_scores *kept = &c->kept[kind];
    kept->pairs[kept->count++] = (cm_scored){score, a, b};
}

static int kind_of(const collector *c, size_t row, size_t column)
{
    const cm_eval_picture *pictures = c->set->pictures;
    return pictures[c->entries[row]].person == pictures[c->entries[column]].person ? GENUINE : IMPOSTOR;
}

static void tally_row(int thread, size_t row, size_t first, const float *dots, size_t count, void *context)
{
    collector *c = context;
    for (size_t i = 0; i < count; i++)
        tally(c, thread, kind_of(c, row, first + i), dots[i]);
}

static void keep_row(int thread, size_t row, size_t first, const float *dots, size_t count, void *context)
{
    collector *c = context;
    (void)thread;
    pthread_mutex_lock(&c->lock);
    for (size_t i = 0; i < count; i++)
        keep(c, kind_of(c, row, first + i), dots[i], c->entries[row], c->entries[first + i]);
    pthread_mutex_unlock(&c->lock);
}

static float list_score(const cm_eval_set *set, const cm_eval_pair *pair)
{
    size_t dimension = (size_t)set->dimension;
    const float *a = set->vectors + pair->a * dimension, *b = set->vectors + pair->b * dimension;
    double sum = 0;
    for (size_t k = 0; k < dimension; k++)
        sum += (double)a[k] * (double)b[k];
    return (float)sum;
}

static int is_usable(const cm_eval_set *set, const cm_eval_pair *pair)
{
    return set->usable[pair->a] && set->usable[pair->b];
}

/* One pass over everything. keeps: pairs are kept, not counted. Returns an exit code (reported). */
static int pass(collector *c, int keeps)
{
    const cm_eval_set *set = c->set;
    if (set->form == CM_EVAL_FOLDERS) {
        if (cm_pair_walk(c->vectors, c->used, set->dimension, c->threads, keeps ? keep_row : tally_row, c) != 0)
            return cm_report(CM_EXIT_OTHER, "out of memory for the pairs of %zu pictures", c->used);
        return CM_EXIT_OK;
    }
    for (size_t i = 0; i < set->pair_count; i++) {
        const cm_eval_pair *pair = &set->pairs[i];
        int kind = pair->same ? GENUINE : IMPOSTOR;
        if (!is_usable(set, pair))
            continue;
        if (keeps)
            keep(c, kind, list_score(set, pair), pair->a, pair->b);
        else
            tally(c, 0, kind, list_score(set, pair));
    }
    return CM_EXIT_OK;
}

/* Entries that can be compared with all others, and how many pairs of each kind they make. People follow one another in the set. */
static int gather(collector *c)
{
    const cm_eval_set *set = c->set;
    size_t dimension = (size_t)set->dimension;
    c->entries = malloc((set->entries + 1) * sizeof *c->entries);
    c->vectors = malloc((set->entries + 1) * dimension * sizeof *c->vectors);
    if (!c->entries || !c->vectors)
        return cm_report(CM_EXIT_OTHER, "out of memory");
    for (size_t i = 0, run = 0; i < set->entries; i++) {
        if (!set->usable[i])
            continue;
        run = c->used && set->pictures[c->entries[c->used - 1]].person == set->pictures[i].person ? run + 1 : 0;
        c->pairs[GENUINE] += run;
        c->pairs[IMPOSTOR] += c->used - run;
        memcpy(c->vectors + c->used * dimension, set->vectors + i * dimension, dimension * sizeof *c->vectors);
        c->entries[c->used++] = (uint32_t)i;
    }
    return CM_EXIT_OK;
}

static void count_list(collector *c, cm_scores *scores)
{
    for (size_t i = 0; i < c->set->pair_count; i++)
        if (is_usable(c->set, &c->set->pairs[i]))
            c->pairs[c->set->pairs[i].same ? GENUINE : IMPOSTOR]++;
        else
            scores->lost_pairs++;
}

/* Counts all scores where they are too many to keep, and finds out which to keep. */
static int choose_kept(collector *c)
{
    c->keep_below = BINS;
    c->keep_above = -1;
    if (c->pairs[GENUINE] <= CM_SCORES_KEPT && c->pairs[IMPOSTOR] <= CM_SCORES_KEPT)
        return CM_EXIT_OK;
    c->bins = calloc((size_t)c->threads * KINDS * BINS, sizeof *c->bins);
    if (!c->bins)
        return cm_report(CM_EXIT_OTHER, "out of memory to count scores");
    int code = pass(c, 0);
    uint64_t *genuine = bins_of(c, 0, GENUINE), *impostor = bins_of(c, 0, IMPOSTOR), above = 0, below = 0;
    for (int thread = 1; thread < c->threads; thread++)
        for (size_t i = 0; i < (size_t)KINDS * BINS; i++)
            genuine[i] += bins_of(c, thread, GENUINE)[i]; /* the impostors' bins follow */
    for (c->keep_above = BINS - 1; c->keep_above >= 0 && above + impostor[c->keep_above] <= CM_SCORES_KEPT; c->keep_above--)
        above += impostor[c->keep_above];
    for (c->keep_below = 0; c->keep_below < BINS && below + genuine[c->keep_below] <= CM_SCORES_KEPT; c->keep_below++)
        below += genuine[c->keep_below];
    c->pairs[GENUINE] = below;
    c->pairs[IMPOSTOR] = above;
    return code;
}

static int by_score(const void *left, const void *right)
{
    cm_scored x, y;
    memcpy(&x, left, sizeof x);
    memcpy(&y, right, sizeof y);
    if (x.score != y.score)
        return x.score < y.score ? -1 : 1;
    if (x.a != y.a)
        return x.a < y.a ? -1 : 1;
    return (x.b > y.b) - (x.b < y.b);
}

static void reverse(cm_kept_scores *kept)
{
    for (size_t i = 0; i < kept->count / 2; i++) {
        cm_scored swapped = kept->pairs[i];
        kept->pairs[i] = kept->pairs[kept->count - 1 - i];
        kept->pairs[kept->count - 1 - i] = swapped;
    }
}

/* The distribution of one kind: what is kept, and the bins of what is not. */
static int distribute(collector *c, int kind, cm_distribution *distribution)
{
    cm_kept_scores *kept = &c->kept[kind];
    long first = kind == GENUINE ? c->keep_below : 0, end = kind == GENUINE ? BINS : c->keep_above + 1, groups = 0;
    size_t rest = c->bins && end > first ? (size_t)(end - first) : 0;
    float *values = malloc((rest + 1) * sizeof *values), *scores = malloc((kept->count + 1) * sizeof *scores);
    int done = -1;
    if (values && scores) {
        for (; (size_t)groups < rest; groups++)
            values[groups] = value_of(first + groups);
        for (size_t i = 0; i < kept->count; i++)
            scores[i] = kept->pairs[i].score;
        done = cm_distribution_make(distribution, scores, kept->count, values, rest ? bins_of(c, 0, kind) + first : NULL, rest);
    }
    free(values);
    free(scores);
    return done == 0 ? CM_EXIT_OK : cm_report(CM_EXIT_OTHER, "out of memory for %zu scores", kept->count);
}

static int collect(collector *c, cm_scores *scores)
{
    int code = choose_kept(c);
    for (int kind = 0; kind < KINDS && code == CM_EXIT_OK; kind++)
        if (!(c->kept[kind].pairs = malloc(((size_t)c->pairs[kind] + 1) * sizeof(cm_scored))))
            code = cm_report(CM_EXIT_OTHER, "out of memory for %llu scores", (unsigned long long)c->pairs[kind]);
    if (code == CM_EXIT_OK)
        code = pass(c, 1);
    for (int kind = 0; kind < KINDS && code == CM_EXIT_OK; kind++) {
        qsort(c->kept[kind].pairs, c->kept[kind].count, sizeof(cm_scored), by_score);
        code = distribute(c, kind, kind == GENUINE ? &scores->genuine : &scores->impostor);
    }
    reverse(&c->kept[IMPOSTOR]);
    scores->lowest_genuine = c->kept[GENUINE];
    scores->highest_impostor = c->kept[IMPOSTOR];
    return code;
}

int cm_scores_make(cm_scores *scores, const cm_eval_set *set, int threads)
{
    collector c = {.set = set, .threads = threads, .lock = PTHREAD_MUTEX_INITIALIZER};
    *scores = (cm_scores){.lost_pairs = 0};
    int code = CM_EXIT_OK;
    if (set->form == CM_EVAL_FOLDERS)
        code = gather(&c);
    else
        count_list(&c, scores);
    if (code == CM_EXIT_OK)
        code = collect(&c, scores);
    free(c.entries);
    free(c.vectors);
    free(c.bins);
    pthread_mutex_destroy(&c.lock);
    return code;
}

void cm_scores_free(cm_scores *scores)
{
    cm_distribution_free(&scores->genuine);
    cm_distribution_free(&scores->impostor);
    free(scores->lowest_genuine.pairs);
    free(scores->highest_impostor.pairs);
    *scores = (cm_scores){.lost_pairs = 0};
}
