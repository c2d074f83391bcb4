/* The file of packed weights: what is read back, and that nothing damaged or foreign is. */
#include "cmocka_all.h"

#include "base/checksum.h"
#include "run/packed_file.h"

#include <stdlib.h>
#include <string.h>

enum { LAYERS = 3, BYTES = 4 * CM_PACKED_PAGE, HEAD = 64 + LAYERS * 64 };

static const cm_packed_identity identity = {.model = 0x123456789abcdef0u, .packing = 5};
static const size_t block_bytes[LAYERS] = {640, CM_PACKED_PAGE, 64};
static _Alignas(64) unsigned char blocks[LAYERS][CM_PACKED_PAGE];
static _Alignas(64) unsigned char bytes[BYTES];

static cm_packed layer(int index)
{
    return (cm_packed){.key = {.source = 10 + index,
                               .spatial = index,
                               .layout = {.form = (cm_weight_form)index, .nr = 16, .edge = 2 * index, .half = index == 1},
                               .content = 77u * (uint64_t)index},
                       .block = blocks[index],
                       .bytes = block_bytes[index]};
}

/* A whole file into `bytes`. */
static void write_file(void)
{
    cm_packed_entry entries[LAYERS];
    size_t size;
    for (int i = 0; i < LAYERS; i++) {
        for (size_t j = 0; j < block_bytes[i]; j++)
            blocks[i][j] = (unsigned char)(j * 13 + (size_t)i);
        cm_packed packed = layer(i);
        entries[i] = cm_packed_file_entry(&packed);
    }
    void *head = cm_packed_file_head(entries, LAYERS, &identity, &size);
    assert_non_null(head);
    assert_int_equal(size, CM_PACKED_PAGE);
    memset(bytes, 0, sizeof bytes);
    memcpy(bytes, head, size);
    free(head);
    for (int i = 0; i < LAYERS; i++)
        memcpy(bytes + entries[i].offset, blocks[i], block_bytes[i]);
}

static const void *find(const cm_packed_file *file, const cm_packed *packed)
{
    const cm_packed_entry *entry = cm_packed_file_find(file, &packed->key, packed->bytes);
    return entry ? cm_packed_file_block(file, entry) : NULL;
}

static void what_is_written_is_found(void **state)
{
    (void)state;
    cm_packed_file file;
    write_file();
    assert_true(cm_packed_file_read(&file, bytes, sizeof bytes, &identity));
    for (int i = 0; i < LAYERS; i++) {
        cm_packed packed = layer(i);
        const unsigned char *block = find(&file, &packed);
        assert_non_null(block);
        assert_int_equal((block - bytes) % CM_PACKED_PAGE, 0);
        assert_memory_equal(block, blocks[i], block_bytes[i]);
    }
}

/* Each part of a key by itself makes another layer, and so does another size. */
static void other_keys_are_not_found(void **state)
{
    (void)state;
    cm_packed_file file;
    write_file();
    assert_true(cm_packed_file_read(&file, bytes, sizeof bytes, &identity));
    for (int change = 0; change < 8; change++) {
        cm_packed packed = layer(1);
        packed.key.source += change == 0;
        packed.key.spatial += change == 1;
        packed.key.layout.form = change == 2 ? CM_WEIGHTS_DEPTHWISE : packed.key.layout.form;
        packed.key.layout.nr += change == 3;
        packed.key.layout.edge += change == 4;
        packed.key.layout.half = packed.key.layout.half != (change == 5);
        packed.key.content ^= change == 6 ? (uint64_t)1 << 40 : 0;
        packed.bytes += change == 7;
        assert_null(find(&file, &packed));
    }
}

static void other_files_are_refused(void **state)
{
    (void)state;
    cm_packed_file file;
    write_file();
    const cm_packed_identity others[] = {{.model = identity.model + 1, .packing = identity.packing},
                                         {.model = identity.model, .packing = identity.packing + 1}};
    for (int i = 0; i < 2; i++) {
        assert_false(cm_packed_file_read(&file, bytes, sizeof bytes, &others[i]));
        assert_int_equal(file.count, 0);
    }
}

/* A byte changed in header or entries: the file is refused. In a layer: that layer is. Between: nothing is lost. */
static void no_byte_can_change_unnoticed(void **state)
{
    (void)state;
    cm_packed_file file;
    for (size_t at = 0; at < BYTES; at += at < CM_PACKED_PAGE ? 1 : 37) {
        write_file();
        bytes[at] ^= (unsigned char)(1u << at % 8);
        bool good = cm_packed_file_read(&file, bytes, sizeof bytes, &identity);
        assert_int_equal(good, at >= HEAD);
        for (int i = 0; good && i < LAYERS; i++) {
            cm_packed packed = layer(i);
            size_t offset = (size_t)(i + 1) * CM_PACKED_PAGE;
            bool hit = at >= offset && at < offset + block_bytes[i];
            assert_int_equal(find(&file, &packed) != NULL, !hit);
        }
    }
}

static void no_shorter_file_is_taken(void **state)
{
    (void)state;
    cm_packed_file file;
    write_file();
    for (size_t size = 0; size < BYTES; size++) {
        /* A copy of its own, so that AddressSanitizer sees a read past the end. */
        if (size > HEAD + 2 && size % 97)
            continue;
        void *cut;
        assert_int_equal(posix_memalign(&cut, CM_ALIGNMENT, size ? size : 1), 0);
        memcpy(cut, bytes, size);
        assert_false(cm_packed_file_read(&file, cut, size, &identity));
        free(cut);
    }
}

/* Places outside the file, with a checksum that agrees. */
static void places_are_checked_not_believed(void **state)
{
    (void)state;
    static const uint64_t places[][2] = {{BYTES, 1},         {BYTES + CM_PACKED_PAGE, 0}, {CM_PACKED_PAGE, BYTES},
                                         {CM_PACKED_PAGE, UINT64_MAX - 100}, {(uint64_t)0 - CM_PACKED_PAGE, 2 * CM_PACKED_PAGE},
                                         {CM_PACKED_PAGE + 64, 64}, {0, UINT64_MAX}};
    cm_packed_file file;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        write_file();
        cm_packed_entry *entries = (cm_packed_entry *)(void *)(bytes + 64);
        entries[1].offset = places[i][0];
        entries[1].bytes = places[i][1];
        assert_true(cm_packed_file_seal(bytes, sizeof bytes));
        assert_false(cm_packed_file_read(&file, bytes, sizeof bytes, &identity));
    }
    write_file();
    assert_true(cm_packed_file_seal(bytes, sizeof bytes));
    assert_true(cm_packed_file_read(&file, bytes, sizeof bytes, &identity));
}

static void an_empty_list_is_a_file_too(void **state)
{
    (void)state;
    size_t size;
    cm_packed_file file;
    void *head = cm_packed_file_head(NULL, 0, &identity, &size);
    assert_non_null(head);
    assert_true(cm_packed_file_read(&file, head, size, &identity));
    assert_int_equal(file.count, 0);
    free(head);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_found),     cmocka_unit_test(other_keys_are_not_found),
        cmocka_unit_test(other_files_are_refused),      cmocka_unit_test(no_byte_can_change_unnoticed),
        cmocka_unit_test(no_shorter_file_is_taken),     cmocka_unit_test(places_are_checked_not_believed),
        cmocka_unit_test(an_empty_list_is_a_file_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
