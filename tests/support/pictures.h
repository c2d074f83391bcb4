/* Synthetic pictures and the bytes of files around them, for tests of the image room. */
#ifndef PICTURES_H
#define PICTURES_H

#include "cmocka_all.h"

#include "cameo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct test_picture {
    uint8_t *pixels; /* [height, width, 3], dense */
    int width, height;
} test_picture;

/* Edges everywhere. The same as picture() of tests/oracle/resample.py. */
static inline test_picture synthetic_picture(int width, int height)
{
    test_picture made = {.pixels = malloc((size_t)width * (size_t)height * 3), .width = width, .height = height};
    assert_non_null(made.pixels);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            for (int c = 0; c < 3; c++)
                made.pixels[((size_t)y * (size_t)width + (size_t)x) * 3 + (size_t)c] = (uint8_t)(x * 7 + y * 13 + c * 29 + (x * y) % 17 * 5);
    return made;
}

/* Smooth, so that lossy formats keep it. */
static inline test_picture smooth_picture(int width, int height)
{
    test_picture made = synthetic_picture(width, height);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            uint8_t *pixel = made.pixels + ((size_t)y * (size_t)width + (size_t)x) * 3;
            pixel[0] = (uint8_t)(40 + 160 * x / width);
            pixel[1] = (uint8_t)(30 + 180 * y / height);
            pixel[2] = (uint8_t)(200 - 150 * x / width);
        }
    return made;
}

static inline cameo_image_view picture_view(const test_picture *picture)
{
    return (cameo_image_view){.pixels = picture->pixels,
                              .width = picture->width,
                              .height = picture->height,
                              .stride = (ptrdiff_t)picture->width * 3,
                              .format = CAMEO_PIXEL_RGB8};
}

/* FNV-1a, 64 bits. */
static inline uint64_t hash_bytes(const uint8_t *bytes, size_t size)
{
    uint64_t value = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < size; i++)
        value = (value ^ bytes[i]) * UINT64_C(0x100000001b3);
    return value;
}

/* How far two pictures of the same size are apart. */
typedef struct picture_difference {
    int largest;
    double mean;
} picture_difference;

static inline picture_difference compare_pixels(const uint8_t *a, const uint8_t *b, size_t size)
{
    picture_difference found = {0, 0.0};
    for (size_t i = 0; i < size; i++) {
        int apart = abs(a[i] - b[i]);
        if (apart > found.largest)
            found.largest = apart;
        found.mean += apart;
    }
    found.mean /= (double)size;
    return found;
}

/* A file being put together in memory. */
typedef struct test_bytes {
    uint8_t *bytes;
    size_t size;
} test_bytes;

static inline void put_bytes(test_bytes *to, const void *bytes, size_t size)
{
    to->bytes = realloc(to->bytes, to->size + size + 1);
    assert_non_null(to->bytes);
    if (size)
        memcpy(to->bytes + to->size, bytes, size);
    to->size += size;
}

static inline void put_little(test_bytes *to, uint32_t value, int bytes)
{
    for (int i = 0; i < bytes; i++) {
        uint8_t byte = (uint8_t)(value >> (8 * i));
        put_bytes(to, &byte, 1);
    }
}

static inline void put_big(test_bytes *to, uint32_t value, int bytes)
{
    for (int i = bytes - 1; i >= 0; i--) {
        uint8_t byte = (uint8_t)(value >> (8 * i));
        put_bytes(to, &byte, 1);
    }
}

/* Decodes an exact copy, so that the sanitizer sees a read past the end. */
static inline cameo_status decode_exact(cameo_image **image, const void *bytes, size_t size, cameo_error *error)
{
    uint8_t *copy = malloc(size ? size : 1);
    assert_non_null(copy);
    if (size)
        memcpy(copy, bytes, size);
    *error = (cameo_error){0};
    cameo_status status = cameo_image_decode(image, copy, size, "sample", NULL, error);
    free(copy);
    assert_true((status == CAMEO_OK) == (*image != NULL));
    if (status) {
        assert_int_equal(error->status, status);
        assert_non_null(strstr(error->message, "sample: "));
    }
    return status;
}

static inline test_bytes read_whole_file(const char *path)
{
    test_bytes all = {0};
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    uint8_t piece[4096];
    size_t count;
    while ((count = fread(piece, 1, sizeof piece, file)) > 0)
        put_bytes(&all, piece, count);
    fclose(file);
    return all;
}

#endif
