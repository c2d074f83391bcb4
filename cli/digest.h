/* SHA-256 of files and built-in models, through nettle. */
#ifndef CM_CLI_DIGEST_H
#define CM_CLI_DIGEST_H

#include <stddef.h>
#include <stdint.h>

enum { CM_DIGEST_TEXT = 65, CM_DIGEST_BYTES = 32 };

/* Lower-case hex into text[65] and the number of bytes into *bytes (may be NULL), of a file, or of the built-in model of that name. Returns an exit
 * code (reported). */
int cm_digest_file(const char *path, char *text, uint64_t *bytes);

/* Of bytes in memory. digest: [CM_DIGEST_BYTES] */
void cm_digest_bytes(const void *bytes, size_t size, unsigned char *digest);

/* Lower-case hex into text[65]. */
void cm_digest_text(const unsigned char *digest, char *text);

/* 1 if `text` is 64 hex digits; they are made lower-case into out[65]. */
int cm_digest_parse(const char *text, char *out);

#endif
