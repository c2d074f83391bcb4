/* cameo align: faces cut out. */
#include <stdlib.h>

#include "commands.h"
#include "json_text.h"
#include "lookup.h"
#include "outfile.h"
#include "pipeline.h"
#include "report.h"
#include "stems.h"

typedef struct align_job {
    cm_settings settings;
    cm_inputs_form form;
    cm_inputs inputs;
    cm_stems stems;
    int size, json;
    size_t faces;
    cm_outfile out;
} align_job;

static void print_line(const align_job *job, const cm_result *result, size_t index, const char *path)
{
    if (!job->json) {
        fprintf(job->out.stream, "%s\n", path);
        return;
    }
    json_t *line = json_object();
    cm_json_add(line, "file", cm_json_text(result->path));
    cm_json_add(line, "face", json_integer((json_int_t)index));
    cm_json_add_face(line, &result->faces[index]);
    cm_json_add(line, "crop", cm_json_text(path));
    cm_json_print(line, job->out.stream, 0);
}

static int save_face(align_job *job, const cm_result *result, size_t index, const char *stem, uint8_t *rgb)
{
    cameo_error error;
    if (result->faces[index].landmark_count != 5)
        return cm_report(CM_EXIT_INPUT, "%s: the detector gives no landmarks, and alignment needs five: use one that does (SCRFD, RetinaFace, YuNet)",
                         result->path);
    size_t bytes = (size_t)job->size * (size_t)job->size * 3;
    cameo_image_view view = cameo_image_pixels(result->image);
    if (cameo_align(&view, result->faces[index].landmarks, job->size, rgb, bytes, &error) != CAMEO_OK)
        return cm_report_error(result->path, &error);
    char *path = cm_lookup_format("%s_%zu.png", stem, index);
    if (!path)
        return cm_report(CM_EXIT_OTHER, "out of memory");
    cameo_image_view crop = {.pixels = rgb, .width = job->size, .height = job->size, .stride = (ptrdiff_t)job->size * 3, .format = CAMEO_PIXEL_RGB8};
    int code = cm_inputs_spare(&job->inputs, path);
    if (code == CM_EXIT_OK)
        code = cm_outfile_save_picture(&crop, path);
    if (code == CM_EXIT_OK) {
        print_line(job, result, index, path);
        code = cm_outfile_check(&job->out, 1);
    }
    free(path);
    return code;
}

static int take(const cm_result *result, void *context)
{
    align_job *job = context;
    job->faces += result->face_count;
    if (result->face_count == 0)
        return cm_report(CM_EXIT_OK, "%s: no face found", result->path);
    const char *stem;
    uint8_t *rgb = malloc((size_t)job->size * (size_t)job->size * 3);
    int code = rgb ? cm_stems_next(&job->stems, result->relative, &stem) : cm_report(CM_EXIT_OTHER, "%s: out of memory", result->path);
    for (size_t i = 0; i < result->face_count && code == CM_EXIT_OK; i++)
        code = save_face(job, result, i, stem, rgb);
    free(rgb);
    return code;
}

int cm_command_align(int argc, char **argv)
{
    align_job job = {.size = 112, .form.protect = 1};
    cm_flags flags = {
        .command = "align", .synopsis = "[options] IMAGE... -o DIR", .minimum = 1, .maximum = -1,
        .help = "Cuts faces out of pictures, turned upright by their five landmarks: DIR/NAME_0.png, DIR/NAME_1.png ... Pictures found in a\n"
                "folder keep their place below it. The names written are printed. IMAGE is a picture, a folder, or '-' for a list on standard input.\n"
                "Exit code 1: no face in any picture.",
        .examples = "  cameo align photos/ -o crops\n  cameo align group.jpg -o crops --max-faces 1 --rank largest"};
    int first, code = cm_settings_init(&job.settings, &flags, CM_SETTINGS_DETECTOR | CM_SETTINGS_FACES | CM_SETTINGS_CONTRACT |
                                       CM_SETTINGS_RUN);
    cm_flags_add(&flags, (cm_flag){.name = "output", .letter = 'o', .value = "DIR", .kind = CM_FLAG_TEXT, .target = &job.stems.folder,
        .help = "where the crops go; it is made if need be"});
    cm_flags_add(&flags, (cm_flag){.name = "size", .value = "N", .kind = CM_FLAG_INT, .target = &job.size, .low = 112, .high = 2048,
        .help = "side of the crops, a multiple of 112 or 128 (112)"});
    cm_flags_add(&flags, (cm_flag){.name = "json", .kind = CM_FLAG_SWITCH, .target = &job.json,
        .help = "one JSON object a line for each face: file, face, box, score, landmarks, crop"});
    cm_inputs_add_flag(&job.form, &flags);
    if (code < 0)
        code = cm_flags_parse(&flags, argc, argv, &first);
    if (code >= 0)
        return code;
    if (!job.stems.folder || !*job.stems.folder)
        return cm_report_usage("align", "the folder for the crops is missing: -o DIR");
    if (job.size % 112 != 0 && job.size % 128 != 0)
        return cm_report_usage("align", "--size wants a multiple of 112 or 128, not %d", job.size);
    if ((code = cm_inputs_open(&job.inputs, &job.form, argv + first, argc - first)) != CM_EXIT_OK)
        return code;
    (void)cm_outfile_open(&job.out, NULL);
    cm_pipeline pipeline = {.settings = &job.settings, .inputs = &job.inputs, .detect = 1, .keep_pictures = 1, .results_on_stdout = 1, .what = "align",
                            .take = take, .context = &job};
    code = cm_pipeline_run(&pipeline);
    cm_stems_free(&job.stems);
    return code == CM_EXIT_OK && job.faces == 0 ? CM_EXIT_NO : code;
}
