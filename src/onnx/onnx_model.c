/* ModelProto: opening, the versions, closing. */
#include "onnx/onnx_reader.h"

#include "base/checksum.h"
#include "base/limits.h"
#include "onnx/onnx_functions.h"

#include <stdlib.h>
#include <string.h>

enum { FIELD_IR_VERSION = 1, FIELD_PRODUCER = 2, FIELD_GRAPH = 7, FIELD_OPSET = 8 };
enum { OPSET_LOWEST = 7, OPSET_HIGHEST = 23 };

/* What a model's objects may take: far more than any real graph needs beside its weights, far less than crafted lists of empty
 * messages ask for. Typed elements become at most eight bytes for each of the file. */
#define ARENA_BASE ((size_t)256 << 20)
enum { ARENA_PER_BYTE = 8 };

typedef struct model_fields {
    cm_text message, producer, graph;
    uint64_t ir_version;
    int64_t opset; /* 0: not imported */
    bool has_graph;
} model_fields;

void *cm_onnx_alloc(cm_onnx_reader *reader, size_t count, size_t size)
{
    void *object = cm_arena_alloc(&reader->storage->arena, count, size);
    if (!object)
        (void)cm_onnx_alloc_status(reader);
    return object;
}

cameo_status cm_onnx_alloc_status(const cm_onnx_reader *reader)
{
    const cm_arena *arena = &reader->storage->arena;
    if (arena->limited)
        return cm_fail(reader->error, CAMEO_ERROR_LIMIT,
                       "the model's graph takes more than %zu bytes, which are all that a file of its size is given: no exporter writes such a one",
                       arena->limit_bytes);
    return cm_fail(reader->error, CAMEO_ERROR_MEMORY, "out of memory for the model's graph, which takes %zu bytes so far", arena->used_bytes);
}

cameo_status cm_onnx_copy_name(cm_onnx_reader *reader, cm_text text, const char *what, const char **copy)
{
    if (text.size == 0) {
        *copy = "";
        return CAMEO_OK;
    }
    if (memchr(text.at, 0, text.size))
        return cm_fail(reader->error, CAMEO_ERROR_FORMAT, "%s has a NUL character inside: \"%.*s...\"", what,
                       CM_TEXT_SHOWN(text));
    *copy = cm_arena_string(&reader->storage->arena, (const char *)text.at, text.size);
    return *copy ? CAMEO_OK : cm_onnx_alloc_status(reader);
}

bool cm_onnx_is_default_domain(cm_text domain)
{
    static const char other_name[] = "ai.onnx";
    size_t length = sizeof other_name - 1;
    return domain.size == 0 || (domain.size == length && memcmp(domain.at, other_name, length) == 0);
}

/* OperatorSetIdProto */
static cameo_status read_opset(model_fields *fields, cm_text message, const unsigned char *file, cameo_error *error)
{
    cm_wire wire = cm_wire_open(message, file);
    cm_wire_field field;
    cm_text domain = {0};
    int64_t version = 0;
    cameo_status status;
    while ((status = cm_wire_next(&wire, &field, error)) == CAMEO_OK && field.number) {
        if (field.number == 1) {
            domain = field.bytes;
            status = cm_wire_expect(&field, CM_WIRE_BYTES, "OperatorSetIdProto.domain", error);
        } else if (field.number == 2) {
            version = (int64_t)field.value;
            status = cm_wire_expect(&field, CM_WIRE_VARINT, "OperatorSetIdProto.version", error);
        }
        if (status != CAMEO_OK)
            return status;
    }
    if (cm_onnx_is_default_domain(domain))
        fields->opset = version;
    return status;
}

static cameo_status read_field(model_fields *fields, const cm_wire_field *field, cameo_error *error)
{
    cameo_status status;
    switch (field->number) {
    case FIELD_IR_VERSION:
        fields->ir_version = field->value;
        return cm_wire_expect(field, CM_WIRE_VARINT, "ModelProto.ir_version", error);
    case FIELD_PRODUCER:
        fields->producer = field->bytes;
        return cm_wire_expect(field, CM_WIRE_BYTES, "ModelProto.producer_name", error);
    case FIELD_GRAPH:
        if (fields->has_graph)
            return cm_fail(error, CAMEO_ERROR_FORMAT, "the file holds two graphs");
        fields->has_graph = true;
        fields->graph = field->bytes;
        return cm_wire_expect(field, CM_WIRE_BYTES, "ModelProto.graph", error);
    case FIELD_OPSET:
        status = cm_wire_expect(field, CM_WIRE_BYTES, "ModelProto.opset_import", error);
        return status == CAMEO_OK ? read_opset(fields, field->bytes, field->file, error) : status;
    default:
        return CAMEO_OK;
    }
}

static cameo_status check_versions(const model_fields *fields, cameo_error *error)
{
    if (!fields->has_graph)
        return cm_fail(error, CAMEO_ERROR_FORMAT, "the file holds no graph: it is no ONNX model, or a truncated one");
    if (fields->ir_version == 0 || fields->ir_version > INT32_MAX)
        return cm_fail(error, CAMEO_ERROR_FORMAT, "the file states no IR version: it is no ONNX model, or a damaged one");
    if (fields->opset == 0)
        return cm_fail(error, CAMEO_ERROR_FORMAT,
                       "the file imports no operator set of the default domain: it is truncated or damaged");
    if (fields->opset < OPSET_LOWEST || fields->opset > OPSET_HIGHEST)
        return cm_fail(error, CAMEO_ERROR_UNSUPPORTED,
                       "the model uses opset %lld; opsets %d to %d are supported: export it again with opset_version=11 or "
                       "convert it with "
                       "onnx.version_converter",
                       (long long)fields->opset, OPSET_LOWEST, OPSET_HIGHEST);
    return CAMEO_OK;
}

static cameo_status read_model(cm_onnx_reader *reader, cm_text message, cm_onnx_model *model)
{
    model_fields fields = {.message = message, .producer = {(const unsigned char *)"", 0}};
    const char *wrong = cm_onnx_describe_wrong(message.at, message.size);
    if (wrong)
        return cm_fail(reader->error, CAMEO_ERROR_FORMAT, "this %s", wrong);
    cm_wire wire = cm_wire_open(message, reader->file);
    cm_wire_field field;
    cameo_status status;
    while ((status = cm_wire_next(&wire, &field, reader->error)) == CAMEO_OK && field.number) {
        status = read_field(&fields, &field, reader->error);
        if (status != CAMEO_OK)
            return status;
    }
    if (status == CAMEO_OK)
        status = check_versions(&fields, reader->error);
    if (status == CAMEO_OK)
        status = cm_onnx_copy_name(reader, fields.producer, "the producer's name", &model->producer);
    if (status != CAMEO_OK)
        return status;
    model->ir_version = (int64_t)fields.ir_version;
    model->opset = fields.opset;
    status = cm_onnx_functions_read(reader, message, model->opset);
    if (status != CAMEO_OK)
        return status;
    return cm_onnx_read_graph(reader, fields.graph, model);
}

static void free_storage(struct cm_onnx_storage *storage)
{
    for (size_t i = 0; i < storage->external_count; i++)
        cm_file_map_close(&storage->externals[i].map);
    free(storage->externals);
    cm_file_map_close(&storage->file);
    cm_arena_free(&storage->arena);
    free(storage);
}

/* Reads what storage->file holds; takes storage over. */
static cameo_status read_storage(cm_onnx_model **model, struct cm_onnx_storage *storage, const char *path, const char *name,
                                 const cm_onnx_limits *limits, cameo_error *error)
{
    cm_text message = {storage->file.bytes, storage->file.size};
    size_t limit;
    if (!cm_size_mul(message.size, ARENA_PER_BYTE, &limit) || !cm_size_add(limit, ARENA_BASE, &limit))
        limit = SIZE_MAX;
    cm_arena_init(&storage->arena, limit);
    cm_onnx_reader reader = {.storage = storage,
                             .file = message.at,
                             .path = path,
                             .limits = *limits,
                             .bytes_left = limits->max_file_bytes - message.size,
                             .error = error};
    cm_onnx_model *made = cm_onnx_alloc(&reader, 1, sizeof *made);
    cameo_status status = made ? read_model(&reader, message, made) : cm_onnx_alloc_status(&reader);
    if (status != CAMEO_OK) {
        free_storage(storage);
        return cm_fail_prefix(error, status, "%s", name);
    }
    made->storage = storage;
    made->file_bytes = limits->max_file_bytes - reader.bytes_left;
    *model = made;
    return CAMEO_OK;
}

cameo_status cm_onnx_open(cm_onnx_model **model, const char *path, const cm_onnx_limits *limits, cameo_error *error)
{
    *model = NULL;
    struct cm_onnx_storage *storage = cm_calloc(1, sizeof *storage);
    if (!storage)
        return cm_fail(error, CAMEO_ERROR_MEMORY, "%s: out of memory", path);
    cameo_status status = cm_file_map_open(&storage->file, path, limits->max_file_bytes, error);
    if (status != CAMEO_OK) {
        free(storage);
        return status == CAMEO_ERROR_LIMIT ? cm_fail_suffix(error, status, CM_RAISE_FILE) : status;
    }
    return read_storage(model, storage, path, path, limits, error);
}

cameo_status cm_onnx_read(cm_onnx_model **model, const void *bytes, size_t size, const char *name, const cm_onnx_limits *limits,
                          cameo_error *error)
{
    *model = NULL;
    if (!name)
        name = "model";
    if (size > limits->max_file_bytes)
        return cm_fail(error, CAMEO_ERROR_LIMIT, "%s: has %zu bytes, the limit is %llu" CM_RAISE_FILE, name, size,
                       (unsigned long long)limits->max_file_bytes);
    struct cm_onnx_storage *storage = cm_calloc(1, sizeof *storage);
    if (!storage)
        return cm_fail(error, CAMEO_ERROR_MEMORY, "%s: out of memory", name);
    storage->file = (cm_file_map){.bytes = size ? bytes : (const void *)"", .size = size};
    return read_storage(model, storage, NULL, name, limits, error);
}

void cm_onnx_free(cm_onnx_model *model)
{
    if (model)
        free_storage(model->storage);
}

static uint64_t add_stamp(uint64_t identity, const cm_file_stamp *stamp, int64_t *changed)
{
    const uint64_t both[2] = {identity, cm_checksum(stamp, sizeof *stamp)};
    int64_t last = stamp->changed[0] > stamp->modified[0] ? stamp->changed[0] : stamp->modified[0];
    *changed = last > *changed ? last : *changed;
    return cm_checksum(both, sizeof both);
}

bool cm_onnx_identity(const cm_onnx_model *model, uint64_t *identity, int64_t *changed)
{
    const struct cm_onnx_storage *storage = model->storage;
    if (!storage->file.mapped)
        return false;
    *changed = INT64_MIN;
    *identity = add_stamp(0, &storage->file.stamp, changed);
    for (size_t i = 0; i < storage->external_count; i++)
        *identity = add_stamp(*identity, &storage->externals[i].map.stamp, changed);
    return true;
}

void cm_onnx_message(const cm_onnx_model *model, const unsigned char **bytes, size_t *size)
{
    *bytes = model->storage->file.bytes;
    *size = model->storage->file.size;
}

void cm_onnx_rest(const cm_onnx_model *model, const cm_onnx_tensor *tensor)
{
    const struct cm_onnx_storage *storage = model->storage;
    cm_file_map_rest(&storage->file, tensor->data, tensor->bytes);
    for (size_t i = 0; i < storage->external_count; i++)
        cm_file_map_rest(&storage->externals[i].map, tensor->data, tensor->bytes);
}
