/* rooms: image */
/* Each input is decoded as it is, and once more with the checksums of its chunks put right: else nearly all mutations end there. */
#include "picture_target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SIGNATURE = 8, CHUNK_EXTRA = 12 };

static uint32_t checksum(const uint8_t *bytes, size_t size)
{
    uint32_t value = UINT32_MAX;
    for (size_t i = 0; i < size; i++) {
        value ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            value = value & 1 ? value >> 1 ^ UINT32_C(0xedb88320) : value >> 1;
    }
    return ~value;
}

/* Chunks: length (4 bytes, high first), name (4), data, checksum of name and data (4). */
static void mend_checksums(uint8_t *bytes, size_t size)
{
    size_t at = SIGNATURE;
    while (size - at >= CHUNK_EXTRA) {
        const uint8_t *head = bytes + at;
        size_t length = (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
        if (length > size - at - CHUNK_EXTRA)
            return;
        uint32_t value = checksum(head + 4, length + 4);
        for (int i = 0; i < 4; i++)
            bytes[at + 8 + length + (size_t)i] = (uint8_t)(value >> (24 - 8 * i));
        at += CHUNK_EXTRA + length;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_decoder(cm_png_decode, data, size);
    uint8_t *mended = size > SIGNATURE ? malloc(size) : NULL;
    if (!mended)
        return 0;
    memcpy(mended, data, size);
    mend_checksums(mended, size);
    fuzz_decoder(cm_png_decode, mended, size);
    free(mended);
    return 0;
}
