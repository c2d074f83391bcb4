/* cameo calibrate: what the scores of a model mean, for one's own kind of pictures. */
#include <math.h>
#include <string.h>

#include "calibration_write.h"
#include "commands.h"
#include "outfile.h"
#include "report.h"

static const double usual_fmr = 1e-3, usual_fpir = 0.01;

typedef struct calibrate_job {
    cm_settings settings;
    cm_eval eval;
    cm_calibrated result;
    const char *output, *cache;
    double fmr;
    int limit, gallery, no_cache, json;
} calibrate_job;

/* The finest rate that so many pairs of different people can tell. */
static int refuse(const calibrate_job *job)
{
    double pairs = (double)job->eval.scores.impostor.total;
    return cm_report(CM_EXIT_INPUT, "%s: %.0f pairs of different people are too few for a false match rate of %g, which needs %.0f; "
                     "with them --fmr %.2g can be had",
                     job->eval.source, pairs, job->fmr, ceil(CM_RATES_LEAST / job->fmr - 1e-6), CM_RATES_LEAST / pairs);
}

static void add_gallery(calibrate_job *job, cm_searches *searches, double gallery)
{
    cm_calibrated *c = &job->result;
    size_t place = c->row_count;
    while (place > 0 && c->rows[place - 1].gallery >= gallery)
        place--;
    if (place < c->row_count && c->rows[place].gallery == gallery)
        return;
    memmove(c->rows + place + 1, c->rows + place, (c->row_count++ - place) * sizeof *c->rows);
    c->rows[place] = (cm_search_row){.gallery = gallery, .rate = cm_searches_rate(searches, (float)c->point.threshold.value, gallery),
                                              .threshold = cm_searches_threshold(searches, c->wanted_rate, gallery),
                                              .extrapolated = gallery > cm_searches_strangers(searches)};
}

static int measure_searches(calibrate_job *job)
{
    static const double usual[] = {10, 100, 1000, 10000, 100000};
    cm_searches searches;
    if (cm_searches_make(&searches, &job->eval.scores, &job->eval.set) != 0)
        return cm_report(CM_EXIT_OTHER, "out of memory");
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        add_gallery(job, &searches, usual[i]);
    if (job->gallery > 0)
        add_gallery(job, &searches, job->gallery);
    cm_searches_free(&searches);
    return CM_EXIT_OK;
}

static int calibrate(calibrate_job *job)
{
    cm_eval *eval = &job->eval;
    cm_calibrated *c = &job->result;
    int code = cm_eval_measure(eval, job->fmr);
    if (code != CM_EXIT_OK)
        return code;
    c->eval = eval;
    c->point = eval->measures.points[eval->measures.point_count - 1];
    if (!c->point.resolvable)
        return refuse(job);
    if (cm_logistic_fit(&c->logistic, &eval->scores.genuine, &eval->scores.impostor) != 0)
        return cm_report(CM_EXIT_OTHER, "out of memory");
    if (!(c->logistic.slope > 0))
        return cm_report(CM_EXIT_INPUT, "%s: pairs of one person score no higher than those of different people; 'cameo doctor' may say why", eval->source);
    return measure_searches(job);
}

static int write_results(const calibrate_job *job, int code)
{
    cm_outfile out, file;
    int written = cm_outfile_open(&file, job->output);
    if (written != CM_EXIT_OK)
        return cm_report_worse(code, written);
    cm_json_print(cm_calibrated_json(&job->result), file.stream, 1);
    if (file.stream != stdout) { /* handed over last, so that nothing is claimed there of a file that cannot be written */
        (void)cm_outfile_open(&out, NULL);
        if (job->json)
            cm_json_print(cm_calibrated_json(&job->result), out.stream, 1);
        else
            cm_calibrated_print(&job->result, out.stream);
        written = cm_outfile_commit(&file);
        return cm_outfile_finish(&out, cm_report_worse(code, written));
    }
    return cm_report_worse(code, cm_outfile_commit(&file));
}

static int run(calibrate_job *job)
{
    cm_eval *eval = &job->eval;
    int code = cm_eval_start(eval, &job->settings, job->cache, job->no_cache), measured = CM_EXIT_OK;
    if (code == CM_EXIT_OK)
        code = cm_eval_read_folders(&eval->set, eval->source, (size_t)job->limit);
    if (code == CM_EXIT_OK)
        code = cm_eval_run(eval);
    if (code <= CM_EXIT_INPUT && eval->set.usable) {
        measured = calibrate(job);
        code = cm_report_worse(code, measured);
        if (measured == CM_EXIT_OK)
            code = write_results(job, code);
    }
    cm_eval_free(eval);
    return code;
}

static void add_flags(calibrate_job *job, cm_flags *flags)
{
    cm_flags_add(flags, (cm_flag){.name = "output", .letter = 'o', .value = "OUT.json", .kind = CM_FLAG_TEXT, .target = &job->output,
        .help = "the calibration, for --calibration of 'cameo compare' and 'cameo embed'"});
    cm_flags_add(flags, (cm_flag){.name = "fmr", .value = "RATE", .kind = CM_FLAG_NUMBER, .target = &job->fmr, .low = 1e-9, .high = 0.5,
        .help = "wanted part of comparisons of different people that is accepted (0.001)"});
    cm_flags_add(flags, (cm_flag){.name = "gallery", .value = "N", .kind = CM_FLAG_INT, .target = &job->gallery, .low = 1, .high = 1e9,
        .help = "say also what searching a gallery of N faces means"});
    cm_flags_add(flags, (cm_flag){.name = "fpir", .value = "RATE", .kind = CM_FLAG_NUMBER, .target = &job->result.wanted_rate, .low = 1e-6, .high = 0.5,
        .help = "wanted part of searches for strangers that find somebody (0.01)"});
    cm_flags_add(flags, (cm_flag){.name = "aligned", .kind = CM_FLAG_SWITCH, .target = &job->eval.set.aligned,
        .help = "the pictures are faces that 'cameo align' cut out"});
    cm_flags_add(flags, (cm_flag){.name = "pictures", .value = "N", .kind = CM_FLAG_INT, .target = &job->limit, .low = 2, .high = 1e9,
        .help = "use at most so many, two of each person first (all)"});
    cm_flags_add(flags, (cm_flag){.name = "cache", .value = "DIR", .kind = CM_FLAG_TEXT, .target = &job->cache,
        .help = "keep embeddings there (CAMEO_HOME/embeddings; CAMEO_CACHE=off: not)"});
    cm_flags_add(flags, (cm_flag){.name = "no-cache", .kind = CM_FLAG_SWITCH, .target = &job->no_cache, .help = "keep no embeddings"});
    cm_flags_add(flags, (cm_flag){.name = "json", .kind = CM_FLAG_SWITCH, .target = &job->json, .help = "print the calibration itself"});
}

int cm_command_calibrate(int argc, char **argv)
{
    calibrate_job job = {.fmr = usual_fmr, .result.wanted_rate = usual_fpir};
    cm_flags flags = {
        .command = "calibrate", .synopsis = "[options] FACES_DIR -o OUT.json", .minimum = 1, .maximum = 1,
        .help = "Finds the threshold for a wanted rate of false accepts with your model and your kind of pictures, and what a cosine means as a probability.\n"
                "FACES_DIR holds a folder for each person; all pictures are compared with each other, so that some hundred people with two pictures or\n"
                "more give a rate of 1 in 1000. A rate that the pictures cannot tell is refused. Says too how often somebody who is not in a gallery is\n"
                "taken for one of its faces (1:N), and which threshold keeps that rare. The file belongs to this model in this setting.",
        .examples = "  cameo calibrate people/ -o cal.json\n  cameo calibrate people/ -o cal.json --fmr 1e-4 --gallery 5000\n"
                    "  cameo compare --calibration cal.json a.jpg b.jpg"};
    int first, code = cm_settings_init(&job.settings, &flags, CM_SETTINGS_MODEL | CM_SETTINGS_DETECTOR | CM_SETTINGS_RANK | CM_SETTINGS_CONTRACT |
                                       CM_SETTINGS_RUN);
    job.settings.options.rank = CAMEO_RANK_CENTRAL;
    add_flags(&job, &flags);
    if (code < 0)
        code = cm_flags_parse(&flags, argc, argv, &first);
    if (code >= 0)
        return code;
    if (!job.output)
        return cm_report_usage("calibrate", "-o OUT.json is missing: where the calibration is to go");
    job.eval.source = argv[first];
    return run(&job);
}
