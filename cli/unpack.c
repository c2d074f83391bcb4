#include "unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zip.h>

#include "dynamic.h"
#include "interrupt.h"
#include "lookup.h"
#include "progress.h"
#include "report.h"
#include "zip_end.h"

enum { MOST_ENTRIES = 256, MOST_GROWTH = 100, FREE_GROWTH = 1 << 20, CHUNK = 1 << 16, UNIX_HOST = 3 };
static const uint64_t most_bytes = UINT64_C(4) << 30;

/* The functions of libzip that are used: X(name without "zip_") */
#define ZIP_FUNCTIONS(X)                                                                                                                                \
    X(open) X(discard) X(get_num_entries) X(stat_index) X(file_get_external_attributes) X(fopen_index) X(fread) X(fclose) X(strerror) \
    X(error_init_with_code) X(error_strerror) X(error_fini)

typedef struct zip_api {
#define POINTER(name) __typeof__(zip_##name) *name;
    ZIP_FUNCTIONS(POINTER)
#undef POINTER
} zip_api;

typedef struct unpacking {
    zip_api api;
    zip_t *archive;
    const char *zip, *folder;
    uint64_t bytes;        /* of the zip file */
    uint64_t total, copied; /* of all entries: announced, written */
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

static int has_control_character(const char *name)
{
    for (; *name; name++)
        if ((unsigned char)*name < 0x20 || *name == 0x7f)
            return 1;
    return 0;
}

/* What stands behind the last slash. */
static const char *last_part(const char *name)
{
    const char *slash = strrchr(name, '/');
    return slash ? slash + 1 : name;
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

/* What is wrong with an entry's name, or NULL. */
static const char *wrong_name(const zip_stat_t *entry)
{
    const zip_uint64_t needed = ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE;
    if ((entry->valid & needed) != needed)
        return "has no name or size";
    if (entry->name[0] == '/' || strchr(entry->name, '\\') || strchr(entry->name, ':') || climbs(entry->name))
        return "would land outside its folder";
    if (has_control_character(entry->name))
        return "has a control character in its name";
    return strlen(last_part(entry->name)) > NAME_MAX ? "has too long a name" : NULL;
}

/* Looks at what an entry says of itself. Returns an exit code (reported). */
static int check_entry(unpacking *u, zip_uint64_t index, const zip_stat_t *entry)
{
    const char *wrong = wrong_name(entry);
    if (wrong)
        return refuse(u, entry->valid & ZIP_STAT_NAME ? entry->name : "?", wrong);
    if (is_link(u, index))
        return refuse(u, entry->name, "is a link or a device");
    if ((entry->valid & ZIP_STAT_ENCRYPTION_METHOD) && entry->encryption_method != ZIP_EM_NONE)
        return refuse(u, entry->name, "is encrypted");
    if (entry->size > FREE_GROWTH && entry->size / MOST_GROWTH > entry->comp_size)
        return refuse(u, entry->name, "grows more than a hundredfold");
    if (entry->size > most_bytes - u->total)
        return refuse(u, entry->name, "makes it larger than 4 GiB");
    u->total += entry->size;
    /* Many small ones, or several that share their compressed bytes. */
    if (u->total > FREE_GROWTH && u->total / MOST_GROWTH > u->bytes)
        return refuse(u, entry->name, "is one of many that together grow more than a hundredfold");
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
static int copy(unpacking *u, zip_file_t *from, const zip_stat_t *entry, int to, const char *path)
{
    uint64_t left = entry->size;
    zip_int64_t count;
    while ((count = u->api.fread(from, u->chunk, CHUNK)) > 0) {
        if ((uint64_t)count > left)
            return refuse(u, entry->name, "is longer than it says");
        left -= (uint64_t)count;
        if (write_all(to, u->chunk, (size_t)count) != 0)
            return cm_report(CM_EXIT_OTHER, "%s: cannot be written: %s", path, strerror(errno));
        cm_progress_update(u->copied += (uint64_t)count);
        if (cm_interrupt_pending())
            return CM_EXIT_OTHER;
    }
    if (count < 0 || left > 0)
        return refuse(u, entry->name, "is damaged");
    return fsync(to) == 0 ? CM_EXIT_OK : cm_report(CM_EXIT_OTHER, "%s: cannot be written: %s", path, strerror(errno));
}

static int extract(unpacking *u, zip_uint64_t index, const zip_stat_t *entry, const char *name)
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
    const char *name = last_part(entry->name);
    return *name == '\0' || *name == '.' ? NULL : name;
}

static int refuse_count(const unpacking *u, uint64_t entries)
{
    return cm_report(CM_EXIT_INPUT, "%s: refused, it has %llu entries (%d at most)", u->zip, (unsigned long long)entries, MOST_ENTRIES);
}

/* All entries, looked at, or (extracting) written. Returns an exit code (reported). */
static int walk_entries(unpacking *u, zip_uint64_t count, int extracting)
{
    int code = CM_EXIT_OK;
    for (zip_uint64_t i = 0; i < count && code == CM_EXIT_OK; i++) {
        zip_stat_t entry;
        if (u->api.stat_index(u->archive, i, 0, &entry) != 0)
            return cm_report(CM_EXIT_INPUT, "%s: %s", u->zip, u->api.strerror(u->archive));
        if (!extracting)
            code = check_entry(u, i, &entry);
        else if (wanted_name(&entry))
            code = extract(u, i, &entry, wanted_name(&entry));
    }
    return code;
}

/* Nothing is written before everything has been looked at. */
static int unpack_all(unpacking *u)
{
    zip_uint64_t count = (zip_uint64_t)u->api.get_num_entries(u->archive, 0);
    int code = count > MOST_ENTRIES ? refuse_count(u, count) : walk_entries(u, count, 0);
    if (code != CM_EXIT_OK)
        return code;
    cm_progress_start("unpack", u->total, CM_PROGRESS_BYTES, 0);
    code = walk_entries(u, count, 1);
    cm_progress_stop();
    return code;
}

static int report_damage(const unpacking *u, int reason)
{
    zip_error_t error;
    u->api.error_init_with_code(&error, reason);
    int code = cm_report(CM_EXIT_INPUT, "%s: this zip archive is damaged: %s", u->zip, u->api.error_strerror(&error));
    u->api.error_fini(&error);
    return code;
}

/* Size and number of entries, as far as they can be told without trusting the file. */
static int measure(unpacking *u)
{
    struct stat status;
    int file = open(u->zip, O_RDONLY | O_CLOEXEC);
    if (file < 0 || fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) {
        int reason = file < 0 ? errno : EINVAL;
        if (file >= 0)
            close(file);
        return cm_report(CM_EXIT_INPUT, "%s: cannot be read: %s", u->zip, strerror(reason));
    }
    u->bytes = (uint64_t)status.st_size;
    uint64_t entries = cm_zip_end_entries(file, u->bytes);
    close(file);
    if (entries > MOST_ENTRIES)
        return refuse_count(u, entries);
    return CM_EXIT_OK;
}

int cm_unpack(const char *zip, const char *folder)
{
    unpacking u = {.zip = zip, .folder = folder};
    int reason = 0, code = measure(&u);
    if (code != CM_EXIT_OK)
        return code;
    if (open_api(&u.api) != 0)
        return cm_report(CM_EXIT_OTHER, "libzip is not installed (package libzip4); unpack %s by hand", zip);
    u.chunk = malloc(CHUNK);
    u.archive = u.chunk ? u.api.open(zip, ZIP_RDONLY | ZIP_CHECKCONS, &reason) : NULL;
    if (u.archive)
        code = unpack_all(&u);
    else
        code = u.chunk ? report_damage(&u, reason) : cm_report(CM_EXIT_OTHER, "out of memory");
    if (u.archive)
        u.api.discard(u.archive);
    free(u.chunk);
    return code;
}

int cm_unpack_is_zip(const char *path)
{
    char start[4] = {0};
    FILE *file = fopen(path, "rb");
    size_t count = file ? fread(start, 1, sizeof start, file) : 0;
    if (file)
        fclose(file);
    return count == sizeof start && (memcmp(start, "PK\003\004", sizeof start) == 0 || memcmp(start, "PK\005\006", sizeof start) == 0);
}
