#include "calibration_write.h"

#include <math.h>

#include "eval_json.h"

enum { STEPS = 100 }; /* of the curve in a unit of cosine */

static json_t *probability_json(const cm_logistic *l)
{
    json_t *object = json_object();
    cm_json_add(object, "slope", cm_json_number(l->slope));
    cm_json_add(object, "offset", cm_json_number(l->offset));
    cm_json_add(object, "cllr", cm_json_number(l->cllr));
    cm_json_add(object, "cllr_min", cm_json_number(l->cllr_min));
    return object;
}

/* Rates at even thresholds, from the last that everybody passes to the first that nobody does. */
static json_t *curve_json(const cm_scores *s)
{
    json_t *rows = json_array();
    float lowest = s->impostor.values[0], highest = s->impostor.values[s->impostor.count - 1];
    for (int i = (int)floor((double)lowest * STEPS); i <= (int)floor((double)highest * STEPS) + 1; i++) {
        float threshold = (float)i / STEPS;
        json_t *row = json_object();
        cm_json_add(row, "threshold", json_real((double)i / STEPS));
        cm_json_add(row, "fmr", json_real(cm_distribution_rate(&s->impostor, threshold)));
        cm_json_add(row, "fnmr", json_real(1 - cm_distribution_rate(&s->genuine, threshold)));
        json_array_append_new(rows, row);
    }
    return rows;
}

static json_t *searches_json(const cm_calibrated *c)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < c->row_count; i++) {
        json_t *row = json_object();
        cm_json_add(row, "gallery", json_integer((json_int_t)c->rows[i].gallery));
        cm_json_add(row, "fpir", cm_json_number(c->rows[i].rate));
        cm_json_add(row, "threshold", cm_json_number(c->rows[i].threshold));
        cm_json_add(row, "extrapolated", json_boolean(c->rows[i].extrapolated));
        json_array_append_new(rows, row);
    }
    return rows;
}

json_t *cm_calibrated_json(const cm_calibrated *c)
{
    const cm_eval *eval = c->eval;
    const cm_interval fnmr = {1 - c->point.tar.value, 1 - c->point.tar.high, 1 - c->point.tar.low};
    json_t *object = json_object(), *pairs = json_object();
    cm_json_add(pairs, "same", json_integer((json_int_t)eval->scores.genuine.total));
    cm_json_add(pairs, "different", json_integer((json_int_t)eval->scores.impostor.total));
    cm_json_add(object, "format", json_string("cameo calibration 1"));
    cm_json_add(object, "model", cm_eval_model_json(&eval->identity));
    cm_json_add(object, "detector", cm_json_text(eval->identity.detector));
    cm_json_add(object, "faces", cm_json_text(eval->source));
    cm_json_add(object, "pictures", cm_eval_pictures_json(eval));
    cm_json_add(object, "pairs", pairs);
    cm_json_add(object, "fmr", json_real(c->point.far));
    cm_json_add(object, "threshold", cm_eval_interval_json(&c->point.threshold));
    cm_json_add(object, "fmr_at_threshold", cm_eval_interval_json(&c->point.actual));
    cm_json_add(object, "fnmr", cm_eval_interval_json(&fnmr));
    cm_json_add(object, "probability", probability_json(&c->logistic));
    cm_json_add(object, "measures", cm_eval_measures_json(&eval->measures));
    cm_json_add(object, "fpir", json_real(c->wanted_rate));
    cm_json_add(object, "identification", searches_json(c));
    cm_json_add(object, "curve", curve_json(&eval->scores));
    return object;
}

/* The cosine that has a probability. */
static double cosine_at(const cm_logistic *l, double probability)
{
    return (log(probability / (1 - probability)) - l->offset) / l->slope;
}

static void print_searches(const cm_calibrated *c, FILE *stream)
{
    fprintf(stream, "\nsearching a gallery for somebody who is not in it\n  %10s %26s %34s\n", "faces in it",
            "false identifications at", "threshold for at most");
    fprintf(stream, "  %10s %26.4f %32g %%\n", "", c->point.threshold.value, 100 * c->wanted_rate);
    for (size_t i = 0; i < c->row_count; i++) {
        const cm_search_row *row = &c->rows[i];
        char rate[32] = "not known", threshold[32] = "not known";
        if (!isnan(row->rate))
            snprintf(rate, sizeof rate, "%.2f %%", 100 * row->rate);
        if (!isnan(row->threshold))
            snprintf(threshold, sizeof threshold, "%.4f", row->threshold);
        fprintf(stream, "  %10.0f %26s %34s%s\n", row->gallery, rate, threshold, row->extrapolated ? "   (taking comparisons as independent)" : "");
    }
}

void cm_calibrated_print(const cm_calibrated *c, FILE *stream)
{
    const cm_eval_point *p = &c->point;
    const cm_logistic *l = &c->logistic;
    cm_eval_print(c->eval, stream);
    fprintf(stream, "\nthreshold  %.4f", p->threshold.value);
    if (!isnan(p->threshold.low))
        fprintf(stream, " (%.4f - %.4f)", p->threshold.low, p->threshold.high);
    fprintf(stream, " for a false match rate of %g: about 1 false accept in %.0f comparisons of different people; %.2f %% of one person's pairs are rejected\n",
            p->far, 1 / p->far, 100 * (1 - p->tar.value));
    fprintf(stream, "probability 1 / (1 + exp(-(%.3f * cosine %+.3f))), if both were equally likely before: 50 %% at cosine %.3f, 99 %% at %.3f, "
            "99.9 %% at %.3f\n", l->slope, l->offset, cosine_at(l, 0.5), cosine_at(l, 0.99), cosine_at(l, 0.999));
    fprintf(stream, "            it costs %.4f bits a decision (Cllr); no mapping of these scores costs less than %.4f\n", l->cllr, l->cllr_min);
    print_searches(c, stream);
}
