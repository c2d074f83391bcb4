#include <math.h>

#include "eval.h"
#include "report.h"

static cm_interval plain(double value)
{
    return (cm_interval){value, NAN, NAN};
}

static cm_eval_point measure_point(const cm_scores *s, double far)
{
    cm_eval_point point = {.far = far, .resolvable = cm_rates_resolvable(s->impostor.total, far)};
    float threshold = cm_distribution_threshold(&s->impostor, cm_rates_allowed(s->impostor.total, far));
    if (!point.resolvable)
        return point;
    point.accepted = cm_distribution_at_least(&s->impostor, threshold);
    point.threshold = plain((double)threshold);
    point.tar = plain(cm_distribution_rate(&s->genuine, threshold));
    point.actual = plain(cm_distribution_rate(&s->impostor, threshold));
    return point;
}

int cm_eval_measure(cm_eval *eval, double far)
{
    const cm_scores *s = &eval->scores;
    cm_measures *m = &eval->measures;
    *m = (cm_measures){.auc = plain(NAN), .eer = plain(NAN)};
    if (s->genuine.total == 0 || s->impostor.total == 0) {
        const char *missing = s->genuine.total == 0 ? "one person" : "different people";
        return cm_report(CM_EXIT_INPUT, "%s: there are %llu pairs of one person and %llu of different people; without pairs of %s there is nothing to measure",
                         eval->source, (unsigned long long)s->genuine.total, (unsigned long long)s->impostor.total, missing);
    }
    m->auc = plain(cm_rates_auc(&s->genuine, &s->impostor));
    m->eer = plain(cm_rates_eer(&s->genuine, &s->impostor, &m->eer_threshold));
    for (int i = 0; i < CM_RATES_FINEST; i++)
        m->points[m->point_count++] = measure_point(s, cm_rates_far(i));
    if (far > 0)
        m->points[m->point_count++] = measure_point(s, far);
    return cm_eval_bootstrap(m, s, &eval->set, eval->threads);
}
