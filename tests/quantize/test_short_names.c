/* Names are given once, in order of length, and none that the model has, wherever in a node it stands. */
#include "cmocka_all.h"

#include "quantize/short_names.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static cm_text text_of(const char *text)
{
    return (cm_text){(const unsigned char *)text, strlen(text)};
}

static void all_differ(void **state)
{
    (void)state;
    static cm_short_names names;
    cm_arena arena;
    cm_arena_init(&arena, 0);
    cm_short_names_init(&names, &(cm_model_parts){0});
    bool *seen = calloc(1 << 24, sizeof *seen);
    assert_non_null(seen);
    size_t length = 1;
    for (int i = 0; i < CM_SHORT_NAMES; i++) {
        const char *name = cm_short_name(&names, &arena);
        assert_non_null(name);
        assert_true(strlen(name) >= length && strlen(name) <= CM_SHORT_LENGTH);
        length = strlen(name);
        unsigned number = 0;
        for (size_t k = 0; k < length; k++)
            number = number << 8 | (unsigned char)name[k];
        assert_false(seen[number]);
        seen[number] = true;
        assert_false(name[0] >= '0' && name[0] <= '9');
    }
    assert_null(cm_short_name(&names, &arena)); /* there are no more */
    free(seen);
    cm_arena_free(&arena);
}

static void the_models_own_are_left_out(void **state)
{
    (void)state;
    static cm_short_names names;
    cm_onnx_definition values[] = {{.name = text_of("a")}, {.name = text_of("ab")}, {.name = text_of("abcd")}, {.name = text_of("0")}, {.name = text_of("")}};
    /* An input "c", and a graph within the node that has a "d9x". */
    cm_part nodes[] = {{.message = text_of("\x0a\x01" "c" "\x2a\x09\x32\x07\x0a\x05\x12\x03" "d9x")}, {.message = text_of("\x03" "e1")}};
    const cm_model_parts parts = {.names = values, .name_count = 5, .nodes = nodes, .node_count = 2};
    cm_arena arena;
    cm_arena_init(&arena, 0);
    cm_short_names_init(&names, &parts);
    int count = 0;
    for (const char *name; (name = cm_short_name(&names, &arena)); count++)
        assert_false(strcmp(name, "a") == 0 || strcmp(name, "ab") == 0 || strcmp(name, "c") == 0 || strcmp(name, "d9x") == 0);
    assert_int_equal(count, CM_SHORT_NAMES - 4);
    cm_arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(all_differ), cmocka_unit_test(the_models_own_are_left_out)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
