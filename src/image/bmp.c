/* Windows and OS/2 bitmaps, uncompressed. Debian has no small library that reads them from memory and is meant for hostile files,
 * and without run-length encoding the format is a header, a palette and rows. */
#include "image/codec.h"

#include <stdbool.h>
#include <string.h>

enum {
    FILE_HEADER = 14,
    CORE_HEADER = 12, /* OS/2 1.x: sizes of 16 bits, palette entries of 3 bytes */
    INFO_HEADER = 40,
    MASKS_INSIDE = 52, /* headers from here on hold the bit masks */
    LARGEST_HEADER = 124,
    COMPRESSION_NONE = 0,
    COMPRESSION_RLE8 = 1,
    COMPRESSION_RLE4 = 2,
    COMPRESSION_BIT_FIELDS = 3,
    COMPRESSION_JPEG = 4,
    COMPRESSION_PNG = 5,
    COMPRESSION_ALPHA_BIT_FIELDS = 6,
    MAX_COLORS = 256,
};

/* Where a colour's bits lie in a pixel of 16 or 32 bits. */
typedef struct field {
    uint32_t mask;
    int shift;
} field;

typedef struct bitmap {
    const cm_encoded *source;
    cameo_error *error;
    uint32_t header_bytes, compression, colors, pixels_at;
    int64_t width, height; /* height below 0: the first row is the top one */
    int bits;
    field fields[3]; /* red, green, blue */
    uint8_t palette[MAX_COLORS][3];
} bitmap;

static uint32_t read_u16(const uint8_t *bytes)
{
    return (uint32_t)bytes[1] << 8 | bytes[0];
}

static uint32_t read_u32(const uint8_t *bytes)
{
    return read_u16(bytes + 2) << 16 | read_u16(bytes);
}

static cameo_status fail_short(const bitmap *b, const char *where, uint64_t needed)
{
    return cm_fail(b->error, CAMEO_ERROR_FORMAT, "%s: is cut short: the file ends after %llu bytes, this BMP's %s needs %llu", b->source->name,
                   (unsigned long long)b->source->size, where, (unsigned long long)needed);
}

static cameo_status read_sizes(bitmap *b)
{
    const cm_encoded *s = b->source;
    if (s->size < FILE_HEADER + CORE_HEADER)
        return fail_short(b, "header", FILE_HEADER + CORE_HEADER);
    const uint8_t *header = s->bytes + FILE_HEADER;
    b->pixels_at = read_u32(s->bytes + 10);
    b->header_bytes = read_u32(header);
    if (b->header_bytes == CORE_HEADER) {
        b->width = (int64_t)read_u16(header + 4);
        b->height = (int64_t)read_u16(header + 6);
        b->bits = (int)read_u16(header + 10);
        return CAMEO_OK;
    }
    if (b->header_bytes < INFO_HEADER || b->header_bytes > LARGEST_HEADER)
        return cm_fail(b->error, CAMEO_ERROR_UNSUPPORTED, "%s: a BMP header of %u bytes is not known (12, or 40 to 124 are)", s->name,
                       b->header_bytes);
    if (s->size < FILE_HEADER + (uint64_t)b->header_bytes)
        return fail_short(b, "header", FILE_HEADER + (uint64_t)b->header_bytes);
    b->width = (int32_t)read_u32(header + 4);
    b->height = (int32_t)read_u32(header + 8);
    b->bits = (int)read_u16(header + 14);
    b->compression = read_u32(header + 16);
    b->colors = read_u32(header + 32);
    return CAMEO_OK;
}

static bool known_depth(int bits)
{
    return bits == 1 || bits == 4 || bits == 8 || bits == 16 || bits == 24 || bits == 32;
}

static cameo_status check_kind(const bitmap *b)
{
    static const char *const names[] = {
        [COMPRESSION_RLE8] = "run-length encoded (RLE8)", [COMPRESSION_RLE4] = "run-length encoded (RLE4)",
        [COMPRESSION_JPEG] = "a JPEG in a BMP", [COMPRESSION_PNG] = "a PNG in a BMP",
    };
    bool fields = b->compression == COMPRESSION_BIT_FIELDS || b->compression == COMPRESSION_ALPHA_BIT_FIELDS;
    if (b->compression != COMPRESSION_NONE && !fields) {
        const char *name = b->compression <= COMPRESSION_PNG ? names[b->compression] : "compressed in an unknown way";
        return cm_fail(b->error, CAMEO_ERROR_UNSUPPORTED, "%s: this BMP is %s (compression %u), which is not supported; save it uncompressed or as PNG",
                       b->source->name, name, b->compression);
    }
    if (!known_depth(b->bits) || (fields && b->bits != 16 && b->bits != 32))
        return cm_fail(b->error, CAMEO_ERROR_UNSUPPORTED,
                       "%s: a BMP of %d bits a pixel%s is not supported (1, 4, 8, 16, 24 and 32 are, bit masks with 16 and 32)",
                       b->source->name, b->bits, fields ? " with bit masks" : "");
    if (b->width < 1 || b->height == 0)
        return cm_fail(b->error, CAMEO_ERROR_FORMAT, "%s: its header says %lldx%lld pixels, at least 1x1 is needed", b->source->name,
                       (long long)b->width, (long long)b->height);
    if (b->pixels_at < FILE_HEADER + b->header_bytes)
        return cm_fail(b->error, CAMEO_ERROR_FORMAT, "%s: its pixels begin at byte %u, within the BMP header of %u bytes", b->source->name,
                       b->pixels_at, FILE_HEADER + b->header_bytes);
    return CAMEO_OK;
}

static field field_of_mask(uint32_t mask)
{
    field f = {.mask = mask};
    while (mask && !(mask & 1)) {
        mask >>= 1;
        f.shift++;
    }
    return f;
}

/* 5 bits 31 becomes 255, as 8 bits 255 does. */
static uint8_t field_value(uint32_t pixel, field f)
{
    uint64_t value = (pixel & f.mask) >> f.shift, most = f.mask >> f.shift;
    return most ? (uint8_t)((value * 255 + most / 2) / most) : 0;
}

static cameo_status read_fields(bitmap *b)
{
    static const uint32_t fields16[3] = {0x7c00, 0x03e0, 0x001f}, fields32[3] = {0xff0000, 0x00ff00, 0x0000ff};
    const uint32_t *usual = b->bits == 16 ? fields16 : fields32;
    const size_t masks_at = FILE_HEADER + INFO_HEADER, masks_end = masks_at + 12;
    bool given = b->compression != COMPRESSION_NONE;
    if (given && b->source->size < masks_end)
        return fail_short(b, "list of bit masks", masks_end);
    for (size_t i = 0; i < 3; i++) {
        uint32_t mask = given ? read_u32(b->source->bytes + masks_at + 4 * i) : usual[i];
        b->fields[i] = field_of_mask(mask);
        uint32_t ones = mask >> b->fields[i].shift;
        if (mask == 0 || (ones & (ones + 1)) != 0)
            return cm_fail(b->error, CAMEO_ERROR_FORMAT, "%s: the BMP bit mask %08x is not one run of bits", b->source->name, mask);
    }
    return CAMEO_OK;
}

static cameo_status read_palette(bitmap *b)
{
    uint32_t entry_bytes = b->header_bytes == CORE_HEADER ? 3 : 4;
    uint32_t most = UINT32_C(1) << b->bits, colors = b->colors && b->colors < most ? b->colors : most;
    uint64_t begin = FILE_HEADER + (uint64_t)b->header_bytes;
    /* Some files hold fewer entries than they say: those up to the pixels count, the others are black. */
    uint64_t room = b->pixels_at > begin ? (b->pixels_at - begin) / entry_bytes : 0;
    if (colors > room)
        colors = (uint32_t)room;
    if (b->source->size < begin + (uint64_t)colors * entry_bytes)
        return fail_short(b, "palette", begin + (uint64_t)colors * entry_bytes);
    for (uint32_t i = 0; i < colors; i++) {
        const uint8_t *entry = b->source->bytes + begin + (uint64_t)i * entry_bytes;
        b->palette[i][0] = entry[2];
        b->palette[i][1] = entry[1];
        b->palette[i][2] = entry[0];
    }
    return CAMEO_OK;
}

/* row: one stored row -> rgb: [width, 3] */
static void convert_row(const bitmap *b, const uint8_t *row, uint8_t *rgb)
{
    for (int64_t x = 0; x < b->width; x++, rgb += 3) {
        if (b->bits <= 8) {
            int64_t bit = x * b->bits;
            int value = row[bit / 8] >> (8 - b->bits - (int)(bit % 8));
            memcpy(rgb, b->palette[value & ((1 << b->bits) - 1)], 3);
        } else if (b->bits == 24) {
            const uint8_t *bgr = row + 3 * x;
            rgb[0] = bgr[2];
            rgb[1] = bgr[1];
            rgb[2] = bgr[0];
        } else {
            uint32_t pixel = b->bits == 16 ? read_u16(row + 2 * x) : read_u32(row + 4 * x);
            for (int i = 0; i < 3; i++)
                rgb[i] = field_value(pixel, b->fields[i]);
        }
    }
}

cameo_status cm_bmp_decode(cameo_image **image, int *orientation, const cm_encoded *source, cameo_error *error)
{
    *image = NULL;
    *orientation = 1;
    bitmap b = {.source = source, .error = error};
    cameo_status status = read_sizes(&b);
    if (!status)
        status = check_kind(&b);
    if (!status && b.bits <= 8)
        status = read_palette(&b);
    if (!status && (b.bits == 16 || b.bits == 32))
        status = read_fields(&b);
    if (status)
        return status;
    uint64_t width = (uint64_t)b.width, height = (uint64_t)(b.height < 0 ? -b.height : b.height);
    /* Rows are padded to 4 bytes; no padding is needed after the last. */
    uint64_t row_bytes = (width * (uint64_t)b.bits + 7) / 8, stride = (row_bytes + 3) / 4 * 4;
    status = cm_image_create(image, width, height, source->name, source->max_pixels, error);
    if (status)
        return status;
    uint64_t end = b.pixels_at + (height - 1) * stride + row_bytes;
    if (end > source->size) {
        cameo_image_free(*image);
        *image = NULL;
        return fail_short(&b, "pixels", end);
    }
    for (uint64_t y = 0; y < height; y++) {
        uint64_t at = b.height < 0 ? y : height - 1 - y;
        convert_row(&b, source->bytes + b.pixels_at + at * stride, (*image)->pixels + y * width * 3);
    }
    return CAMEO_OK;
}
