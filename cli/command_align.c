/* cameo align: faces cut out. */
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "json_text.h"
#include "lookup.h"
#include "outfile.h"
#include "pipeline.h"
#include "report.h"

typedef struct align_job {
    cm_settings settings;
    const char *folder;
    int size, json;
    size_t faces;
    void *names; /* tree of the stems in use: two pictures of one name must not share their crops */
    cm_outfile out;
} align_job;

static int by_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* FOLDER/relative/name without the ending; "-2", "-3" ... behind it where the name is taken. To be freed with the tree. */
static const char *unique_stem(align_job *job, const cm_result *result)
{
    const char *name = strrchr(result->relative, '/'), *dot = strrchr(name ? name : result->relative, '.');
    int length = dot ? (int)(dot - result->relative) : (int)strlen(result->relative);
    for (int copy = 1;; copy++) {
        char *stem = copy == 1 ? cm_lookup_format("%s/%.*s", job->folder, length, result->relative)
                               : cm_lookup_format("%s/%.*s-%d", job->folder, length, result->relative, copy);
        char *const *entry = stem ? tsearch(stem, &job->names, by_text) : NULL;
        if (!entry) {
            free(stem);
            return NULL;
        }
        if (*entry == stem)
            return stem;
        free(stem);
    }
}

static int make_parent(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = cm_lookup_format("%.*s", (int)(slash - path), path);
    int code = folder ? cm_outfile_make_folder(folder) : cm_report(CM_EXIT_OTHER, "out of memory");
    free(folder);
    return code;
}

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
    size_t bytes = (size_t)job->size * (size_t)job->size * 3;
    cameo_image_view view = cameo_image_pixels(result->image);
    if (cameo_align(&view, result->faces[index].landmarks, job->size, rgb, bytes, &error) != CAMEO_OK)
        return cm_report_error(result->path, &error);
    char *path = cm_lookup_format("%s_%zu.png", stem, index);
    if (!path)
        return cm_report(CM_EXIT_OTHER, "out of memory");
    cameo_image_view crop = {.pixels = rgb, .width = job->size, .height = job->size, .stride = (ptrdiff_t)job->size * 3, .format = CAMEO_PIXEL_RGB8};
    int code = cm_outfile_save_picture(&crop, path);
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
    const char *stem = unique_stem(job, result);
    uint8_t *rgb = malloc((size_t)job->size * (size_t)job->size * 3);
    int code = stem && rgb ? make_parent(stem) : cm_report(CM_EXIT_OTHER, "%s: out of memory", result->path);
    for (size_t i = 0; i < result->face_count && code == CM_EXIT_OK; i++)
        code = save_face(job, result, i, stem, rgb);
    free(rgb);
    return code;
}

static void free_names(void **root)
{
    while (*root) {
        char *stem = *(char **)*root; /* a node begins with its key */
        tdelete(stem, root, by_text);
        free(stem);
    }
}

int cm_command_align(int argc, char **argv)
{
    align_job job = {.size = 112};
    cm_flags flags = {
        .command = "align", .synopsis = "[options] IMAGE... -o DIR", .minimum = 1, .maximum = -1,
        .help = "Cuts faces out of pictures, turned upright by their five landmarks: DIR/NAME_0.png, DIR/NAME_1.png ... Pictures found in a\n"
                "folder keep their place below it. The names written are printed. Exit code 1: no face in any picture.",
        .examples = "  cameo align photos/ -o crops\n  cameo align group.jpg -o crops --max-faces 1 --rank largest"};
    int first, code = cm_settings_init(&job.settings, &flags, CM_SETTINGS_DETECTOR | CM_SETTINGS_FACES | CM_SETTINGS_RUN);
    cm_flags_add(&flags, (cm_flag){.name = "output", .letter = 'o', .value = "DIR", .kind = CM_FLAG_TEXT, .target = &job.folder,
        .help = "where the crops go; it is made if need be"});
    cm_flags_add(&flags, (cm_flag){.name = "size", .value = "N", .kind = CM_FLAG_INT, .target = &job.size, .low = 112, .high = 2048,
        .help = "side of the crops, a multiple of 112 or 128 (112)"});
    cm_flags_add(&flags, (cm_flag){.name = "json", .kind = CM_FLAG_SWITCH, .target = &job.json,
        .help = "one JSON object a line for each face: file, face, box, score, landmarks, crop"});
    if (code < 0)
        code = cm_flags_parse(&flags, argc, argv, &first);
    if (code >= 0)
        return code;
    if (!job.folder)
        return cm_report_usage("align", "the folder for the crops is missing: -o DIR");
    if (job.size % 112 != 0 && job.size % 128 != 0)
        return cm_report_usage("align", "--size wants a multiple of 112 or 128, not %d", job.size);
    cm_inputs inputs;
    if ((code = cm_inputs_open(&inputs, argv + first, argc - first, 1)) != CM_EXIT_OK)
        return code;
    (void)cm_outfile_open(&job.out, NULL);
    cm_pipeline pipeline = {.settings = &job.settings, .inputs = &inputs, .detect = 1, .keep_pictures = 1, .results_on_stdout = 1, .what = "align",
                            .take = take, .context = &job};
    code = cm_pipeline_run(&pipeline);
    free_names(&job.names);
    return code == CM_EXIT_OK && job.faces == 0 ? CM_EXIT_NO : code;
}
