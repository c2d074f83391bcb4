/* Files: mapped or read, written beside their place and renamed. */
#ifndef CM_BASE_FILE_H
#define CM_BASE_FILE_H

#include "base/status.h"

/* Which file it is and when it was changed, as the system says: a file that was written to, replaced or copied has another one. */
typedef struct cm_file_stamp {
    uint64_t device, inode, size;
    int64_t modified[2], changed[2]; /* content and inode: seconds, nanoseconds */
} cm_file_stamp;

typedef struct cm_file_map {
    const unsigned char *bytes; /* [size]; never NULL on success, also for an empty file */
    size_t size;
    int mapped; /* 1: munmap, 0: nothing to undo */
    cm_file_stamp stamp; /* when it was opened */
} cm_file_map;

typedef struct cm_file_piece {
    const void *bytes;
    size_t size;
} cm_file_piece;

/* Maps a regular file read-only (private). Whoever shortens the file in place while it is mapped takes bytes away from under the reader, whom the system
 * ends with SIGBUS: only for files of which their users are told so (models and packed weights, too large to be copied for each process).
 * Errors: NOT_FOUND, IO (a folder, a device, no permission), LIMIT (larger than max_bytes), MEMORY. The sentence names the path. */
cameo_status cm_file_map_open(cm_file_map *map, const char *path, uint64_t max_bytes, cameo_error *error);
void cm_file_map_close(cm_file_map *map);
/* Says that all of it will be read soon: the system fetches ahead what is not in memory yet. */
void cm_file_map_expect(const cm_file_map *map);
/* Says that [size] bytes of the map are not needed for now: they leave this process's memory, and are there again as soon as they are touched. Bytes
 * that lie elsewhere are left alone. Thread-safe. */
void cm_file_map_rest(const cm_file_map *map, const void *bytes, size_t size);

/* Reads a regular file into memory of the caller's, to be freed: safe whatever others do to the file meanwhile; of one that is shortened, what is left is
 * read. Errors: as cm_file_map_open, and MEMORY. Thread-safe. */
cameo_status cm_file_read(unsigned char **bytes, size_t *size, const char *path, uint64_t max_bytes, cameo_error *error);

/* Writes [size] bytes so that the file is complete or as it was before: a new file in the same folder, fsync, rename. A symbolic link is followed;
 * a device or a pipe is written into. Errors: IO, NOT_FOUND for a missing folder (both with the system's reason); nothing is left behind.
 * Thread-safe. */
cameo_status cm_file_write(const char *path, const void *bytes, size_t size, cameo_error *error);

/* Puts a new file of [count] pieces, one after the other, in the place of whatever has this name (a link is not followed, a folder is an error).
 * Complete or absent as with cm_file_write, but not synced: after a crash of the system the file may be there with other bytes, so it must be of
 * a kind that proves itself. Errors: IO, NOT_FOUND, MEMORY; nothing is left behind. Thread-safe. */
cameo_status cm_file_replace(const char *path, const cm_file_piece *pieces, int count, cameo_error *error);

/* Makes a folder and those above it that are missing, for the user alone; one that is there is fine. Errors: IO, NOT_FOUND, MEMORY. Thread-safe. */
cameo_status cm_file_make_folder(const char *path, cameo_error *error);

#endif
