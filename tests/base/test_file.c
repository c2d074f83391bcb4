/* labels: threads */
#define _XOPEN_SOURCE 700
#include "cmocka_all.h"

#include "base/file.h"
#include "scratch.h"

#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

static char folder[256];
static char paths[4][512]; /* in turn, so that several can be in use */

static char *in_folder(const char *name)
{
    static int next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static int files_in_folder(void)
{
    DIR *open_folder = opendir(folder);
    int count = 0;
    for (struct dirent *entry; (entry = readdir(open_folder));)
        count += entry->d_name[0] != '.';
    closedir(open_folder);
    return count;
}

static int make_folder(void **state)
{
    (void)state;
    scratch_make(folder, sizeof folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    scratch_remove(folder);
    return 0;
}

static void assert_holds(const char *path, const char *text)
{
    cm_file_map map;
    assert_int_equal(cm_file_map_open(&map, path, 1u << 20, NULL), CAMEO_OK);
    assert_int_equal(map.size, strlen(text));
    assert_memory_equal(map.bytes, text, map.size);
    cm_file_map_close(&map);
}

static void reads_what_is_there(void **state)
{
    (void)state;
    unsigned char *bytes;
    size_t size;
    cameo_error error;
    const char *path = in_folder("read");
    scratch_write(path, "0123456789", 10);
    assert_int_equal(cm_file_read(&bytes, &size, path, 10, NULL), CAMEO_OK);
    assert_int_equal(size, 10);
    assert_memory_equal(bytes, "0123456789", 10);
    free(bytes);
    assert_int_equal(cm_file_read(&bytes, &size, path, 9, &error), CAMEO_ERROR_LIMIT);
    assert_null(bytes);
    scratch_write(path, "", 0);
    assert_int_equal(cm_file_read(&bytes, &size, path, 10, NULL), CAMEO_OK);
    assert_int_equal(size, 0);
    free(bytes);
    assert_int_equal(cm_file_read(&bytes, &size, folder, 10, &error), CAMEO_ERROR_IO);
    assert_int_equal(cm_file_read(&bytes, &size, in_folder("missing"), 10, &error), CAMEO_ERROR_NOT_FOUND);
    assert_null(bytes);
}

/* Another process (here: thread) that shortens and lengthens the file all the time. */
static void *shorten(void *path)
{
    for (int i = 0; i < 400; i++)
        if (truncate(path, i % 2 ? 1 << 20 : 0) != 0)
            return path;
    return NULL;
}

static void a_file_that_shrinks_while_it_is_read_is_read_as_far_as_it_goes(void **state)
{
    (void)state;
    char *path = in_folder("shrinking");
    scratch_write(path, "x", 1);
    pthread_t other;
    void *failed;
    assert_int_equal(pthread_create(&other, NULL, shorten, path), 0);
    for (int i = 0; i < 200; i++) {
        unsigned char *bytes;
        size_t size;
        assert_int_equal(cm_file_read(&bytes, &size, path, 1 << 20, NULL), CAMEO_OK);
        assert_true(size <= 1 << 20);
        free(bytes);
    }
    assert_int_equal(pthread_join(other, &failed), 0);
    assert_null(failed);
}

static void maps_what_is_there(void **state)
{
    (void)state;
    scratch_write(in_folder("a"), "hello", 5);
    assert_holds(in_folder("a"), "hello");
    scratch_write(in_folder("empty"), "", 0);
    assert_holds(in_folder("empty"), "");
}

static void names_what_cannot_be_mapped(void **state)
{
    (void)state;
    cm_file_map map;
    cameo_error error;
    assert_int_equal(cm_file_map_open(&map, in_folder("missing"), 100, &error), CAMEO_ERROR_NOT_FOUND);
    assert_non_null(strstr(error.message, "missing: cannot open: No such file"));
    cm_file_map_close(&map);
    assert_int_equal(cm_file_map_open(&map, folder, 100, &error), CAMEO_ERROR_IO);
    assert_non_null(strstr(error.message, "is a folder"));
    assert_int_equal(cm_file_map_open(&map, "/dev/zero", 100, &error), CAMEO_ERROR_IO);
    assert_non_null(strstr(error.message, "not a regular file"));
    assert_int_equal(mkfifo(in_folder("pipe"), 0600), 0);
    assert_int_equal(cm_file_map_open(&map, in_folder("pipe"), 100, &error), CAMEO_ERROR_IO);
    scratch_write(in_folder("large"), "0123456789", 10);
    assert_int_equal(cm_file_map_open(&map, in_folder("large"), 9, &error), CAMEO_ERROR_LIMIT);
    assert_non_null(strstr(error.message, "has 10 bytes, the limit is 9"));
}

static void writes_and_replaces_whole_files(void **state)
{
    (void)state;
    const char *path = in_folder("out");
    mode_t mask = umask(027);
    assert_int_equal(cm_file_write(path, "first", 5, NULL), CAMEO_OK);
    umask(mask);
    struct stat about;
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0640);
    assert_int_equal(cm_file_write(path, "the second", 10, NULL), CAMEO_OK);
    assert_holds(path, "the second");
    assert_int_equal(cm_file_write(path, NULL, 0, NULL), CAMEO_OK);
    assert_holds(path, "");
    assert_int_equal(files_in_folder(), 1);
}

static void writes_through_links_and_into_devices(void **state)
{
    (void)state;
    scratch_write(in_folder("target"), "old", 3);
    assert_int_equal(symlink("target", in_folder("link")), 0);
    assert_int_equal(cm_file_write(in_folder("link"), "new", 3, NULL), CAMEO_OK);
    assert_holds(in_folder("target"), "new");
    struct stat about;
    assert_int_equal(lstat(in_folder("link"), &about), 0);
    assert_true(S_ISLNK(about.st_mode));
    assert_int_equal(cm_file_write("/dev/null", "gone", 4, NULL), CAMEO_OK);
    assert_int_equal(stat("/dev/null", &about), 0);
    assert_true(S_ISCHR(about.st_mode));
}

static void pieces_replace_whatever_is_there(void **state)
{
    (void)state;
    enum { MANY = 700 }; /* more than go to the system at once */
    static cm_file_piece pieces[MANY];
    static char wanted[2 * MANY + 1];
    for (int i = 0; i < MANY; i++) {
        pieces[i] = (cm_file_piece){i % 3 ? "ab" : "", i % 3 ? 2 : 0};
        strcat(wanted, pieces[i].bytes);
    }
    scratch_write(in_folder("target"), "old", 3);
    assert_int_equal(symlink("target", in_folder("link")), 0);
    assert_int_equal(cm_file_replace(in_folder("link"), pieces, MANY, NULL), CAMEO_OK);
    assert_holds(in_folder("link"), wanted);
    assert_holds(in_folder("target"), "old");
    assert_int_equal(mkfifo(in_folder("pipe"), 0600), 0);
    assert_int_equal(cm_file_replace(in_folder("pipe"), pieces, 2, NULL), CAMEO_OK);
    assert_holds(in_folder("pipe"), "ab");
    assert_int_equal(mkdir(in_folder("folder"), 0700), 0);
    assert_int_equal(cm_file_replace(in_folder("folder"), pieces, 2, NULL), CAMEO_ERROR_IO);
    assert_int_equal(files_in_folder(), 4);
}

/* The signal that comes with going too far would end this program. */
static void a_file_larger_than_allowed_is_not_begun(void **state)
{
    (void)state;
    static char bytes[100000];
    const cm_file_piece pieces[2] = {{bytes, sizeof bytes / 2}, {bytes, sizeof bytes / 2}};
    struct rlimit before, small;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = sizeof bytes - 1;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    cameo_error error;
    cameo_status status = cm_file_replace(in_folder("out"), pieces, 2, &error);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(status, CAMEO_ERROR_IO);
    assert_int_equal(files_in_folder(), 0);
}

static void folders_are_made_with_those_above(void **state)
{
    (void)state;
    struct stat about;
    assert_int_equal(cm_file_make_folder(in_folder("a/b/c"), NULL), CAMEO_OK);
    assert_int_equal(cm_file_make_folder(in_folder("a/b/c"), NULL), CAMEO_OK);
    assert_int_equal(stat(in_folder("a/b/c"), &about), 0);
    assert_true(S_ISDIR(about.st_mode));
    scratch_write(in_folder("a/file"), "x", 1);
    cameo_error error;
    assert_int_equal(cm_file_make_folder(in_folder("a/file/b"), &error), CAMEO_ERROR_IO);
    assert_non_null(strstr(error.message, "a/file: cannot make this folder"));
}

static void a_map_that_rests_comes_back(void **state)
{
    (void)state;
    static char bytes[5 * 4096];
    memset(bytes, 'x', sizeof bytes);
    scratch_write(in_folder("rest"), bytes, sizeof bytes);
    cm_file_map map;
    assert_int_equal(cm_file_map_open(&map, in_folder("rest"), 1u << 20, NULL), CAMEO_OK);
    cm_file_map_expect(&map);
    assert_memory_equal(map.bytes, bytes, sizeof bytes);
    cm_file_map_rest(&map, map.bytes + 100, sizeof bytes - 200);
    cm_file_map_rest(&map, map.bytes + 4096, sizeof bytes); /* not all of it lies in the map */
    cm_file_map_rest(&map, bytes, sizeof bytes);            /* nor does this: it must not be lost */
    assert_memory_equal(map.bytes, bytes, sizeof bytes);
    assert_true(bytes[0] == 'x' && bytes[sizeof bytes - 1] == 'x');
    cm_file_map_close(&map);
}

static void a_change_changes_the_stamp(void **state)
{
    (void)state;
    cm_file_map maps[3];
    scratch_write(in_folder("stamped"), "one", 3);
    assert_int_equal(cm_file_map_open(&maps[0], in_folder("stamped"), 100, NULL), CAMEO_OK);
    assert_int_equal(cm_file_map_open(&maps[1], in_folder("stamped"), 100, NULL), CAMEO_OK);
    scratch_write(in_folder("other"), "one", 3);
    assert_int_equal(rename(in_folder("other"), in_folder("stamped")), 0);
    assert_int_equal(cm_file_map_open(&maps[2], in_folder("stamped"), 100, NULL), CAMEO_OK);
    assert_memory_equal(&maps[0].stamp, &maps[1].stamp, sizeof maps[0].stamp);
    assert_true(memcmp(&maps[0].stamp, &maps[2].stamp, sizeof maps[0].stamp) != 0);
    for (int i = 0; i < 3; i++)
        cm_file_map_close(&maps[i]);
}

static void a_full_disk_is_an_error(void **state)
{
    (void)state;
    cameo_error error;
    assert_int_equal(cm_file_write("/dev/full", "text", 4, &error), CAMEO_ERROR_IO);
    assert_string_equal(error.message, "/dev/full: cannot write: No space left on device");
}

/* The same for a regular file: a limit on the file size fails the write half way, as a disk that fills up does. */
static void a_write_that_fails_half_way_leaves_the_old_file(void **state)
{
    (void)state;
    const char *path = in_folder("kept");
    scratch_write(path, "old", 3);
    static char bytes[100000];
    struct rlimit before, small;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 50000;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    void (*old_handler)(int) = signal(SIGXFSZ, SIG_IGN);
    cameo_error error;
    cameo_status status = cm_file_write(path, bytes, sizeof bytes, &error);
    cameo_status new_status = cm_file_write(in_folder("fresh"), bytes, sizeof bytes, &error);
    setrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, old_handler);
    assert_int_equal(status, CAMEO_ERROR_IO);
    assert_int_equal(new_status, CAMEO_ERROR_IO);
    assert_non_null(strstr(error.message, "fresh: cannot write: File too large"));
    assert_holds(path, "old");
    assert_int_equal(files_in_folder(), 1);
}

static void places_that_cannot_be_written_are_named(void **state)
{
    (void)state;
    cameo_error error;
    assert_int_equal(cm_file_write(in_folder("no/such/folder"), "x", 1, &error), CAMEO_ERROR_NOT_FOUND);
    assert_non_null(strstr(error.message, "no/such/folder: cannot create: No such file or directory"));
    assert_int_equal(cm_file_write(folder, "x", 1, &error), CAMEO_ERROR_IO);
    assert_non_null(strstr(error.message, "is a folder"));
    if (geteuid() == 0)
        return; /* root may write everywhere */
    assert_int_equal(mkdir(in_folder("locked"), 0500), 0);
    assert_int_equal(cm_file_write(in_folder("locked/out"), "x", 1, &error), CAMEO_ERROR_IO);
    assert_non_null(strstr(error.message, "Permission denied"));
}

static void *write_often(void *text)
{
    char path[512];
    snprintf(path, sizeof path, "%s/shared", folder);
    for (int i = 0; i < 50; i++)
        if (cm_file_write(path, text, strlen(text), NULL) != CAMEO_OK)
            return NULL;
    return text;
}

static void threads_may_write_the_same_file(void **state)
{
    (void)state;
    static char texts[2][20] = {"aaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbb"};
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_often, texts[i]), 0);
    for (int i = 0; i < 2; i++) {
        void *result;
        pthread_join(threads[i], &result);
        assert_ptr_equal(result, texts[i]);
    }
    cm_file_map map;
    assert_int_equal(cm_file_map_open(&map, in_folder("shared"), 100, NULL), CAMEO_OK);
    assert_int_equal(map.size, 15);
    assert_true(memcmp(map.bytes, texts[0], 15) == 0 || memcmp(map.bytes, texts[1], 15) == 0);
    cm_file_map_close(&map);
    assert_int_equal(files_in_folder(), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reads_what_is_there, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_file_that_shrinks_while_it_is_read_is_read_as_far_as_it_goes, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(maps_what_is_there, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(names_what_cannot_be_mapped, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(writes_and_replaces_whole_files, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(writes_through_links_and_into_devices, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(pieces_replace_whatever_is_there, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_file_larger_than_allowed_is_not_begun, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(folders_are_made_with_those_above, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_map_that_rests_comes_back, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_change_changes_the_stamp, make_folder, remove_folder),
        cmocka_unit_test(a_full_disk_is_an_error),
        cmocka_unit_test_setup_teardown(a_write_that_fails_half_way_leaves_the_old_file, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(places_that_cannot_be_written_are_named, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(threads_may_write_the_same_file, make_folder, remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
