#include "pack_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <nettle/sha2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "interrupt.h"
#include "lookup.h"
#include "outfile.h"
#include "report.h"
#include "unpack_place.h"

static const uint64_t most_bytes = UINT64_C(4) << 30;

/* $CAMEO_HOME/unpacked; NULL if nothing says where that is. To be freed. */
static char *unpacked_root(void)
{
    char *home = cm_lookup_home(), *root = home ? cm_lookup_format("%s/unpacked", home) : NULL;
    free(home);
    return root;
}

/* "buffalo_l-0123456789abcdef": the file's name, for people, and what makes it another file than any other of that name. */
static char *name_of(const char *zip, const struct stat *about)
{
    enum { NAME_MOST = 64, HASHED = 8 };
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    const uint64_t identity[] = {(uint64_t)about->st_dev, (uint64_t)about->st_ino, (uint64_t)about->st_size, (uint64_t)about->st_mtim.tv_sec,
                                 (uint64_t)about->st_mtim.tv_nsec, (uint64_t)about->st_ctim.tv_sec, (uint64_t)about->st_ctim.tv_nsec};
    struct sha256_ctx context;
    uint8_t digest[SHA256_DIGEST_SIZE];
    uint64_t hash = 0;
    sha256_init(&context);
    sha256_update(&context, sizeof identity, (const uint8_t *)identity);
    sha256_digest(&context, sizeof digest, digest);
    for (int i = 0; i < HASHED; i++)
        hash = hash << 8 | digest[i];
    const char *slash = strrchr(zip, '/'), *name = slash ? slash + 1 : zip;
    size_t length = strspn(name, plain);
    return cm_lookup_format("%.*s-%016" PRIx64, (int)(length < NAME_MOST ? length : NAME_MOST), name, hash);
}

/* A check of cm_unpack_place: context is the zip's name. */
static int check_models(const char *folder, const void *context)
{
    struct dirent **entries;
    int models = 0, count = cm_lookup_list(folder, &entries);
    for (int i = 0; i < count; i++) {
        models += cm_lookup_ends_with(entries[i]->d_name, ".onnx");
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    return models > 0 ? CM_EXIT_OK : cm_report(CM_EXIT_INPUT, "%s: this zip archive holds no ONNX file", (const char *)context);
}

static uint64_t bytes_in(const char *folder)
{
    struct dirent **entries;
    struct stat about;
    uint64_t bytes = 0;
    int count = cm_lookup_list(folder, &entries);
    for (int i = 0; i < count; i++) {
        char *path = cm_lookup_format("%s/%s", folder, entries[i]->d_name);
        bytes += path && stat(path, &about) == 0 ? (uint64_t)about.st_size : 0;
        free(path);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    return bytes;
}

/* One round: the bytes of all folders, and the one used longest ago (not `kept`), to be freed. */
static uint64_t look(const char *root, const char *kept, char **oldest)
{
    struct dirent **entries;
    struct stat about;
    uint64_t bytes = 0;
    time_t used = 0;
    int count = cm_lookup_list(root, &entries);
    *oldest = NULL;
    for (int i = 0; i < count; i++) {
        char *path = cm_lookup_format("%s/%s", root, entries[i]->d_name);
        bytes += path ? bytes_in(path) : 0;
        if (path && strcmp(path, kept) != 0 && stat(path, &about) == 0 && (!*oldest || about.st_mtim.tv_sec < used)) {
            free(*oldest);
            *oldest = path;
            path = NULL;
            used = about.st_mtim.tv_sec;
        }
        free(path);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    return bytes;
}

/* Models that are open stay mapped, whatever becomes of their names. */
static void prune(const char *root, const char *kept)
{
    char *oldest = NULL;
    while (look(root, kept, &oldest) > most_bytes && oldest) {
        struct stat about;
        cm_unpack_remove(oldest);
        int stuck = stat(oldest, &about) == 0;
        free(oldest);
        oldest = NULL;
        if (stuck)
            break;
    }
    free(oldest);
}

/* Unpacks, unless another process has done so in the meantime. */
static int unpack_now(const char *zip, const char *root, const char *folder)
{
    struct stat about;
    int code = cm_outfile_make_folder(root);
    if (code != CM_EXIT_OK)
        return code;
    cm_unpack_remove_abandoned(root);
    cm_interrupt_defer(1);
    code = cm_unpack_place(zip, folder, check_models, zip);
    cm_interrupt_defer(0);
    if (code == CM_EXIT_OTHER && stat(folder, &about) == 0)
        code = CM_EXIT_OK;
    if (code == CM_EXIT_OK)
        prune(root, folder);
    return code;
}

int cm_pack_folder(const char *zip, char **folder)
{
    struct stat about, there;
    char *root = unpacked_root(), *name = stat(zip, &about) == 0 ? name_of(zip, &about) : NULL;
    int code;
    *folder = root && name ? cm_lookup_format("%s/%s", root, name) : NULL;
    if (!root)
        code = cm_report(CM_EXIT_OTHER, "%s: neither CAMEO_HOME nor HOME says where it can be unpacked", zip);
    else if (!*folder)
        code = cm_report(CM_EXIT_INPUT, "%s: cannot be read: %s", zip, strerror(errno));
    else if (stat(*folder, &there) == 0)
        code = utimensat(AT_FDCWD, *folder, NULL, 0) == 0 || errno != ENOENT ? CM_EXIT_OK : unpack_now(zip, root, *folder);
    else
        code = unpack_now(zip, root, *folder);
    if (code != CM_EXIT_OK) {
        free(*folder);
        *folder = NULL;
    }
    free(root);
    free(name);
    return code;
}

char *cm_pack_folder_of(const char *path)
{
    char *root = unpacked_root(), *found = NULL;
    size_t length = root ? strlen(root) : 0;
    const char *slash = strrchr(path, '/');
    if (root && slash && strncmp(path, root, length) == 0 && path[length] == '/' && slash > path + length)
        found = cm_lookup_format("%.*s", (int)(slash - path), path);
    free(root);
    return found;
}
