/* The cache of packed weights: files in a folder of the user's, one for each model and instruction set, mapped by every process that opens the model.
 *
 * Which file a model's is follows from the model's path; whether it still belongs to it, from the identity in it (cm_onnx_identity): device, inode,
 * size, and the times of the last change of content and inode, to the nanosecond. That is what git and ninja trust, it costs nothing, and leaves the
 * model's weights unread: a hash of their content would fetch 174 MB for each start of a ResNet-50. A file that changed within CM_CACHE_SETTLED
 * seconds before it was opened is not cached: it could change once more without another time (git's "racily clean").
 *
 * Writers make a new file beside and rename it, so readers see a whole file or none, and keep what they have mapped; of several writers the last
 * wins. The files are not synced, but every byte in them is under a checksum that is checked before it is used. The folder holds at most
 * CM_CACHE_MOST_BYTES: those used longest ago leave first; files of other versions of the library leave as soon as this one writes.
 *
 * Nothing here is ever an error: without a folder, room on the disk, or the right to write, weights are packed at each start. */
#ifndef CM_RUN_WEIGHT_CACHE_H
#define CM_RUN_WEIGHT_CACHE_H

#include "base/cpu.h"
#include "base/file.h"
#include "run/packed_file.h"

/* Less is packed anew faster than a file is written. */
#define CM_CACHE_LEAST_BYTES ((uint64_t)4 << 20)
#define CM_CACHE_MOST_BYTES ((uint64_t)4 << 30)
enum { CM_CACHE_SETTLED = 2 };

typedef struct cm_weight_cache {
    char *folder, *path;
    cm_packed_identity identity;
    bool opened; /* the file was looked for */
    cm_file_map map;
    cm_packed_file file; /* empty: nothing of use is there */
} cm_weight_cache;

/* The folder that is wanted ("": none; NULL: $CAMEO_HOME/packed or ~/.cache/cameo/packed) unless CAMEO_CACHE is "off". To be freed; NULL: none.
 * Thread-safe as long as nobody changes the environment. */
char *cm_weight_cache_folder(const char *wanted);

/* The cache of a model that was read from `path`, for one tier, in a folder that becomes the cache's own. opened: seconds since 1970, before the
 * model was. NULL (and the folder freed): the model is none to cache, or memory is out. */
cm_weight_cache *cm_weight_cache_create(char *folder, const char *path, const cm_onnx_model *model, cm_cpu_tier tier, int64_t opened);
void cm_weight_cache_free(cm_weight_cache *cache);

/* The block of a layer with so many bytes, proven; NULL: not there. It stays as long as the cache. The cache may be NULL. One thread at a time. */
const void *cm_weight_cache_take(cm_weight_cache *cache, const cm_weight_key *key, size_t bytes);

/* Writes what is packed, with what else the file holds. One thread at a time. */
void cm_weight_cache_save(const cm_weight_cache *cache, const cm_packed *first);

/* Keeps the folder small: removes files of packed weights that do not end in `suffix`, what writers left behind an hour ago, and, those used longest
 * ago first, as many as leave `most` bytes; never the one named `kept`. */
void cm_weight_cache_prune(const char *folder, const char *suffix, const char *kept, uint64_t most);

#endif
