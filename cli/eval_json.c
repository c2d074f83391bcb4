#include <math.h>

#include "eval.h"
#include "eval_json.h"
#include "pixels_text.h"

static json_t *whole(uint64_t value)
{
    return json_integer((json_int_t)value);
}

json_t *cm_eval_interval_json(const cm_interval *interval)
{
    json_t *object = json_object();
    cm_json_add(object, "value", cm_json_number(interval->value));
    cm_json_add(object, "low", cm_json_number(interval->low));
    cm_json_add(object, "high", cm_json_number(interval->high));
    return object;
}

json_t *cm_eval_point_json(const cm_eval_point *point)
{
    json_t *object = json_object();
    cm_json_add(object, "far", json_real(point->far));
    cm_json_add(object, "resolvable", json_boolean(point->resolvable));
    if (!point->resolvable)
        return object;
    cm_interval fnmr = {1 - point->tar.value, 1 - point->tar.high, 1 - point->tar.low};
    cm_json_add(object, "threshold", cm_eval_interval_json(&point->threshold));
    cm_json_add(object, "tar", cm_eval_interval_json(&point->tar));
    cm_json_add(object, "fnmr", cm_eval_interval_json(&fnmr));
    cm_json_add(object, "fmr_at_threshold", cm_eval_interval_json(&point->actual));
    cm_json_add(object, "accepted", whole(point->accepted));
    return object;
}

json_t *cm_eval_model_json(const cm_identity *identity)
{
    const cameo_contract *contract = &identity->contract;
    json_t *object = json_object();
    cm_json_add(object, "file", cm_json_text(identity->model));
    cm_json_add(object, "sha256", json_string(identity->model_digest));
    cm_json_add(object, "family", cm_json_text(contract->family));
    cm_json_add(object, "width", json_integer(contract->width));
    cm_json_add(object, "height", json_integer(contract->height));
    cm_json_add(object, "color", json_string(cm_pixels_color(contract->color)));
    cm_json_add(object, "mean", cm_json_floats(contract->mean, 3));
    cm_json_add(object, "std", cm_json_floats(contract->std, 3));
    cm_json_add(object, "output", cm_json_text(contract->output_name));
    cm_json_add(object, "dimension", json_integer(contract->dimension));
    cm_json_add(object, "mirror", json_boolean(identity->mirror));
    cm_json_add(object, "precision", json_string(cm_settings_precision_name(identity->precision)));
    return object;
}

json_t *cm_eval_pictures_json(const cm_eval *eval)
{
    cm_left_out rows[CM_EVAL_LEFT_OUT];
    size_t count = cm_eval_left_out(eval, rows);
    json_t *object = json_object(), *left_out = json_object();
    cm_json_add(object, "used", whole(cm_eval_set_count(&eval->set, CM_PICTURE_EMBEDDED)));
    for (size_t i = 0; i < count; i++)
        cm_json_add(left_out, rows[i].key, whole(rows[i].count));
    cm_json_add(object, "left_out", left_out);
    cm_json_add(object, "odd_names", whole(cm_eval_set_odd_names(&eval->set)));
    return object;
}

static json_t *folds_json(const cm_fold_scores *f)
{
    if (f->folds == 0)
        return json_null();
    json_t *object = json_object();
    const struct {
        const char *key;
        double value;
    } values[] = {{"accuracy", f->accuracy}, {"accuracy_deviation", f->accuracy_deviation}, {"threshold", f->threshold}, {"tar_at_far_1e-3", f->tar},
                  {"tar_deviation", f->tar_deviation}, {"far", f->far}};
    cm_json_add(object, "count", json_integer(f->folds));
    cm_json_add(object, "pairs", whole(f->pairs));
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        cm_json_add(object, values[i].key, cm_json_number(values[i].value));
    return object;
}

static json_t *kind_json(const cm_distribution *distribution)
{
    json_t *object = json_object();
    cm_json_add(object, "pairs", whole(distribution->total));
    cm_json_add(object, "mean", cm_json_number(distribution->mean));
    cm_json_add(object, "deviation", cm_json_number(distribution->deviation));
    return object;
}

json_t *cm_eval_measures_json(const cm_measures *m)
{
    json_t *object = json_object(), *points = json_array();
    for (int i = 0; i < m->point_count; i++)
        json_array_append_new(points, cm_eval_point_json(&m->points[i]));
    cm_json_add(object, "auc", cm_eval_interval_json(&m->auc));
    cm_json_add(object, "eer", cm_eval_interval_json(&m->eer));
    cm_json_add(object, "eer_threshold", cm_json_number((double)m->eer_threshold));
    cm_json_add(object, "points", points);
    cm_json_add(object, "replicates", json_integer(m->replicates));
    cm_json_add(object, "units", json_integer(m->units));
    return object;
}

void cm_eval_print_json(const cm_eval *eval, FILE *stream)
{
    static const char *const forms[] = {[CM_EVAL_LIST] = "list", [CM_EVAL_BIN] = "bin", [CM_EVAL_FOLDERS] = "folders", [CM_EVAL_TEMPLATES] = "templates"};
    json_t *object = json_object(), *pairs = json_object(), *cache = json_object();
    cm_json_add(pairs, "same", kind_json(&eval->scores.genuine));
    cm_json_add(pairs, "different", kind_json(&eval->scores.impostor));
    cm_json_add(pairs, "lost", whole(eval->scores.lost_pairs));
    cm_json_add(pairs, "of_equal_files", whole(cm_eval_set_self_pairs(&eval->set)));
    cm_json_add(cache, "computed", whole(eval->work.computed));
    cm_json_add(cache, "remembered", whole(eval->work.remembered));
    cm_json_add(cache, "damaged", whole(eval->work.damaged));
    cm_json_add(object, "set", cm_json_text(eval->source));
    cm_json_add(object, "form", json_string(forms[eval->set.form]));
    cm_json_add(object, "model", cm_eval_model_json(&eval->identity));
    cm_json_add(object, "detector", cm_json_text(eval->identity.detector));
    cm_json_add(object, "pictures", cm_eval_pictures_json(eval));
    cm_json_add(object, "pairs", pairs);
    cm_json_add(object, "folds", folds_json(&eval->folds));
    cm_json_add(object, "measures", eval->measures.point_count ? cm_eval_measures_json(&eval->measures) : json_null());
    cm_json_add(object, "embeddings", cache);
    cm_json_print(object, stream, 1);
}
