/* rooms: base program: unpack zip_end dynamic interrupt progress lookup_format */
/* A zip file as a model pack: whatever it says, only regular files come out, into the folder that was meant, and no more bytes than are allowed. */
#include "report.h"
#include "unpack.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_ENTRIES = 256, MOST_GROWTH = 100, FREE_GROWTH = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char root[64], zip[80], folder[80];

/* What is wrong with the input is not said: it is wrong most of the time. */
int cm_report(int exit_code, const char *format, ...)
{
    (void)format;
    return exit_code;
}

static void remove_root(void)
{
    unlink(zip);
    rmdir(folder);
    rmdir(root);
}

static void make_root(void)
{
    const char *memory = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(root, sizeof root, "%s/cameo-unpack-XXXXXX", memory);
    if (!mkdtemp(root))
        abort();
    snprintf(zip, sizeof zip, "%s/zip", root);
    snprintf(folder, sizeof folder, "%s/out", root);
    if (mkdir(folder, 0700) != 0)
        abort();
    atexit(remove_root);
}

/* How many entries besides "." and ".." a folder has; *bytes: of the files in it, which are removed if `clear`. */
static int look(const char *path, int clear, uint64_t *bytes)
{
    DIR *stream = opendir(path);
    int count = 0;
    if (!stream)
        abort();
    for (struct dirent *entry; (entry = readdir(stream)) != NULL;) {
        struct stat about;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        count++;
        if (fstatat(dirfd(stream), entry->d_name, &about, AT_SYMLINK_NOFOLLOW) != 0)
            abort();
        if (!clear)
            continue;
        if (!S_ISREG(about.st_mode) || about.st_nlink != 1 || (about.st_mode & (S_ISUID | S_ISGID | S_IXUSR)))
            abort();
        *bytes += (uint64_t)about.st_size;
        if (unlinkat(dirfd(stream), entry->d_name, 0) != 0)
            abort();
    }
    closedir(stream);
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t bytes = 0;
    if (!root[0])
        make_root();
    FILE *file = fopen(zip, "wb");
    if (!file || fwrite(data, 1, size, file) != size || fclose(file) != 0)
        abort();
    int code = cm_unpack(zip, folder);
    if (code != CM_EXIT_OK && code != CM_EXIT_INPUT)
        abort();
    if (look(folder, 1, &bytes) > MOST_ENTRIES || bytes > (uint64_t)size * MOST_GROWTH + FREE_GROWTH || look(root, 0, NULL) != 2)
        abort();
    return 0;
}
