/* cameo detect: faces in pictures. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "commands.h"
#include "json_text.h"
#include "lookup.h"
#include "outfile.h"
#include "pipeline.h"
#include "report.h"

typedef struct detect_job {
    cm_settings settings;
    int json;
    const char *draw;
    int draw_into_folder;
    size_t faces;
    cm_outfile out;
} detect_job;

/* Labels each face with its score. */
static int annotate(const cm_result *result, cameo_image **annotated)
{
    enum { LABEL = 16 };
    size_t count = result->face_count;
    cameo_error error;
    char (*texts)[LABEL] = calloc(count + 1, sizeof *texts);
    const char **labels = calloc(count + 1, sizeof *labels);
    int code = CM_EXIT_OK;
    for (size_t i = 0; texts && labels && i < count; i++) {
        snprintf(texts[i], LABEL, "%.2f", (double)result->faces[i].score);
        labels[i] = texts[i];
    }
    cameo_image_view view = cameo_image_pixels(result->image);
    if (!texts || !labels)
        code = cm_report(CM_EXIT_OTHER, "%s: out of memory", result->path);
    else if (cameo_image_annotate(annotated, &view, result->faces, count, labels, &error) != CAMEO_OK)
        code = cm_report_error(result->path, &error);
    free(texts);
    free(labels);
    return code;
}

/* Where the drawing of a picture goes: the given file, or the same relative place in the given folder. */
static int drawing_path(const detect_job *job, const cm_result *result, char **path)
{
    if (!job->draw_into_folder) {
        *path = strdup(job->draw);
        return *path ? CM_EXIT_OK : cm_report(CM_EXIT_OTHER, "out of memory");
    }
    const char *name = strrchr(result->relative, '/'), *dot = strrchr(name ? name : result->relative, '.');
    int length = dot ? (int)(dot - result->relative) : (int)strlen(result->relative);
    *path = cm_lookup_format("%s/%.*s.jpg", job->draw, length, result->relative);
    if (!*path)
        return cm_report(CM_EXIT_OTHER, "out of memory");
    char *slash = strrchr(*path, '/');
    *slash = '\0';
    int code = cm_outfile_make_folder(*path);
    *slash = '/';
    return code;
}

static int draw(const detect_job *job, const cm_result *result)
{
    cameo_image *annotated = NULL;
    char *path = NULL;
    int code = drawing_path(job, result, &path);
    if (code == CM_EXIT_OK)
        code = annotate(result, &annotated);
    if (code == CM_EXIT_OK) {
        cameo_image_view view = cameo_image_pixels(annotated);
        code = cm_outfile_save_picture(&view, path);
    }
    cameo_image_free(annotated);
    free(path);
    return code;
}

static void print_json(FILE *stream, const cm_result *result)
{
    json_t *line = json_object(), *faces = json_array();
    cm_json_add(line, "file", cm_json_text(result->path));
    cm_json_add(line, "width", json_integer(result->width));
    cm_json_add(line, "height", json_integer(result->height));
    for (size_t i = 0; i < result->face_count; i++) {
        json_t *face = json_object();
        cm_json_add_face(face, &result->faces[i]);
        json_array_append_new(faces, face);
    }
    cm_json_add(line, "faces", faces);
    cm_json_print(line, stream, 0);
}

static void print_text(FILE *stream, const cm_result *result)
{
    fprintf(stream, "%s: %zu face%s\n", result->path, result->face_count, result->face_count == 1 ? "" : "s");
    for (size_t i = 0; i < result->face_count; i++) {
        const cameo_face *face = &result->faces[i];
        fprintf(stream, "  face %zu: score %.3f, box %.1f %.1f %.1f %.1f\n", i, (double)face->score, (double)face->box[0], (double)face->box[1],
                (double)face->box[2], (double)face->box[3]);
    }
}

static int take(const cm_result *result, void *context)
{
    detect_job *job = context;
    job->faces += result->face_count;
    if (job->json)
        print_json(job->out.stream, result);
    else
        print_text(job->out.stream, result);
    int code = cm_outfile_check(&job->out, 1);
    return code == CM_EXIT_OK && job->draw ? draw(job, result) : code;
}

static int check_drawing(detect_job *job, const cm_inputs *inputs)
{
    struct stat status;
    if (!job->draw)
        return CM_EXIT_OK;
    job->draw_into_folder = job->draw[strlen(job->draw) - (*job->draw != '\0')] == '/' || (stat(job->draw, &status) == 0 && S_ISDIR(status.st_mode));
    if (!job->draw_into_folder && cm_inputs_total(inputs) != 1)
        return cm_report_usage("detect", "--draw wants a folder (an existing one, or a name with '/' at its end) for several pictures");
    return CM_EXIT_OK;
}

int cm_command_detect(int argc, char **argv)
{
    detect_job job = {0};
    cm_flags flags = {
        .command = "detect", .synopsis = "[options] IMAGE...", .minimum = 1, .maximum = -1,
        .help = "Finds faces. IMAGE is a picture, a folder, or '-' for a list on standard input.\nExit code 1: no face in any picture.",
        .examples = "  cameo detect group.jpg\n  cameo detect group.jpg --json --draw found.jpg\n  cameo detect photos/ --det-size 640 --draw found/"};
    int first, code = cm_settings_init(&job.settings, &flags, CM_SETTINGS_DETECTOR | CM_SETTINGS_FACES | CM_SETTINGS_CONTRACT | CM_SETTINGS_RUN);
    cm_flags_add(&flags, (cm_flag){.name = "json", .kind = CM_FLAG_SWITCH, .target = &job.json,
        .help = "one JSON object a line for each picture: file, width, height, faces"});
    cm_flags_add(&flags, (cm_flag){.name = "draw", .value = "OUT", .kind = CM_FLAG_TEXT, .target = &job.draw,
        .help = "draw the faces into a copy: a file (.jpg .png .webp .ppm), or a folder"});
    if (code < 0)
        code = cm_flags_parse(&flags, argc, argv, &first);
    if (code >= 0)
        return code;
    cm_inputs inputs;
    if ((code = cm_inputs_open(&inputs, argv + first, argc - first, 1)) != CM_EXIT_OK)
        return code;
    if ((code = check_drawing(&job, &inputs)) != CM_EXIT_OK) {
        cm_inputs_close(&inputs);
        return code;
    }
    (void)cm_outfile_open(&job.out, NULL);
    cm_pipeline pipeline = {.settings = &job.settings, .inputs = &inputs, .detect = 1, .keep_pictures = job.draw != NULL, .results_on_stdout = 1,
                            .what = "detect", .take = take, .context = &job};
    code = cm_pipeline_run(&pipeline);
    return code == CM_EXIT_OK && job.faces == 0 ? CM_EXIT_NO : code;
}
