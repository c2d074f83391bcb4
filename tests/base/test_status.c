#include "cmocka_all.h"

#include "base/status.h"

#include <string.h>

static void every_status_has_its_own_text(void **state)
{
    (void)state;
    static const cameo_status all[] = {
#define LISTED(name, value, text) name,
        CAMEO_STATUS_LIST(LISTED)
#undef LISTED
    };
    enum { COUNT = sizeof all / sizeof all[0] };
    for (size_t i = 0; i < COUNT; i++) {
        assert_string_not_equal(cameo_status_text(all[i]), "unknown status");
        assert_true(all[i] == CAMEO_OK || all[i] < 0);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(cameo_status_text(all[i]), cameo_status_text(all[j]));
    }
    assert_string_equal(cameo_status_text((cameo_status)-1000), "unknown status");
}

static void a_failure_is_one_printable_line(void **state)
{
    (void)state;
    cameo_error error;
    assert_int_equal(cm_fail(&error, CAMEO_ERROR_FORMAT, "%s: node \"%s\"", "a.onnx", "x\n\x1b[31m\x7f"), CAMEO_ERROR_FORMAT);
    assert_int_equal(error.status, CAMEO_ERROR_FORMAT);
    assert_string_equal(error.message, "a.onnx: node \"x??[31m?\"");
    assert_int_equal(cm_fail(NULL, CAMEO_ERROR_IO, "nobody listens"), CAMEO_ERROR_IO);
}

static void long_sentences_are_cut_not_overrun(void **state)
{
    (void)state;
    char text[4000];
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    cameo_error error;
    cm_fail(&error, CAMEO_ERROR_IO, "%s", text);
    assert_int_equal(strlen(error.message), sizeof error.message - 1);
    assert_int_equal(cm_fail_prefix(&error, CAMEO_ERROR_MEMORY, "%s", text), CAMEO_ERROR_IO);
    assert_int_equal(strlen(error.message), sizeof error.message - 1);
}

static void a_prefix_goes_before_the_sentence(void **state)
{
    (void)state;
    cameo_error error;
    cm_fail(&error, CAMEO_ERROR_LIMIT, "too large");
    assert_int_equal(cm_fail_prefix(&error, CAMEO_ERROR_MEMORY, "picture %d", 7), CAMEO_ERROR_LIMIT);
    assert_string_equal(error.message, "picture 7: too large");
    assert_int_equal(cm_fail_prefix(NULL, CAMEO_ERROR_MEMORY, "picture"), CAMEO_ERROR_MEMORY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_status_has_its_own_text),
        cmocka_unit_test(a_failure_is_one_printable_line),
        cmocka_unit_test(long_sentences_are_cut_not_overrun),
        cmocka_unit_test(a_prefix_goes_before_the_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
