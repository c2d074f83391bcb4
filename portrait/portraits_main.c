/* cameo-portraits: writes pictures of people who do not exist, and the truth about the faces in them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cameo.h"
#include "portrait.h"
#include "portrait_random.h"
#include "portrait_truth_file.h"

enum { EXIT_USAGE = 2, EXIT_OTHER = 4, MAX_PEOPLE = 9999, MAX_PICTURES = 9999, MAX_GROUP_SIZE = 2730, CROP_SIZE = 112 };

static const char USAGE[] = "usage: cameo-portraits -o DIR [--people N] [--pictures M] [--size PX] [--seed S] [--group] [--crops]\n";
static const char HELP[] =
    "\nDraws portraits of people who do not exist: N people (default 4), M pictures of each (default 3), as DIR/personNN_MM.jpg, and DIR/truth.json\n"
    "with the box, the five landmarks, the pose and the seeds of every face. The same seed gives the same pictures.\n\n"
    "  -o, --output DIR   where to write; made if it is not there\n"
    "  --people N         how many people, 1 to 9999\n"
    "  --pictures M       how many pictures of each, 1 to 9999\n"
    "  --size PX          width and height of a portrait, 64 to 4096 (default 512)\n"
    "  --seed S           who they are, 0 to 4294967295 (default 1)\n"
    "  --group            besides, DIR/group.jpg: the first people (up to 12) together, PX high and half as wide again\n"
    "  --crops            besides, DIR/crops/personNN_MM.png: each face aligned by its true landmarks, 112x112\n"
    "  --help, --version\n";

typedef struct arguments {
    const char *folder;
    long people, pictures, size, seed;
    bool group, crops;
} arguments;

/* -1 to go on, otherwise the program's exit code. */
enum { GO_ON = -1 };

static int usage_error(const char *what, const char *value)
{
    fprintf(stderr, "cameo-portraits: %s '%s'\n%s", what, value, USAGE);
    return EXIT_USAGE;
}

static int read_number(const char *name, const char *text, long low, long high, long *number)
{
    char *end = NULL;
    errno = 0;
    long value = text ? strtol(text, &end, 10) : 0;
    if (!text)
        return usage_error("a number is missing after", name);
    if (errno || end == text || *end || value < low || value > high) {
        fprintf(stderr, "cameo-portraits: %s must be a whole number from %ld to %ld, not '%s'\n%s", name, low, high, text, USAGE);
        return EXIT_USAGE;
    }
    *number = value;
    return GO_ON;
}

static int read_option(arguments *a, const char *name, const char *value, int *used)
{
    const struct {
        const char *name;
        long low, high, *number;
    } numbers[] = {{"--people", 1, MAX_PEOPLE, &a->people},
                   {"--pictures", 1, MAX_PICTURES, &a->pictures},
                   {"--size", CM_PORTRAIT_MIN_SIZE, CM_PORTRAIT_MAX_SIZE, &a->size},
                   {"--seed", 0, 4294967295L, &a->seed}};
    *used = 2;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (strcmp(name, numbers[i].name) == 0)
            return read_number(name, value, numbers[i].low, numbers[i].high, numbers[i].number);
    if (strcmp(name, "-o") == 0 || strcmp(name, "--output") == 0) {
        a->folder = value;
        return value ? GO_ON : usage_error("a folder is missing after", name);
    }
    *used = 1;
    if (strcmp(name, "--group") == 0) {
        a->group = true;
        return GO_ON;
    }
    if (strcmp(name, "--crops") == 0) {
        a->crops = true;
        return GO_ON;
    }
    return usage_error("unknown argument", name);
}

static int read_arguments(arguments *a, int count, char **list)
{
    for (int i = 1; i < count;) {
        if (strcmp(list[i], "--help") == 0 || strcmp(list[i], "-h") == 0) {
            printf("%s%s", USAGE, HELP);
            return EXIT_SUCCESS;
        }
        if (strcmp(list[i], "--version") == 0) {
            printf("cameo-portraits %s\n", cameo_version());
            return EXIT_SUCCESS;
        }
        int used = 1, code = read_option(a, list[i], i + 1 < count ? list[i + 1] : NULL, &used);
        if (code != GO_ON)
            return code;
        i += used;
    }
    if (!a->folder) {
        fprintf(stderr, "cameo-portraits: say where to write with -o DIR\n%s", USAGE);
        return EXIT_USAGE;
    }
    if (a->group && a->size > MAX_GROUP_SIZE) {
        fprintf(stderr, "cameo-portraits: with --group, --size must be at most %d, not %ld\n", MAX_GROUP_SIZE, a->size);
        return EXIT_USAGE;
    }
    return GO_ON;
}

/* Seeds stay below 2^53, so that every reader of JSON reads them exactly. */
static cm_portrait_options options_of(const arguments *a, long person, long picture)
{
    cm_portrait_options options;
    cm_portrait_options_default(&options);
    options.identity = cm_random_mix((uint64_t)a->seed, (uint64_t)person) >> 11;
    options.variation = cm_random_mix(options.identity, (uint64_t)picture) >> 11;
    return options;
}

static bool save(const char *folder, const char *name, const uint8_t *rgb, int width, int height)
{
    char path[4096];
    int length = snprintf(path, sizeof path, "%s/%s", folder, name);
    if (length < 0 || (size_t)length >= sizeof path) {
        fprintf(stderr, "cameo-portraits: the name of the folder is too long\n");
        return false;
    }
    cameo_image_view view = {rgb, width, height, (ptrdiff_t)width * 3, CAMEO_PIXEL_RGB8};
    cameo_error error;
    if (cameo_image_save(&view, path, &error) == CAMEO_OK)
        return true;
    fprintf(stderr, "cameo-portraits: %s\n", error.message);
    return false;
}

/* What a recognizer is fed with, without asking a detector. */
static bool save_crop(const char *folder, const char *name, const uint8_t *rgb, int size, const cm_portrait_truth *truth)
{
    uint8_t crop[CROP_SIZE * CROP_SIZE * 3];
    cameo_image_view view = {rgb, size, size, (ptrdiff_t)size * 3, CAMEO_PIXEL_RGB8};
    cameo_error error;
    if (cameo_align(&view, truth->landmarks, CROP_SIZE, crop, sizeof crop, &error) == CAMEO_OK)
        return save(folder, name, crop, CROP_SIZE, CROP_SIZE);
    fprintf(stderr, "cameo-portraits: %s\n", error.message);
    return false;
}

static bool write_portraits(const arguments *a, cm_truth_file *truths, uint8_t *rgb)
{
    int size = (int)a->size;
    for (long person = 1; person <= a->people; person++)
        for (long picture = 1; picture <= a->pictures; picture++) {
            cm_portrait_options options = options_of(a, person, picture);
            cm_portrait_truth truth;
            if (!cm_portrait_draw(&options, rgb, size, &truth)) {
                fprintf(stderr, "cameo-portraits: out of memory\n");
                return false;
            }
            char name[64];
            snprintf(name, sizeof name, "person%02ld_%02ld.jpg", person, picture);
            if (!save(a->folder, name, rgb, size, size))
                return false;
            char crop_name[64];
            snprintf(crop_name, sizeof crop_name, "crops/person%02ld_%02ld.png", person, picture);
            if (a->crops && !save_crop(a->folder, crop_name, rgb, size, &truth))
                return false;
            cm_truth_picture(truths, name, size, size);
            cm_truth_face(truths, (int)person, &options, &truth);
        }
    return true;
}

static bool write_group(const arguments *a, cm_truth_file *truths, uint8_t *rgb)
{
    cm_portrait_options people[CM_PORTRAIT_MAX_GROUP];
    cm_portrait_truth truth[CM_PORTRAIT_MAX_GROUP];
    int count = a->people < CM_PORTRAIT_MAX_GROUP ? (int)a->people : CM_PORTRAIT_MAX_GROUP;
    int height = (int)a->size, width = height * 3 / 2;
    for (int i = 0; i < count; i++)
        people[i] = options_of(a, i + 1, 0);
    if (!cm_portrait_draw_group(people, count, rgb, width, height, truth)) {
        fprintf(stderr, "cameo-portraits: out of memory\n");
        return false;
    }
    if (!save(a->folder, "group.jpg", rgb, width, height))
        return false;
    cm_truth_picture(truths, "group.jpg", width, height);
    for (int i = 0; i < count; i++)
        cm_truth_face(truths, i + 1, &people[i], &truth[i]);
    return true;
}

static bool make_folder(const char *folder, const char *below)
{
    char path[4096];
    int length = snprintf(path, sizeof path, "%s%s", folder, below);
    if (length > 0 && (size_t)length < sizeof path && (mkdir(path, 0777) == 0 || errno == EEXIST))
        return true;
    fprintf(stderr, "cameo-portraits: cannot make the folder '%s%s': %s\n", folder, below, strerror(errno));
    return false;
}

int main(int argument_count, char **argument_list)
{
    arguments a = {.people = 4, .pictures = 3, .size = 512, .seed = 1};
    int code = read_arguments(&a, argument_count, argument_list);
    if (code != GO_ON)
        return code;
    if (!make_folder(a.folder, "") || (a.crops && !make_folder(a.folder, "/crops")))
        return EXIT_OTHER;
    cm_truth_file *truths = cm_truth_open(a.folder);
    if (!truths) {
        fprintf(stderr, "cameo-portraits: cannot write '%s/truth.json': %s\n", a.folder, strerror(errno));
        return EXIT_OTHER;
    }
    size_t bytes = (size_t)a.size * (size_t)a.size * 3;
    bytes = a.group ? bytes * 3 / 2 : bytes; /* the group is half as wide again */
    uint8_t *rgb = malloc(bytes);
    bool done = rgb && write_portraits(&a, truths, rgb) && (!a.group || write_group(&a, truths, rgb));
    if (!rgb)
        fprintf(stderr, "cameo-portraits: out of memory\n");
    free(rgb);
    if (!cm_truth_close(truths, done)) {
        fprintf(stderr, "cameo-portraits: cannot write '%s/truth.json': %s\n", a.folder, strerror(errno));
        return EXIT_OTHER;
    }
    return done ? EXIT_SUCCESS : EXIT_OTHER;
}
