#include "quantize/range_choice.h"

#include <math.h>

enum { LEVELS = 256, SHRINK_STEPS = 64, ENTROPY_STEPS = 128, HALF = CM_HISTOGRAM_BINS / 2 };

static cm_range with_zero(double low, double high)
{
    cm_range range = {fmin(low, 0.0), fmax(high, 0.0)};
    if (range.high - range.low < 0x1p-60)
        range.high = range.low + 1.0;
    return range;
}

static cm_range all_of(const cm_histogram *h)
{
    return with_zero(h->minimum, h->maximum);
}

/* The ends between which all but `left_out` (a share) lie, half of it beyond each. */
static cm_range percentile(const cm_histogram *h, double left_out)
{
    const double most = left_out / 2.0 * (double)h->total;
    int first = 0, last = CM_HISTOGRAM_BINS - 1;
    for (double beyond = 0.0; first < last && (beyond += (double)h->counts[first]) <= most; first++)
        ;
    for (double beyond = 0.0; last > first && (beyond += (double)h->counts[last]) <= most; last--)
        ;
    const double width = h->reach / HALF;
    cm_range range = {(first - HALF) * width, (last + 1 - HALF) * width}, all = all_of(h);
    return with_zero(fmax(range.low, all.low), fmin(range.high, all.high));
}

/* What lies beyond an end of a range: how many, and the sum of (x - end)^2. */
typedef struct tail {
    double count, squares;
} tail;

static tail tail_below(const cm_histogram *h, double end)
{
    tail t = {0.0, 0.0};
    for (int i = 0; i < CM_HISTOGRAM_BINS; i++) {
        const double n = (double)h->counts[i], distance = end - cm_histogram_middle(h, i);
        if (distance <= 0.0)
            break;
        t.count += n;
        t.squares += n * distance * distance;
    }
    return t;
}

static tail tail_above(const cm_histogram *h, double end)
{
    tail t = {0.0, 0.0};
    for (int i = CM_HISTOGRAM_BINS - 1; i >= 0; i--) {
        const double n = (double)h->counts[i], distance = cm_histogram_middle(h, i) - end;
        if (distance <= 0.0)
            break;
        t.count += n;
        t.squares += n * distance * distance;
    }
    return t;
}

static double mean_error(const cm_histogram *h, cm_range range, tail below, tail above)
{
    const double step = (range.high - range.low) / (LEVELS - 1), all = (double)h->total;
    return (below.squares + above.squares + (all - below.count - above.count) * step * step / 12.0) / all;
}

double cm_range_error(const cm_histogram *histogram, cm_range range)
{
    return histogram->total ? mean_error(histogram, range, tail_below(histogram, range.low), tail_above(histogram, range.high)) : 0.0;
}

static cm_range least_squares(const cm_histogram *h)
{
    const cm_range all = all_of(h);
    tail below[SHRINK_STEPS], above[SHRINK_STEPS];
    for (int i = 0; i < SHRINK_STEPS; i++) {
        below[i] = tail_below(h, all.low * (i + 1) / SHRINK_STEPS);
        above[i] = tail_above(h, all.high * (i + 1) / SHRINK_STEPS);
    }
    cm_range best = all;
    double least = INFINITY;
    for (int i = SHRINK_STEPS - 1; i >= 0; i--)
        for (int k = SHRINK_STEPS - 1; k >= 0; k--) {
            const cm_range range = {all.low * (i + 1) / SHRINK_STEPS, all.high * (k + 1) / SHRINK_STEPS};
            const double error = mean_error(h, range, below[i], above[k]);
            if (error < least) {
                least = error;
                best = range;
            }
        }
    return best;
}

/* The divergence of |x|'s histogram, cut at `bins` with all beyond in the last one, from what `levels` steps make of it. */
static double divergence(const double *magnitudes, int bins, int levels, double all)
{
    double beyond_it = all, result = 0.0, share_of_q = 0.0;
    for (int i = 0; i < bins; i++)
        beyond_it -= magnitudes[i];
    for (int i = 0; i < bins; i++)
        share_of_q += magnitudes[i];
    for (int level = 0; level < levels; level++) {
        const int first = (int)((int64_t)level * bins / levels), last = (int)((int64_t)(level + 1) * bins / levels);
        double sum = 0.0;
        int filled = 0;
        for (int i = first; i < last; i++) {
            sum += magnitudes[i];
            filled += magnitudes[i] > 0.0;
        }
        for (int i = first; i < last; i++) {
            const double p = (magnitudes[i] + (i == bins - 1 ? beyond_it : 0.0)) / all;
            const double q = magnitudes[i] > 0.0 ? sum / filled / share_of_q : 0.0;
            if (p > 0.0)
                result += p * log(p / fmax(q, 1e-12));
        }
    }
    return result;
}

static cm_range entropy(const cm_histogram *h)
{
    double magnitudes[HALF], all = 0.0;
    const cm_range seen = all_of(h);
    const int levels = seen.low < 0.0 && seen.high > 0.0 ? LEVELS / 2 : LEVELS;
    int used = 0;
    for (int i = 0; i < HALF; i++) {
        magnitudes[i] = (double)h->counts[HALF + i] + (double)h->counts[HALF - 1 - i];
        all += magnitudes[i];
        used = magnitudes[i] > 0.0 ? i + 1 : used;
    }
    int best = used;
    double least = INFINITY;
    for (int step = 1; step <= ENTROPY_STEPS; step++) {
        const int bins = (int)((int64_t)used * step / ENTROPY_STEPS);
        if (bins < levels)
            continue;
        const double found = divergence(magnitudes, bins, levels, all);
        if (found < least) {
            least = found;
            best = bins;
        }
    }
    const double end = best * h->reach / HALF;
    return with_zero(fmax(seen.low, -end), fmin(seen.high, end));
}

cm_range cm_range_choose(const cm_histogram *histogram, cameo_range_method method)
{
    if (histogram->minimum >= 0.0 && histogram->maximum <= 0.0) /* nothing, or zeros */
        return with_zero(0.0, 0.0);
    switch (method) {
    case CAMEO_RANGE_PERCENTILE:
        return percentile(histogram, 1e-4);
    case CAMEO_RANGE_PERCENTILE_WIDE:
        return percentile(histogram, 1e-5);
    case CAMEO_RANGE_ENTROPY:
        return entropy(histogram);
    case CAMEO_RANGE_MSE:
        return least_squares(histogram);
    default:
        return all_of(histogram);
    }
}

/* As cm_range_error, but each bin rounded for itself, since few values lie between the steps of pixels. */
static double rounding_error(const cm_histogram *h, cm_range range)
{
    float scale;
    uint8_t zero;
    double sum = 0.0;
    cm_range_scale(range, &scale, &zero);
    for (int i = 0; i < CM_HISTOGRAM_BINS; i++) {
        const double x = cm_histogram_middle(h, i), q = fmin(fmax(nearbyint(x / (double)scale) + zero, 0.0), LEVELS - 1);
        sum += (double)h->counts[i] * (x - (double)scale * (q - zero)) * (x - (double)scale * (q - zero));
    }
    return sum;
}

cm_range cm_range_of_picture(const cm_histogram *histogram)
{
    const cm_range all = all_of(histogram), wider = {all.low, all.low + (all.high - all.low) * (LEVELS - 1) / (LEVELS - 2)};
    return histogram->total && rounding_error(histogram, wider) < rounding_error(histogram, all) ? wider : all;
}

void cm_range_scale(cm_range range, float *scale, uint8_t *zero)
{
    *scale = (float)((range.high - range.low) / (LEVELS - 1));
    *zero = (uint8_t)fmin(fmax(nearbyint(-range.low / (double)*scale), 0.0), LEVELS - 1);
}
