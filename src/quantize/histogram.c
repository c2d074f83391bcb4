#include "quantize/histogram.h"

#include <math.h>

double cm_histogram_middle(const cm_histogram *histogram, int bin)
{
    return histogram->reach * ((2.0 * bin + 1.0) / CM_HISTOGRAM_BINS - 1.0);
}

/* Twice as far: what lay in a quarter's bins comes to lie nearer to the middle, two bins in one. */
static void double_reach(cm_histogram *h)
{
    const int half = CM_HISTOGRAM_BINS / 2;
    for (int i = 0; i < half / 2; i++) { /* from the middle outwards, so that nothing is overwritten before it was read */
        h->counts[half + i] = h->counts[half + 2 * i] + h->counts[half + 2 * i + 1];
        h->counts[half - 1 - i] = h->counts[half - 1 - 2 * i] + h->counts[half - 2 - 2 * i];
    }
    for (int i = half / 2; i < half; i++)
        h->counts[half + i] = h->counts[half - 1 - i] = 0;
    h->reach *= 2.0;
}

bool cm_histogram_add(cm_histogram *histogram, const float *values, size_t count)
{
    if (count == 0)
        return true;
    float low = values[0], high = values[0];
    bool finite = true;
    for (size_t i = 0; i < count; i++) {
        finite &= isfinite(values[i]) != 0;
        low = values[i] < low ? values[i] : low;
        high = values[i] > high ? values[i] : high;
    }
    if (!finite)
        return false;
    histogram->minimum = histogram->total == 0 || (double)low < histogram->minimum ? (double)low : histogram->minimum;
    histogram->maximum = histogram->total == 0 || (double)high > histogram->maximum ? (double)high : histogram->maximum;
    double largest = fmax((double)high, -(double)low);
    if (histogram->reach <= 0.0) { /* nothing below 2^-100 is told apart from zero */
        int exponent;
        (void)frexp(fmax(largest, 0x1p-100), &exponent);
        histogram->reach = ldexp(1.0, exponent);
    }
    while (histogram->reach <= largest)
        double_reach(histogram);
    const float scale = (float)(CM_HISTOGRAM_BINS / 2 / histogram->reach);
    for (size_t i = 0; i < count; i++) {
        int bin = (int)(values[i] * scale + (float)(CM_HISTOGRAM_BINS / 2)); /* rounding may lead to the bin beside, and past the last one */
        histogram->counts[bin < CM_HISTOGRAM_BINS ? bin : CM_HISTOGRAM_BINS - 1]++;
    }
    histogram->total += count;
    return true;
}
