/* Portable bitmaps, greymaps and pixmaps, P1 to P6 (man pages pbm(5), pgm(5), ppm(5)), as text and as bytes, up to 16 bits. */
#include "base/memory.h"
#include "image/codec.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EIGHT_BITS = 255, SIXTEEN_BITS = 65535 };

typedef struct netpbm {
    const cm_encoded *source;
    cameo_error *error;
    size_t position;
    bool bitmap, text; /* P1 and P4; P1 to P3 */
    int channels;
    uint32_t most; /* the value that means white */
} netpbm;

static cameo_status fail_short(const netpbm *p, const char *where)
{
    return cm_fail(p->error, CAMEO_ERROR_FORMAT, "%s: is cut short: the file ends after %llu bytes, in its %s", p->source->name,
                   (unsigned long long)p->source->size, where);
}

/* White space, and comments from '#' to the end of the line. */
static void skip_space(netpbm *p)
{
    const cm_encoded *s = p->source;
    while (p->position < s->size) {
        if (s->bytes[p->position] == '#')
            while (p->position < s->size && s->bytes[p->position] != '\n' && s->bytes[p->position] != '\r')
                p->position++;
        else if (isspace(s->bytes[p->position]))
            p->position++;
        else
            return;
    }
}

static cameo_status read_number(netpbm *p, const char *what, uint32_t *number)
{
    const cm_encoded *s = p->source;
    skip_space(p);
    if (p->position == s->size)
        return fail_short(p, what);
    uint64_t value = 0;
    size_t begin = p->position;
    for (; p->position < s->size && isdigit(s->bytes[p->position]); p->position++) {
        value = value * 10 + (uint64_t)(s->bytes[p->position] - '0');
        if (value > UINT32_MAX)
            return cm_fail(p->error, CAMEO_ERROR_FORMAT, "%s: the %s at byte %llu is larger than 4294967295", s->name, what,
                           (unsigned long long)begin);
    }
    if (p->position == begin)
        return cm_fail(p->error, CAMEO_ERROR_FORMAT, "%s: at byte %llu, in its %s, stands the byte %02x instead of a decimal number", s->name,
                       (unsigned long long)begin, what, s->bytes[begin]);
    *number = (uint32_t)value;
    return CAMEO_OK;
}

static cameo_status read_header(netpbm *p, uint32_t *width, uint32_t *height)
{
    char kind = (char)p->source->bytes[1];
    p->bitmap = kind == '1' || kind == '4';
    p->text = kind <= '3';
    p->channels = kind == '3' || kind == '6' ? 3 : 1;
    p->most = 1;
    p->position = 2;
    cameo_status status = read_number(p, "width", width);
    if (!status)
        status = read_number(p, "height", height);
    if (!status && !p->bitmap)
        status = read_number(p, "largest value", &p->most);
    if (status)
        return status;
    if (p->most < 1 || p->most > SIXTEEN_BITS)
        return cm_fail(p->error, CAMEO_ERROR_FORMAT, "%s: its largest value is %u, 1 to 65535 is right", p->source->name, p->most);
    if (p->position == p->source->size)
        return fail_short(p, "header");
    p->position++; /* exactly one white space stands before the samples */
    return CAMEO_OK;
}

/* One sample as 8 bits; 16 bits are cut to the high byte, other ranges are scaled and rounded. */
static uint8_t scale_sample(uint32_t value, uint32_t most)
{
    if (most == EIGHT_BITS)
        return (uint8_t)value;
    return (uint8_t)(most == SIXTEEN_BITS ? value >> 8 : (value * EIGHT_BITS + most / 2) / most);
}

static cameo_status fail_value(const netpbm *p, uint32_t value)
{
    return cm_fail(p->error, CAMEO_ERROR_FORMAT, "%s: a sample before byte %llu is %u, its header says at most %u", p->source->name,
                   (unsigned long long)p->position, value, p->most);
}

/* The next sample of a text form. In P1 digits may stand without space between them, and 1 is black. */
static cameo_status read_text_sample(netpbm *p, uint8_t *sample)
{
    uint32_t value = 0;
    if (p->bitmap) {
        skip_space(p);
        if (p->position == p->source->size)
            return fail_short(p, "samples");
        uint8_t digit = p->source->bytes[p->position++];
        if (digit != '0' && digit != '1')
            return cm_fail(p->error, CAMEO_ERROR_FORMAT, "%s: before byte %llu stands the byte %02x instead of 0 or 1", p->source->name,
                           (unsigned long long)p->position, digit);
        *sample = digit == '1' ? 0 : EIGHT_BITS;
        return CAMEO_OK;
    }
    cameo_status status = read_number(p, "samples", &value);
    if (status)
        return status;
    if (value > p->most)
        return fail_value(p, value);
    *sample = scale_sample(value, p->most);
    return CAMEO_OK;
}

static void store(uint8_t *rgb, int channels, size_t index, uint8_t sample)
{
    if (channels == 3)
        rgb[index] = sample;
    else
        memset(rgb + 3 * index, sample, 3);
}

static cameo_status read_text(netpbm *p, cameo_image *image)
{
    size_t count = (size_t)image->width * (size_t)image->height * (size_t)p->channels;
    for (size_t i = 0; i < count; i++) {
        uint8_t sample = 0;
        cameo_status status = read_text_sample(p, &sample);
        if (status)
            return status;
        store(image->pixels, p->channels, i, sample);
    }
    return CAMEO_OK;
}

static void read_bitmap_row(const uint8_t *row, int width, uint8_t *rgb)
{
    for (int x = 0; x < width; x++)
        memset(rgb + (size_t)x * 3, row[x / 8] & (0x80 >> (x % 8)) ? 0 : EIGHT_BITS, 3);
}

static cameo_status read_binary_row(netpbm *p, size_t samples, uint8_t *rgb)
{
    size_t bytes = p->most > EIGHT_BITS ? 2 : 1;
    for (size_t i = 0; i < samples; i++, p->position += bytes) {
        const uint8_t *at = p->source->bytes + p->position;
        uint32_t value = bytes == 2 ? (uint32_t)at[0] << 8 | at[1] : at[0];
        if (value > p->most)
            return fail_value(p, value);
        store(rgb, p->channels, i, scale_sample(value, p->most));
    }
    return CAMEO_OK;
}

static cameo_status read_binary(netpbm *p, cameo_image *image)
{
    size_t samples = (size_t)image->width * (size_t)p->channels, row_bytes = samples * (p->most > EIGHT_BITS ? 2 : 1);
    if (p->bitmap)
        row_bytes = ((size_t)image->width + 7) / 8;
    if ((p->source->size - p->position) / row_bytes < (size_t)image->height)
        return fail_short(p, "samples");
    for (int y = 0; y < image->height; y++) {
        uint8_t *rgb = image->pixels + (size_t)y * (size_t)image->width * 3;
        cameo_status status = CAMEO_OK;
        if (p->bitmap) {
            read_bitmap_row(p->source->bytes + p->position, image->width, rgb);
            p->position += row_bytes;
        } else {
            status = read_binary_row(p, samples, rgb);
        }
        if (status)
            return status;
    }
    return CAMEO_OK;
}

cameo_status cm_pnm_decode(cameo_image **image, int *orientation, const cm_encoded *source, cameo_error *error)
{
    *image = NULL;
    *orientation = 1;
    netpbm p = {.source = source, .error = error};
    uint32_t width = 0, height = 0;
    cameo_status status = read_header(&p, &width, &height);
    if (!status)
        status = cm_image_create(image, width, height, source->name, source->max_pixels, error);
    if (!status)
        status = p.text ? read_text(&p, *image) : read_binary(&p, *image);
    if (status) {
        cameo_image_free(*image);
        *image = NULL;
    }
    return status;
}

cameo_status cm_ppm_encode(cm_encoding *encoding, const cameo_image_view *view, const char *name, cameo_error *error)
{
    *encoding = (cm_encoding){0};
    char header[64];
    size_t header_bytes = (size_t)snprintf(header, sizeof header, "P6\n%d %d\n255\n", view->width, view->height);
    size_t row_bytes = (size_t)view->width * 3, pixel_bytes = 0, size = 0;
    bool fits = cm_size_mul(row_bytes, (size_t)view->height, &pixel_bytes) && cm_size_add(header_bytes, pixel_bytes, &size);
    uint8_t *bytes = fits ? malloc(size) : NULL;
    if (!bytes)
        return cm_fail(error, CAMEO_ERROR_MEMORY, "%s: no memory for %dx%d pixels", name, view->width, view->height);
    memcpy(bytes, header, header_bytes);
    for (int y = 0; y < view->height; y++) {
        uint8_t *row = bytes + header_bytes + (size_t)y * row_bytes;
        const uint8_t *from = cm_image_rgb_row(view, y, row);
        if (from != row)
            memcpy(row, from, row_bytes);
    }
    *encoding = (cm_encoding){.bytes = bytes, .size = size};
    return CAMEO_OK;
}
