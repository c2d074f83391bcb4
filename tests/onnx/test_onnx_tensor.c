/* Tensors: every type in every form, shapes against data, external data. */
#define _XOPEN_SOURCE 700
#include "cmocka_all.h"

#include "onnx/onnx.h"
#include "onnx_writer.h"
#include "scratch.h"

#include <math.h>
#include <unistd.h>

static const cm_onnx_limits limits = {.max_file_bytes = 1 << 20, .max_nodes = 100};
static cameo_error error;
static char folder[256];

/* A model whose only initializer "w" is this tensor, which is freed. */
static pb model_with(pb tensor)
{
    pb graph = {0};
    pb_message(&graph, ONNX_INITIALIZER, tensor);
    pb_message(&graph, ONNX_OUTPUT, onnx_value_info("w", 1, 0, NULL));
    return onnx_model(graph, 11);
}

/* Reads it; *bytes keeps the model's bytes alive. */
static cameo_status read_tensor(pb tensor, pb *bytes, cm_onnx_model **model)
{
    *bytes = model_with(tensor);
    return cm_onnx_read(model, bytes->bytes, bytes->size, "test", &limits, &error);
}

static void refused(pb tensor, cameo_status status, const char *words)
{
    pb bytes;
    cm_onnx_model *model;
    assert_int_equal(read_tensor(tensor, &bytes, &model), status);
    assert_null(model);
    assert_int_equal(error.status, status);
    assert_non_null(strstr(error.message, "test: initializer 0: tensor \"w\": "));
    if (!strstr(error.message, words))
        fail_msg("\"%s\" lacks \"%s\"", error.message, words);
    pb_free(&bytes);
}

static const cm_onnx_tensor *only_tensor(const cm_onnx_model *model)
{
    assert_int_equal(model->value_count, 1);
    assert_non_null(model->values[0].initializer);
    return model->values[0].initializer;
}

/* [3] of a type as raw data and as typed field must be the same bytes and floats/ints. */
static void check_type(int type, const void *raw, size_t size, void (*put)(pb *tensor), const double *expected)
{
    for (int form = 0; form < 2; form++) {
        pb tensor = onnx_tensor("w", type, 1, (int64_t[]){3});
        if (form)
            put(&tensor);
        else
            pb_bytes(&tensor, 9, raw, size);
        pb bytes;
        cm_onnx_model *model;
        if (read_tensor(tensor, &bytes, &model) != CAMEO_OK)
            fail_msg("type %d form %d: %s", type, form, error.message);
        const cm_onnx_tensor *read = only_tensor(model);
        assert_int_equal(read->type, type);
        assert_int_equal(read->elements, 3);
        assert_int_equal(read->bytes, size);
        assert_memory_equal(read->data, raw, size);
        float floats[3];
        int64_t ints[3];
        bool has_floats = cm_onnx_tensor_floats(read, floats), has_ints = cm_onnx_tensor_ints(read, ints);
        assert_true(has_floats || has_ints);
        for (int i = 0; i < 3; i++) {
            if (has_floats)
                assert_true(floats[i] == (float)expected[i]);
            if (has_ints)
                assert_true((double)ints[i] == expected[i]);
        }
        cm_onnx_free(model);
        pb_free(&bytes);
    }
}

static void put_floats(pb *tensor)
{
    const float packed[] = {1.5f, -2};
    pb_bytes(tensor, 4, packed, sizeof packed);
    pb_float(tensor, 4, 1e30f);
}

static void put_doubles(pb *tensor)
{
    const double packed[] = {1.5, -2, 1e30};
    pb_bytes(tensor, 10, packed, sizeof packed);
}

static void put_halves(pb *tensor)
{
    pb_uint(tensor, 5, 0x3c00);
    pb_uint(tensor, 5, 0xc000);
    pb_uint(tensor, 5, 0x0001);
}

static void put_brains(pb *tensor)
{
    pb_uint(tensor, 5, 0x3f80);
    pb_uint(tensor, 5, 0xc000);
    pb_uint(tensor, 5, 0x4049);
}

static void put_signed(pb *tensor)
{
    pb packed = {0};
    pb_varint(&packed, 1);
    pb_varint(&packed, (uint64_t)-2);
    pb_varint(&packed, 100);
    pb_message(tensor, 5, packed);
}

static void put_unsigned(pb *tensor)
{
    pb_uint(tensor, 5, 1);
    pb_uint(tensor, 5, 200);
    pb_uint(tensor, 5, 0);
}

static void put_int64(pb *tensor)
{
    pb_uint(tensor, 7, 1);
    pb_uint(tensor, 7, (uint64_t)-2);
    pb_uint(tensor, 7, (uint64_t)1 << 40);
}

static void put_uint64(pb *tensor)
{
    pb_uint(tensor, 11, 1);
    pb_uint(tensor, 11, 200);
    pb_uint(tensor, 11, 0);
}

static void put_bools(pb *tensor)
{
    pb_uint(tensor, 5, 1);
    pb_uint(tensor, 5, 0);
    pb_uint(tensor, 5, 1);
}

static void every_type_raw_and_typed(void **state)
{
    (void)state;
    check_type(CM_ONNX_FLOAT, (float[]){1.5f, -2, 1e30f}, 12, put_floats, (double[]){1.5, -2, 1e30f});
    check_type(CM_ONNX_DOUBLE, (double[]){1.5, -2, 1e30}, 24, put_doubles, (double[]){1.5, -2, 1e30});
    check_type(CM_ONNX_FLOAT16, (uint16_t[]){0x3c00, 0xc000, 1}, 6, put_halves, (double[]){1, -2, ldexp(1, -24)});
    check_type(CM_ONNX_BFLOAT16, (uint16_t[]){0x3f80, 0xc000, 0x4049}, 6, put_brains, (double[]){1, -2, 3.140625});
    check_type(CM_ONNX_INT8, (int8_t[]){1, -2, 100}, 3, put_signed, (double[]){1, -2, 100});
    check_type(CM_ONNX_INT16, (int16_t[]){1, -2, 100}, 6, put_signed, (double[]){1, -2, 100});
    check_type(CM_ONNX_INT32, (int32_t[]){1, -2, 100}, 12, put_signed, (double[]){1, -2, 100});
    check_type(CM_ONNX_UINT8, (uint8_t[]){1, 200, 0}, 3, put_unsigned, (double[]){1, 200, 0});
    check_type(CM_ONNX_UINT16, (uint16_t[]){1, 200, 0}, 6, put_unsigned, (double[]){1, 200, 0});
    check_type(CM_ONNX_UINT32, (uint32_t[]){1, 200, 0}, 12, put_uint64, (double[]){1, 200, 0});
    check_type(CM_ONNX_UINT64, (uint64_t[]){1, 200, 0}, 24, put_uint64, (double[]){1, 200, 0});
    check_type(CM_ONNX_INT64, (int64_t[]){1, -2, (int64_t)1 << 40}, 24, put_int64, (double[]){1, -2, 1099511627776.0});
    check_type(CM_ONNX_BOOL, (uint8_t[]){1, 0, 1}, 3, put_bools, (double[]){1, 0, 1});
}

static void half_floats_are_exact(void **state)
{
    (void)state;
    /* Largest, smallest normal, largest subnormal, infinities, minus zero, NaN. */
    const uint16_t halves[] = {0x7bff, 0x0400, 0x03ff, 0x7c00, 0xfc00, 0x8000, 0x7e00, 0x3555};
    const double expected[] = {65504, ldexp(1, -14), ldexp(1023, -24), INFINITY, -INFINITY, 0, NAN, 0.333251953125};
    cm_onnx_tensor tensor = {.type = CM_ONNX_FLOAT16, .elements = 8, .data = (const unsigned char *)halves, .bytes = 16};
    float out[8];
    assert_true(cm_onnx_tensor_floats(&tensor, out));
    for (int i = 0; i < 8; i++)
        assert_true(isnan(expected[i]) ? isnan(out[i]) : out[i] == (float)expected[i]);
    assert_true(signbit(out[5]));
    int64_t ints[8];
    assert_false(cm_onnx_tensor_ints(&tensor, ints));
    const uint64_t large = UINT64_MAX;
    cm_onnx_tensor unsigned_tensor = {.type = CM_ONNX_UINT64, .elements = 1, .data = (const unsigned char *)&large, .bytes = 8};
    assert_false(cm_onnx_tensor_ints(&unsigned_tensor, ints));
}

static void scalars_and_empty_tensors(void **state)
{
    (void)state;
    pb bytes;
    cm_onnx_model *model;
    const float one = 1;
    assert_int_equal(read_tensor(onnx_tensor_raw("w", 1, 0, NULL, &one, 4), &bytes, &model), CAMEO_OK);
    assert_int_equal(only_tensor(model)->rank, 0);
    assert_int_equal(only_tensor(model)->elements, 1);
    assert_int_equal(model->parameters, 1);
    cm_onnx_free(model);
    pb_free(&bytes);
    /* No element, though the other dimensions alone would overflow. */
    const int64_t dims[] = {INT64_MAX, 0, INT64_MAX};
    assert_int_equal(read_tensor(onnx_tensor("w", 1, 3, dims), &bytes, &model), CAMEO_OK);
    assert_int_equal(only_tensor(model)->elements, 0);
    assert_non_null(only_tensor(model)->data);
    cm_onnx_free(model);
    pb_free(&bytes);
    refused(onnx_tensor_raw("w", 1, 0, NULL, "", 0), CAMEO_ERROR_FORMAT, "need 4 bytes");
}

static void raw_data_is_not_copied(void **state)
{
    (void)state;
    pb bytes;
    cm_onnx_model *model;
    const float two[] = {1, 2};
    assert_int_equal(read_tensor(onnx_tensor_raw("w", 1, 1, (int64_t[]){2}, two, 8), &bytes, &model), CAMEO_OK);
    const unsigned char *data = only_tensor(model)->data;
    assert_true(data > bytes.bytes && data + 8 <= bytes.bytes + bytes.size);
    cm_onnx_free(model);
    pb_free(&bytes);
}

static void shape_and_data_must_agree(void **state)
{
    (void)state;
    const float two[] = {1, 2};
    refused(onnx_tensor_raw("w", 1, 1, (int64_t[]){3}, two, 8), CAMEO_ERROR_FORMAT, "need 12 bytes, its raw_data has 8");
    refused(onnx_tensor_raw("w", 1, 1, (int64_t[]){1}, two, 8), CAMEO_ERROR_FORMAT, "need 4 bytes");
    refused(onnx_tensor("w", 1, 1, (int64_t[]){3}), CAMEO_ERROR_FORMAT, "declares 3 elements, its float_data holds 0");
    pb tensor = onnx_tensor("w", CM_ONNX_INT64, 1, (int64_t[]){2});
    put_int64(&tensor);
    refused(tensor, CAMEO_ERROR_FORMAT, "declares 2 elements, its int64_data holds 3");
    tensor = onnx_tensor_raw("w", 1, 1, (int64_t[]){2}, two, 8);
    pb_float(&tensor, 4, 1);
    refused(tensor, CAMEO_ERROR_FORMAT, "both raw_data and float_data");
}

static void hostile_shapes_are_refused(void **state)
{
    (void)state;
    const int64_t huge[] = {(int64_t)1 << 32, (int64_t)1 << 32}, most[] = {INT64_MAX};
    refused(onnx_tensor("w", 1, 2, huge), CAMEO_ERROR_FORMAT, "more elements than any memory holds");
    refused(onnx_tensor("w", 1, 1, most), CAMEO_ERROR_FORMAT, "more elements than any memory holds");
    refused(onnx_tensor("w", 1, 1, (int64_t[]){-1}), CAMEO_ERROR_FORMAT, "dimension 0 is negative (-1)");
    refused(onnx_tensor("w", 1, 1, (int64_t[]){(int64_t)1 << 60}), CAMEO_ERROR_FORMAT, "declares 1152921504606846976 elements");
    const int64_t nine[9] = {1, 1, 1, 1, 1, 1, 1, 1, 1};
    refused(onnx_tensor("w", 1, 9, nine), CAMEO_ERROR_LIMIT, "more than 8 dimensions");
}

static void foreign_types_are_named(void **state)
{
    (void)state;
    refused(onnx_tensor("w", 17, 0, NULL), CAMEO_ERROR_UNSUPPORTED, "data type 17 (float8e4m3fn)");
    refused(onnx_tensor("w", 14, 0, NULL), CAMEO_ERROR_UNSUPPORTED, "complex64");
    refused(onnx_tensor("w", 99, 0, NULL), CAMEO_ERROR_UNSUPPORTED, "data type 99 (unknown)");
    refused(onnx_tensor("w", 0, 0, NULL), CAMEO_ERROR_FORMAT, "no data type");
    pb tensor = onnx_tensor("w", 1, 0, NULL);
    pb segment = {0};
    pb_uint(&segment, 1, 0);
    pb_message(&tensor, 3, segment);
    refused(tensor, CAMEO_ERROR_UNSUPPORTED, "segments");
}

static void typed_elements_must_fit_their_type(void **state)
{
    (void)state;
    const struct {
        int type;
        int64_t value;
    } wrong[] = {{CM_ONNX_INT8, 256}, {CM_ONNX_UINT8, -129}, {CM_ONNX_FLOAT16, 65536}, {CM_ONNX_INT32, (int64_t)1 << 33}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        pb tensor = onnx_tensor("w", wrong[i].type, 0, NULL);
        pb_uint(&tensor, 5, (uint64_t)wrong[i].value);
        refused(tensor, CAMEO_ERROR_FORMAT, "its element");
    }
}

/* ---- external data ---- */

static pb external_tensor(const char *location, const char *offset, const char *length)
{
    pb tensor = onnx_tensor("w", 1, 1, (int64_t[]){2});
    pb_uint(&tensor, 14, 1);
    onnx_entry(&tensor, "location", location);
    if (offset)
        onnx_entry(&tensor, "offset", offset);
    if (length)
        onnx_entry(&tensor, "length", length);
    return tensor;
}

static cameo_status open_external(pb tensor, const cm_onnx_limits *own, cm_onnx_model **model)
{
    char path[512];
    pb bytes = model_with(tensor);
    snprintf(path, sizeof path, "%s/model.onnx", folder);
    scratch_write(path, bytes.bytes, bytes.size);
    pb_free(&bytes);
    return cm_onnx_open(model, path, own, &error);
}

static int set_up(void **state)
{
    (void)state;
    scratch_make(folder, sizeof folder);
    char path[512], outside[512];
    const float values[] = {0, 1, 2, 3};
    snprintf(path, sizeof path, "%s/weights.bin", folder);
    scratch_write(path, values, sizeof values);
    snprintf(outside, sizeof outside, "%s.outside", folder);
    scratch_write(outside, values, sizeof values);
    snprintf(path, sizeof path, "%s/out.bin", folder);
    return symlink(outside, path);
}

static int tear_down(void **state)
{
    (void)state;
    char outside[512];
    snprintf(outside, sizeof outside, "%s.outside", folder);
    remove(outside);
    scratch_remove(folder);
    return 0;
}

static void external_data_is_found(void **state)
{
    (void)state;
    cm_onnx_model *model;
    assert_int_equal(open_external(external_tensor("weights.bin", "4", "8"), &limits, &model), CAMEO_OK);
    float out[2];
    assert_true(cm_onnx_tensor_floats(only_tensor(model), out));
    assert_true(out[0] == 1 && out[1] == 2);
    assert_true(model->file_bytes > 16);
    cm_onnx_free(model);
    assert_int_equal(open_external(external_tensor("./weights.bin", NULL, NULL), &limits, &model), CAMEO_OK);
    assert_true(cm_onnx_tensor_floats(only_tensor(model), out));
    assert_true(out[0] == 0 && out[1] == 1);
    cm_onnx_free(model);
}

static void external_refused(pb tensor, cameo_status status, const char *words)
{
    cm_onnx_model *model;
    assert_int_equal(open_external(tensor, &limits, &model), status);
    if (!strstr(error.message, words))
        fail_msg("\"%s\" lacks \"%s\"", error.message, words);
}

static void external_data_stays_in_the_folder(void **state)
{
    (void)state;
    const char *outside[] = {"/etc/passwd", "../x", "a/../../x", "..", "a/..", "", "a\\b"};
    for (size_t i = 0; i < sizeof outside / sizeof *outside; i++)
        external_refused(external_tensor(outside[i], NULL, NULL), CAMEO_ERROR_FORMAT, "not a path below");
    external_refused(external_tensor("out.bin", NULL, NULL), CAMEO_ERROR_FORMAT, "link that leads out");
    pb tensor = external_tensor("x", NULL, NULL), entry = {0};
    pb_text(&entry, 1, "location");
    pb_bytes(&entry, 2, "weights.bin\0x", 13);
    pb_message(&tensor, 13, entry);
    external_refused(tensor, CAMEO_ERROR_FORMAT, "NUL");
}

static void external_data_must_be_there(void **state)
{
    (void)state;
    external_refused(external_tensor("gone.bin", NULL, NULL), CAMEO_ERROR_NOT_FOUND, "gone.bin");
    external_refused(external_tensor("weights.bin", "12", "8"), CAMEO_ERROR_FORMAT, "has only 16");
    external_refused(external_tensor("weights.bin", "17", NULL), CAMEO_ERROR_FORMAT, "has only 16");
    external_refused(external_tensor("weights.bin", "18446744073709551615", NULL), CAMEO_ERROR_FORMAT, "no count of bytes");
    external_refused(external_tensor("weights.bin", "1844674407370955160", NULL), CAMEO_ERROR_FORMAT, "has only 16");
    external_refused(external_tensor("weights.bin", "-4", NULL), CAMEO_ERROR_FORMAT, "no count of bytes");
    external_refused(external_tensor("weights.bin", "4", "12"), CAMEO_ERROR_FORMAT, "external data has 12 bytes");
    external_refused(external_tensor(".", NULL, NULL), CAMEO_ERROR_FORMAT, "leads out");
    pb bytes;
    cm_onnx_model *model;
    assert_int_equal(read_tensor(external_tensor("weights.bin", NULL, NULL), &bytes, &model), CAMEO_ERROR_UNSUPPORTED);
    pb_free(&bytes);
}

static void limits_count_all_files_together(void **state)
{
    (void)state;
    cm_onnx_model *model;
    cm_onnx_limits small = limits;
    small.max_file_bytes = 1 << 20;
    assert_int_equal(open_external(external_tensor("weights.bin", NULL, NULL), &small, &model), CAMEO_OK);
    small.max_file_bytes = model->file_bytes;
    cm_onnx_free(model);
    assert_int_equal(open_external(external_tensor("weights.bin", NULL, NULL), &small, &model), CAMEO_OK);
    cm_onnx_free(model);
    small.max_file_bytes--;
    assert_int_equal(open_external(external_tensor("weights.bin", NULL, NULL), &small, &model), CAMEO_ERROR_LIMIT);
    assert_non_null(strstr(error.message, "weights.bin"));
    small.max_file_bytes = 10;
    assert_int_equal(open_external(external_tensor("weights.bin", NULL, NULL), &small, &model), CAMEO_ERROR_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_raw_and_typed),    cmocka_unit_test(half_floats_are_exact),
        cmocka_unit_test(scalars_and_empty_tensors),   cmocka_unit_test(raw_data_is_not_copied),
        cmocka_unit_test(shape_and_data_must_agree),   cmocka_unit_test(hostile_shapes_are_refused),
        cmocka_unit_test(foreign_types_are_named),     cmocka_unit_test(typed_elements_must_fit_their_type),
        cmocka_unit_test(external_data_is_found),      cmocka_unit_test(external_data_stays_in_the_folder),
        cmocka_unit_test(external_data_must_be_there), cmocka_unit_test(limits_count_all_files_together),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
