/* Whole files in memory. */
#ifndef CM_CLI_FILE_BYTES_H
#define CM_CLI_FILE_BYTES_H

#include <stddef.h>
#include <stdint.h>

/* Reads a file of at most `most` bytes; what it holds is followed by a NUL, which does not count. *bytes to be freed. Returns an exit code (reported). */
int cm_file_bytes_read(const char *path, uint64_t most, unsigned char **bytes, size_t *size);

/* 1 if the file is there and may be read. */
int cm_file_is_readable(const char *path);

#endif
