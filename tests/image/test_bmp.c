/* BMP files written by hand: every depth, both directions, and what is refused. */
#include "pictures.h"

/* How a bitmap is to be laid out; pixels are rows as stored, padding included. */
typedef struct layout {
    int width, height, bits, compression, colors, header_bytes;
    const uint8_t *palette, *masks, *pixels;
    size_t palette_size, masks_size, pixels_size;
} layout;

static test_bytes build(const layout *l)
{
    enum { FILE_HEADER = 14 };
    int header = l->header_bytes ? l->header_bytes : 40;
    test_bytes made = {0};
    /* Headers larger than 40 bytes hold the masks. */
    uint32_t masks_after = header > 40 ? 0 : (uint32_t)l->masks_size;
    uint32_t at = (uint32_t)(FILE_HEADER + header) + masks_after + (uint32_t)l->palette_size;
    put_bytes(&made, "BM", 2);
    put_little(&made, at + (uint32_t)l->pixels_size, 4);
    put_little(&made, 0, 4);
    put_little(&made, at, 4);
    put_little(&made, (uint32_t)header, 4);
    int size_bytes = header == 12 ? 2 : 4;
    put_little(&made, (uint32_t)l->width, size_bytes);
    put_little(&made, (uint32_t)l->height, size_bytes);
    put_little(&made, 1, 2);
    put_little(&made, (uint32_t)l->bits, 2);
    if (header > 12) {
        put_little(&made, (uint32_t)l->compression, 4);
        put_little(&made, 0, 4);
        put_little(&made, 0, 4);
        put_little(&made, 0, 4);
        put_little(&made, (uint32_t)l->colors, 4);
        put_little(&made, 0, 4);
    }
    put_bytes(&made, l->masks, l->masks_size);
    while (header > 40 && made.size < (size_t)FILE_HEADER + (size_t)header)
        put_little(&made, 0, 1);
    put_bytes(&made, l->palette, l->palette_size);
    put_bytes(&made, l->pixels, l->pixels_size);
    return made;
}

static void expect(const layout *l, const uint8_t *rgb)
{
    test_bytes file = build(l);
    cameo_image *image = NULL;
    cameo_error error;
    if (decode_exact(&image, file.bytes, file.size, &error))
        fail_msg("%d bits: %s", l->bits, error.message);
    cameo_image_view view = cameo_image_pixels(image);
    assert_int_equal(view.width, l->width);
    assert_int_equal(view.height, abs(l->height));
    assert_memory_equal(view.pixels, rgb, (size_t)view.stride * (size_t)view.height);
    cameo_image_free(image);
    /* One byte less is too few; the padding of the last row may be missing. */
    for (size_t cut = 4; cut < file.size; cut += 3) {
        assert_int_equal(decode_exact(&image, file.bytes, file.size - cut, &error), CAMEO_ERROR_FORMAT);
        if (file.size - cut > 1)
            assert_non_null(strstr(error.message, "is cut short"));
    }
    free(file.bytes);
}

#define BYTES(name) .name = name, .name##_size = sizeof name

static void true_colour(void **state)
{
    (void)state;
    const uint8_t rgb[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    {
        const uint8_t pixels[16] = {9, 8, 7, 12, 11, 10, 0, 0, 3, 2, 1, 6, 5, 4, 0, 0};
        expect(&(layout){.width = 2, .height = 2, .bits = 24, BYTES(pixels)}, rgb);
        expect(&(layout){.width = 2, .height = 2, .bits = 24, .header_bytes = 12, BYTES(pixels)}, rgb);
        expect(&(layout){.width = 2, .height = 2, .bits = 24, .header_bytes = 64, BYTES(pixels)}, rgb);
    }
    {
        const uint8_t pixels[16] = {3, 2, 1, 0, 6, 5, 4, 255, 9, 8, 7, 1, 12, 11, 10, 2};
        expect(&(layout){.width = 2, .height = -2, .bits = 32, BYTES(pixels)}, rgb);
    }
}

static void bit_fields(void **state)
{
    (void)state;
    {
        const uint8_t masks[12] = {0x00, 0xf8, 0, 0, 0xe0, 0x07, 0, 0, 0x1f, 0, 0, 0};
        const uint8_t pixels[4] = {0x1f, 0xf8, 0xe0, 0x07}, rgb[6] = {255, 0, 255, 0, 255, 0};
        expect(&(layout){.width = 2, .height = 1, .bits = 16, .compression = 3, BYTES(masks), BYTES(pixels)}, rgb);
        expect(&(layout){.width = 2, .height = 1, .bits = 16, .compression = 3, .header_bytes = 108, BYTES(masks), BYTES(pixels)}, rgb);
    }
    {
        /* Five bits a colour without masks; 16 of 31 is 132 of 255. */
        const uint8_t pixels[4] = {0x10, 0x42, 0xff, 0x7f}, rgb[6] = {132, 132, 132, 255, 255, 255};
        expect(&(layout){.width = 2, .height = 1, .bits = 16, BYTES(pixels)}, rgb);
    }
    {
        const uint8_t masks[16] = {0xff, 0, 0, 0, 0, 0xff, 0, 0, 0, 0, 0xff, 0, 0, 0, 0, 0xff};
        const uint8_t pixels[8] = {1, 2, 3, 99, 4, 5, 6, 99}, rgb[6] = {1, 2, 3, 4, 5, 6};
        expect(&(layout){.width = 2, .height = 1, .bits = 32, .compression = 6, BYTES(masks), BYTES(pixels)}, rgb);
    }
}

static void palettes(void **state)
{
    (void)state;
    const uint8_t palette[16] = {0, 0, 0, 0, 3, 2, 1, 0, 6, 5, 4, 0, 9, 8, 7, 0};
    {
        const uint8_t pixels[4] = {0x40, 0, 0, 0}, rgb[6] = {0, 0, 0, 1, 2, 3};
        expect(&(layout){.width = 2, .height = 1, .bits = 1, .palette = palette, .palette_size = 8, BYTES(pixels)}, rgb);
    }
    {
        const uint8_t pixels[8] = {0x31, 0x20, 0, 0, 0x12, 0x30, 0, 0};
        const uint8_t rgb[18] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 7, 8, 9, 1, 2, 3, 4, 5, 6};
        expect(&(layout){.width = 3, .height = 2, .bits = 4, .colors = 4, BYTES(palette), BYTES(pixels)}, rgb);
    }
    {
        /* Colours beyond the palette are black. */
        const uint8_t pixels[4] = {3, 1, 200, 0}, rgb[9] = {7, 8, 9, 1, 2, 3, 0, 0, 0};
        expect(&(layout){.width = 3, .height = 1, .bits = 8, .colors = 4, BYTES(palette), BYTES(pixels)}, rgb);
    }
}

static void refused(const layout *l, cameo_status status, const char *word)
{
    test_bytes file = build(l);
    cameo_image *image = NULL;
    cameo_error error;
    assert_int_equal(decode_exact(&image, file.bytes, file.size, &error), status);
    if (!strstr(error.message, word))
        fail_msg("'%s' does not say '%s'", error.message, word);
    free(file.bytes);
}

static void what_is_refused(void **state)
{
    (void)state;
    const uint8_t pixels[64] = {0}, masks[12] = {5, 0, 0, 0, 0xff, 0, 0, 0, 0xff, 0, 0, 0};
    refused(&(layout){.width = 2, .height = 2, .bits = 8, .compression = 1, BYTES(pixels)}, CAMEO_ERROR_UNSUPPORTED, "RLE8");
    refused(&(layout){.width = 2, .height = 2, .bits = 4, .compression = 2, BYTES(pixels)}, CAMEO_ERROR_UNSUPPORTED, "RLE4");
    refused(&(layout){.width = 2, .height = 2, .bits = 24, .compression = 4, BYTES(pixels)}, CAMEO_ERROR_UNSUPPORTED, "JPEG");
    refused(&(layout){.width = 2, .height = 2, .bits = 24, .compression = 77, BYTES(pixels)}, CAMEO_ERROR_UNSUPPORTED, "77");
    refused(&(layout){.width = 2, .height = 2, .bits = 2, BYTES(pixels)}, CAMEO_ERROR_UNSUPPORTED, "2 bits");
    refused(&(layout){.width = 2, .height = 2, .bits = 24, .compression = 3, BYTES(pixels)}, CAMEO_ERROR_UNSUPPORTED, "24 bits");
    refused(&(layout){.width = 2, .height = 2, .bits = 24, .header_bytes = 200, BYTES(pixels)}, CAMEO_ERROR_UNSUPPORTED, "200");
    refused(&(layout){.width = 0, .height = 2, .bits = 24, BYTES(pixels)}, CAMEO_ERROR_FORMAT, "0x2");
    refused(&(layout){.width = -4, .height = 2, .bits = 24, BYTES(pixels)}, CAMEO_ERROR_FORMAT, "-4x2");
    refused(&(layout){.width = 2, .height = 0, .bits = 24, BYTES(pixels)}, CAMEO_ERROR_FORMAT, "2x0");
    refused(&(layout){.width = 60000, .height = 60000, .bits = 24, BYTES(pixels)}, CAMEO_ERROR_LIMIT, "60000x60000");
    refused(&(layout){.width = INT32_MAX, .height = INT32_MIN, .bits = 32, BYTES(pixels)}, CAMEO_ERROR_LIMIT, "2147483648");
    refused(&(layout){.width = 2, .height = 2, .bits = 16, .compression = 3, BYTES(masks), BYTES(pixels)}, CAMEO_ERROR_FORMAT, "mask");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(true_colour),
        cmocka_unit_test(bit_fields),
        cmocka_unit_test(palettes),
        cmocka_unit_test(what_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
