/* WebP through libwebp. */
#include "base/memory.h"
#include "image/codec.h"
#include "image/exif.h"

#include <stdlib.h>
#include <string.h>

#include <webp/decode.h>
#include <webp/encode.h>

enum { RIFF_HEADER = 12, CHUNK_HEADER = 8, QUALITY = 95 };

static uint32_t read_u32(const uint8_t *bytes)
{
    return (uint32_t)bytes[3] << 24 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[1] << 8 | bytes[0];
}

/* Walks the RIFF chunks: "name" size bytes, padded to even. */
static int find_orientation(const cm_encoded *source)
{
    size_t position = RIFF_HEADER;
    while (source->size - position >= CHUNK_HEADER) {
        const uint8_t *chunk = source->bytes + position;
        size_t size = read_u32(chunk + 4), there = source->size - position - CHUNK_HEADER;
        if (size > there)
            return 1;
        if (memcmp(chunk, "EXIF", 4) == 0)
            return cm_exif_orientation(chunk + CHUNK_HEADER, size);
        size_t step = size + (size & 1);
        position += CHUNK_HEADER + (step < there ? step : there);
    }
    return 1;
}

static cameo_status fail_decode(VP8StatusCode code, const cm_encoded *source, cameo_error *error)
{
    switch (code) {
    case VP8_STATUS_OUT_OF_MEMORY:
    case VP8_STATUS_USER_ABORT: /* nobody here aborts: it had no memory for what turns samples into pixels */
        return cm_fail(error, CAMEO_ERROR_MEMORY, "%s: no memory to decode this WebP", source->name);
    case VP8_STATUS_UNSUPPORTED_FEATURE:
        return cm_fail(error, CAMEO_ERROR_UNSUPPORTED, "%s: this WebP uses a feature that libwebp does not know", source->name);
    case VP8_STATUS_NOT_ENOUGH_DATA:
    case VP8_STATUS_SUSPENDED:
        return cm_fail(error, CAMEO_ERROR_FORMAT, "%s: is cut short: the file ends after %llu bytes, in the middle of the WebP data",
                       source->name, (unsigned long long)source->size);
    default:
        /* Where libwebp lacks memory for Huffman tables or for alpha, it calls that damaged too. */
        return cm_fail(error, CAMEO_ERROR_FORMAT, "%s: cannot decode this WebP: its data are damaged, or there was no memory for them", source->name);
    }
}

cameo_status cm_webp_decode(cameo_image **image, int *orientation, const cm_encoded *source, cameo_error *error)
{
    *image = NULL;
    WebPDecoderConfig config;
    if (!WebPInitDecoderConfig(&config))
        return cm_fail(error, CAMEO_ERROR_INTERNAL, "%s: libwebp is of another version than its headers", source->name);
    VP8StatusCode code = WebPGetFeatures(source->bytes, source->size, &config.input);
    if (code != VP8_STATUS_OK)
        return fail_decode(code, source, error);
    if (config.input.has_animation)
        return cm_fail(error, CAMEO_ERROR_UNSUPPORTED, "%s: is an animated WebP, a still picture is needed; save one of its frames",
                       source->name);
    cameo_status status = cm_image_create(image, (uint64_t)config.input.width, (uint64_t)config.input.height, source->name,
                                          source->max_pixels, error);
    if (status)
        return status;
    size_t row_bytes = (size_t)(*image)->width * 3;
    config.output.colorspace = MODE_RGB;
    config.output.is_external_memory = 1;
    config.output.u.RGBA.rgba = (*image)->pixels;
    config.output.u.RGBA.stride = (int)row_bytes;
    config.output.u.RGBA.size = row_bytes * (size_t)(*image)->height;
    code = WebPDecode(source->bytes, source->size, &config);
    WebPFreeDecBuffer(&config.output);
    if (code != VP8_STATUS_OK) {
        cameo_image_free(*image);
        *image = NULL;
        return fail_decode(code, source, error);
    }
    *orientation = find_orientation(source);
    return CAMEO_OK;
}

cameo_status cm_webp_encode(cm_encoding *encoding, const cameo_image_view *view, const char *name, cameo_error *error)
{
    *encoding = (cm_encoding){0};
    if (view->width > WEBP_MAX_DIMENSION || view->height > WEBP_MAX_DIMENSION)
        return cm_fail(error, CAMEO_ERROR_UNSUPPORTED, "%s: a picture of %dx%d pixels does not fit into a WebP (at most %d a side)", name,
                       view->width, view->height, WEBP_MAX_DIMENSION);
    cameo_image *rgb = NULL;
    cameo_status status = cameo_image_copy(&rgb, view, error);
    if (status)
        return status;
    uint8_t *bytes = NULL;
    size_t size = WebPEncodeRGB(rgb->pixels, rgb->width, rgb->height, rgb->width * 3, QUALITY, &bytes);
    cameo_image_free(rgb);
    /* The caller frees with free(), which libwebp's memory need not agree with. */
    uint8_t *copy = size ? malloc(size) : NULL;
    if (copy)
        memcpy(copy, bytes, size);
    WebPFree(bytes);
    if (!copy)
        return cm_fail(error, CAMEO_ERROR_MEMORY, "%s: no memory for the encoded WebP", name);
    *encoding = (cm_encoding){.bytes = copy, .size = size};
    return CAMEO_OK;
}
