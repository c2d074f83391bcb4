/* cameo compare: the same person? */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "calibration_file.h"
#include "commands.h"
#include "face_set.h"
#include "json_text.h"
#include "outfile.h"
#include "report.h"

/* Between what loses genuine pairs and what lets strangers pass: with a network trained by ArcFace on clean data about one impostor
 * pair in a thousand lies above 0.3, and few genuine pairs below. A default to start from, no truth: every model and every kind of
 * picture has its own. */
static const double default_threshold = 0.3;

typedef struct compare_job {
    cm_settings settings;
    cm_inputs_form form;
    double threshold; /* NAN: not given */
    int json, matrix, aligned;
    const char *draw, *calibration_file;
    cm_calibration calibration; /* curve NULL: none */
    cm_face_set set;
} compare_job;

static int check_calibration(const cameo_engine *engine, void *context)
{
    const compare_job *job = context;
    return cm_calibration_check(&job->calibration, engine, &job->settings);
}

/* What a calibration says about the threshold and this similarity. */
static void print_meaning(const compare_job *job, double similarity, FILE *stream)
{
    char meaning[160];
    cm_calibration_text(&job->calibration, job->threshold, meaning, sizeof meaning);
    fprintf(stream, "this threshold means %s\n", meaning);
    fprintf(stream, "probability %.4f that it is one person, if both were equally likely before\n",
            cm_logistic_probability(&job->calibration.logistic, similarity, 0.5));
}

static int print_pair(const compare_job *job)
{
    const cm_face_set *set = &job->set;
    float similarity = cameo_similarity(set->embeddings, set->embeddings + set->dimension, set->dimension);
    int same = (double)similarity >= job->threshold;
    cm_outfile out;
    (void)cm_outfile_open(&out, NULL);
    if (job->json) {
        json_t *answer = json_object();
        cm_json_add(answer, "similarity", cm_json_number((double)similarity));
        cm_json_add(answer, "threshold", cm_json_number(job->threshold));
        cm_json_add(answer, "same", json_boolean(same));
        if (job->calibration.curve) {
            cm_json_add(answer, "fmr", cm_json_number(cm_calibration_fmr(&job->calibration, job->threshold)));
            cm_json_add(answer, "probability", cm_json_number(cm_logistic_probability(&job->calibration.logistic, (double)similarity, 0.5)));
        }
        cm_json_print(answer, out.stream, 0);
    } else {
        fprintf(out.stream, "similarity %.4f, threshold %g: %s\n", (double)similarity, job->threshold, same ? "the same person" : "not the same person");
        if (job->calibration.curve)
            print_meaning(job, (double)similarity, out.stream);
    }
    return cm_outfile_finish(&out, same ? CM_EXIT_OK : CM_EXIT_NO);
}

/* Named, or calibrated, or known of the recognizer; else the default. */
static double choose_threshold(const compare_job *job)
{
    if (!isnan(job->threshold))
        return job->threshold;
    if (job->calibration.curve)
        return job->calibration.threshold.value;
    return job->set.model_threshold > 0 ? job->set.model_threshold : default_threshold;
}

static int take(const cm_result *result, void *context)
{
    compare_job *job = context;
    return cm_face_set_take(result, &job->set);
}

static void print_matrix_json(const cm_face_set *set, const float *similarity, FILE *stream)
{
    json_t *answer = json_object(), *faces = json_array(), *rows = json_array();
    for (size_t i = 0; i < set->count; i++) {
        json_t *face = json_object();
        cm_json_add(face, "file", cm_json_text(set->files[i]));
        cm_json_add_face(face, &set->faces[i]);
        json_array_append_new(faces, face);
        json_array_append_new(rows, cm_json_floats(similarity + i * set->count, set->count));
    }
    cm_json_add(answer, "faces", faces);
    cm_json_add(answer, "similarity", rows);
    cm_json_print(answer, stream, 0);
}

static void print_matrix_text(const cm_face_set *set, const float *similarity, FILE *stream)
{
    for (size_t i = 0; i < set->count; i++)
        fprintf(stream, "%3zu  %s\n", i + 1, set->files[i]);
    fputs("\n    ", stream);
    for (size_t i = 0; i < set->count; i++)
        fprintf(stream, "%7zu", i + 1);
    for (size_t i = 0; i < set->count; i++) {
        fprintf(stream, "\n%3zu ", i + 1);
        for (size_t j = 0; j < set->count; j++)
            fprintf(stream, "%7.3f", (double)similarity[i * set->count + j]);
    }
    putc('\n', stream);
}

static int print_matrix(const compare_job *job)
{
    const cm_face_set *set = &job->set;
    float *similarity = malloc(set->count * set->count * sizeof *similarity);
    if (!similarity)
        return cm_report(CM_EXIT_OTHER, "out of memory for a matrix of %zu faces", set->count);
    cm_outfile out;
    (void)cm_outfile_open(&out, NULL);
    cm_face_set_similarities(set, similarity);
    if (job->json)
        print_matrix_json(set, similarity, out.stream);
    else
        print_matrix_text(set, similarity, out.stream);
    int code = cm_outfile_commit(&out);
    if (code == CM_EXIT_OK && job->draw)
        code = cm_heatmap_save(similarity, set->thumbnails, set->count, job->draw);
    free(similarity);
    return code;
}

static int run(compare_job *job, int count, char **paths)
{
    cm_inputs inputs;
    job->form.literal = !job->matrix;
    int code = job->draw ? cm_outfile_check_picture(job->draw) : CM_EXIT_OK;
    if (code == CM_EXIT_OK)
        code = cm_inputs_open(&inputs, &job->form, paths, count);
    if (code != CM_EXIT_OK)
        return code;
    if (job->draw && (code = cm_inputs_spare(&inputs, job->draw)) != CM_EXIT_OK) {
        cm_inputs_close(&inputs);
        return code;
    }
    job->set.thumbnails_wanted = job->draw != NULL;
    job->settings.options.max_faces = 1;
    cm_pipeline pipeline = {.settings = &job->settings, .inputs = &inputs, .detect = !job->aligned, .embed = 1, .aligned = job->aligned,
                            .keep_pictures = job->draw != NULL, .what = "compare", .take = take,
                            .check = job->calibration.curve ? check_calibration : NULL, .context = job};
    code = cm_pipeline_run(&pipeline);
    job->threshold = choose_threshold(job);
    if (!job->matrix && code == CM_EXIT_OK)
        code = print_pair(job);
    if (job->matrix && job->set.count > 0 && code <= CM_EXIT_INPUT)
        code = cm_report_worse(code, print_matrix(job));
    cm_face_set_free(&job->set);
    return code;
}

int cm_command_compare(int argc, char **argv)
{
    compare_job job = {.threshold = NAN, .form.protect = 1};
    cm_flags flags = {
        .command = "compare", .synopsis = "[options] A B | --matrix IMAGE...", .minimum = 1, .maximum = -1,
        .help = "Compares the best face of picture A with that of picture B (--rank, by default the large and central one) by the cosine of their\n"
                "embeddings. Exit code 0: the same person (similarity >= threshold), 1: not the same, 3: a picture shows no face.\n"
                "The default threshold of 0.3 is a place to start from: with the usual ArcFace networks roughly one pair of strangers in a thousand\n"
                "reaches it; for the built-in recognizer it is what was measured so. Common choices lie between 0.28 (lenient) and 0.4 (strict).\n"
                "Calibrate it with your model and your pictures: 'cameo calibrate'.\n"
                "With --matrix all pictures are compared with each other.",
        .examples = "  cameo compare a.jpg b.jpg && echo same\n  cameo compare --json --threshold 0.4 a.jpg b.jpg\n"
                    "  cameo compare --matrix people/ --draw matrix.png"};
    int first, code = cm_settings_init(&job.settings, &flags, CM_SETTINGS_MODEL | CM_SETTINGS_DETECTOR | CM_SETTINGS_RANK | CM_SETTINGS_CONTRACT |
                                       CM_SETTINGS_RUN);
    job.settings.options.rank = CAMEO_RANK_CENTRAL;
    cm_flags_add(&flags, (cm_flag){.name = "threshold", .value = "T", .kind = CM_FLAG_NUMBER, .target = &job.threshold, .low = -1, .high = 1,
        .help = "smallest similarity that counts as the same person (0.3, or the built-in recognizer's own)"});
    cm_calibration_add_flag(&flags, &job.calibration_file, "take the threshold from there ('cameo calibrate'), and say what it means");
    cm_flags_add(&flags, (cm_flag){.name = "aligned", .kind = CM_FLAG_SWITCH, .target = &job.aligned,
        .help = "the pictures are faces that 'cameo align' cut out"});
    cm_flags_add(&flags, (cm_flag){.name = "matrix", .kind = CM_FLAG_SWITCH, .target = &job.matrix,
        .help = "compare all with all; folders and '-' are taken too"});
    cm_flags_add(&flags, (cm_flag){.name = "draw", .value = "OUT", .kind = CM_FLAG_TEXT, .target = &job.draw,
        .help = "with --matrix: draw it as a picture (.png .jpg .webp .ppm)"});
    cm_flags_add(&flags, (cm_flag){.name = "json", .kind = CM_FLAG_SWITCH, .target = &job.json,
        .help = "print similarity, threshold, same; with --matrix faces, similarity"});
    cm_inputs_add_flag(&job.form, &flags);
    if (code < 0)
        code = cm_flags_parse(&flags, argc, argv, &first);
    if (code >= 0)
        return code;
    if (!job.matrix && argc - first != 2)
        return cm_report_usage("compare", "two pictures are wanted, not %d (or --matrix)", argc - first);
    if (!job.matrix && job.form.null)
        return cm_report_usage("compare", "--null goes with --matrix");
    if (!job.matrix && job.draw)
        return cm_report_usage("compare", "--draw goes with --matrix");
    if (job.matrix && job.calibration_file)
        return cm_report_usage("compare", "--calibration goes without --matrix, which has no threshold");
    code = cm_calibration_load(&job.calibration, job.calibration_file);
    if (code != CM_EXIT_OK)
        return code;
    code = run(&job, argc - first, argv + first);
    cm_calibration_free(&job.calibration);
    return code;
}
