/* A TIFF reader for a single tag of the first directory (EXIF 2.3, 4.6.2): no offset is followed but the one to that directory, and nothing is
 * read before it is compared with the size. */
#include "image/exif.h"

#include <stdbool.h>
#include <string.h>

enum { TIFF_HEADER = 8, ENTRY_BYTES = 12, TAG_ORIENTATION = 0x0112, TYPE_SHORT = 3 };

typedef struct tiff {
    const uint8_t *bytes;
    size_t size;
    bool big_endian;
} tiff;

static unsigned read_u16(const tiff *t, size_t offset)
{
    unsigned first = t->bytes[offset], second = t->bytes[offset + 1];
    return t->big_endian ? first << 8 | second : second << 8 | first;
}

static uint32_t read_u32(const tiff *t, size_t offset)
{
    uint32_t first = read_u16(t, offset), second = read_u16(t, offset + 2);
    return t->big_endian ? first << 16 | second : second << 16 | first;
}

int cm_exif_orientation(const uint8_t *bytes, size_t size)
{
    static const uint8_t signature[6] = "Exif\0";
    if (size >= sizeof signature && memcmp(bytes, signature, sizeof signature) == 0) {
        bytes += sizeof signature;
        size -= sizeof signature;
    }
    if (size < TIFF_HEADER || (memcmp(bytes, "II*\0", 4) != 0 && memcmp(bytes, "MM\0*", 4) != 0))
        return 1;
    tiff t = {.bytes = bytes, .size = size, .big_endian = bytes[0] == 'M'};
    size_t directory = read_u32(&t, 4);
    if (directory > size - 2)
        return 1;
    size_t entries = read_u16(&t, directory), there = (size - directory - 2) / ENTRY_BYTES;
    for (size_t i = 0; i < entries && i < there; i++) {
        size_t entry = directory + 2 + i * ENTRY_BYTES;
        if (read_u16(&t, entry) != TAG_ORIENTATION)
            continue;
        unsigned value = read_u16(&t, entry + 8);
        bool readable = read_u16(&t, entry + 2) == TYPE_SHORT && read_u32(&t, entry + 4) == 1;
        return readable && value >= 1 && value <= 8 ? (int)value : 1;
    }
    return 1;
}
