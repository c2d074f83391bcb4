/* PNG: every colour type and depth, interlaced or not, transparency, and damage. Samples are encoded here with libpng. */
#include "pictures.h"

#include <png.h>

enum { W = 19, H = 13, MOST_BYTES = 8 };

typedef struct form {
    int color_type, depth, interlace, transparent;
} form;

static void on_write(png_structp codec, png_bytep bytes, size_t size)
{
    put_bytes(png_get_io_ptr(codec), bytes, size);
}

static const png_color palette[4] = {{10, 200, 30}, {250, 0, 90}, {0, 0, 0}, {255, 254, 253}};

static int samples_of(int color_type)
{
    int colors = color_type == PNG_COLOR_TYPE_RGB || color_type == PNG_COLOR_TYPE_RGB_ALPHA ? 3 : 1;
    return colors + (color_type & PNG_COLOR_MASK_ALPHA ? 1 : 0);
}

/* Sample s of pixel (x, y): any value of the depth. */
static unsigned sample_value(const form *f, int x, int y, int s)
{
    unsigned value = (unsigned)(x * 5003 + y * 8009 + s * 20011 + x * y * 77);
    if (f->color_type == PNG_COLOR_TYPE_PALETTE)
        return value % (f->depth == 1 ? 2 : 4);
    return value & ((1U << f->depth) - 1);
}

/* One row, packed as PNG packs it. */
static void fill_row(const form *f, int y, uint8_t *row)
{
    int samples = samples_of(f->color_type);
    memset(row, 0, (size_t)W * MOST_BYTES);
    for (int i = 0; i < W * samples; i++) {
        unsigned value = sample_value(f, i / samples, y, i % samples);
        if (f->depth == 16) {
            row[2 * i] = (uint8_t)(value >> 8);
            row[2 * i + 1] = (uint8_t)value;
        } else {
            row[i * f->depth / 8] |= (uint8_t)(value << (8 - f->depth - i * f->depth % 8));
        }
    }
}

static test_bytes encode(const form *f)
{
    test_bytes made = {0};
    uint8_t rows[H][W * MOST_BYTES];
    uint8_t *pointers[H];
    png_structp codec = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(codec);
    png_set_write_fn(codec, &made, on_write, NULL);
    png_set_IHDR(codec, info, W, H, f->depth, f->color_type, f->interlace ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE, 0, 0);
    if (f->color_type == PNG_COLOR_TYPE_PALETTE)
        png_set_PLTE(codec, info, palette, f->depth == 1 ? 2 : 4);
    static const png_byte alphas[2] = {0, 128};
    static const png_color_16 key = {.red = 1, .green = 1, .blue = 1, .gray = 1};
    if (f->transparent)
        png_set_tRNS(codec, info, alphas, 2, &key);
    /* A gamma that a decoder which heeded it would have to apply. */
    png_set_gAMA(codec, info, 1.0);
    png_write_info(codec, info);
    for (int y = 0; y < H; y++) {
        fill_row(f, y, rows[y]);
        pointers[y] = rows[y];
    }
    png_write_image(codec, pointers);
    png_write_end(codec, NULL);
    png_destroy_write_struct(&codec, &info);
    return made;
}

static int expected_channel(const form *f, int x, int y, int channel)
{
    if (f->color_type == PNG_COLOR_TYPE_PALETTE) {
        const png_color *color = &palette[sample_value(f, x, y, 0)];
        return channel == 0 ? color->red : channel == 1 ? color->green : color->blue;
    }
    unsigned value = sample_value(f, x, y, f->color_type & PNG_COLOR_MASK_COLOR ? channel : 0);
    return (int)(f->depth == 16 ? value >> 8 : value * 255 / ((1U << f->depth) - 1));
}

static const form forms[] = {
    {PNG_COLOR_TYPE_GRAY, 1, 0, 0},    {PNG_COLOR_TYPE_GRAY, 2, 0, 0},       {PNG_COLOR_TYPE_GRAY, 4, 1, 0},
    {PNG_COLOR_TYPE_GRAY, 8, 0, 0},    {PNG_COLOR_TYPE_GRAY, 8, 1, 1},       {PNG_COLOR_TYPE_GRAY, 16, 0, 0},
    {PNG_COLOR_TYPE_GRAY, 2, 0, 1},    {PNG_COLOR_TYPE_GRAY, 16, 1, 1},      {PNG_COLOR_TYPE_RGB, 8, 0, 0},
    {PNG_COLOR_TYPE_RGB, 8, 1, 0},     {PNG_COLOR_TYPE_RGB, 8, 0, 1},        {PNG_COLOR_TYPE_RGB, 16, 0, 0},
    {PNG_COLOR_TYPE_RGB, 16, 1, 1},    {PNG_COLOR_TYPE_PALETTE, 1, 0, 0},    {PNG_COLOR_TYPE_PALETTE, 2, 1, 0},
    {PNG_COLOR_TYPE_PALETTE, 4, 0, 1}, {PNG_COLOR_TYPE_PALETTE, 8, 0, 0},    {PNG_COLOR_TYPE_PALETTE, 8, 1, 1},
    {PNG_COLOR_TYPE_RGB_ALPHA, 8, 0, 0}, {PNG_COLOR_TYPE_RGB_ALPHA, 16, 1, 0}, {PNG_COLOR_TYPE_GRAY_ALPHA, 8, 0, 0},
    {PNG_COLOR_TYPE_GRAY_ALPHA, 16, 1, 0},
};

static void all_forms_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        test_bytes file = encode(&forms[i]);
        cameo_image *image = NULL;
        cameo_error error;
        if (decode_exact(&image, file.bytes, file.size, &error))
            fail_msg("form %zu: %s", i, error.message);
        cameo_image_view view = cameo_image_pixels(image);
        assert_int_equal(view.width, W);
        assert_int_equal(view.height, H);
        for (int y = 0; y < H; y++)
            for (int x = 0; x < W; x++)
                for (int c = 0; c < 3; c++) {
                    int ours = view.pixels[y * view.stride + 3 * x + c], right = expected_channel(&forms[i], x, y, c);
                    if (ours != right)
                        fail_msg("form %zu: pixel %d,%d channel %d is %d, %d is right", i, x, y, c, ours, right);
                }
        cameo_image_free(image);
        free(file.bytes);
    }
}

static void cut_files_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i += 5) {
        test_bytes file = encode(&forms[i]);
        for (size_t size = 0; size < file.size; size++) {
            cameo_image *image = NULL;
            cameo_error error;
            assert_int_equal(decode_exact(&image, file.bytes, size, &error), CAMEO_ERROR_FORMAT);
            if (size >= 33)
                assert_non_null(strstr(error.message, "is cut short"));
        }
        free(file.bytes);
    }
}

/* Checksums see every changed byte of the header, the palette and the pixels. */
static void changed_bytes_are_seen(void **state)
{
    (void)state;
    test_bytes file = encode(&forms[8]);
    size_t pixels = 0;
    for (size_t at = 8; at + 4 < file.size && !pixels; at++)
        if (memcmp(file.bytes + at, "IDAT", 4) == 0)
            pixels = at;
    assert_true(pixels > 0);
    for (size_t at = 8; at < file.size - 12; at++) {
        if (at >= 33 && at < pixels)
            continue; /* gAMA: of no use here, so its damage is no error */
        file.bytes[at] ^= 0x10;
        cameo_image *image = NULL;
        cameo_error error;
        cameo_status status = decode_exact(&image, file.bytes, file.size, &error);
        if (status != CAMEO_ERROR_FORMAT && status != CAMEO_ERROR_LIMIT)
            fail_msg("byte %zu of %zu changed: status %d", at, file.size, status);
        file.bytes[at] ^= 0x10;
    }
    free(file.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_forms_are_read),
        cmocka_unit_test(cut_files_are_refused),
        cmocka_unit_test(changed_bytes_are_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
