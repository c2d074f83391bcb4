#include "lookup.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pack_folder.h"
#include "pack_members.h"
#include "report.h"
#include "unpack.h"

char *cm_lookup_home(void)
{
    const char *home = getenv("CAMEO_HOME");
    if (home && *home)
        return strdup(home);
    home = getenv("HOME");
    return home && *home ? cm_lookup_format("%s/.cache/cameo", home) : NULL;
}

void cm_lookup_roots(char *roots[CM_LOOKUP_ROOTS])
{
    char *home = cm_lookup_home();
    roots[0] = home ? cm_lookup_format("%s/models", home) : NULL;
    free(home);
    const char *user = getenv("HOME");
    roots[1] = user && *user ? cm_lookup_format("%s/.insightface/models", user) : NULL;
}

int cm_lookup_ends_with(const char *text, const char *ending)
{
    size_t n = strlen(text), m = strlen(ending);
    return n > m && strcmp(text + n - m, ending) == 0;
}

const cameo_known_model *cm_lookup_known(const char *name)
{
    size_t count, length = strlen(name);
    const cameo_known_model *models = cameo_known_models(&count);
    if (cm_lookup_ends_with(name, ".zip"))
        length -= 4;
    else if (cm_lookup_ends_with(name, ".onnx"))
        length -= 5;
    for (size_t i = 0; i < count; i++) {
        size_t known = strlen(models[i].name) - (cm_lookup_ends_with(models[i].name, ".onnx") ? 5 : 0);
        if (known == length && strncmp(models[i].name, name, length) == 0)
            return &models[i];
    }
    return NULL;
}

const cameo_known_model *cm_lookup_known_builtin(const char *name)
{
    size_t count;
    const cameo_known_model *models = cameo_known_models(&count);
    for (size_t i = 0; i < count; i++)
        if (models[i].builtin && strcmp(models[i].builtin, name) == 0)
            return &models[i];
    return NULL;
}

static int holds(const char *name, const char *part)
{
    size_t length = strlen(part);
    for (; *name; name++)
        if (strncasecmp(name, part, length) == 0)
            return 1;
    return 0;
}

const char *cm_lookup_like(const char *part)
{
    size_t count;
    const cameo_known_model *models = cameo_known_models(&count);
    const char *found = NULL;
    for (size_t i = 0; *part && i < count; i++) {
        if (!holds(models[i].name, part) || (found && strcmp(found, models[i].name) == 0))
            continue;
        if (found)
            return NULL;
        found = models[i].name;
    }
    return found;
}

static int is_folder(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static int is_file(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

static int visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

int cm_lookup_list(const char *folder, struct dirent ***entries)
{
    return scandir(folder, entries, visible, by_name);
}

/* folder/name or folder/.../name, not deeper than `depth` folders; what lies higher wins. */
static char *find_below(const char *folder, const char *name, int depth, int (*wanted)(const char *path))
{
    char *path = cm_lookup_format("%s/%s", folder, name);
    if (!path || wanted(path))
        return path;
    free(path);
    if (depth == 0)
        return NULL;
    struct dirent **entries;
    int count = cm_lookup_list(folder, &entries);
    if (count < 0)
        return NULL;
    char *found = NULL;
    for (int i = 0; i < count; i++) {
        char *below = found ? NULL : cm_lookup_format("%s/%s", folder, entries[i]->d_name);
        if (below && is_folder(below))
            found = find_below(below, name, depth - 1, wanted);
        free(below);
        free(entries[i]);
    }
    free(entries);
    return found;
}

static char *find_in_roots(const char *name, int depth, int (*wanted)(const char *path))
{
    char *roots[CM_LOOKUP_ROOTS], *found = NULL;
    cm_lookup_roots(roots);
    for (int i = 0; i < CM_LOOKUP_ROOTS; i++) {
        if (!found && roots[i])
            found = find_below(roots[i], name, depth, wanted);
        free(roots[i]);
    }
    return found;
}

char *cm_lookup_below(const char *folder, const char *name)
{
    return find_below(folder, name, 1, is_file);
}

char *cm_lookup_file(const char *name)
{
    if (cm_lookup_ends_with(name, ".onnx"))
        return find_in_roots(name, 2, is_file);
    char *file = cm_lookup_format("%s.onnx", name);
    char *found = file ? find_in_roots(file, 2, is_file) : NULL;
    free(file);
    return found;
}

char *cm_lookup_pack(const char *name)
{
    return *name && !strchr(name, '/') && name[0] != '.' ? find_in_roots(name, 0, is_folder) : NULL;
}

const char *cm_lookup_builtin(const char *typed, const char *role)
{
    static const char prefix[] = "builtin:";
    if (strncmp(typed, prefix, sizeof prefix - 1) == 0)
        return typed;
    if (strncmp(typed, prefix, sizeof prefix - 2) != 0 || typed[sizeof prefix - 2] != '\0')
        return NULL;
    return role && strcmp(role, "detection") == 0 ? CAMEO_BUILTIN_DETECTOR : CAMEO_BUILTIN_RECOGNIZER;
}

/* A model's name in a string of its own. Returns an exit code (reported). */
static int take_name(const char *name, char **path)
{
    *path = strdup(name);
    return *path ? CM_EXIT_OK : cm_report(CM_EXIT_OTHER, "out of memory");
}

static int not_found(const char *typed)
{
    const cameo_known_model *known = cm_lookup_known(typed);
    if (known)
        return cm_report(CM_EXIT_INPUT, "%s: this model is not here; 'cameo model pull %s' fetches it", typed, known->pack ? known->pack : known->name);
    const char *like = cm_lookup_like(typed);
    if (like)
        return cm_report(CM_EXIT_INPUT, "%s: no such file, and no known model of that name; perhaps '%s' is meant", typed, like);
    return cm_report(CM_EXIT_INPUT, "%s: no such file, and no known model of that name ('cameo model list' shows them)", typed);
}

/* The file of this role in a pack that is still zipped. Returns an exit code (reported). */
static int from_pack(const char *zip, const char *role, char **path)
{
    char *folder, *other = NULL;
    int code = cm_pack_folder(zip, &folder);
    if (code != CM_EXIT_OK)
        return code;
    *path = cm_pack_member_by_graph(folder, role ? role : "recognition", &other);
    if (!*path && !role)
        *path = cm_pack_member_by_graph(folder, "detection", &other);
    if (!*path)
        code = cm_report(CM_EXIT_INPUT, "%s: this pack holds no %s model", zip, role ? role : "recognition or detection");
    else if (other)
        code = cm_report(CM_EXIT_INPUT, "%s: this pack holds several %s models, '%s' and '%s' among them: unpack it and name one", zip,
                         role ? role : "such", strrchr(*path, '/') + 1, strrchr(other, '/') + 1);
    if (code != CM_EXIT_OK) {
        free(*path);
        *path = NULL;
    }
    free(other);
    free(folder);
    return code;
}

/* The file of this role in a pack that is here as a folder, or NULL. */
static char *from_folder(const char *typed, const char *role)
{
    char *folder = cm_lookup_pack(typed);
    char *found = folder ? cm_pack_member(folder, role ? role : "recognition") : NULL;
    if (folder && !found && !role)
        found = cm_pack_member(folder, "detection");
    free(folder);
    return found;
}

int cm_lookup_model(const char *typed, const char *role, char **path)
{
    struct stat status;
    const char *builtin = cm_lookup_builtin(typed, role);
    *path = NULL;
    if (builtin)
        return take_name(builtin, path);
    int exists = stat(typed, &status) == 0;
    if (exists && S_ISREG(status.st_mode) && cm_unpack_is_zip(typed))
        return from_pack(typed, role, path);
    if (strchr(typed, '/') || (exists && !S_ISDIR(status.st_mode)))
        return take_name(typed, path);
    *path = cm_lookup_file(typed);
    if (!*path)
        *path = from_folder(typed, role);
    if (!*path && exists) /* a folder: the library says what is wrong with it */
        *path = strdup(typed);
    return *path ? CM_EXIT_OK : not_found(typed);
}

/* The first pack that is here and has this role, in the order of the list of known models, or a single known file. */
static char *first_known(const char *role)
{
    size_t count;
    const cameo_known_model *models = cameo_known_models(&count);
    char *found = NULL;
    for (size_t i = 0; i < count && !found; i++) {
        char *folder = models[i].role && strcmp(models[i].role, "pack") == 0 ? cm_lookup_pack(models[i].name) : NULL;
        found = folder ? cm_pack_known_member(folder, role) : NULL;
        free(folder);
    }
    for (size_t i = 0; i < count && !found; i++)
        if (models[i].role && strcmp(models[i].role, role) == 0)
            found = cm_lookup_file(models[i].name);
    return found;
}

/* A known file of this role in the folder of another file. */
static char *beside(const char *path, const char *role)
{
    const char *slash = path ? strrchr(path, '/') : NULL;
    char *folder = slash ? cm_lookup_format("%.*s", (int)(slash - path), path) : NULL;
    char *found = folder && *folder ? cm_pack_known_member(folder, role) : NULL;
    free(folder);
    return found;
}

/* The one detector among what `path`, a recognizer, was unpacked with; NULL if it was not, or there is none. */
static char *unpacked_with(const char *path, const char *role)
{
    char *folder = path ? cm_pack_folder_of(path) : NULL, *other = NULL;
    char *found = folder ? cm_pack_member_by_graph(folder, role, &other) : NULL;
    if (other) {
        free(found);
        found = NULL;
    }
    free(other);
    free(folder);
    return found;
}

/* The built-in model of a role; NULL where the library has none. */
static const char *builtin_of(const char *role)
{
    const char *name = cm_lookup_builtin("builtin", role);
    return cameo_builtin_model(name, NULL) ? name : NULL;
}

/* What was typed, or what belongs to the other network, or the first that is here, or what is built in. *builtin: it is that, for want of another. */
static int resolve(const char *typed, const char *other, const char *role, const char *option, char **path, int *builtin)
{
    if (typed)
        return cm_lookup_model(typed, role, path);
    const char *built_in = builtin_of(role);
    if (other && built_in && cm_lookup_builtin(other, NULL))
        return take_name(built_in, path);
    *path = unpacked_with(other, role);
    if (!*path)
        *path = beside(other, role);
    if (!*path)
        *path = first_known(role);
    if (*path)
        return CM_EXIT_OK;
    if (built_in) {
        *builtin = 1;
        return take_name(built_in, path);
    }
    return cm_report(CM_EXIT_INPUT, "no %s model: give one with --%s, fetch one with 'cameo model pull buffalo_l --accept-license', or make one that knows "
                     "no faces with 'cameo model make'", role, option);
}

/* Says so where somebody looks: which model it is decides what a similarity means. */
static void note_builtin(int model, int detector)
{
    if ((model || detector) && isatty(STDERR_FILENO))
        (void)cm_report(CM_EXIT_OK, "using the built-in %s; 'cameo model pull' fetches larger models, 'cameo model list' names them",
                        model && detector ? "detector and recognizer" : model ? "recognizer" : "detector");
}

int cm_lookup_pair(const char *model, const char *detector, char **model_path, char **detector_path)
{
    char *first = NULL, *second = NULL;
    int code = CM_EXIT_OK, model_built_in = 0, detector_built_in = 0;
    if (model_path)
        code = resolve(model, NULL, "recognition", "model", &first, &model_built_in);
    if (code == CM_EXIT_OK && detector_path)
        code = resolve(detector, first, "detection", "detector", &second, &detector_built_in);
    if (code != CM_EXIT_OK) {
        free(first);
        return code;
    }
    note_builtin(model_built_in, detector_built_in || (model_built_in && second && cm_lookup_builtin(second, NULL)));
    if (model_path)
        *model_path = first;
    if (detector_path)
        *detector_path = second;
    return CM_EXIT_OK;
}
