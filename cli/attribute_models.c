#include "attribute_models.h"

#include <stdlib.h>
#include <string.h>

#include "lookup.h"
#include "report.h"

enum { SHAPE_POINTS = CAMEO_LANDMARKS_68 };

void cm_attribute_models_add_flags(cm_attribute_models *models, cm_flags *flags)
{
    cm_flags_add(flags, (cm_flag){.name = "attributes", .kind = CM_FLAG_SWITCH, .target = &models->wanted,
        .help = "quality, and what the models beside the detector tell: landmarks, pose, gender, age, liveness"});
    cm_flags_add(flags, (cm_flag){.name = "landmarks-106", .value = "MODEL", .kind = CM_FLAG_TEXT, .target = &models->landmarks_106,
        .help = "model of 106 landmarks (2d106det); this and the next five imply --attributes"});
    cm_flags_add(flags, (cm_flag){.name = "landmarks-68", .value = "MODEL", .kind = CM_FLAG_TEXT, .target = &models->landmarks_68,
        .help = "model of 68 landmarks in space (1k3d68), which give the pose"});
    cm_flags_add(flags, (cm_flag){.name = "gender-age", .value = "MODEL", .kind = CM_FLAG_TEXT, .target = &models->gender_age,
        .help = "model of gender and age (genderage)"});
    cm_flags_add(flags, (cm_flag){.name = "antispoof", .value = "MODEL,...", .kind = CM_FLAG_TEXT, .target = &models->antispoof,
        .help = "MiniFASNets, with MODEL:4.0 where the name does not begin with the crop's scale"});
    cm_flags_add(flags, (cm_flag){.name = "mean-shape", .value = "FILE.npy", .kind = CM_FLAG_TEXT, .target = &models->mean_shape,
        .help = "array [68, 3] that the 68 landmarks are compared with for the pose (a head of cameo's own)"});
    cm_flags_add(flags, (cm_flag){.name = "model", .value = "MODEL", .kind = CM_FLAG_TEXT, .target = &models->recognizer,
        .help = "recognition model, whose embedding's length joins the quality (CAMEO_MODEL)"});
}

int cm_attribute_models_wanted(const cm_attribute_models *models)
{
    return models->wanted || models->landmarks_106 || models->landmarks_68 || models->gender_age || models->antispoof || models->mean_shape ||
           models->recognizer;
}

/* "MODEL" or "MODEL:SCALE" -> the model, to be freed, and the scale or 0. */
static char *split_scale(const char *text, size_t length, double *scale)
{
    char *name = strndup(text, length);
    char *colon = name ? strrchr(name, ':') : NULL;
    *scale = 0;
    if (colon && cm_flags_number(colon + 1, 1, 16, scale) == 0)
        *colon = '\0';
    return name;
}

static int find_antispoof(const char *typed, cm_attribute_paths *paths)
{
    int code = CM_EXIT_OK;
    for (;;) {
        size_t length = strcspn(typed, ",");
        int *count = &paths->antispoof_count;
        if (length == 0)
            return cm_report(CM_EXIT_USAGE, "--antispoof wants models with commas between them, and one of them is empty");
        if (*count == CAMEO_MAX_ANTISPOOF)
            return cm_report(CM_EXIT_USAGE, "--antispoof wants at most %d models", CAMEO_MAX_ANTISPOOF);
        char *name = split_scale(typed, length, &paths->scales[*count]);
        code = name ? cm_lookup_model(name, NULL, &paths->antispoof[*count]) : cm_report(CM_EXIT_OTHER, "out of memory");
        free(name);
        *count += code == CM_EXIT_OK;
        if (code != CM_EXIT_OK || !typed[length])
            return code;
        typed += length + 1;
    }
}

static int load_mean_shape(const char *path, cm_npy *shape)
{
    cameo_error error;
    if (cm_npy_load(shape, path, &error) != CAMEO_OK)
        return cm_report_error(path, &error);
    if (shape->rank == 2 && shape->dims[0] == SHAPE_POINTS && shape->dims[1] == 3)
        return CM_EXIT_OK;
    return cm_report(CM_EXIT_INPUT, "%s: a mean shape is an array [%d, 3], which this is not", path, SHAPE_POINTS);
}

/* The family of a model, by its name in the packs or by its contract; "" where it is none. */
static void tell_family(const char *path, char *family, size_t size)
{
    static const char *const known[][2] = {{"2d106det.onnx", "2d106"}, {"1k3d68.onnx", "3d68"}, {"genderage.onnx", "genderage"}};
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    cameo_network *network;
    cameo_contract contract;
    snprintf(family, size, "%s", "");
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(name, known[i][0]) == 0)
            snprintf(family, size, "%s", known[i][1]);
    if (*family || cameo_network_open(&network, path, NULL, NULL) != CAMEO_OK)
        return;
    if (cameo_network_contract(network, NULL, &contract, NULL) == CAMEO_OK)
        snprintf(family, size, "%s", contract.family);
    cameo_network_free(network);
}

/* Where a model of this family is wanted still, or NULL. */
static char **place_for(const cm_attribute_models *models, cm_attribute_paths *paths, const char *family)
{
    struct {
        const char *family;
        char **place;
    } places[] = {{"2d106", &paths->landmarks_106}, {"3d68", &paths->landmarks_68}, {"genderage", &paths->gender_age}};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (strcmp(family, places[i].family) == 0)
            return *places[i].place ? NULL : places[i].place;
    if (strcmp(family, "minifasnet") == 0 && !models->antispoof && paths->antispoof_count < CAMEO_MAX_ANTISPOOF)
        return &paths->antispoof[paths->antispoof_count++];
    return NULL;
}

static void look_beside(const cm_attribute_models *models, const char *detector, cm_attribute_paths *paths)
{
    const char *slash = strrchr(detector, '/');
    char *folder = slash ? cm_lookup_format("%.*s", (int)(slash - detector + 1), detector) : strdup("./");
    struct dirent **entries;
    int count = folder ? cm_lookup_list(folder, &entries) : -1;
    for (int i = 0; i < count; i++) {
        const char *ending = strrchr(entries[i]->d_name, '.');
        char family[32], *path = ending && strcmp(ending, ".onnx") == 0 ? cm_lookup_format("%s%s", folder, entries[i]->d_name) : NULL;
        if (path)
            tell_family(path, family, sizeof family);
        char **place = path ? place_for(models, paths, family) : NULL;
        if (place)
            *place = path;
        else
            free(path);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    free(folder);
}

int cm_attribute_models_find(const cm_attribute_models *models, const char *detector, cm_attribute_paths *paths)
{
    int code = CM_EXIT_OK;
    *paths = (cm_attribute_paths){.antispoof_count = 0};
    if (models->landmarks_106)
        code = cm_lookup_model(models->landmarks_106, NULL, &paths->landmarks_106);
    if (code == CM_EXIT_OK && models->landmarks_68)
        code = cm_lookup_model(models->landmarks_68, NULL, &paths->landmarks_68);
    if (code == CM_EXIT_OK && models->gender_age)
        code = cm_lookup_model(models->gender_age, NULL, &paths->gender_age);
    if (code == CM_EXIT_OK && models->antispoof)
        code = find_antispoof(models->antispoof, paths);
    if (code == CM_EXIT_OK && models->mean_shape)
        code = load_mean_shape(models->mean_shape, &paths->mean_shape);
    if (code == CM_EXIT_OK && detector)
        look_beside(models, detector, paths);
    return code;
}

void cm_attribute_paths_enter(const cm_attribute_paths *paths, cameo_options *options)
{
    options->landmarks_106 = paths->landmarks_106;
    options->landmarks_68 = paths->landmarks_68;
    options->gender_age = paths->gender_age;
    options->antispoof_count = paths->antispoof_count;
    for (int i = 0; i < paths->antispoof_count; i++)
        options->antispoof[i] = (cameo_antispoof){.path = paths->antispoof[i], .scale = paths->scales[i]};
    options->mean_shape = (const float(*)[3])paths->mean_shape.values; /* NULL where none was given */
}

void cm_attribute_paths_free(cm_attribute_paths *paths)
{
    free(paths->landmarks_106);
    free(paths->landmarks_68);
    free(paths->gender_age);
    for (int i = 0; i < paths->antispoof_count; i++)
        free(paths->antispoof[i]);
    cm_npy_free(&paths->mean_shape);
}
