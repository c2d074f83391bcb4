#include "eval_rates.h"

#include <math.h>

/* Scores at index i of a distribution. */
static uint64_t scores_at(const cm_distribution *d, size_t i)
{
    return d->up_to[i] - (i ? d->up_to[i - 1] : 0);
}

double cm_rates_auc(const cm_distribution *genuine, const cm_distribution *impostor)
{
    double wins = 0;
    size_t next = 0;
    if (genuine->total == 0 || impostor->total == 0)
        return NAN;
    for (size_t i = 0; i < genuine->count; i++) {
        while (next < impostor->count && impostor->values[next] < genuine->values[i])
            next++;
        double below = next ? (double)impostor->up_to[next - 1] : 0;
        double equal = next < impostor->count && impostor->values[next] == genuine->values[i] ? (double)scores_at(impostor, next) : 0;
        wins += (double)scores_at(genuine, i) * (below + 0.5 * equal);
    }
    return wins / (double)genuine->total / (double)impostor->total;
}

double cm_rates_eer(const cm_distribution *genuine, const cm_distribution *impostor, float *threshold)
{
    double rate = NAN, nearest = INFINITY;
    size_t next = 0;
    if (genuine->total == 0 || impostor->total == 0)
        return NAN;
    for (size_t i = 0; i <= impostor->count; i++) {
        float here = i < impostor->count ? impostor->values[i] : nextafterf(impostor->values[i - 1], INFINITY);
        while (next < genuine->count && genuine->values[next] < here)
            next++;
        double rejects = (double)(next ? genuine->up_to[next - 1] : 0) / (double)genuine->total;
        double accepts = (double)(impostor->total - (i ? impostor->up_to[i - 1] : 0)) / (double)impostor->total;
        if (fabs(accepts - rejects) < nearest) {
            nearest = fabs(accepts - rejects);
            rate = (accepts + rejects) / 2;
            if (threshold)
                *threshold = here;
        }
    }
    return rate;
}

uint64_t cm_rates_allowed(uint64_t impostors, double far)
{
    return (uint64_t)((double)impostors * far * (1 + 1e-9));
}

int cm_rates_resolvable(uint64_t impostors, double far)
{
    return (double)impostors * far * (1 + 1e-9) >= CM_RATES_LEAST;
}

double cm_rates_far(int i)
{
    return pow(10, -(i + 1));
}
