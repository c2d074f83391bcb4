/* cameo detect: faces in pictures. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "attribute_text.h"
#include "commands.h"
#include "json_text.h"
#include "lookup.h"
#include "outfile.h"
#include "pipeline.h"
#include "report.h"
#include "stems.h"

typedef struct detect_job {
    cm_settings settings;
    cm_inputs_form form;
    cm_inputs inputs;
    int json;
    const char *draw;
    int draw_into_folder;
    cm_stems stems; /* of the drawings */
    size_t faces;
    cm_outfile out;
} detect_job;

static cameo_status draw_faces(const cm_result *result, const char *const *labels, cameo_image **annotated, cameo_error *error)
{
    cameo_image_view view = cameo_image_pixels(result->image);
    if (result->attributes)
        return cameo_image_annotate_attributes(annotated, &view, result->faces, result->attributes, result->face_count, labels, error);
    return cameo_image_annotate(annotated, &view, result->faces, result->face_count, labels, error);
}

/* Labels each face with its score, or with its attributes. */
static int annotate(const cm_result *result, cameo_image **annotated)
{
    enum { LABEL = 48 };
    size_t count = result->face_count;
    cameo_error error;
    char (*texts)[LABEL] = calloc(count + 1, sizeof *texts);
    const char **labels = calloc(count + 1, sizeof *labels);
    int code = CM_EXIT_OK;
    for (size_t i = 0; texts && labels && i < count; i++) {
        if (result->attributes)
            cm_attribute_text_label(&result->attributes[i], texts[i], LABEL);
        else
            snprintf(texts[i], LABEL, "%.2f", (double)result->faces[i].score);
        labels[i] = texts[i];
    }
    if (!texts || !labels)
        code = cm_report(CM_EXIT_OTHER, "%s: out of memory", result->path);
    else if (draw_faces(result, labels, annotated, &error) != CAMEO_OK)
        code = cm_report_error(result->path, &error);
    free(texts);
    free(labels);
    return code;
}

/* Where the drawing of a picture goes: the given file, or the same relative place in the given folder. */
static int drawing_path(detect_job *job, const cm_result *result, char **path)
{
    const char *stem = job->draw;
    int code = job->draw_into_folder ? cm_stems_next(&job->stems, result->relative, &stem) : CM_EXIT_OK;
    if (code != CM_EXIT_OK)
        return code;
    *path = cm_lookup_format("%s%s", stem, job->draw_into_folder ? ".jpg" : "");
    return *path ? cm_inputs_spare(&job->inputs, *path) : cm_report(CM_EXIT_OTHER, "out of memory");
}

static int draw(detect_job *job, const cm_result *result)
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
        if (result->attributes)
            cm_attribute_text_add(face, &result->attributes[i]);
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
        if (result->attributes)
            cm_attribute_text_print(stream, &result->attributes[i]);
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

/* What can be known to go wrong with the drawings is said before the work. */
static int check_drawing(detect_job *job)
{
    struct stat status;
    if (!job->draw)
        return CM_EXIT_OK;
    job->stems.folder = job->draw;
    job->draw_into_folder = job->draw[strlen(job->draw) - (*job->draw != '\0')] == '/' || (stat(job->draw, &status) == 0 && S_ISDIR(status.st_mode));
    if (job->draw_into_folder)
        return CM_EXIT_OK;
    if (cm_inputs_total(&job->inputs) != 1)
        return cm_report_usage("detect", "--draw wants a folder (an existing one, or a name with '/' at its end) for several pictures");
    int code = cm_outfile_check_picture(job->draw);
    return code == CM_EXIT_OK ? cm_inputs_spare(&job->inputs, job->draw) : code;
}

int cm_command_detect(int argc, char **argv)
{
    detect_job job = {.form.protect = 1};
    cm_flags flags = {
        .command = "detect", .synopsis = "[options] IMAGE...", .minimum = 1, .maximum = -1,
        .help = "Finds faces. IMAGE is a picture, a folder, or '-' for a list on standard input.\nExit code 1: no face in any picture.",
        .examples = "  cameo detect group.jpg\n  cameo detect group.jpg --json --draw found.jpg\n  cameo detect photos/ --det-size 640 --draw found/\n"
                    "  cameo detect group.jpg --detector buffalo_l --attributes --draw found.jpg"};
    int first, code = cm_settings_init(&job.settings, &flags, CM_SETTINGS_DETECTOR | CM_SETTINGS_FACES | CM_SETTINGS_CONTRACT | CM_SETTINGS_RUN |
                                       CM_SETTINGS_ATTRIBUTES);
    cm_flags_add(&flags, (cm_flag){.name = "json", .kind = CM_FLAG_SWITCH, .target = &job.json,
        .help = "one JSON object a line for each picture: file, width, height, faces"});
    cm_flags_add(&flags, (cm_flag){.name = "draw", .value = "OUT", .kind = CM_FLAG_TEXT, .target = &job.draw,
        .help = "draw the faces into a copy: a file (.jpg .png .webp .ppm), or a folder"});
    cm_inputs_add_flag(&job.form, &flags);
    if (code < 0)
        code = cm_flags_parse(&flags, argc, argv, &first);
    if (code >= 0)
        return code;
    if ((code = cm_inputs_open(&job.inputs, &job.form, argv + first, argc - first)) != CM_EXIT_OK)
        return code;
    if ((code = check_drawing(&job)) != CM_EXIT_OK) {
        cm_inputs_close(&job.inputs);
        return code;
    }
    (void)cm_outfile_open(&job.out, NULL);
    cm_pipeline pipeline = {.settings = &job.settings, .inputs = &job.inputs, .detect = 1, .analyze = cm_attribute_models_wanted(&job.settings.attributes),
                            .keep_pictures = job.draw != NULL, .results_on_stdout = 1, .what = "detect", .take = take, .context = &job};
    code = cm_pipeline_run(&pipeline);
    cm_stems_free(&job.stems);
    return code == CM_EXIT_OK && job.faces == 0 ? CM_EXIT_NO : code;
}
