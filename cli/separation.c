#include "separation.h"

#include <math.h>
#include <stdlib.h>

#include "eval_rates.h"

enum { LANES = 8 };

typedef struct moments {
    double count, sum, squares;
} moments;

/* The scores of all pairs, and what each person's pairs add to their moments. */
typedef struct scores {
    float *same, *different;
    size_t same_count, different_count;
    moments all_same, all_different;
    moments *of_same, *of_different; /* [people] */
} scores;

static void add(moments *m, double value)
{
    m->count += 1;
    m->sum += value;
    m->squares += value * value;
}

static moments less(moments all, moments part)
{
    return (moments){all.count - part.count, all.sum - part.sum, all.squares - part.squares};
}

static double mean(moments m)
{
    return m.sum / m.count;
}

static double deviation(moments m)
{
    double variance = m.squares / m.count - mean(m) * mean(m);
    return variance > 0 ? sqrt(variance) : 0;
}

static double gap_in_deviations(moments same, moments different)
{
    double spread = deviation(different);
    return spread > 0 ? (mean(same) - mean(different)) / spread : 0;
}

/* Sums in lanes of their own, which a compiler turns into vectors. */
static double dot(const float *a, const float *b, int dimension)
{
    float lanes[LANES] = {0};
    int i = 0;
    for (; i + LANES <= dimension; i += LANES)
        for (int k = 0; k < LANES; k++)
            lanes[k] += a[i + k] * b[i + k];
    double sum = 0;
    for (int k = 0; k < LANES; k++)
        sum += (double)lanes[k];
    for (; i < dimension; i++)
        sum += (double)(a[i] * b[i]);
    return sum;
}

void cm_separation_pairs(const cm_labelled *set, size_t *same, size_t *different)
{
    *same = *different = 0;
    for (size_t i = 0; i < set->count; i++)
        for (size_t j = 0; j < i; j++)
            ++*(set->person[i] == set->person[j] ? same : different);
}

double cm_separation_far(size_t different)
{
    double far = NAN;
    for (int i = 0; i < CM_RATES_FINEST; i++)
        if (cm_rates_resolvable(different, cm_rates_far(i)))
            far = cm_rates_far(i);
    return far;
}

static void free_scores(scores *s)
{
    free(s->same);
    free(s->different);
    free(s->of_same);
    free(s->of_different);
}

/* Returns -1 without memory. */
static int make_scores(const cm_labelled *set, scores *s)
{
    size_t same, different, people = (size_t)set->people, dimension = (size_t)set->dimension;
    cm_separation_pairs(set, &same, &different);
    *s = (scores){.same = malloc((same + 1) * sizeof *s->same), .different = malloc((different + 1) * sizeof *s->different),
                  .of_same = calloc(people, sizeof *s->of_same), .of_different = calloc(people, sizeof *s->of_different)};
    if (!s->same || !s->different || !s->of_same || !s->of_different) {
        free_scores(s);
        return -1;
    }
    for (size_t i = 0; i < set->count; i++)
        for (size_t j = 0; j < i; j++) {
            int a = set->person[i], b = set->person[j];
            double score = dot(set->vectors + i * dimension, set->vectors + j * dimension, set->dimension);
            if (a == b) {
                s->same[s->same_count++] = (float)score;
                add(&s->all_same, score);
                add(&s->of_same[a], score);
            } else {
                s->different[s->different_count++] = (float)score;
                add(&s->all_different, score);
                add(&s->of_different[a], score);
                add(&s->of_different[b], score);
            }
        }
    return 0;
}

/* Accepted is what scores above all but far * count pairs of different people. */
static int take_rates(scores *s, cm_separation *separation)
{
    cm_distribution same, different;
    int done = cm_distribution_sort(&same, s->same, s->same_count) == 0 && cm_distribution_sort(&different, s->different, s->different_count) == 0;
    if (done) {
        separation->auc = cm_rates_auc(&same, &different);
        separation->eer = cm_rates_eer(&same, &different, NULL);
        separation->far = cm_separation_far(s->different_count);
        separation->tar = isnan(separation->far) ? NAN
            : cm_distribution_rate(&same, cm_distribution_threshold(&different, cm_rates_allowed(different.total, separation->far)));
        cm_distribution_free(&different);
    }
    cm_distribution_free(&same);
    return done ? 0 : -1;
}

int cm_separation_measure(const cm_labelled *set, cm_separation *separation)
{
    scores s;
    *separation = (cm_separation){.without = malloc((size_t)set->people * sizeof *separation->without)};
    if (!separation->without || make_scores(set, &s) != 0) {
        cm_separation_free(separation);
        return -1;
    }
    separation->same_mean = mean(s.all_same);
    separation->same_deviation = deviation(s.all_same);
    separation->different_mean = mean(s.all_different);
    separation->different_deviation = deviation(s.all_different);
    separation->separation = gap_in_deviations(s.all_same, s.all_different);
    for (int i = 0; i < set->people; i++)
        separation->without[i] = gap_in_deviations(less(s.all_same, s.of_same[i]), less(s.all_different, s.of_different[i]));
    int code = take_rates(&s, separation);
    free_scores(&s);
    if (code != 0)
        cm_separation_free(separation);
    return code;
}

void cm_separation_free(cm_separation *separation)
{
    free(separation->without);
    separation->without = NULL;
}

double cm_separation_difference(const cm_separation *a, const cm_separation *b, int people, double *error)
{
    double sum = 0, squares = 0;
    for (int i = 0; i < people; i++)
        sum += a->without[i] - b->without[i];
    for (int i = 0; i < people; i++) {
        double away = a->without[i] - b->without[i] - sum / people;
        squares += away * away;
    }
    *error = sqrt(squares * (people - 1) / people);
    return a->separation - b->separation;
}

double cm_separation_quantile(int freedom)
{
    const double z = 3, n = freedom, z2 = z * z, z3 = z2 * z, z5 = z3 * z2, z7 = z5 * z2;
    return z + (z3 + z) / (4 * n) + (5 * z5 + 16 * z3 + 3 * z) / (96 * n * n) + (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / (384 * n * n * n);
}
