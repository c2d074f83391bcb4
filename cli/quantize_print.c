#include <math.h>

#include "json_text.h"
#include "quantize_job.h"

enum { NAME_WIDTH = 40 };

const char *cm_quantize_method_name(cameo_range_method method)
{
    static const char *const names[CAMEO_RANGE_METHODS] = {"minmax", "percentile", "percentile-wide", "entropy", "mse"};
    return (unsigned)method < CAMEO_RANGE_METHODS ? names[method] : "auto";
}

static double all_macs(const cm_quantize_job *job)
{
    double all = 0.0;
    for (int i = 0; i < job->row_count; i++)
        all += (double)job->rows[i].layer.macs;
    return all > 0.0 ? all : 1.0;
}

static void print_rows(const cm_quantize_job *job, FILE *stream)
{
    const double all = all_macs(job);
    fprintf(stream, "%-*s %-8s %7s %9s %12s  %-15s %s\n", NAME_WIDTH, "layer", "op", "work %", "error dB", "1 - cosine", "ranges", "becomes");
    for (int i = 0; i < job->row_count; i++) {
        const cm_quantize_row *row = &job->rows[i];
        char decibel[16] = "-", loss[16] = "-";
        if (row->layer.noise > 0.0)
            snprintf(decibel, sizeof decibel, "%.1f", 10.0 * log10(row->layer.noise));
        if (!isnan(row->loss))
            snprintf(loss, sizeof loss, "%.6f", row->loss);
        fprintf(stream, "%-*.*s %-8s %7.2f %9s %12s  %-15s %s\n", NAME_WIDTH, NAME_WIDTH, row->layer.name, row->layer.op,
                100.0 * (double)row->layer.macs / all, decibel, loss, cm_quantize_method_name(row->layer.method), row->layer.keep ? "float" : "int8");
    }
}

static void print_score(const cm_quantize_job *job, const char *what, const cm_quantize_score *score, FILE *stream)
{
    fprintf(stream, "%-11s cosine to float: mean %.5f, least %.5f over %zu faces", what, score->cosine, score->least, score->faces);
    if (!isnan(score->tar))
        fprintf(stream, "; TAR at FAR %g: %.2f %% (float %.2f %%)", job->far, 100.0 * score->tar, 100.0 * job->float_tar);
    fputs("\n", stream);
}

void cm_quantize_print(const cm_quantize_job *job, FILE *stream)
{
    const cm_people *people = &job->people;
    fprintf(stream, "model       %s (%s, %dx%d, %d numbers)\n", job->path, job->contract.family, people->size, people->size, job->contract.dimension);
    fprintf(stream, "faces       %zu of %d people%s; left out: %zu without a face, %zu not readable, %zu twice, %zu under two names, %zu over the limit\n",
            people->count, people->people, people->aligned ? ", aligned already" : "", people->without_face.count, people->unreadable, people->twice.count,
            people->two_names.count, people->over_limit);
    if (isnan(job->float_tar))
        fputs("            too few pairs for a TAR; only the cosine is looked at\n", stream);
    for (int i = 0; i < CAMEO_RANGE_METHODS; i++)
        if (job->methods[i].faces > 0)
            fprintf(stream, "%-11s %-15s cosine %.5f over %zu faces%s\n", i == 0 ? "ranges" : "", cm_quantize_method_name((cameo_range_method)i),
                    job->methods[i].cosine, job->methods[i].faces, i == job->method ? " <- taken" : "");
    fprintf(stream, "biases      %s (cosine %.5f without correction)\n\n", job->corrected ? "corrected" : "not corrected, it does not pay",
            job->uncorrected.cosine);
    print_rows(job, stream);
    fputs("\n", stream);
    print_score(job, "result", &job->result, stream);
    if (job->met)
        fprintf(stream, "%-11s %s: %zu bytes, %.2f times smaller than %zu; %d of %d layers stay in float\n", "written", job->output, job->bytes_after,
                (double)job->bytes_before / (double)job->bytes_after, job->bytes_before, job->kept, job->row_count);
}

static json_t *score_json(const cm_quantize_job *job, const cm_quantize_score *score)
{
    json_t *object = json_object();
    cm_json_add(object, "faces", json_integer((json_int_t)score->faces));
    cm_json_add(object, "cosine_mean", cm_json_number(score->cosine));
    cm_json_add(object, "cosine_least", cm_json_number(score->least));
    cm_json_add(object, "tar", cm_json_number(score->tar));
    cm_json_add(object, "loss_points", cm_json_number(isnan(score->tar) ? (double)NAN : cm_quantize_loss(job, score)));
    return object;
}

static json_t *layers_json(const cm_quantize_job *job)
{
    json_t *array = json_array();
    const double all = all_macs(job);
    for (int i = 0; i < job->row_count; i++) {
        const cm_quantize_row *row = &job->rows[i];
        json_t *object = json_object();
        cm_json_add(object, "name", cm_json_text(row->layer.name));
        cm_json_add(object, "op", cm_json_text(row->layer.op));
        cm_json_add(object, "weights", json_integer((json_int_t)row->layer.weights));
        cm_json_add(object, "work", cm_json_number((double)row->layer.macs / all));
        cm_json_add(object, "noise", cm_json_number(row->layer.noise));
        cm_json_add(object, "loss_alone", cm_json_number(row->loss));
        cm_json_add(object, "ranges", json_string(cm_quantize_method_name(row->layer.method)));
        cm_json_add(object, "low", cm_json_number((double)row->layer.low));
        cm_json_add(object, "high", cm_json_number((double)row->layer.high));
        cm_json_add(object, "quantized", json_boolean(!row->layer.keep));
        json_array_append_new(array, object);
    }
    return array;
}

static json_t *faces_json(const cm_people *people)
{
    const struct {
        const char *key;
        size_t count;
    } counts[] = {{"used", people->count}, {"people", (size_t)people->people}, {"without_face", people->without_face.count},
                  {"unreadable", people->unreadable}, {"twice", people->twice.count}, {"two_names", people->two_names.count},
                  {"without_person", people->without_person}, {"over_limit", people->over_limit}};
    json_t *object = json_object();
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        cm_json_add(object, counts[i].key, json_integer((json_int_t)counts[i].count));
    return object;
}

void cm_quantize_print_json(const cm_quantize_job *job, FILE *stream)
{
    json_t *object = json_object(), *methods = json_object(), *budget = json_object();
    for (int i = 0; i < CAMEO_RANGE_METHODS; i++)
        if (job->methods[i].faces > 0)
            cm_json_add(methods, cm_quantize_method_name((cameo_range_method)i), score_json(job, &job->methods[i]));
    cm_json_add(budget, "max_loss", cm_json_number(job->max_loss));
    cm_json_add(budget, "min_cosine", cm_json_number(job->min_cosine));
    cm_json_add(budget, "max_float", cm_json_number(job->max_float));
    cm_json_add(budget, "met", json_boolean(job->met));
    cm_json_add(object, "model", cm_json_text(job->path));
    cm_json_add(object, "output", cm_json_text(job->met ? job->output : NULL));
    cm_json_add(object, "faces", faces_json(&job->people));
    cm_json_add(object, "far", cm_json_number(job->far));
    cm_json_add(object, "float_tar", cm_json_number(job->float_tar));
    cm_json_add(object, "ranges", json_string(cm_quantize_method_name((cameo_range_method)job->method)));
    cm_json_add(object, "ranges_tried", methods);
    cm_json_add(object, "bias_corrected", json_boolean(job->corrected));
    cm_json_add(object, "uncorrected", score_json(job, &job->uncorrected));
    cm_json_add(object, "result", score_json(job, &job->result));
    cm_json_add(object, "budget", budget);
    cm_json_add(object, "layers_in_float", json_integer(job->kept));
    cm_json_add(object, "layers", layers_json(job));
    cm_json_add(object, "bytes_before", json_integer((json_int_t)job->bytes_before));
    cm_json_add(object, "bytes_after", json_integer((json_int_t)job->bytes_after));
    cm_json_print(object, stream, 1);
}
