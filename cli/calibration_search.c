#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "calibration.h"

int cm_searches_make(cm_searches *s, const cm_scores *scores, const cm_eval_set *set)
{
    size_t usable = 0;
    *s = (cm_searches){.scores = scores, .entries = set->entries, .probes = malloc((set->entries + 1) * sizeof *s->probes),
                       .strangers = calloc(set->entries + 1, sizeof *s->strangers), .hits = malloc((set->entries + 1) * sizeof *s->hits)};
    uint32_t *of_person = calloc((size_t)set->people + 1, sizeof *of_person);
    if (!s->probes || !s->strangers || !s->hits || !of_person) {
        cm_searches_free(s);
        free(of_person);
        return -1;
    }
    for (size_t i = 0; i < set->entries; i++)
        if (set->usable[i]) {
            usable++;
            of_person[set->pictures[i].person]++;
        }
    for (size_t i = 0; i < set->entries; i++)
        if (set->usable[i] && (s->strangers[i] = (uint32_t)usable - of_person[set->pictures[i].person]) > 0)
            s->probes[s->probe_count++] = (uint32_t)i;
    free(of_person);
    return 0;
}

void cm_searches_free(cm_searches *s)
{
    free(s->probes);
    free(s->strangers);
    free(s->hits);
    *s = (cm_searches){.scores = NULL};
}

/* How likely `gallery` of m strangers hold none of the k who reach the threshold: C(m - k, gallery) / C(m, gallery). */
static double clear_chance(double k, double m, double gallery)
{
    if (k <= 0)
        return 1;
    if (gallery > m - k)
        return 0;
    return exp(lgamma(m - k + 1) - lgamma(m - k - gallery + 1) - lgamma(m + 1) + lgamma(m - gallery + 1));
}

static int is_larger(const cm_searches *s, double gallery)
{
    return gallery > (double)cm_searches_strangers(s);
}

/* The rate where the `passing` highest pairs of different people reach the threshold. */
static double rate_of(cm_searches *s, size_t passing, double gallery)
{
    double sum = 0;
    memset(s->hits, 0, s->entries * sizeof *s->hits);
    for (size_t i = 0; i < passing; i++) {
        s->hits[s->scores->highest_impostor.pairs[i].a]++;
        s->hits[s->scores->highest_impostor.pairs[i].b]++;
    }
    for (size_t i = 0; i < s->probe_count; i++)
        sum += 1 - clear_chance((double)s->hits[s->probes[i]], (double)s->strangers[s->probes[i]], gallery);
    return s->probe_count ? sum / (double)s->probe_count : NAN;
}

double cm_searches_rate(cm_searches *s, float threshold, double gallery)
{
    const cm_distribution *impostor = &s->scores->impostor;
    uint64_t passing = cm_distribution_at_least(impostor, threshold);
    if (is_larger(s, gallery))
        return passing >= CM_RATES_LEAST ? -expm1(gallery * log1p(-cm_distribution_rate(impostor, threshold))) : NAN;
    return passing <= s->scores->highest_impostor.count ? rate_of(s, (size_t)passing, gallery) : NAN;
}

double cm_searches_threshold(cm_searches *s, double rate, double gallery)
{
    const cm_kept_scores *kept = &s->scores->highest_impostor;
    size_t low = 0, high = kept->count; /* how many may pass */
    if (is_larger(s, gallery)) {
        double fmr = -expm1(log1p(-rate) / gallery);
        uint64_t allowed = cm_rates_allowed(s->scores->impostor.total, fmr);
        return cm_rates_resolvable(s->scores->impostor.total, fmr) ? (double)cm_distribution_threshold(&s->scores->impostor, allowed) : NAN;
    }
    if (kept->count == 0 || rate_of(s, high, gallery) <= rate)
        return NAN;
    while (low + 1 < high) {
        size_t middle = low + (high - low) / 2;
        if (rate_of(s, middle, gallery) <= rate)
            low = middle;
        else
            high = middle;
    }
    return (double)nextafterf(kept->pairs[low].score, INFINITY);
}

uint32_t cm_searches_strangers(const cm_searches *s)
{
    uint32_t least = UINT32_MAX;
    for (size_t i = 0; i < s->probe_count; i++)
        if (s->strangers[s->probes[i]] < least)
            least = s->strangers[s->probes[i]];
    return s->probe_count ? least : 0;
}
