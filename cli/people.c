#include "people.h"

#include <stdlib.h>
#include <string.h>

#include "inputs.h"
#include "pipeline.h"
#include "progress.h"
#include "report.h"
#include "sampling.h"

static size_t crop_bytes(const cm_people *people)
{
    return (size_t)people->size * (size_t)people->size * 3;
}

static int out_of_memory(const char *path)
{
    return cm_report(CM_EXIT_OTHER, "%s: out of memory", path);
}

static int list_file(cm_files *files, const char *path)
{
    if (files->count == files->capacity) {
        size_t capacity = files->capacity ? files->capacity * 2 : 16;
        char **paths = realloc(files->paths, capacity * sizeof *paths);
        if (!paths)
            return out_of_memory(path);
        files->paths = paths;
        files->capacity = capacity;
    }
    files->paths[files->count] = strdup(path);
    return files->paths[files->count++] ? CM_EXIT_OK : out_of_memory(path);
}

/* Room for one more picture. Returns 0 without memory. */
static int reserve_picture(cm_people *people)
{
    if (people->count < people->capacity)
        return 1;
    size_t capacity = people->capacity ? people->capacity * 2 : 64;
    int *person = realloc(people->person, capacity * sizeof *person);
    if (person)
        people->person = person;
    char **files = realloc(people->files, capacity * sizeof *files);
    if (files)
        people->files = files;
    int done = person && files;
    for (int form = 0; form < (people->aligned ? 1 : CM_CROP_STORED); form++) {
        uint8_t *crops = realloc(people->crops[form], capacity * crop_bytes(people));
        if (crops)
            people->crops[form] = crops;
        done = done && crops;
    }
    people->capacity = done ? capacity : people->capacity;
    return done;
}

/* The person whose folder `relative` begins with: the last one, or a new one. -1 without memory. */
static int person_of(cm_people *people, const char *relative)
{
    size_t length = strcspn(relative, "/");
    int last = people->people - 1;
    if (last >= 0 && strlen(people->names[last]) == length && memcmp(people->names[last], relative, length) == 0)
        return last;
    if (people->people == people->people_capacity) {
        int capacity = people->people_capacity ? people->people_capacity * 2 : 64;
        char **names = realloc(people->names, (size_t)capacity * sizeof *names);
        if (!names)
            return -1;
        people->names = names;
        people->people_capacity = capacity;
    }
    people->names[people->people] = strndup(relative, length);
    return people->names[people->people] ? people->people++ : -1;
}

/* The next picture's place in all arrays; the caller fills its crops. */
static int add_picture(cm_people *people, const char *path, const char *relative)
{
    int person = reserve_picture(people) ? person_of(people, relative) : -1;
    char *file = person >= 0 ? strdup(path) : NULL;
    if (!file)
        return out_of_memory(path);
    people->person[people->count] = person;
    people->files[people->count++] = file;
    return CM_EXIT_OK;
}

/* The picture that add_picture has added last goes again. */
static void drop_last(cm_people *people)
{
    free(people->files[--people->count]);
}

static cameo_status cut_out(const cm_people *people, const cameo_image_view *view, const cameo_face *face, size_t i, cameo_error *error)
{
    static const int exchange[5] = {1, 0, 2, 4, 3};
    size_t bytes = crop_bytes(people);
    float landmarks[5][2], exchanged[5][2];
    memcpy(landmarks, face->landmarks, sizeof landmarks);
    for (int k = 0; k < 5; k++)
        memcpy(exchanged[k], landmarks[exchange[k]], sizeof exchanged[k]);
    cameo_status status = cameo_align(view, (const float(*)[2])landmarks, people->size, people->crops[CM_CROP_ALIGNED] + i * bytes, bytes, error);
    if (status == CAMEO_OK)
        status = cameo_align(view, (const float(*)[2])exchanged, people->size, people->crops[CM_CROP_EXCHANGED] + i * bytes, bytes, error);
    if (status == CAMEO_OK)
        status = cameo_crop_box(view, face->box, people->size, people->crops[CM_CROP_BOX] + i * bytes, bytes, error);
    return status;
}

static int take_picture(const cm_result *result, void *context)
{
    cm_people *people = context;
    cameo_error error;
    if (result->face_count == 0)
        return list_file(&people->without_face, result->path);
    if (result->faces[0].landmark_count != 5)
        return cm_report(CM_EXIT_USAGE, "%s: this detector gives no landmarks, and alignment needs five: use one that does (SCRFD, RetinaFace, YuNet)",
                         result->path);
    int code = add_picture(people, result->path, result->relative);
    if (code != CM_EXIT_OK)
        return code;
    cameo_image_view view = cameo_image_pixels(result->image);
    if (cut_out(people, &view, &result->faces[0], people->count - 1, &error) == CAMEO_OK)
        return CM_EXIT_OK;
    drop_last(people);
    return cm_report_error(result->path, &error);
}

/* The detector's part of the settings alone: the contract options are the recognizer's. */
static int detect_all(cm_people *people, const cm_settings *settings, cm_inputs *inputs)
{
    cm_settings detection = *settings;
    detection.contract = detection.options.detector_contract;
    detection.options.max_faces = 1;
    cm_pipeline pipeline = {.settings = &detection, .inputs = inputs, .detect = 1, .keep_pictures = 1, .what = "detect", .take = take_picture,
                            .context = people};
    return cm_pipeline_run(&pipeline);
}

static int read_crop(cm_people *people, const cm_input *input)
{
    cameo_image *image;
    cameo_error error;
    size_t bytes = crop_bytes(people);
    cameo_status status = cameo_image_load(&image, input->path, NULL, &error);
    if (status != CAMEO_OK) {
        int code = cm_report_error(input->path, &error);
        return code == CM_EXIT_USAGE ? CM_EXIT_INPUT : code;
    }
    cameo_image_view view = cameo_image_pixels(image);
    const float whole[4] = {0, 0, (float)view.width, (float)view.height};
    int code = add_picture(people, input->path, input->path + input->relative);
    if (code == CM_EXIT_OK) {
        status = cameo_crop_box(&view, whole, people->size, people->crops[CM_CROP_ALIGNED] + (people->count - 1) * bytes, bytes, &error);
        code = status == CAMEO_OK ? CM_EXIT_OK : cm_report_error(input->path, &error);
    }
    cameo_image_free(image);
    return code;
}

static int read_crops(cm_people *people, cm_inputs *inputs)
{
    cm_input input;
    int code = CM_EXIT_OK, one = CM_EXIT_OK;
    uint64_t done = 0;
    cm_progress_start("read", cm_inputs_total(inputs), CM_PROGRESS_COUNT, 0);
    while (one <= CM_EXIT_INPUT && cm_inputs_next(inputs, &input) == 1) {
        one = read_crop(people, &input);
        code = cm_report_worse(code, one);
        free(input.path);
        cm_progress_update(++done);
    }
    cm_progress_stop();
    cm_inputs_close(inputs);
    return code;
}

/* One picture of the set, for sorting by content. */
typedef struct entry {
    const uint8_t *crop;
    size_t bytes, index;
} entry;

static int by_content(const void *left, const void *right)
{
    const entry *a = left, *b = right;
    int order = memcmp(a->crop, b->crop, a->bytes);
    return order ? order : (a->index > b->index) - (a->index < b->index);
}

/* Marks what of a run of equal pictures is to go. */
static int judge_run(cm_people *people, const entry *run, size_t count, unsigned char *gone)
{
    int several = 0, code = CM_EXIT_OK;
    for (size_t i = 1; i < count; i++)
        several |= people->person[run[i].index] != people->person[run[0].index];
    for (size_t i = several ? 0 : 1; i < count && code == CM_EXIT_OK; i++) {
        gone[run[i].index] = 1;
        code = list_file(several ? &people->two_names : &people->twice, people->files[run[i].index]);
    }
    return code;
}

static void remove_gone(cm_people *people, const unsigned char *gone)
{
    size_t kept = 0, bytes = crop_bytes(people);
    for (size_t i = 0; i < people->count; i++) {
        if (gone[i]) {
            free(people->files[i]);
            continue;
        }
        people->person[kept] = people->person[i];
        people->files[kept] = people->files[i];
        for (int form = 0; form < CM_CROP_STORED && kept != i; form++)
            if (people->crops[form])
                memcpy(people->crops[form] + kept * bytes, people->crops[form] + i * bytes, bytes);
        kept++;
    }
    people->count = kept;
}

/* Pictures with the same pixels: equal crops of equal faces. */
static int remove_repetitions(cm_people *people)
{
    size_t bytes = crop_bytes(people);
    entry *entries = malloc((people->count + 1) * sizeof *entries);
    unsigned char *gone = calloc(people->count + 1, 1);
    int code = entries && gone ? CM_EXIT_OK : cm_report(CM_EXIT_OTHER, "out of memory");
    for (size_t i = 0; i < people->count && code == CM_EXIT_OK; i++)
        entries[i] = (entry){people->crops[CM_CROP_ALIGNED] + i * bytes, bytes, i};
    if (code == CM_EXIT_OK)
        qsort(entries, people->count, sizeof *entries, by_content);
    for (size_t first = 0, next; first < people->count && code == CM_EXIT_OK; first = next) {
        for (next = first + 1; next < people->count && memcmp(entries[first].crop, entries[next].crop, bytes) == 0; next++)
            ;
        if (next - first > 1)
            code = judge_run(people, entries + first, next - first, gone);
    }
    if (code == CM_EXIT_OK)
        remove_gone(people, gone);
    free(entries);
    free(gone);
    return code;
}

/* People of whom nothing is left lose their number. */
static void renumber(cm_people *people)
{
    int used = 0;
    size_t i = 0;
    for (int person = 0; person < people->people; person++) {
        size_t before = i;
        for (; i < people->count && people->person[i] == person; i++)
            people->person[i] = used;
        if (i == before)
            free(people->names[person]);
        else
            people->names[used++] = people->names[person];
    }
    people->people = used;
}

int cm_people_read(cm_people *people, const cm_settings *settings, const char *folder, size_t limit)
{
    cm_inputs inputs;
    int code = cm_sampling_open(&inputs, folder);
    if (code != CM_EXIT_OK)
        return code;
    people->pictures = inputs.count;
    code = cm_sampling_choose(&inputs, limit, &people->without_person);
    size_t chosen = inputs.count;
    people->over_limit = people->pictures - people->without_person - chosen;
    if (code != CM_EXIT_OK) {
        cm_inputs_close(&inputs);
        return code;
    }
    code = people->aligned ? read_crops(people, &inputs) : detect_all(people, settings, &inputs);
    people->unreadable = chosen - people->count - people->without_face.count;
    if (code <= CM_EXIT_INPUT)
        code = cm_report_worse(code, remove_repetitions(people));
    if (code <= CM_EXIT_INPUT)
        renumber(people);
    return code;
}

int cm_people_with_pairs(const cm_people *people)
{
    int count = 0;
    for (size_t i = 1; i < people->count; i++)
        count += people->person[i] == people->person[i - 1] && (i < 2 || people->person[i - 2] != people->person[i]);
    return count;
}

cameo_image_view cm_people_crop(const cm_people *people, size_t i, cm_crop_form form, uint8_t *room)
{
    const int size = people->size;
    const uint8_t *crop = people->crops[form < CM_CROP_STORED ? form : CM_CROP_ALIGNED] + i * crop_bytes(people);
    cameo_image_view view = {.pixels = crop, .width = size, .height = size, .stride = (ptrdiff_t)size * 3, .format = CAMEO_PIXEL_RGB8};
    if (form != CM_CROP_MIRRORED)
        return view;
    for (int y = 0; y < size; y++)
        for (int x = 0; x < size; x++)
            memcpy(room + ((size_t)y * (size_t)size + (size_t)x) * 3, crop + ((size_t)y * (size_t)size + (size_t)(size - 1 - x)) * 3, 3);
    view.pixels = room;
    return view;
}

static void free_files(cm_files *files)
{
    for (size_t i = 0; i < files->count; i++)
        free(files->paths[i]);
    free(files->paths);
}

void cm_people_free(cm_people *people)
{
    for (size_t i = 0; i < people->count; i++)
        free(people->files[i]);
    for (int i = 0; i < people->people; i++)
        free(people->names[i]);
    free(people->files);
    free(people->names);
    free(people->person);
    for (int form = 0; form < CM_CROP_STORED; form++)
        free(people->crops[form]);
    free_files(&people->without_face);
    free_files(&people->twice);
    free_files(&people->two_names);
    *people = (cm_people){0};
}
