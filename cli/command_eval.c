/* cameo eval: how well a recognizer tells people apart. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "commands.h"
#include "eval.h"
#include "eval_plots.h"
#include "outfile.h"
#include "report.h"
#include "report_html.h"

typedef struct eval_job {
    cm_settings settings;
    cm_eval eval;
    const char *faces, *members, *points, *cache, *report, *roc, *det;
    int limit, json, no_mirror, no_cache;
} eval_job;

/* The folder that a list's pictures lie in: named, or the list's own. To be freed. */
static char *faces_folder(const eval_job *job)
{
    const char *source = job->eval.source, *slash = strrchr(source, '/');
    if (job->faces)
        return strdup(job->faces);
    return slash ? strndup(source, slash == source ? 1 : (size_t)(slash - source)) : strdup(".");
}

static int read_list(eval_job *job)
{
    char *faces = faces_folder(job);
    if (!faces)
        return cm_report(CM_EXIT_OTHER, "out of memory");
    int code = job->members ? cm_eval_read_templates(&job->eval.set, job->eval.source, job->members, job->points, faces)
                            : cm_eval_read_list(&job->eval.set, job->eval.source, faces);
    free(faces);
    return code;
}

static int read_set(eval_job *job)
{
    const char *source = job->eval.source;
    struct stat status;
    int folder = stat(source, &status) == 0 && S_ISDIR(status.st_mode);
    if (folder && (job->faces || job->members))
        return cm_report_usage("eval", "--faces and --templates go with a list of pairs; '%s' is a folder", source);
    if (folder)
        return cm_eval_read_folders(&job->eval.set, source, (size_t)job->limit);
    if (job->members || !cm_eval_is_bin(source))
        return read_list(job);
    job->eval.set.aligned = 1;
    return cm_eval_read_bin(&job->eval.set, source);
}

static int write_plot(const cm_eval *eval, cm_eval_plot *plot, const char *path)
{
    cm_outfile out;
    int code = cm_outfile_open(&out, path);
    if (code == CM_EXIT_OK) {
        plot(eval, out.stream, 1);
        code = cm_outfile_commit(&out);
    }
    return code;
}

/* Standard output is handed over last, so that where a file cannot be written nothing is claimed there. */
static int write_results(const eval_job *job, int code)
{
    const cm_eval *eval = &job->eval;
    cm_outfile out;
    int written = CM_EXIT_OK, measured = eval->measures.point_count > 0;
    (void)cm_outfile_open(&out, NULL);
    if (job->json)
        cm_eval_print_json(eval, out.stream);
    else
        cm_eval_print(eval, out.stream);
    if (job->report && measured)
        written = cm_report_html(eval, job->report);
    if (job->roc && measured && written == CM_EXIT_OK)
        written = write_plot(eval, cm_eval_plot_roc, job->roc);
    if (job->det && measured && written == CM_EXIT_OK)
        written = write_plot(eval, cm_eval_plot_det, job->det);
    return cm_outfile_finish(&out, cm_report_worse(code, written));
}

static int run(eval_job *job)
{
    cm_eval *eval = &job->eval;
    int code = cm_eval_start(eval, &job->settings, job->cache, job->no_cache), measured = CM_EXIT_OK;
    if (code == CM_EXIT_OK)
        code = read_set(job);
    if (code == CM_EXIT_OK)
        code = cm_eval_run(eval);
    if (code <= CM_EXIT_INPUT && eval->set.usable)
        measured = cm_eval_measure(eval, 0);
    code = cm_report_worse(code, measured);
    if (code <= CM_EXIT_INPUT && eval->set.usable)
        code = write_results(job, code);
    cm_eval_free(eval);
    return code;
}

static void add_flags(eval_job *job, cm_flags *flags)
{
    cm_flags_add(flags, (cm_flag){.name = "faces", .value = "DIR", .kind = CM_FLAG_TEXT, .target = &job->faces,
        .help = "where the pictures of a list lie (the list's folder)"});
    cm_flags_add(flags, (cm_flag){.name = "templates", .value = "LIST", .kind = CM_FLAG_TEXT, .target = &job->members,
        .help = "SET pairs templates; lines 'FILE TEMPLATE MEDIUM' say what is in them"});
    cm_flags_add(flags, (cm_flag){.name = "points", .value = "LIST", .kind = CM_FLAG_TEXT, .target = &job->points,
        .help = "with --templates: 'FILE X Y X Y X Y X Y X Y SCORE', instead of detection"});
    cm_flags_add(flags, (cm_flag){.name = "aligned", .kind = CM_FLAG_SWITCH, .target = &job->eval.set.aligned,
        .help = "the pictures are faces that 'cameo align' cut out"});
    cm_flags_add(flags, (cm_flag){.name = "no-mirror", .kind = CM_FLAG_SWITCH, .target = &job->no_mirror,
        .help = "do not add the mirrored face's embedding, as 'cameo compare' does not"});
    cm_flags_add(flags, (cm_flag){.name = "pictures", .value = "N", .kind = CM_FLAG_INT, .target = &job->limit, .low = 2, .high = 1e9,
        .help = "of a folder use at most so many, two of each person first (all)"});
    cm_flags_add(flags, (cm_flag){.name = "cache", .value = "DIR", .kind = CM_FLAG_TEXT, .target = &job->cache,
        .help = "keep embeddings there (CAMEO_HOME/embeddings; CAMEO_CACHE=off: not)"});
    cm_flags_add(flags, (cm_flag){.name = "no-cache", .kind = CM_FLAG_SWITCH, .target = &job->no_cache, .help = "keep no embeddings"});
    cm_flags_add(flags, (cm_flag){.name = "report", .value = "OUT.html", .kind = CM_FLAG_TEXT, .target = &job->report,
        .help = "one page with tables, curves, and the worst pairs as pictures"});
    cm_flags_add(flags, (cm_flag){.name = "roc", .value = "OUT.svg", .kind = CM_FLAG_TEXT, .target = &job->roc,
        .help = "true accepts over false accepts as a drawing"});
    cm_flags_add(flags, (cm_flag){.name = "det", .value = "OUT.svg", .kind = CM_FLAG_TEXT, .target = &job->det,
        .help = "both errors over each other as a drawing"});
    cm_flags_add(flags, (cm_flag){.name = "json", .kind = CM_FLAG_SWITCH, .target = &job->json, .help = "one JSON object"});
}

int cm_command_eval(int argc, char **argv)
{
    eval_job job = {.limit = 0};
    cm_flags flags = {
        .command = "eval", .synopsis = "[options] SET", .minimum = 1, .maximum = 1,
        .help = "Measures how well a recognition model tells people apart. SET is\n"
                "  a folder with a folder of pictures for each person: all pairs are compared;\n"
                "  a list of pairs: LFW's pairs.txt, or lines 'PATH PATH 0|1'; the pictures lie in --faces;\n"
                "  a pickle as lfw.bin, cfp_fp.bin, agedb_30.bin are: pairs of faces that are cut out already;\n"
                "  with --templates, a list of pairs of templates, as IJB-B and IJB-C have.\n"
                "Prints accuracy over ten folds (lists), equal error rate, area under the curve, and what thresholds accept at false accept rates of\n"
                "1e-1 to 1e-6, each with the interval that holds it in 95 of 100 cases. As published figures do, it adds the mirrored face's embedding.\n"
                "A run that was broken off goes on where it stopped: embeddings are kept (--cache). Exit code 3: pictures could not be read.",
        .examples = "  cameo eval people/ --report report.html\n  cameo eval pairs.txt --faces lfw/ --rank center --det-size 640\n  cameo eval lfw.bin --json"};
    int first, code = cm_settings_init(&job.settings, &flags, CM_SETTINGS_MODEL | CM_SETTINGS_DETECTOR | CM_SETTINGS_RANK | CM_SETTINGS_CONTRACT |
                                       CM_SETTINGS_RUN);
    job.settings.options.rank = CAMEO_RANK_CENTRAL;
    add_flags(&job, &flags);
    if (code < 0)
        code = cm_flags_parse(&flags, argc, argv, &first);
    if (code >= 0)
        return code;
    if (job.points && !job.members)
        return cm_report_usage("eval", "--points goes with --templates");
    if (job.no_mirror && job.settings.options.mirror)
        return cm_report_usage("eval", "--mirror and --no-mirror contradict each other");
    job.settings.options.mirror = !job.no_mirror;
    job.eval.source = argv[first];
    return run(&job);
}
