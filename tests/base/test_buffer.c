#include "cmocka_all.h"

#include "base/buffer.h"

#include <string.h>

static void grows_and_keeps_what_was_there(void **state)
{
    (void)state;
    cm_buffer buffer;
    cm_buffer_init(&buffer, 1u << 20);
    for (unsigned i = 0; i < 100000; i++) {
        unsigned char byte = (unsigned char)(i * 7);
        assert_true(cm_buffer_append(&buffer, &byte, 1));
    }
    assert_int_equal(buffer.size, 100000);
    for (unsigned i = 0; i < 100000; i++)
        assert_int_equal(buffer.bytes[i], (unsigned char)(i * 7));
    cm_buffer_free(&buffer);
    assert_int_equal(buffer.size, 0);
}

static void refuses_to_pass_its_cap(void **state)
{
    (void)state;
    static const char bytes[4096];
    cm_buffer buffer;
    cm_buffer_init(&buffer, 10000);
    assert_true(cm_buffer_append(&buffer, bytes, 4096));
    assert_true(cm_buffer_append(&buffer, bytes, 4096));
    assert_false(cm_buffer_append(&buffer, bytes, 4096));
    assert_int_equal(buffer.size, 8192);
    assert_true(cm_buffer_append(&buffer, bytes, 10000 - 8192));
    assert_true(buffer.capacity <= 10000);
    assert_false(cm_buffer_append(&buffer, bytes, 1));
    assert_false(cm_buffer_append(&buffer, bytes, SIZE_MAX));
    assert_true(cm_buffer_append(&buffer, bytes, 0));
    cm_buffer_free(&buffer);
}

static void a_cap_of_zero_takes_nothing(void **state)
{
    (void)state;
    cm_buffer buffer;
    cm_buffer_init(&buffer, 0);
    assert_true(cm_buffer_append(&buffer, NULL, 0));
    assert_false(cm_buffer_append(&buffer, "x", 1));
    cm_buffer_free(&buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grows_and_keeps_what_was_there),
        cmocka_unit_test(refuses_to_pass_its_cap),
        cmocka_unit_test(a_cap_of_zero_takes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
