/* The wire reader: what it reads, and that it believes no length. */
#include "cmocka_all.h"

#include "onnx/onnx_wire.h"
#include "onnx_writer.h"

static cameo_error error;

/* The first field of a message that is copied to memory of exactly its size. */
static cameo_status first_field(const void *bytes, size_t size, cm_wire_field *field)
{
    unsigned char *copy = calloc(size ? size : 1, 1);
    assert_non_null(copy);
    if (size)
        memcpy(copy, bytes, size);
    cm_wire wire = cm_wire_open((cm_text){copy, size}, copy);
    cameo_status status = cm_wire_next(&wire, field, &error);
    free(copy);
    return status;
}

static void reads_varints_of_every_length(void **state)
{
    (void)state;
    for (int bits = 0; bits < 64; bits++) {
        uint64_t value = (uint64_t)1 << bits;
        pb message = {0};
        pb_uint(&message, 5, value);
        cm_wire_field field;
        assert_int_equal(first_field(message.bytes, message.size, &field), CAMEO_OK);
        assert_int_equal(field.number, 5);
        assert_int_equal(field.type, CM_WIRE_VARINT);
        assert_true(field.value == value);
        for (size_t cut = 1; cut < message.size; cut++)
            assert_int_equal(first_field(message.bytes, cut, &field), CAMEO_ERROR_FORMAT);
        pb_free(&message);
    }
}

static void refuses_varints_past_64_bits(void **state)
{
    (void)state;
    cm_wire_field field;
    static const unsigned char eleven[] = {0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01};
    assert_int_equal(first_field(eleven, sizeof eleven, &field), CAMEO_ERROR_FORMAT);
    static const unsigned char too_big[] = {0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02};
    assert_int_equal(first_field(too_big, sizeof too_big, &field), CAMEO_ERROR_FORMAT);
    static const unsigned char largest[] = {0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01};
    assert_int_equal(first_field(largest, sizeof largest, &field), CAMEO_OK);
    assert_true(field.value == UINT64_MAX);
}

static void refuses_groups_and_strange_keys(void **state)
{
    (void)state;
    cm_wire_field field;
    for (int type = 3; type <= 7; type++) {
        if (type == 5)
            continue;
        unsigned char bytes[] = {(unsigned char)(1 << 3 | type), 0, 0, 0, 0};
        assert_int_equal(first_field(bytes, sizeof bytes, &field), CAMEO_ERROR_FORMAT);
        assert_non_null(strstr(error.message, "wire type"));
    }
    static const unsigned char field_zero[] = {0x00, 0x01};
    assert_int_equal(first_field(field_zero, sizeof field_zero, &field), CAMEO_ERROR_FORMAT);
    pb huge = {0};
    pb_varint(&huge, (uint64_t)1 << 40);
    pb_varint(&huge, 1);
    assert_int_equal(first_field(huge.bytes, huge.size, &field), CAMEO_ERROR_FORMAT);
    pb_free(&huge);
}

static void refuses_lengths_past_the_end(void **state)
{
    (void)state;
    const uint64_t lengths[] = {4, 5, 1000, UINT32_MAX, (uint64_t)1 << 32, INT64_MAX, UINT64_MAX, UINT64_MAX - 2};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        pb message = {0};
        pb_key(&message, 1, 2);
        pb_varint(&message, lengths[i]);
        pb_append(&message, "abc", 3);
        cm_wire_field field;
        assert_int_equal(first_field(message.bytes, message.size, &field), CAMEO_ERROR_FORMAT);
        assert_non_null(strstr(error.message, "truncated"));
        pb_free(&message);
    }
}

static void reads_fixed_numbers(void **state)
{
    (void)state;
    cm_wire_field field;
    static const unsigned char four[] = {1 << 3 | 5, 1, 2, 3, 4}, eight[] = {1 << 3 | 1, 1, 2, 3, 4, 5, 6, 7, 8};
    assert_int_equal(first_field(four, sizeof four, &field), CAMEO_OK);
    assert_true(field.value == 0x04030201);
    assert_int_equal(first_field(eight, sizeof eight, &field), CAMEO_OK);
    assert_true(field.value == 0x0807060504030201);
    for (size_t cut = 1; cut < sizeof four; cut++)
        assert_int_equal(first_field(four, cut, &field), CAMEO_ERROR_FORMAT);
    for (size_t cut = 1; cut < sizeof eight; cut++)
        assert_int_equal(first_field(eight, cut, &field), CAMEO_ERROR_FORMAT);
}

static void ends_at_the_end(void **state)
{
    (void)state;
    cm_wire_field field;
    assert_int_equal(first_field("", 0, &field), CAMEO_OK);
    assert_int_equal(field.number, 0);
}

static void lists_are_packed_or_not(void **state)
{
    (void)state;
    pb packed = {0}, message = {0};
    const uint64_t values[] = {0, 1, 300, UINT64_MAX, (uint64_t)1 << 63};
    for (int i = 0; i < 5; i++)
        pb_varint(&packed, values[i]);
    pb_message(&message, 8, packed);
    pb_uint(&message, 8, 77);
    cm_wire wire = cm_wire_open((cm_text){message.bytes, message.size}, message.bytes);
    cm_wire_field field;
    cm_wire_list list;
    uint64_t value;
    assert_int_equal(cm_wire_next(&wire, &field, &error), CAMEO_OK);
    assert_int_equal(cm_wire_list_open(&list, &field, CM_WIRE_VARINT, "ints", &error), CAMEO_OK);
    assert_int_equal(list.count, 5);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(cm_wire_list_next(&list, &value, &error), CAMEO_OK);
        assert_true(value == values[i]);
    }
    assert_int_equal(list.left, 0);
    assert_int_equal(cm_wire_next(&wire, &field, &error), CAMEO_OK);
    assert_int_equal(cm_wire_list_open(&list, &field, CM_WIRE_VARINT, "ints", &error), CAMEO_OK);
    assert_int_equal(list.count, 1);
    assert_int_equal(cm_wire_list_next(&list, &value, &error), CAMEO_OK);
    assert_int_equal(value, 77);
    assert_int_equal(cm_wire_list_open(&list, &field, CM_WIRE_FIXED32, "floats", &error), CAMEO_ERROR_FORMAT);
    pb_free(&message);
}

static void lists_of_odd_size_are_refused(void **state)
{
    (void)state;
    pb message = {0};
    pb_bytes(&message, 7, "abcdefg", 7);
    pb_bytes(&message, 8, "\x01\x02\x83", 3);
    cm_wire wire = cm_wire_open((cm_text){message.bytes, message.size}, message.bytes);
    cm_wire_field field;
    cm_wire_list list;
    assert_int_equal(cm_wire_next(&wire, &field, &error), CAMEO_OK);
    assert_int_equal(cm_wire_list_open(&list, &field, CM_WIRE_FIXED32, "floats", &error), CAMEO_ERROR_FORMAT);
    assert_int_equal(cm_wire_next(&wire, &field, &error), CAMEO_OK);
    assert_int_equal(cm_wire_list_open(&list, &field, CM_WIRE_VARINT, "ints", &error), CAMEO_ERROR_FORMAT);
    pb_free(&message);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_varints_of_every_length),
        cmocka_unit_test(refuses_varints_past_64_bits),
        cmocka_unit_test(refuses_groups_and_strange_keys),
        cmocka_unit_test(refuses_lengths_past_the_end),
        cmocka_unit_test(reads_fixed_numbers),
        cmocka_unit_test(ends_at_the_end),
        cmocka_unit_test(lists_are_packed_or_not),
        cmocka_unit_test(lists_of_odd_size_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
