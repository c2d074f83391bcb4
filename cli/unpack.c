#include "unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zip.h>

#include "dynamic.h"
#include "interrupt.h"
#include "lookup.h"
#include "report.h"

enum { MOST_ENTRIES = 256, MOST_GROWTH = 100, FREE_GROWTH = 1 << 20, CHUNK = 1 << 16, UNIX_HOST = 3 };
static const uint64_t most_bytes = UINT64_C(4) << 30;

/* The functions of libzip that are used: X(name without "zip_") */
#define ZIP_FUNCTIONS(X) X(open) X(discard) X(get_num_entries) X(stat_index) X(file_get_external_attributes) X(fopen_index) X(fread) X(fclose) X(strerror)

typedef struct zip_api {
#define POINTER(name) __typeof__(zip_##name) *name;
    ZIP_FUNCTIONS(POINTER)
#undef POINTER
} zip_api;

typedef struct unpacking {
    zip_api api;
    zip_t *archive;
    const char *zip, *folder;
    uint64_t total;
    char *chunk; /* [CHUNK] */
} unpacking;

static int open_api(zip_api *api)
{
    static const char *const sonames[] = {"libzip.so.5", "libzip.so.4", NULL};
    const cm_dynamic_symbol symbols[] = {
#define ENTRY(name) {"zip_" #name, &api->name},
        ZIP_FUNCTIONS(ENTRY)
#undef ENTRY
    };
    return cm_dynamic_open(sonames, symbols, sizeof symbols / sizeof *symbols);
}

static int refuse(const unpacking *u, const char *name, const char *why)
{
    return cm_report(CM_EXIT_INPUT, "%s: refused, its entry '%.200s' %s", u->zip, name, why);
}

/* 1 if one of the parts between slashes is "..". */
static int climbs(const char *name)
{
    for (const char *p = strstr(name, ".."); p; p = strstr(p + 1, ".."))
        if ((p == name || p[-1] == '/') && (p[2] == '\0' || p[2] == '/'))
            return 1;
    return 0;
}

static int is_link(const unpacking *u, zip_uint64_t index)
{
    zip_uint8_t host = 0;
    zip_uint32_t attributes = 0;
    if (u->api.file_get_external_attributes(u->archive, index, 0, &host, &attributes) != 0 || host != UNIX_HOST)
        return 0;
    mode_t type = (mode_t)(attributes >> 16) & S_IFMT;
    return type != 0 && type != S_IFREG && type != S_IFDIR;
}

/* Looks at what an entry says of itself. Returns an exit code (reported). */
static int check_entry(unpacking *u, zip_uint64_t index, const zip_stat_t *entry)
{
    const zip_uint64_t needed = ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE;
    if ((entry->valid & needed) != needed)
        return refuse(u, "?", "has no name or size");
    if (entry->name[0] == '/' || strchr(entry->name, '\\') || strchr(entry->name, ':') || climbs(entry->name))
        return refuse(u, entry->name, "would land outside its folder");
    if (is_link(u, index))
        return refuse(u, entry->name, "is a link or a device");
    if ((entry->valid & ZIP_STAT_ENCRYPTION_METHOD) && entry->encryption_method != ZIP_EM_NONE)
        return refuse(u, entry->name, "is encrypted");
    if (entry->size > FREE_GROWTH && entry->size / MOST_GROWTH > entry->comp_size)
        return refuse(u, entry->name, "grows more than a hundredfold");
    if (entry->size > most_bytes - u->total)
        return refuse(u, entry->name, "makes it larger than 4 GiB");
    u->total += entry->size;
    return CM_EXIT_OK;
}

static int write_all(int file, const char *bytes, size_t count)
{
    while (count > 0) {
        ssize_t n = write(file, bytes, count);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        bytes += n;
        count -= (size_t)n;
    }
    return 0;
}

/* Copies an opened entry, never more than it has announced. */
static int copy(const unpacking *u, zip_file_t *from, const zip_stat_t *entry, int to, const char *path)
{
    uint64_t left = entry->size;
    zip_int64_t count;
    while ((count = u->api.fread(from, u->chunk, CHUNK)) > 0) {
        if ((uint64_t)count > left)
            return refuse(u, entry->name, "is longer than it says");
        left -= (uint64_t)count;
        if (write_all(to, u->chunk, (size_t)count) != 0)
            return cm_report(CM_EXIT_OTHER, "%s: cannot be written: %s", path, strerror(errno));
        if (cm_interrupt_pending())
            return CM_EXIT_OTHER;
    }
    if (count < 0 || left > 0)
        return refuse(u, entry->name, "is damaged");
    return fsync(to) == 0 ? CM_EXIT_OK : cm_report(CM_EXIT_OTHER, "%s: cannot be written: %s", path, strerror(errno));
}

static int extract(const unpacking *u, zip_uint64_t index, const zip_stat_t *entry, const char *name)
{
    char *path = cm_lookup_format("%s/%s", u->folder, name);
    if (!path)
        return cm_report(CM_EXIT_OTHER, "out of memory");
    int code, file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    zip_file_t *from = file >= 0 ? u->api.fopen_index(u->archive, index, 0) : NULL;
    if (file < 0 && errno == EEXIST)
        code = refuse(u, entry->name, "has the same name as another one");
    else if (file < 0)
        code = cm_report(CM_EXIT_OTHER, "%s: cannot be written: %s", path, strerror(errno));
    else if (!from)
        code = cm_report(CM_EXIT_INPUT, "%s: entry '%.200s': %s", u->zip, entry->name, u->api.strerror(u->archive));
    else
        code = copy(u, from, entry, file, path);
    if (from)
        u->api.fclose(from);
    if (file >= 0)
        close(file);
    free(path);
    return code;
}

/* Folders and what systems leave behind ("__MACOSX/._x", ".DS_Store") are not unpacked. */
static const char *wanted_name(const zip_stat_t *entry)
{
    const char *slash = strrchr(entry->name, '/'), *name = slash ? slash + 1 : entry->name;
    return *name == '\0' || *name == '.' ? NULL : name;
}

static int unpack_all(unpacking *u)
{
    zip_int64_t count = u->api.get_num_entries(u->archive, 0);
    int code = CM_EXIT_OK;
    if (count > MOST_ENTRIES)
        return cm_report(CM_EXIT_INPUT, "%s: refused, it has %lld entries (%d at most)", u->zip, (long long)count, MOST_ENTRIES);
    for (zip_uint64_t i = 0; i < (zip_uint64_t)count && code == CM_EXIT_OK; i++) {
        zip_stat_t entry;
        if (u->api.stat_index(u->archive, i, 0, &entry) != 0)
            return cm_report(CM_EXIT_INPUT, "%s: %s", u->zip, u->api.strerror(u->archive));
        code = check_entry(u, i, &entry);
        const char *name = wanted_name(&entry);
        if (code == CM_EXIT_OK && name)
            code = extract(u, i, &entry, name);
    }
    return code;
}

int cm_unpack(const char *zip, const char *folder)
{
    unpacking u = {.zip = zip, .folder = folder};
    int reason = 0, code;
    if (open_api(&u.api) != 0)
        return cm_report(CM_EXIT_OTHER, "libzip is not installed (package libzip4); unpack %s by hand", zip);
    u.chunk = malloc(CHUNK);
    u.archive = u.chunk ? u.api.open(zip, ZIP_RDONLY | ZIP_CHECKCONS, &reason) : NULL;
    if (u.archive)
        code = unpack_all(&u);
    else if (!u.chunk)
        code = cm_report(CM_EXIT_OTHER, "out of memory");
    else
        code = cm_report(CM_EXIT_INPUT, "%s: not a zip file, or a damaged one (libzip's reason %d)", zip, reason);
    if (u.archive)
        u.api.discard(u.archive);
    free(u.chunk);
    return code;
}
