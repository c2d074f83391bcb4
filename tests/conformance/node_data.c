#include "node_data.h"

#include <stdio.h>
#include <stdlib.h>

node_file node_file_read(const char *path)
{
    node_file file = {.bytes = malloc(1)};
    FILE *stream = fopen(path, "rb");
    file.found = stream != NULL;
    for (size_t room = 1, got = 1; stream && got;) {
        if (file.size == room) {
            room = 2 * room + 4096;
            file.bytes = realloc(file.bytes, room);
        }
        if (!file.bytes)
            abort();
        got = fread(file.bytes + file.size, 1, room - file.size, stream);
        file.size += got;
    }
    if (stream)
        fclose(stream);
    return file;
}

void node_file_free(node_file *file)
{
    free(file->bytes);
    *file = (node_file){0};
}

static bool read_one(const char *path, node_data *data)
{
    cameo_error error = {0};
    data->file = node_file_read(path);
    data->message = (cm_text){data->file.bytes, data->file.size};
    cm_arena_init(&data->storage.arena, 0);
    cm_onnx_reader reader = {.storage = &data->storage, .file = data->file.bytes, .error = &error};
    if (!data->file.found || cm_onnx_read_tensor(&reader, data->message, &data->tensor) != CAMEO_OK)
        return false;
    data->floats = cm_calloc((size_t)data->tensor.elements, sizeof *data->floats);
    int64_t *ints = cm_calloc((size_t)data->tensor.elements, sizeof *ints);
    if (!data->floats || !ints)
        abort();
    bool ok = true;
    if (cm_onnx_tensor_ints(&data->tensor, ints))
        for (uint64_t i = 0; i < data->tensor.elements; i++)
            data->floats[i] = (float)ints[i];
    else
        ok = cm_onnx_tensor_floats(&data->tensor, data->floats);
    free(ints);
    return ok;
}

node_data *node_data_read(const char *folder, int set, const char *kind, int count)
{
    node_data *all = cm_calloc((size_t)count, sizeof *all);
    bool ok = all != NULL;
    for (int i = 0; i < count && ok; i++) {
        char path[1200];
        snprintf(path, sizeof path, "%s/test_data_set_%d/%s_%d.pb", folder, set, kind, i);
        ok = read_one(path, &all[i]);
    }
    if (!ok) {
        node_data_free(all, count);
        return NULL;
    }
    return all;
}

void node_data_free(node_data *data, int count)
{
    for (int i = 0; data && i < count; i++) {
        free(data[i].floats);
        cm_arena_free(&data[i].storage.arena);
        node_file_free(&data[i].file);
    }
    free(data);
}
