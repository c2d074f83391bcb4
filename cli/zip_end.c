#include "zip_end.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    END_BYTES = 22,       /* the end record, before a comment of at most 65535 bytes */
    LOCATOR_BYTES = 20,   /* stands before it in ZIP64, and says where the other end record is */
    END64_BYTES = 56,
    TAIL_BYTES = END_BYTES + 65535 + LOCATOR_BYTES,
    IN_END64 = 65535      /* the count is in the other end record */
};

static uint64_t little_endian(const unsigned char *bytes, int count)
{
    uint64_t value = 0;
    while (count-- > 0)
        value = value << 8 | bytes[count];
    return value;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* Both counts of a record: the entries of this part of the file, and of all parts. */
static uint64_t end_entries(const unsigned char *end)
{
    return larger(little_endian(end + 8, 2), little_endian(end + 10, 2));
}

static uint64_t end64_entries(int file, uint64_t size, const unsigned char *locator)
{
    unsigned char end[END64_BYTES];
    uint64_t place = little_endian(locator + 8, 8);
    if (size < END64_BYTES || place > size - END64_BYTES || pread(file, end, sizeof end, (off_t)place) != (ssize_t)sizeof end)
        return 0;
    return memcmp(end, "PK\006\006", 4) == 0 ? larger(little_endian(end + 24, 8), little_endian(end + 32, 8)) : 0;
}

uint64_t cm_zip_end_entries(int file, uint64_t size)
{
    size_t bytes = size < TAIL_BYTES ? (size_t)size : TAIL_BYTES;
    unsigned char *tail = malloc(bytes + 1);
    uint64_t entries = 0;
    if (tail && pread(file, tail, bytes, (off_t)(size - bytes)) == (ssize_t)bytes)
        for (size_t i = 0; i + END_BYTES <= bytes; i++) {
            if (memcmp(tail + i, "PK\005\006", 4) != 0)
                continue;
            uint64_t count = end_entries(tail + i);
            if (i >= LOCATOR_BYTES && memcmp(tail + i - LOCATOR_BYTES, "PK\006\007", 4) == 0) {
                uint64_t count64 = end64_entries(file, size, tail + i - LOCATOR_BYTES);
                count = count == IN_END64 ? count64 : larger(count, count64);
            }
            entries = larger(entries, count);
        }
    free(tail);
    return entries;
}
