#include <math.h>
#include <stdlib.h>

#include "eval.h"
#include "report.h"

int cm_eval_run(cm_eval *eval)
{
    cm_eval_set *set = &eval->set;
    int code = cm_identity_find(&eval->identity, eval->settings, !set->aligned && !set->landmarks), embedded = CM_EXIT_OK;
    if (code == CM_EXIT_OK)
        embedded = cm_eval_embed(set, &eval->work, &eval->identity);
    if (code == CM_EXIT_OK && embedded <= CM_EXIT_INPUT)
        code = cm_scores_make(&eval->scores, set, cm_settings_threads(eval->settings));
    if (code == CM_EXIT_OK && embedded <= CM_EXIT_INPUT && set->form != CM_EVAL_FOLDERS && set->form != CM_EVAL_TEMPLATES)
        code = cm_folds_of_set(set, &eval->folds);
    return cm_report_worse(code, embedded);
}

void cm_eval_free(cm_eval *eval)
{
    cm_identity_free(&eval->identity);
    cm_eval_set_free(&eval->set);
    cm_scores_free(&eval->scores);
}

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
    return cm_eval_bootstrap(m, s, &eval->set, cm_settings_threads(eval->settings));
}

const char *cm_eval_form_name(cm_eval_form form)
{
    static const char *const names[] = {[CM_EVAL_LIST] = "a list of pairs", [CM_EVAL_BIN] = "a verification pickle",
                                        [CM_EVAL_FOLDERS] = "a folder for each person, all pairs", [CM_EVAL_TEMPLATES] = "pairs of templates"};
    return names[form];
}

size_t cm_eval_left_out(const cm_eval *eval, cm_left_out rows[CM_EVAL_LEFT_OUT])
{
    const cm_eval_set *set = &eval->set;
    size_t count = 0;
    rows[count++] = (cm_left_out){set->over_limit, "over_limit", "beyond the limit of --pictures"};
    rows[count++] = (cm_left_out){set->without_person, "without_person", "in no person's folder"};
    rows[count++] = (cm_left_out){cm_eval_set_count(set, CM_PICTURE_UNREADABLE), "unreadable", "not readable, or not there"};
    rows[count++] = (cm_left_out){cm_eval_set_count(set, CM_PICTURE_WITHOUT_FACE), "without_face", "without a face that was found"};
    rows[count++] = (cm_left_out){cm_eval_set_count(set, CM_PICTURE_REPEATED), "repeated", "the same file again, for the same person"};
    rows[count++] = (cm_left_out){cm_eval_set_count(set, CM_PICTURE_TWO_NAMES), "two_names", "the same file under two people's names"};
    return count;
}
