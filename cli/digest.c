#include "digest.h"

#include <errno.h>
#include <fcntl.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lookup.h"
#include "progress.h"
#include "report.h"

static int digest_on_disk(const char *path, char *text, uint64_t *bytes)
{
    enum { CHUNK = 1 << 18 };
    struct sha256_ctx context;
    uint8_t digest[CM_DIGEST_BYTES];
    uint64_t total = 0;
    ssize_t count = -1;
    struct stat status;
    uint8_t *chunk = malloc(CHUNK);
    int file = open(path, O_RDONLY | O_CLOEXEC), reason = errno;
    sha256_init(&context);
    cm_progress_start("hash", file >= 0 && fstat(file, &status) == 0 ? (uint64_t)status.st_size : 0, CM_PROGRESS_BYTES, 0);
    if (file >= 0 && chunk) {
        do {
            count = read(file, chunk, CHUNK);
            if (count > 0) {
                sha256_update(&context, (size_t)count, chunk);
                total += (uint64_t)count;
                cm_progress_update(total);
            }
        } while (count > 0 || (count < 0 && errno == EINTR));
    }
    if (file >= 0)
        reason = chunk ? errno : ENOMEM;
    cm_progress_stop();
    if (file >= 0)
        close(file);
    free(chunk);
    if (count < 0)
        return cm_report(CM_EXIT_INPUT, "%s: cannot be read: %s", path, strerror(reason));
    sha256_digest(&context, sizeof digest, digest);
    cm_digest_text(digest, text);
    if (bytes)
        *bytes = total;
    return CM_EXIT_OK;
}

int cm_digest_file(const char *path, char *text, uint64_t *bytes)
{
    const cameo_known_model *builtin = cm_lookup_known_builtin(path);
    if (!builtin)
        return digest_on_disk(path, text, bytes);
    memcpy(text, builtin->sha256, CM_DIGEST_TEXT);
    if (bytes)
        *bytes = builtin->bytes;
    return CM_EXIT_OK;
}

void cm_digest_bytes(const void *bytes, size_t size, unsigned char *digest)
{
    struct sha256_ctx context;
    sha256_init(&context);
    sha256_update(&context, size, bytes);
    sha256_digest(&context, CM_DIGEST_BYTES, digest);
}

void cm_digest_text(const unsigned char *digest, char *text)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < CM_DIGEST_BYTES; i++) {
        text[2 * i] = digits[digest[i] >> 4];
        text[2 * i + 1] = digits[digest[i] & 15];
    }
    text[2 * CM_DIGEST_BYTES] = '\0';
}
