/* Lengths and cosines, and the table of known models. */
#include "cmocka_all.h"

#include "cameo.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void lengths_and_cosines(void **state)
{
    (void)state;
    float a[4] = {3, 0, 4, 0};
    const float b[4] = {0, 2, 0, 0}, zero[4] = {0};
    assert_true(cameo_embedding_norm(a, 4) == 5.0f);
    assert_true(cameo_similarity(a, b, 4) == 0.0f);
    assert_true(cameo_similarity(a, a, 4) == 1.0f);
    assert_true(cameo_similarity(a, zero, 4) == 0.0f);
    assert_true(cameo_embedding_normalize(a, 4) == 5.0f);
    assert_true(fabsf(a[0] - 0.6f) < 1e-7f && fabsf(a[2] - 0.8f) < 1e-7f);
    float nothing[2] = {0, 0};
    assert_true(cameo_embedding_normalize(nothing, 2) == 0.0f && nothing[0] == 0.0f);
}

/* Squares of these do not fit float32, their sums do not either. */
static void large_values_do_not_overflow(void **state)
{
    (void)state;
    const float a[2] = {3e30f, 4e30f}, b[2] = {-3e30f, -4e30f};
    assert_true(fabsf(cameo_embedding_norm(a, 2) / 5e30f - 1) < 1e-6f);
    assert_true(cameo_similarity(a, b, 2) == -1.0f);
}

static void known_models_are_found_by_hash(void **state)
{
    (void)state;
    size_t count;
    const cameo_known_model *models = cameo_known_models(&count);
    assert_true(count > 10);
    for (size_t i = 0; i < count; i++) {
        assert_non_null(models[i].name);
        assert_non_null(models[i].role);
        assert_non_null(models[i].license);
        if (!models[i].sha256)
            continue;
        assert_int_equal(strlen(models[i].sha256), 64);
        assert_int_equal(strspn(models[i].sha256, "0123456789abcdef"), 64);
        assert_string_equal(cameo_known_model_by_sha256(models[i].sha256)->sha256, models[i].sha256);
    }
    const cameo_known_model *r50 =
        cameo_known_model_by_sha256("4C06341C33C2CA1F86781DAB0E829F88AD5B64BE9FBA56E56BC9EBDEFC619E43");
    assert_non_null(r50);
    assert_string_equal(r50->name, "w600k_r50.onnx");
    assert_int_equal(r50->commercial_use, 0);
    /* Of AuraFace's hash only the beginning is known. */
    const cameo_known_model *aura =
        cameo_known_model_by_sha256("a7933ea500000000000000000000000000000000000000000000000000000000");
    assert_non_null(aura);
    assert_int_equal(aura->commercial_use, 1);
    assert_null(cameo_known_model_by_sha256("0000000000000000000000000000000000000000000000000000000000000000"));
    assert_null(cameo_known_model_by_sha256("4c06341c"));
    assert_null(cameo_known_model_by_sha256(NULL));
}

static void version_is_the_header_s(void **state)
{
    (void)state;
    char version[32];
    snprintf(version, sizeof version, "%d.%d.%d", CAMEO_VERSION_MAJOR, CAMEO_VERSION_MINOR, CAMEO_VERSION_PATCH);
    assert_string_equal(cameo_version(), version);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lengths_and_cosines),
        cmocka_unit_test(large_values_do_not_overflow),
        cmocka_unit_test(known_models_are_found_by_hash),
        cmocka_unit_test(version_is_the_header_s),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
