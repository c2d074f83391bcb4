#define _XOPEN_SOURCE 700 /* realpath */
#define _DEFAULT_SOURCE   /* madvise */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static const char *reason(int number, char *text, size_t size)
{
    /* strerror is not thread-safe; the XSI strerror_r is. */
    if (strerror_r(number, text, size) != 0)
        snprintf(text, size, "error %d", number);
    return text;
}

static cameo_status fail_errno(cameo_error *error, const char *path, const char *what)
{
    int number = errno;
    char text[128];
    cameo_status status = number == ENOENT || number == ENOTDIR ? CAMEO_ERROR_NOT_FOUND : number == ENOMEM ? CAMEO_ERROR_MEMORY : CAMEO_ERROR_IO;
    return cm_fail(error, status, "%s: %s: %s", path, what, reason(number, text, sizeof text));
}

static cm_file_stamp stamp_of(const struct stat *about)
{
    return (cm_file_stamp){.device = (uint64_t)about->st_dev,
                           .inode = (uint64_t)about->st_ino,
                           .size = (uint64_t)about->st_size,
                           .modified = {about->st_mtim.tv_sec, about->st_mtim.tv_nsec},
                           .changed = {about->st_ctim.tv_sec, about->st_ctim.tv_nsec}};
}

static cameo_status check_regular(int descriptor, struct stat *about, const char *path, uint64_t max_bytes, cameo_error *error)
{
    if (fstat(descriptor, about) != 0)
        return fail_errno(error, path, "cannot read");
    if (S_ISDIR(about->st_mode))
        return cm_fail(error, CAMEO_ERROR_IO, "%s: is a folder, a file is needed", path);
    if (!S_ISREG(about->st_mode))
        return cm_fail(error, CAMEO_ERROR_IO, "%s: is not a regular file", path);
    if ((uint64_t)about->st_size > max_bytes)
        return cm_fail(error, CAMEO_ERROR_LIMIT, "%s: has %llu bytes, the limit is %llu", path,
                       (unsigned long long)about->st_size, (unsigned long long)max_bytes);
    return CAMEO_OK;
}

/* The descriptor of a regular file that is not too large, to be closed. */
static cameo_status open_regular(int *descriptor, struct stat *about, const char *path, uint64_t max_bytes, cameo_error *error)
{
    /* O_NONBLOCK: opening a FIFO must not wait for a writer that never comes. */
    *descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (*descriptor < 0)
        return fail_errno(error, path, "cannot open");
    cameo_status status = check_regular(*descriptor, about, path, max_bytes, error);
    if (status != CAMEO_OK)
        close(*descriptor);
    return status;
}

cameo_status cm_file_map_open(cm_file_map *map, const char *path, uint64_t max_bytes, cameo_error *error)
{
    *map = (cm_file_map){.bytes = (const unsigned char *)""};
    struct stat about;
    int descriptor;
    cameo_status status = open_regular(&descriptor, &about, path, max_bytes, error);
    if (status != CAMEO_OK)
        return status;
    if (about.st_size > 0) {
        void *address = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_PRIVATE, descriptor, 0);
        if (address == MAP_FAILED)
            status = fail_errno(error, path, "cannot map");
        else
            *map = (cm_file_map){.bytes = address, .size = (size_t)about.st_size, .mapped = 1};
    }
    if (status == CAMEO_OK)
        map->stamp = stamp_of(&about);
    close(descriptor);
    return status;
}

void cm_file_map_close(cm_file_map *map)
{
    if (map->mapped)
        munmap((void *)(uintptr_t)map->bytes, map->size);
    *map = (cm_file_map){.bytes = (const unsigned char *)""};
}

/* As many bytes as are there, up to [size]; -1 with errno. */
static ssize_t read_whole(int descriptor, unsigned char *bytes, size_t size)
{
    size_t done = 0;
    while (done < size) {
        ssize_t got = read(descriptor, bytes + done, size - done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        done += (size_t)got;
    }
    return (ssize_t)done;
}

cameo_status cm_file_read(unsigned char **bytes, size_t *size, const char *path, uint64_t max_bytes, cameo_error *error)
{
    struct stat about;
    int descriptor;
    *bytes = NULL;
    cameo_status status = open_regular(&descriptor, &about, path, max_bytes, error);
    if (status != CAMEO_OK)
        return status;
    unsigned char *content = malloc(about.st_size ? (size_t)about.st_size : 1);
    ssize_t got = content ? read_whole(descriptor, content, (size_t)about.st_size) : 0;
    if (!content)
        status = cm_fail(error, CAMEO_ERROR_MEMORY, "%s: no memory for its %llu bytes", path, (unsigned long long)about.st_size);
    else if (got < 0)
        status = fail_errno(error, path, "cannot read");
    close(descriptor);
    if (status != CAMEO_OK) {
        free(content);
        return status;
    }
    *bytes = content;
    *size = (size_t)got;
    return CAMEO_OK;
}

void cm_file_map_expect(const cm_file_map *map)
{
    if (map->mapped)
        (void)madvise((void *)(uintptr_t)map->bytes, map->size, MADV_WILLNEED);
}

void cm_file_map_rest(const cm_file_map *map, const void *bytes, size_t size)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), start = (uintptr_t)map->bytes, from = (uintptr_t)bytes;
    if (!map->mapped || from < start || from - start > map->size || size > map->size - (from - start))
        return;
    /* Whole pages within: what shares a page with others may be in use. */
    uintptr_t first = (from + page - 1) / page * page, end = (from + size) / page * page;
    if (first < end)
        (void)madvise((void *)first, end - first, MADV_DONTNEED);
}

/* Pieces go to the system together, as many as it takes: from few large writes it makes large pages of the file's memory. */
enum { PIECES_AT_ONCE = 256 };

static int write_all(int descriptor, const cm_file_piece *pieces, int count)
{
    size_t done = 0; /* of the first piece */
    while (count > 0) {
        struct iovec vectors[PIECES_AT_ONCE];
        int used = count < PIECES_AT_ONCE ? count : PIECES_AT_ONCE;
        for (int i = 0; i < used; i++) {
            size_t skipped = i == 0 ? done : 0;
            /* As a number: an empty piece may be NULL. */
            vectors[i] = (struct iovec){.iov_base = (void *)((uintptr_t)pieces[i].bytes + skipped), .iov_len = pieces[i].size - skipped};
        }
        ssize_t written = writev(descriptor, vectors, used);
        if (written < 0 && errno != EINTR)
            return -1;
        for (done += written < 0 ? 0 : (size_t)written; count > 0 && done >= pieces->size; count--, pieces++)
            done -= pieces->size;
    }
    return 0;
}

/* Writes and closes; the descriptor is gone afterwards, errno tells of the first failure. */
static int write_and_close(int descriptor, const cm_file_piece *pieces, int count, int sync)
{
    int failed = write_all(descriptor, pieces, count) != 0 || (sync && fsync(descriptor) != 0);
    int number = errno;
    if (close(descriptor) != 0 && !failed) {
        failed = 1;
        number = errno;
    }
    errno = number;
    return failed ? -1 : 0;
}

/* Creates a file that was not there before, named `path` and an ending: `name` has room for NAME_ENDING bytes more than the path. O_EXCL and not
 * mkstemp, because only so the new file gets the permissions that the process's umask leaves. */
enum { NAME_ENDING = 48, NAME_ATTEMPTS = 10000 };

static int create_beside(const char *path, char *name, size_t size)
{
    for (int i = 0; i < NAME_ATTEMPTS; i++) {
        snprintf(name, size, "%s.%ld-%d.part", path, (long)getpid(), i);
        int descriptor = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (descriptor >= 0 || errno != EEXIST)
            return descriptor;
    }
    return -1;
}

static cameo_status replace_file(const char *path, const cm_file_piece *pieces, int count, int sync, cameo_error *error)
{
    size_t length = strlen(path) + NAME_ENDING;
    char *name = malloc(length);
    if (!name)
        return cm_fail(error, CAMEO_ERROR_MEMORY, "%s: out of memory", path);
    cameo_status status = CAMEO_OK;
    int descriptor = create_beside(path, name, length);
    if (descriptor < 0) {
        status = fail_errno(error, path, "cannot create");
    } else {
        if (write_and_close(descriptor, pieces, count, sync) != 0)
            status = fail_errno(error, path, "cannot write");
        else if (rename(name, path) != 0)
            status = fail_errno(error, path, "cannot rename into place");
        if (status != CAMEO_OK)
            unlink(name);
    }
    free(name);
    return status;
}

cameo_status cm_file_write(const char *path, const void *bytes, size_t size, cameo_error *error)
{
    struct stat about;
    const cm_file_piece piece = {bytes, size};
    if (stat(path, &about) != 0)
        return replace_file(path, &piece, 1, 1, error);
    if (S_ISDIR(about.st_mode))
        return cm_fail(error, CAMEO_ERROR_IO, "%s: is a folder, cannot be written as a file", path);
    if (S_ISREG(about.st_mode)) {
        /* Through a symbolic link, not over it. */
        char *real = realpath(path, NULL);
        cameo_status status = real ? replace_file(real, &piece, 1, 1, error) : fail_errno(error, path, "cannot resolve");
        free(real);
        return status;
    }
    /* A device or a pipe is written into: it must not be replaced by a file. */
    int descriptor = open(path, O_WRONLY | O_CLOEXEC);
    if (descriptor < 0)
        return fail_errno(error, path, "cannot open for writing");
    return write_and_close(descriptor, &piece, 1, 0) == 0 ? CAMEO_OK : fail_errno(error, path, "cannot write");
}

/* Going beyond what RLIMIT_FSIZE allows brings a signal that ends the process. */
static int is_allowed(const cm_file_piece *pieces, int count)
{
    struct rlimit limit;
    size_t size = 0;
    for (int i = 0; i < count; i++)
        size += pieces[i].size;
    return getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY || size <= limit.rlim_cur;
}

cameo_status cm_file_replace(const char *path, const cm_file_piece *pieces, int count, cameo_error *error)
{
    if (!is_allowed(pieces, count))
        return cm_fail(error, CAMEO_ERROR_IO, "%s: cannot write: larger than this process's files may be", path);
    return replace_file(path, pieces, count, 0, error);
}

cameo_status cm_file_make_folder(const char *path, cameo_error *error)
{
    char *copy = strdup(path);
    if (!copy)
        return cm_fail(error, CAMEO_ERROR_MEMORY, "%s: out of memory", path);
    cameo_status status = CAMEO_OK;
    for (char *slash = copy; status == CAMEO_OK && slash;) {
        slash = strchr(slash + 1, '/');
        if (slash)
            *slash = '\0';
        struct stat about;
        if (mkdir(copy, 0700) != 0 && (stat(copy, &about) != 0 || !S_ISDIR(about.st_mode)))
            status = fail_errno(error, copy, "cannot make this folder");
        if (slash)
            *slash = '/';
    }
    free(copy);
    return status;
}
