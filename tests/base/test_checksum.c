#include "cmocka_all.h"

#include "base/checksum.h"

#include <string.h>

enum { MOST = 300 };

/* The values stand in files: another method needs another name or version there. */
static void the_values_stay(void **state)
{
    (void)state;
    unsigned char bytes[MOST];
    for (int i = 0; i < MOST; i++)
        bytes[i] = (unsigned char)(i * 7);
    assert_int_equal(cm_checksum(bytes, 0), 0xd9f493be5d7eea07u);
    assert_int_equal(cm_checksum(bytes, 3), 0x860aa8aa8e7f8be2u);
    assert_int_equal(cm_checksum(bytes, 64), 0x07d51c43a8edf70du);
    assert_int_equal(cm_checksum(bytes, MOST), 0x1fcd47c1884b2530u);
}

static void every_bit_and_every_length_counts(void **state)
{
    (void)state;
    unsigned char bytes[MOST] = {0};
    for (size_t size = 1; size <= MOST; size += size < 140 ? 1 : 31) {
        uint64_t whole = cm_checksum(bytes, size);
        assert_true(cm_checksum(bytes, size - 1) != whole);
        for (size_t bit = 0; bit < 8 * size; bit++) {
            bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
            assert_true(cm_checksum(bytes, size) != whole);
            bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
        }
    }
}

/* Bits at the top of two words of one chain, which a plain product would let cancel each other. */
static void two_changes_do_not_cancel(void **state)
{
    (void)state;
    unsigned char bytes[1024] = {0};
    const uint64_t whole = cm_checksum(bytes, sizeof bytes);
    for (size_t first = 7; first < sizeof bytes; first += 8)
        for (size_t second = first + 8; second < sizeof bytes; second += 8) {
            bytes[first] ^= 0x80;
            bytes[second] ^= 0x80;
            assert_true(cm_checksum(bytes, sizeof bytes) != whole);
            bytes[first] ^= 0x80;
            bytes[second] ^= 0x80;
        }
}

static void the_place_in_memory_does_not_count(void **state)
{
    (void)state;
    unsigned char bytes[MOST], moved[MOST + 8];
    for (int i = 0; i < MOST; i++)
        bytes[i] = (unsigned char)(i * 11);
    for (size_t shift = 0; shift < 8; shift++) {
        memcpy(moved + shift, bytes, MOST);
        assert_int_equal(cm_checksum(moved + shift, MOST), cm_checksum(bytes, MOST));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_values_stay),           cmocka_unit_test(every_bit_and_every_length_counts),
        cmocka_unit_test(two_changes_do_not_cancel), cmocka_unit_test(the_place_in_memory_does_not_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
