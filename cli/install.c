#include "install.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lookup.h"
#include "report.h"
#include "unpack.h"
#include "unpack_place.h"
#include "work_limits.h"

int cm_package_matches(const cm_package *package, const char *sha256, uint64_t bytes)
{
    if (package->sha256[0])
        return strcmp(package->sha256, sha256) == 0;
    if (package->sha256_prefix && strncmp(package->sha256_prefix, sha256, strlen(package->sha256_prefix)) != 0)
        return 0;
    return !package->known || package->known->bytes == 0 || package->known->bytes == bytes;
}

/* What is not published under this hash is opened, to see that it is a model at all. */
static int check_stranger(const char *path, const char *name)
{
    cameo_network *network;
    cameo_error error;
    cameo_status status = cm_work_limits_open(&network, path, &error);
    cameo_network_free(network);
    size_t named = strncmp(error.message, path, strlen(path)) == 0 ? strlen(path) : 0; /* a place that will not be */
    return status == CAMEO_ERROR_FORMAT ? cm_report(CM_EXIT_INPUT, "%s in the pack%s", name, error.message + named) : CM_EXIT_OK;
}

/* A file that bears a known name must be the published one, and what bears a model's name must be a model. */
static int check_member(const char *folder, const char *name, int *models)
{
    size_t length = strlen(name), count;
    const cameo_known_model *table = cameo_known_models(&count);
    char digest[CM_DIGEST_TEXT];
    if (length < 6 || strcmp(name + length - 5, ".onnx") != 0)
        return CM_EXIT_OK;
    ++*models;
    char *path = cm_lookup_format("%s/%s", folder, name);
    int code = path ? cm_digest_file(path, digest, NULL) : cm_report(CM_EXIT_OTHER, "out of memory");
    for (size_t i = 0; i < count && code == CM_EXIT_OK; i++) {
        if (strcmp(table[i].name, name) != 0 || !table[i].sha256)
            continue;
        if (strcmp(table[i].sha256, digest) != 0)
            code = cm_report(CM_EXIT_INPUT, "%s in the pack is not the published file: its SHA-256 is %s instead of %s", name, digest, table[i].sha256);
    }
    if (code == CM_EXIT_OK && !cameo_known_model_by_sha256(digest))
        code = check_stranger(path, name);
    free(path);
    return code;
}

/* A check of cm_unpack_place: context is the package. */
static int check_members(const char *folder, const void *context)
{
    const cm_package *package = context;
    struct dirent **entries;
    int models = 0, code = CM_EXIT_OK, count = cm_lookup_list(folder, &entries);
    for (int i = 0; i < count; i++) {
        if (code == CM_EXIT_OK)
            code = check_member(folder, entries[i]->d_name, &models);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    if (code == CM_EXIT_OK && models == 0)
        return cm_report(CM_EXIT_INPUT, "%s: the pack holds no ONNX file", package->name);
    return code;
}

static int install_pack(const cm_package *package, const char *zip, const char *models, char **place)
{
    *place = cm_lookup_format("%s/%s", models, package->name);
    return *place ? cm_unpack_place(zip, *place, check_members, package) : cm_report(CM_EXIT_OTHER, "out of memory");
}

static int install_file(const cm_package *package, const char *download, const char *models, char **place)
{
    size_t length = strlen(package->name);
    const char *ending = length > 5 && strcmp(package->name + length - 5, ".onnx") == 0 ? "" : ".onnx";
    cameo_network *network;
    cameo_error error;
    /* Hash or not: what cannot be read as a model does not become one. */
    if (cm_work_limits_open(&network, download, &error) != CAMEO_OK)
        return cm_report_error(download, &error);
    cameo_network_free(network);
    *place = cm_lookup_format("%s/%s%s", models, package->name, ending);
    if (!*place)
        return cm_report(CM_EXIT_OTHER, "out of memory");
    if (rename(download, *place) != 0)
        return cm_report(CM_EXIT_OTHER, "%s: cannot be put in its place: %s", *place, strerror(errno));
    return CM_EXIT_OK;
}

int cm_install(const cm_package *package, const char *download, const char *models, char **place)
{
    *place = NULL;
    if (cm_unpack_is_zip(download))
        return install_pack(package, download, models, place);
    if (package->known && strcmp(package->known->role, "pack") == 0)
        return cm_report(CM_EXIT_INPUT, "%s: not a zip file", download);
    return install_file(package, download, models, place);
}
