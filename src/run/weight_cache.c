#define _XOPEN_SOURCE 700 /* realpath */
#include "run/weight_cache.h"

#include "base/checksum.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

/* A file's time of modification says when it was last used, for pruning; once an hour is enough, since a file system that is busy may let the one
 * who sets it wait. */
enum { NAME_BYTES = 128, TOUCHED_AFTER = 3600 };

#define TEXT(x) #x
#define DOTTED(major, minor, patch) TEXT(major) "." TEXT(minor) "." TEXT(patch)
#define LIBRARY DOTTED(CAMEO_VERSION_MAJOR, CAMEO_VERSION_MINOR, CAMEO_VERSION_PATCH)

/* "folder/name", to be freed. */
static char *join(const char *folder, const char *name)
{
    size_t size = strlen(folder) + strlen(name) + 2;
    char *path = malloc(size);
    if (path)
        snprintf(path, size, "%s/%s", folder, name);
    return path;
}

char *cm_weight_cache_folder(const char *wanted)
{
    const char *off = getenv("CAMEO_CACHE"), *home = getenv("CAMEO_HOME"), *user = getenv("HOME");
    if (off && strcmp(off, "off") == 0)
        return NULL;
    if (wanted)
        return *wanted ? strdup(wanted) : NULL;
    if (home && *home)
        return join(home, "packed");
    return user && *user ? join(user, ".cache/cameo/packed") : NULL;
}

/* What the names of this library's files end with. */
static void suffix_of(const cm_packed_identity *identity, char *suffix)
{
    snprintf(suffix, NAME_BYTES, "-" LIBRARY "-%u.packed", (unsigned)identity->packing);
}

/* The same model by another name, or from another folder, is the same file. */
static char *file_path(const cm_weight_cache *cache, const char *model, cm_cpu_tier tier)
{
    char suffix[NAME_BYTES], name[2 * NAME_BYTES];
    char *real = realpath(model, NULL);
    if (!real)
        return NULL;
    suffix_of(&cache->identity, suffix);
    snprintf(name, sizeof name, "%016llx-%s%s", (unsigned long long)cm_checksum(real, strlen(real)), cm_cpu_tier_name(tier), suffix);
    free(real);
    return join(cache->folder, name);
}

cm_weight_cache *cm_weight_cache_create(char *folder, const char *path, const cm_onnx_model *model, cm_cpu_tier tier, int64_t opened)
{
    uint64_t identity;
    int64_t changed;
    cm_weight_cache *cache = NULL;
    if (folder && cm_onnx_identity(model, &identity, &changed) && changed <= opened - CM_CACHE_SETTLED)
        cache = cm_calloc(1, sizeof *cache);
    if (!cache) {
        free(folder);
        return NULL;
    }
    cache->folder = folder;
    cache->identity = (cm_packed_identity){.model = identity, .packing = CM_PACKING_VERSION};
    cache->path = file_path(cache, path, tier);
    if (cache->path)
        return cache;
    cm_weight_cache_free(cache);
    return NULL;
}

void cm_weight_cache_free(cm_weight_cache *cache)
{
    if (!cache)
        return;
    cm_file_map_close(&cache->map);
    free(cache->folder);
    free(cache->path);
    free(cache);
}

/* Maps the file, if there is one that belongs to the model. */
static void open_file(cm_weight_cache *cache)
{
    cache->opened = true;
    if (cm_file_map_open(&cache->map, cache->path, CM_CACHE_MOST_BYTES, NULL) != CAMEO_OK)
        return;
    if (!cm_packed_file_read(&cache->file, cache->map.bytes, cache->map.size, &cache->identity)) {
        cm_file_map_close(&cache->map);
        return;
    }
    cm_file_map_expect(&cache->map);
    if (cache->map.stamp.modified[0] < (int64_t)time(NULL) - TOUCHED_AFTER)
        (void)utimensat(AT_FDCWD, cache->path, NULL, 0);
}

const void *cm_weight_cache_take(cm_weight_cache *cache, const cm_weight_key *key, size_t bytes)
{
    if (!cache)
        return NULL;
    if (!cache->opened)
        open_file(cache);
    const cm_packed_entry *entry = cm_packed_file_find(&cache->file, key, bytes);
    return entry ? cm_packed_file_block(&cache->file, entry) : NULL;
}

/* ---- Writing ---- */

typedef struct packed_list {
    cm_packed_entry *entries; /* [count] */
    const void **blocks;      /* [count] */
    size_t count;
    uint64_t bytes;
} packed_list;

static bool is_listed(const packed_list *list, const cm_packed_entry *entry)
{
    for (size_t i = 0; i < list->count; i++)
        if (memcmp(&list->entries[i], entry, offsetof(cm_packed_entry, offset)) == 0)
            return true;
    return false;
}

static void append(packed_list *list, const cm_packed_entry *entry, const void *block)
{
    list->entries[list->count] = *entry;
    list->blocks[list->count++] = block;
    list->bytes += entry->bytes + CM_PACKED_PAGE;
}

/* All that is packed, in the order in which it was, which is that of a run; then what the file has beside that, as it is: its checksums are checked
 * when it is used. */
static bool collect(packed_list *list, const cm_weight_cache *cache, const cm_packed *first)
{
    size_t packed = 0;
    for (const cm_packed *p = first; p; p = p->next)
        packed++;
    *list = (packed_list){.entries = cm_calloc(packed + cache->file.count, sizeof *list->entries),
                          .blocks = cm_calloc(packed + cache->file.count, sizeof *list->blocks)};
    if (!list->entries || !list->blocks)
        return false;
    list->count = packed;
    for (const cm_packed *p = first; p; p = p->next) {
        list->entries[--packed] = cm_packed_file_entry(p);
        list->blocks[packed] = p->block;
        list->bytes += p->bytes + CM_PACKED_PAGE;
    }
    for (uint32_t i = 0; i < cache->file.count; i++)
        if (!is_listed(list, &cache->file.entries[i]))
            append(list, &cache->file.entries[i], cache->file.bytes + cache->file.entries[i].offset);
    return list->bytes <= CM_CACHE_MOST_BYTES;
}

static bool write_list(const cm_weight_cache *cache, packed_list *list)
{
    static const unsigned char gap[CM_PACKED_PAGE];
    size_t head_size;
    void *head = cm_packed_file_head(list->entries, list->count, &cache->identity, &head_size);
    cm_file_piece *pieces = cm_calloc(1 + 2 * list->count, sizeof *pieces);
    bool written = false;
    if (head && pieces) {
        pieces[0] = (cm_file_piece){head, head_size};
        for (size_t i = 0; i < list->count; i++) {
            size_t bytes = (size_t)list->entries[i].bytes;
            pieces[1 + 2 * i] = (cm_file_piece){list->blocks[i], bytes};
            pieces[2 + 2 * i] = (cm_file_piece){gap, cm_packed_file_gap(bytes)};
        }
        written = cm_file_make_folder(cache->folder, NULL) == CAMEO_OK &&
                  cm_file_replace(cache->path, pieces, (int)(1 + 2 * list->count), NULL) == CAMEO_OK;
    }
    free(head);
    free(pieces);
    return written;
}

void cm_weight_cache_save(const cm_weight_cache *cache, const cm_packed *first)
{
    packed_list list;
    char suffix[NAME_BYTES];
    if (collect(&list, cache, first) && write_list(cache, &list)) {
        suffix_of(&cache->identity, suffix);
        cm_weight_cache_prune(cache->folder, suffix, strrchr(cache->path, '/') + 1, CM_CACHE_MOST_BYTES);
    }
    free(list.entries);
    free(list.blocks);
}
