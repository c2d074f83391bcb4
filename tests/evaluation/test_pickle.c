/* Every form of verification pickle that Python 2, Python 3 and NumPy write, kept in fuzz/corpus/pickle: six pictures of nine bytes, three labels. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pickle_reader.h"

enum { MOST = 8192, PICTURES = 6, PICTURE = 9 };

static size_t read_seed(const char *name, unsigned char bytes[MOST])
{
    char path[1024];
    snprintf(path, sizeof path, "%s/fuzz/corpus/pickle/%s", getenv("CAMEO_SOURCE_DIR"), name);
    FILE *file = fopen(path, "rb");
    if (!file)
        fail_msg("%s is not there", path);
    size_t size = fread(bytes, 1, MOST, file);
    fclose(file);
    return size;
}

static void test_forms(void **state)
{
    (void)state;
    static const char *const names[] = {"bytes_0", "bytes_1", "bytes_2", "bytes_3", "bytes_4", "bytes_5", "bytearrays_0", "bytearrays_1", "bytearrays_2",
                                        "bytearrays_3", "bytearrays_4", "bytearrays_5", "arrays_2", "arrays_3", "arrays_4", "arrays_5", "scalars_2",
                                        "scalars_4", "ints_3", "python2_0", "python2_2"};
    static const unsigned char labels[] = {1, 0, 1};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        unsigned char bytes[MOST];
        char message[256] = "";
        cm_pickle pickle;
        if (cm_pickle_read(&pickle, bytes, read_seed(names[i], bytes), message, sizeof message) != 0)
            fail_msg("%s: %s", names[i], message);
        assert_int_equal(pickle.picture_count, PICTURES);
        assert_int_equal(pickle.same_count, 3);
        assert_memory_equal(pickle.same, labels, 3);
        for (unsigned char k = 0; k < PICTURES; k++) {
            const unsigned char picture[PICTURE] = {0xff, 0xd8, k, 10, 13, 0, 0x80, 0x5c, 39}; /* what protocols escape is among them */
            assert_int_equal(pickle.pictures[k].size, PICTURE);
            assert_memory_equal(pickle.pictures[k].bytes, picture, PICTURE);
        }
        cm_pickle_free(&pickle);
    }
}

static void test_refusals(void **state)
{
    (void)state;
    static const struct {
        const char *name, *says;
    } cases[] = {{"system_0", "posix.system"}, {"system_2", "posix.system"}, {"system_4", "posix.system"}, {"torn", "ends in the middle"},
                 {"odd_count", "5 pictures for 3 pairs"}, {"dictionary", "(0x7d)"}, {"in_itself", "that is no bytes"}, {"memo", "more than it has bytes"},
                 {"marks", "no pair of pictures and labels"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned char bytes[MOST];
        char message[256] = "";
        cm_pickle pickle;
        assert_int_equal(cm_pickle_read(&pickle, bytes, read_seed(cases[i].name, bytes), message, sizeof message), -1);
        if (!strstr(message, cases[i].says))
            fail_msg("%s: %s", cases[i].name, message);
        assert_null(pickle.pictures);
    }
}

/* Every shorter file is refused, and none is read past its end. */
static void test_truncation(void **state)
{
    (void)state;
    unsigned char bytes[MOST];
    char message[256];
    cm_pickle pickle;
    size_t size = read_seed("arrays_2", bytes);
    for (size_t length = 0; length < size; length++) {
        unsigned char *exact = malloc(length + 1);
        assert_non_null(exact);
        memcpy(exact, bytes, length);
        assert_int_equal(cm_pickle_read(&pickle, exact, length, message, sizeof message), -1);
        free(exact);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_truncation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
