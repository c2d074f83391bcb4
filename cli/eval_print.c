#include <math.h>
#include <string.h>

#include "eval.h"
#include "pixels_text.h"

static void print_left_out(const cm_eval *eval, FILE *stream)
{
    cm_left_out rows[CM_EVAL_LEFT_OUT];
    size_t count = cm_eval_left_out(eval, rows);
    const char *comma = "";
    for (size_t i = 0; i < count; i++)
        if (rows[i].count > 0) {
            fprintf(stream, "%s%zu %s", *comma ? comma : "left out   ", rows[i].count, rows[i].why);
            comma = ", ";
        }
    if (eval->scores.lost_pairs > 0)
        fprintf(stream, "%sand with them %zu pairs", *comma ? ", " : "left out   ", eval->scores.lost_pairs);
    fputs(*comma || eval->scores.lost_pairs ? "\n" : "", stream);
}

static void print_remarks(const cm_eval *eval, FILE *stream)
{
    size_t self = cm_eval_set_self_pairs(&eval->set), odd = cm_eval_set_odd_names(&eval->set);
    if (self > 0)
        fprintf(stream, "remark     %zu pairs compare a file with itself; they count, since the list names them\n", self);
    if (odd > 0)
        fprintf(stream, "remark     %zu names hold control characters or no UTF-8; they are shown with those replaced\n", odd);
    if (eval->work.cache_folder)
        fprintf(stream, "embeddings %zu computed, %zu from %s%s\n", eval->work.computed, eval->work.remembered, eval->work.cache_folder,
                eval->work.damaged ? " (damaged entries in it were dropped)" : "");
}

static void print_head(const cm_eval *eval, FILE *stream)
{
    const cm_identity *identity = &eval->identity;
    const cm_scores *s = &eval->scores;
    char pixels[160];
    cm_pixels_text(&identity->contract, pixels, sizeof pixels);
    fprintf(stream, "model      %s (%s, %s, %s%s)\n", identity->model, identity->contract.family, pixels, cm_settings_precision_name(identity->precision),
            identity->mirror ? ", mirrored face added" : "");
    if (identity->detector)
        fprintf(stream, "detector   %s\n", identity->detector);
    fprintf(stream, "set        %s (%s)\n", eval->source, cm_eval_form_name(eval->set.form));
    fprintf(stream, "pictures   %zu with a face; %llu pairs of one person, %llu of different people\n", cm_eval_set_count(&eval->set, CM_PICTURE_EMBEDDED),
            (unsigned long long)s->genuine.total, (unsigned long long)s->impostor.total);
    print_left_out(eval, stream);
    print_remarks(eval, stream);
}

/* "99.20 (98.81 - 99.50)" */
static void percent(const cm_interval *interval, char *text, size_t size)
{
    if (isnan(interval->low))
        snprintf(text, size, "%.3f", 100 * interval->value);
    else
        snprintf(text, size, "%.3f (%.3f - %.3f)", 100 * interval->value, 100 * interval->low, 100 * interval->high);
}

static void print_point(const cm_eval_point *point, FILE *stream)
{
    char tar[64], threshold[64];
    if (!point->resolvable) {
        fprintf(stream, "  %-8g not resolvable: %.0f pairs of different people are wanted at least\n", point->far, ceil(CM_RATES_LEAST / point->far - 1e-6));
        return;
    }
    percent(&point->tar, tar, sizeof tar);
    if (isnan(point->threshold.low))
        snprintf(threshold, sizeof threshold, "%.4f", point->threshold.value);
    else
        snprintf(threshold, sizeof threshold, "%.4f (%.4f - %.4f)", point->threshold.value, point->threshold.low, point->threshold.high);
    fprintf(stream, "  %-8g %-28s %-28s %8.3f %10llu\n", point->far, threshold, tar, 100 * (1 - point->tar.value), (unsigned long long)point->accepted);
}

void cm_eval_print(const cm_eval *eval, FILE *stream)
{
    const cm_measures *m = &eval->measures;
    char text[64];
    print_head(eval, stream);
    if (eval->folds.folds > 0) {
        const cm_fold_scores *f = &eval->folds;
        fprintf(stream, "\naccuracy   %.3f %% +- %.3f over %d folds of %zu pairs (cosine threshold %.3f)\n", 100 * f->accuracy, 100 * f->accuracy_deviation,
                f->folds, f->pairs, f->threshold);
        fprintf(stream, "TAR        %.3f %% +- %.3f at FAR 1e-3 on the other folds (%.5f on the same)\n", 100 * f->tar, 100 * f->tar_deviation, f->far);
    }
    if (m->point_count == 0)
        return;
    percent(&m->eer, text, sizeof text);
    fprintf(stream, "\nEER        %s %% at cosine %.4f\n", text, (double)m->eer_threshold);
    percent(&m->auc, text, sizeof text);
    fprintf(stream, "AUC        %s %%\n", text);
    fprintf(stream, "cosines    one person %.4f +- %.4f, different people %.4f +- %.4f\n\n", eval->scores.genuine.mean, eval->scores.genuine.deviation,
            eval->scores.impostor.mean, eval->scores.impostor.deviation);
    fprintf(stream, "  %-8s %-28s %-28s %8s %10s\n", "FAR", "threshold", "TAR %", "FNMR %", "accepted");
    for (int i = 0; i < m->point_count; i++)
        print_point(&m->points[i], stream);
    fprintf(stream, "\nin brackets: what holds the true value in 95 of 100 cases (%d drawings of %d %s)\n", m->replicates, m->units,
            eval->set.form == CM_EVAL_FOLDERS ? "people with two pictures or more, and of all others" : "pairs of one person, and of all others");
}
