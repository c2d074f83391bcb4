#include "eval_plots.h"

#include <math.h>

#include "plot_svg.h"

enum { STEPS = 240, BARS = 100 };

/* The lowest false accept rate that anything is known about: that of one pair. */
static double lowest_far(const cm_eval *eval)
{
    double lowest = 1 / (double)eval->scores.impostor.total;
    return pow(10, floor(log10(lowest > 0.5 ? 0.5 : lowest)));
}

/* Rates along the axis of false accept rates. misses: false non-match rates instead of true accept rates. */
static size_t trace(const cm_eval *eval, int misses, cm_plot_point points[STEPS])
{
    const cm_scores *s = &eval->scores;
    double low = 1 / (double)s->impostor.total;
    for (int i = 0; i < STEPS; i++) {
        double far = pow(low, 1 - (double)i / (STEPS - 1));
        float threshold = cm_distribution_threshold(&s->impostor, cm_rates_allowed(s->impostor.total, far));
        double tar = i == STEPS - 1 ? 1 : cm_distribution_rate(&s->genuine, threshold);
        points[i] = (cm_plot_point){far, misses ? 1 - tar : tar};
    }
    return STEPS;
}

static void draw_intervals(const cm_eval *eval, const cm_plot *plot, int misses)
{
    for (int i = 0; i < eval->measures.point_count; i++) {
        const cm_eval_point *point = &eval->measures.points[i];
        const cm_interval *tar = &point->tar;
        if (!point->resolvable)
            continue;
        if (misses)
            cm_plot_interval(plot, (cm_plot_point){point->far, 1 - tar->value}, 1 - tar->high, 1 - tar->low);
        else
            cm_plot_interval(plot, (cm_plot_point){point->far, tar->value}, tar->low, tar->high);
    }
}

void cm_eval_plot_roc(const cm_eval *eval, FILE *stream, int alone)
{
    cm_plot_point points[STEPS];
    size_t count = trace(eval, 0, points);
    double lowest = points[0].y;
    for (int i = 0; i < eval->measures.point_count; i++)
        if (eval->measures.points[i].resolvable && eval->measures.points[i].tar.low < lowest)
            lowest = eval->measures.points[i].tar.low;
    double step = lowest > 0.9 ? 0.02 : 0.1;
    cm_plot plot = {.stream = stream, .title = "ROC: what is accepted", .alone = alone,
                    .x = {.name = "false accept rate (pairs of different people)", .low = lowest_far(eval), .high = 1, .logarithmic = 1},
                    .y = {.name = "true accept rate", .low = floor((lowest - 1e-9) / step) * step, .high = 1, .percent = 1}};
    if (plot.y.low < 0)
        plot.y.low = 0;
    cm_plot_begin(&plot);
    cm_plot_line(&plot, points, count, "curve");
    draw_intervals(eval, &plot, 0);
    cm_plot_end(&plot);
}

void cm_eval_plot_det(const cm_eval *eval, FILE *stream, int alone)
{
    cm_plot_point points[STEPS];
    size_t count = trace(eval, 1, points), shown = 0;
    cm_plot plot = {.stream = stream, .title = "DET: both errors", .alone = alone,
                    .x = {.name = "false match rate", .low = lowest_far(eval), .high = 1, .logarithmic = 1},
                    .y = {.name = "false non-match rate", .low = pow(10, floor(log10(1 / (double)(eval->scores.genuine.total + 1)))), .high = 1,
                          .logarithmic = 1, .percent = 1}};
    const cm_plot_point equal[2] = {{plot.x.low > plot.y.low ? plot.x.low : plot.y.low, plot.x.low > plot.y.low ? plot.x.low : plot.y.low}, {1, 1}};
    while (shown < count && points[shown].y > 0)
        shown++;
    cm_plot_begin(&plot);
    cm_plot_line(&plot, equal, 2, "mark");
    cm_plot_line(&plot, points, shown, "curve");
    draw_intervals(eval, &plot, 1);
    cm_plot_end(&plot);
}

/* The part of the scores in each of BARS classes. Returns the largest. */
static double classes(const cm_distribution *d, double low, double high, cm_plot_point points[BARS])
{
    double largest = 0, width = (high - low) / BARS;
    for (int i = 0; i < BARS; i++) {
        double from = low + i * width;
        double part = cm_distribution_rate(d, (float)from) - (i + 1 < BARS ? cm_distribution_rate(d, (float)(from + width)) : 0);
        points[i] = (cm_plot_point){from + width / 2, part};
        largest = part > largest ? part : largest;
    }
    return largest;
}

void cm_eval_plot_scores(const cm_eval *eval, FILE *stream, int alone)
{
    const cm_scores *s = &eval->scores;
    const cm_distribution *g = &s->genuine, *o = &s->impostor;
    double least = (double)(o->values[0] < g->values[0] ? o->values[0] : g->values[0]);
    double most = (double)(g->values[g->count - 1] > o->values[o->count - 1] ? g->values[g->count - 1] : o->values[o->count - 1]);
    double low = floor(least * 10 - 1e-9) / 10, high = ceil(most * 10 + 1e-9) / 10;
    cm_plot_point genuine[BARS], impostor[BARS];
    double a = classes(g, low, high, genuine), b = classes(o, low, high, impostor), tallest = a > b ? a : b;
    cm_plot plot = {.stream = stream, .title = "Scores of different people (orange) and of one person (blue)", .alone = alone,
                    .x = {.name = "cosine", .low = low, .high = high}, .y = {.name = "part of the pairs", .high = 1.15 * tallest, .percent = 1}};
    cm_plot_begin(&plot);
    cm_plot_line(&plot, impostor, BARS, "area second");
    cm_plot_line(&plot, genuine, BARS, "area");
    for (int i = 0; i < eval->measures.point_count; i++) {
        const cm_eval_point *point = &eval->measures.points[i];
        char text[32];
        if (!point->resolvable || i >= CM_RATES_FINEST)
            continue;
        const cm_plot_point line[2] = {{point->threshold.value, 0}, {point->threshold.value, plot.y.high * (0.96 - 0.05 * i)}};
        snprintf(text, sizeof text, "FAR %g", point->far);
        cm_plot_line(&plot, line, 2, "mark");
        cm_plot_label(&plot, line[1], text);
    }
    cm_plot_end(&plot);
}
