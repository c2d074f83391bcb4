/* cameo embed: faces turned into embeddings. */
#include <stdlib.h>
#include <string.h>

#include "calibration_file.h"
#include "commands.h"
#include "embed_output.h"
#include "report.h"

typedef struct embed_job {
    cm_settings settings;
    cm_inputs_form form;
    cm_embed_format format;
    int aligned, raw, json;
    const char *path, *calibration_file;
    cm_calibration calibration; /* curve NULL: none */
    size_t pictures, faces;
    float *scaled; /* [dimension] */
    cm_embed_output output;
} embed_job;

static int parse_format(const char *text, void *target)
{
    static const char *const names[] = {"jsonl", "npy", "csv"}; /* in the order of cm_embed_format */
    for (int i = 0; i < 3; i++)
        if (strcmp(text, names[i]) == 0) {
            *(cm_embed_format *)target = (cm_embed_format)i;
            return 0;
        }
    return -1;
}

static int take(const cm_result *result, void *context)
{
    embed_job *job = context;
    size_t dimension = (size_t)result->dimension;
    job->pictures++;
    if (result->face_count == 0)
        return cm_report(CM_EXIT_OK, "%s: no face found", result->path);
    if (!job->scaled && !(job->scaled = malloc(dimension * sizeof *job->scaled)))
        return cm_report(CM_EXIT_OTHER, "out of memory");
    job->faces += result->face_count;
    for (size_t i = 0; i < result->face_count; i++) {
        memcpy(job->scaled, result->embeddings + i * dimension, dimension * sizeof *job->scaled);
        float norm = job->raw ? cameo_embedding_norm(job->scaled, result->dimension) : cameo_embedding_normalize(job->scaled, result->dimension);
        int code = cm_embed_output_row(&job->output, result, i, job->scaled, norm);
        if (code != CM_EXIT_OK)
            return code;
    }
    return cm_embed_output_flush(&job->output);
}

/* Says what the threshold means that goes with these embeddings. */
static int check_calibration(const cameo_engine *engine, void *context)
{
    embed_job *job = context;
    char meaning[160];
    int code = cm_calibration_check(&job->calibration, engine, &job->settings);
    if (code != CM_EXIT_OK)
        return code;
    cm_calibration_text(&job->calibration, job->calibration.threshold.value, meaning, sizeof meaning);
    job->output.threshold = job->calibration.threshold.value;
    return cm_report(CM_EXIT_OK, "threshold %.4f for cosines of these embeddings: this threshold means %s", job->calibration.threshold.value, meaning);
}

static void add_flags(embed_job *job, cm_flags *flags)
{
    cm_flags_add(flags, (cm_flag){.name = "aligned", .kind = CM_FLAG_SWITCH, .target = &job->aligned,
        .help = "the pictures are faces that 'cameo align' cut out: nothing is detected"});
    cm_flags_add(flags, (cm_flag){.name = "raw", .kind = CM_FLAG_SWITCH, .target = &job->raw,
        .help = "as the network gives them, not scaled to length 1"});
    cm_flags_add(flags, (cm_flag){.name = "format", .value = "jsonl|npy|csv", .kind = CM_FLAG_PARSE, .target = &job->format, .parse = parse_format,
        .help = "a JSON object a line (default), a NumPy array, or a table"});
    cm_flags_add(flags, (cm_flag){.name = "json", .kind = CM_FLAG_SWITCH, .target = &job->json, .help = "the same as --format jsonl"});
    cm_flags_add(flags, (cm_flag){.name = "output", .letter = 'o', .value = "OUT", .kind = CM_FLAG_TEXT, .target = &job->path,
        .help = "write to a file, which is complete or absent"});
    cm_calibration_add_flag(flags, &job->calibration_file, "give the threshold of 'cameo calibrate' with each face, and say what it means");
    cm_inputs_add_flag(&job->form, flags);
}

static int run(embed_job *job, int count, char **paths)
{
    cm_inputs inputs;
    int code = cm_inputs_open(&inputs, &job->form, paths, count);
    if (code != CM_EXIT_OK)
        return code;
    if (job->path)
        code = cm_inputs_spare(&inputs, job->path);
    if (code == CM_EXIT_OK)
        code = cm_embed_output_open(&job->output, job->format, job->path);
    if (code != CM_EXIT_OK) {
        cm_inputs_close(&inputs);
        return code;
    }
    cm_pipeline pipeline = {.settings = &job->settings, .inputs = &inputs, .detect = !job->aligned, .embed = 1, .aligned = job->aligned,
                            .results_on_stdout = job->path == NULL, .what = "embed", .take = take,
                            .check = job->calibration.curve ? check_calibration : NULL, .context = job};
    code = cm_pipeline_run(&pipeline);
    if (code == CM_EXIT_OK && job->faces == 0)
        code = CM_EXIT_NO;
    free(job->scaled);
    return cm_embed_output_finish(&job->output, code, job->pictures);
}

int cm_command_embed(int argc, char **argv)
{
    embed_job job = {.format = CM_EMBED_JSONL, .form.protect = 1};
    cm_flags flags = {
        .command = "embed", .synopsis = "[options] PATH...", .minimum = 1, .maximum = -1,
        .help = "Finds the faces in pictures and turns each into an embedding of length 1. PATH is a picture, a folder (searched deeply), or '-' for a\n"
                "list on standard input. One JSON object a line for each face: file, face (its number in the picture), box [x0,y0,x1,y1], score,\n"
                "landmarks [[x,y]x5], norm (of the embedding before it was scaled), embedding. With --format npy, -o OUT.npy gets the array\n"
                "[faces, dimension] and OUT.npy.jsonl one line for each row of it.\n"
                "A file that cannot be read is reported and skipped; the exit code is 3 then. Exit code 1: no face in any picture.",
        .examples = "  cameo embed photos/ -o faces.jsonl\n  find . -name '*.jpg' | cameo embed --max-faces 1 --rank largest -\n"
                    "  cameo embed --aligned crops/ --format npy -o faces.npy"};
    int first, code = cm_settings_init(&job.settings, &flags, CM_SETTINGS_MODEL | CM_SETTINGS_DETECTOR | CM_SETTINGS_FACES | CM_SETTINGS_CONTRACT |
                                       CM_SETTINGS_RUN);
    add_flags(&job, &flags);
    if (code < 0)
        code = cm_flags_parse(&flags, argc, argv, &first);
    if (code >= 0)
        return code;
    if (job.json && job.format != CM_EMBED_JSONL)
        return cm_report_usage("embed", "--json and --format contradict each other");
    if (job.path && strcmp(job.path, "-") == 0)
        job.path = NULL;
    if (job.format == CM_EMBED_NPY && !job.path)
        return cm_report_usage("embed", "--format npy wants a file: -o OUT.npy");
    code = cm_calibration_load(&job.calibration, job.calibration_file);
    if (code != CM_EXIT_OK)
        return code;
    code = run(&job, argc - first, argv + first);
    cm_calibration_free(&job.calibration);
    return code;
}
