/* External data: tensors whose bytes lie in files beside the model.
 * A location is a path below the model's folder and stays there: no absolute path, no "..", and no link on the way that leads
 * out (both ends are resolved before they are compared). */
/* realpath */
#define _XOPEN_SOURCE 700
#include "onnx/onnx_reader.h"

#include "base/limits.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Exporters of large models write one file a tensor; more files than this are no such model. */
enum { MAX_EXTERNAL_FILES = 4096 };

static bool stays_below(const char *location)
{
    if (*location == '\0' || *location == '/' || strchr(location, '\\'))
        return false;
    for (const char *part = location; part; part = strchr(part, '/')) {
        part += *part == '/';
        if (strncmp(part, "..", 2) == 0 && (part[2] == '/' || part[2] == '\0'))
            return false;
    }
    return true;
}

/* "folder/location", or just the location where the model's path has no folder. Free with free. */
static char *join(const char *model_path, const char *location)
{
    const char *slash = strrchr(model_path, '/');
    size_t folder = slash ? (size_t)(slash - model_path) + 1 : 0, size = strlen(location) + 1;
    char *path = malloc(folder + size);
    if (!path)
        return NULL;
    memcpy(path, model_path, folder);
    memcpy(path + folder, location, size);
    return path;
}

/* Resolves both ends; *resolved is to be freed. */
static cameo_status resolve(cm_onnx_reader *reader, const char *path, char **resolved)
{
    char *here = join(reader->path, ".");
    char *folder = here ? realpath(here, NULL) : NULL;
    free(here);
    *resolved = realpath(path, NULL);
    if (!*resolved && errno != ENOMEM) {
        free(folder);
        return cm_fail(reader->error, CAMEO_ERROR_NOT_FOUND,
                       "the file of its external data, %s, is missing: it belongs beside the model", path);
    }
    cameo_status status = CAMEO_OK;
    if (!folder || !*resolved) {
        status = cm_fail(reader->error, CAMEO_ERROR_MEMORY, "out of memory, or the model's folder is gone");
    } else {
        size_t length = strlen(folder);
        bool root = length == 1;
        if (strncmp(*resolved, folder, length) != 0 || (!root && (*resolved)[length] != '/'))
            status = cm_fail(reader->error, CAMEO_ERROR_FORMAT,
                             "its external data, %s, is a link that leads out of the model's folder", path);
    }
    free(folder);
    if (status != CAMEO_OK) {
        free(*resolved);
        *resolved = NULL;
    }
    return status;
}

static cameo_status grow(cm_onnx_reader *reader)
{
    struct cm_onnx_storage *storage = reader->storage;
    if (storage->external_count < storage->external_capacity)
        return CAMEO_OK;
    if (storage->external_count == MAX_EXTERNAL_FILES)
        return cm_fail(reader->error, CAMEO_ERROR_LIMIT, "the model refers to more than %d external files", MAX_EXTERNAL_FILES);
    size_t capacity = storage->external_capacity ? 2 * storage->external_capacity : 4;
    cm_onnx_external *grown = cm_calloc(capacity, sizeof *grown);
    if (!grown)
        return cm_fail(reader->error, CAMEO_ERROR_MEMORY, "out of memory");
    if (storage->external_count)
        memcpy(grown, storage->externals, storage->external_count * sizeof *grown);
    free(storage->externals);
    storage->externals = grown;
    storage->external_capacity = capacity;
    return CAMEO_OK;
}

static cameo_status map_file(cm_onnx_reader *reader, const char *location, cm_onnx_external *external)
{
    char *path = join(reader->path, location), *resolved = NULL;
    if (!path)
        return cm_fail(reader->error, CAMEO_ERROR_MEMORY, "out of memory");
    cameo_status status = resolve(reader, path, &resolved);
    if (status == CAMEO_OK)
        status = cm_file_map_open(&external->map, resolved, reader->bytes_left, reader->error);
    if (status == CAMEO_ERROR_LIMIT)
        status = cm_fail(reader->error, status, "with its external data, %s, the model is larger than %llu bytes" CM_RAISE_FILE, path,
                         (unsigned long long)reader->limits.max_file_bytes);
    free(resolved);
    free(path);
    return status;
}

cameo_status cm_onnx_external_open(cm_onnx_reader *reader, cm_text location, const cm_file_map **map)
{
    struct cm_onnx_storage *storage = reader->storage;
    if (!reader->path)
        return cm_fail(reader->error, CAMEO_ERROR_UNSUPPORTED,
                       "it lies in the external file \"%.*s\", which cannot be found for a model read from memory: open the "
                       "model by its path",
                       CM_TEXT_SHOWN(location));
    const char *name;
    cameo_status status = cm_onnx_copy_name(reader, location, "the location of its external data", &name);
    if (status != CAMEO_OK)
        return status;
    if (!stays_below(name))
        return cm_fail(reader->error, CAMEO_ERROR_FORMAT,
                       "the location \"%.*s\" of its external data is not a path below the model's folder",
                       CM_TEXT_SHOWN(location));
    /* Neighbours usually share a file: the last one is looked at first. */
    for (size_t i = storage->external_count; i-- > 0;)
        if (strcmp(storage->externals[i].location, name) == 0) {
            *map = &storage->externals[i].map;
            return CAMEO_OK;
        }
    status = grow(reader);
    if (status != CAMEO_OK)
        return status;
    cm_onnx_external *external = &storage->externals[storage->external_count];
    status = map_file(reader, name, external);
    if (status != CAMEO_OK)
        return status;
    external->location = name;
    storage->external_count++;
    reader->bytes_left -= external->map.size;
    *map = &external->map;
    return CAMEO_OK;
}
