/* A made model as a file that is complete or absent. */
#include "make.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DONE = 0, NOT_WRITTEN = 1, NO_MEMORY = 2 };

static int fail(char *message, size_t size, const char *path, const char *what, int number)
{
    char reason[128];
    if (strerror_r(number, reason, sizeof reason) != 0)
        snprintf(reason, sizeof reason, "error %d", number);
    snprintf(message, size, "%s: %s: %s", path, what, reason);
    return NOT_WRITTEN;
}

/* Writes and closes. */
static int fill(FILE *stream, const char *arch, uint64_t seed, const char *path, char *message, size_t size)
{
    char inner[256];
    int result = cm_make_write(arch, seed, stream, inner, sizeof inner), number = 0;
    if (result == DONE && (fflush(stream) != 0 || (fsync(fileno(stream)) != 0 && errno != EINVAL && errno != EROFS)))
        number = errno;
    if (fclose(stream) != 0 && result == DONE && !number)
        number = errno;
    if (result != DONE)
        snprintf(message, size, "%s: %s", path, inner);
    return number ? fail(message, size, path, "cannot write", number) : result;
}

/* Devices and pipes cannot be replaced by a file. */
static int write_in_place(const char *arch, uint64_t seed, const char *path, char *message, size_t size)
{
    FILE *stream = fopen(path, "wb");
    return stream ? fill(stream, arch, seed, path, message, size) : fail(message, size, path, "cannot open", errno);
}

/* A new file with the rights that any new file gets; `temporary` ends with XXXXXX and receives its name. */
static FILE *open_new(char *temporary)
{
    int descriptor = mkstemp(temporary);
    if (descriptor < 0)
        return NULL;
    mode_t mask = umask(0);
    umask(mask);
    FILE *stream = fchmod(descriptor, 0666 & ~mask) == 0 ? fdopen(descriptor, "wb") : NULL;
    if (!stream) {
        int number = errno;
        close(descriptor);
        unlink(temporary);
        errno = number;
    }
    return stream;
}

static int write_beside(const char *arch, uint64_t seed, const char *path, char *message, size_t size)
{
    static const char ending[] = ".XXXXXX";
    size_t length = strlen(path);
    char *temporary = malloc(length + sizeof ending);
    if (!temporary) {
        snprintf(message, size, "%s: out of memory", path);
        return NO_MEMORY;
    }
    memcpy(temporary, path, length);
    memcpy(temporary + length, ending, sizeof ending);
    FILE *stream = open_new(temporary);
    int result = stream ? fill(stream, arch, seed, path, message, size) : fail(message, size, path, "cannot create", errno);
    if (stream && result == DONE && rename(temporary, path) != 0)
        result = fail(message, size, path, "cannot rename into place", errno);
    if (stream && result != DONE)
        unlink(temporary);
    free(temporary);
    return result;
}

int cm_make_model(const char *arch, uint64_t seed, const char *path, char *message, size_t message_size)
{
    struct stat about;
    snprintf(message, message_size, "%s", "");
    if (!cm_make_architecture_find(arch)) {
        snprintf(message, message_size, "there is no architecture '%s'", arch);
        return -1;
    }
    if (lstat(path, &about) == 0 && S_ISDIR(about.st_mode))
        return fail(message, message_size, path, "cannot write", EISDIR);
    if (lstat(path, &about) == 0 && !S_ISREG(about.st_mode))
        return write_in_place(arch, seed, path, message, message_size);
    return write_beside(arch, seed, path, message, message_size);
}
