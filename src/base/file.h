/* Files: mapped for reading, written beside their place and renamed. */
#ifndef CM_BASE_FILE_H
#define CM_BASE_FILE_H

#include "base/status.h"

typedef struct cm_file_map {
    const unsigned char *bytes; /* [size]; never NULL on success, also for an empty file */
    size_t size;
    int mapped; /* 1: munmap, 0: nothing to undo */
} cm_file_map;

/* Maps a regular file read-only (private). Errors: NOT_FOUND, IO (a folder, a device, no permission), LIMIT (larger than max_bytes). The sentence
 * names the path. */
cameo_status cm_file_map_open(cm_file_map *map, const char *path, uint64_t max_bytes, cameo_error *error);
void cm_file_map_close(cm_file_map *map);
/* Takes the mapped pages out of this process's memory; they are read again where they are touched. Thread-safe. */
void cm_file_map_release(const cm_file_map *map);

/* Writes [size] bytes so that the file is complete or as it was before: a new file in the same folder, fsync, rename. A symbolic link is followed;
 * a device or a pipe is written into. Errors: IO, NOT_FOUND for a missing folder (both with the system's reason); nothing is left behind.
 * Thread-safe. */
cameo_status cm_file_write(const char *path, const void *bytes, size_t size, cameo_error *error);

#endif
