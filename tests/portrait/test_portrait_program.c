/* cameo-portraits as a user types it; $CAMEO_PORTRAITS is the program. */
#define _XOPEN_SOURCE 700 /* nftw */
#include "cmocka_all.h"

#include "cameo.h"
#include "scratch.h"

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/wait.h>

static char folder[512];

/* Exit code of the program with these arguments (as a shell reads them), its output into `folder`/said. */
static int run(const char *arguments)
{
    char command[2048];
    snprintf(command, sizeof command, "cd '%s' && '%s' %s >said 2>&1", folder, getenv("CAMEO_PORTRAITS"), arguments);
    int status = system(command);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* A file of the folder; [capacity] bytes, NUL-terminated. */
static size_t slurp(const char *name, char *text, size_t capacity)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    if (!file)
        return 0;
    size_t size = fread(text, 1, capacity - 1, file);
    text[size] = 0;
    fclose(file);
    return size;
}

static bool said(const char *what)
{
    char text[8192];
    return slurp("said", text, sizeof text) && strstr(text, what);
}

static bool exists(const char *name)
{
    char path[1024];
    struct stat about;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return stat(path, &about) == 0;
}

static void check_picture(const char *name, int width, int height)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    cameo_image *image;
    cameo_error error;
    if (cameo_image_load(&image, path, NULL, &error) != CAMEO_OK)
        fail_msg("%s", error.message);
    cameo_image_view view = cameo_image_pixels(image);
    assert_int_equal(view.width, width);
    assert_int_equal(view.height, height);
    cameo_image_free(image);
}

static int count(const char *text, const char *word)
{
    int found = 0;
    for (const char *at = strstr(text, word); at; at = strstr(at + 1, word))
        found++;
    return found;
}

static void pictures_and_truth_are_written(void **state)
{
    (void)state;
    static char text[65536];
    assert_int_equal(run("-o out --people 2 --pictures 2 --size 96 --seed 9 --group --crops"), 0);
    check_picture("out/person01_01.jpg", 96, 96);
    check_picture("out/person02_02.jpg", 96, 96);
    check_picture("out/group.jpg", 144, 96);
    check_picture("out/crops/person02_01.png", 112, 112);
    assert_false(exists("out/person03_01.jpg"));
    assert_true(slurp("out/truth.json", text, sizeof text) > 0);
    assert_false(exists("out/truth.json.part"));
    assert_int_equal(count(text, "\"file\""), 5);
    assert_int_equal(count(text, "\"landmarks\""), 6);
    assert_int_equal(count(text, "\"person\": 1,"), 3);
    assert_int_equal(count(text, "{") - count(text, "}"), 0);
    assert_int_equal(count(text, "[") - count(text, "]"), 0);
}

static void the_seed_decides(void **state)
{
    (void)state;
    static char first[65536], second[65536], other[65536];
    assert_int_equal(run("-o a --people 1 --pictures 1 --size 64 --seed 5"), 0);
    assert_int_equal(run("-o b --people 1 --pictures 1 --size 64 --seed 5"), 0);
    assert_int_equal(run("-o c --people 1 --pictures 1 --size 64 --seed 6"), 0);
    size_t size = slurp("a/person01_01.jpg", first, sizeof first);
    assert_true(size > 0);
    assert_int_equal(slurp("b/person01_01.jpg", second, sizeof second), size);
    assert_memory_equal(first, second, size);
    size_t other_size = slurp("c/person01_01.jpg", other, sizeof other);
    assert_true(other_size != size || memcmp(first, other, size) != 0);
}

static void wrong_usage_is_explained(void **state)
{
    (void)state;
    static const struct {
        const char *arguments, *words;
    } cases[] = {
        {"", "-o DIR"},
        {"-o", "missing"},
        {"-o x --people", "missing"},
        {"-o x --people 0", "from 1 to 9999"},
        {"-o x --people 3x", "'3x'"},
        {"-o x --pictures 99999", "from 1 to 9999"},
        {"-o x --size 63", "from 64 to 4096"},
        {"-o x --size 4097", "from 64 to 4096"},
        {"-o x --seed -1", "from 0"},
        {"-o x --seed 99999999999999999999", "whole number"},
        {"-o x --size 2731 --group", "2730"},
        {"-o x --frames 3", "'--frames'"},
        {"-o x extra", "'extra'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(run(cases[i].arguments), 2);
        if (!said(cases[i].words))
            fail_msg("'%s' does not say '%s'", cases[i].arguments, cases[i].words);
    }
    assert_false(exists("x"));
    assert_int_equal(run("--help"), 0);
    assert_true(said("--pictures M"));
    assert_int_equal(run("--version"), 0);
    assert_true(said(cameo_version()));
}

static void an_unwritable_place_is_named(void **state)
{
    (void)state;
    char path[1024];
    snprintf(path, sizeof path, "%s/file", folder);
    scratch_write(path, "x", 1);
    assert_int_equal(run("-o file --people 1 --pictures 1 --size 64"), 4);
    assert_true(said("'file/truth.json'"));
    assert_int_equal(run("-o missing/deeper --people 1 --pictures 1 --size 64"), 4);
    assert_true(said("'missing/deeper'"));
}

int main(void)
{
    if (!getenv("CAMEO_PORTRAITS")) {
        puts("SKIP portrait/test_portrait_program: CAMEO_PORTRAITS does not name the program");
        return 77;
    }
    scratch_make(folder, sizeof folder);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pictures_and_truth_are_written),
        cmocka_unit_test(the_seed_decides),
        cmocka_unit_test(wrong_usage_is_explained),
        cmocka_unit_test(an_unwritable_place_is_named),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    scratch_remove(folder);
    return failed;
}
