/* Portable bitmaps, greymaps and pixmaps, P1 to P6. */
#include "pictures.h"

#define TEXT(text) text, sizeof(text) - 1

typedef struct sample {
    const char *file;
    size_t size;
    int width, height;
    const uint8_t *grey_or_rgb; /* expected values: a pixel each, or three with rgb */
    int rgb;
} sample;

static void right_files(void **state)
{
    (void)state;
    static const uint8_t bits[6] = {0, 255, 0, 255, 255, 0}, scaled[3] = {0, 136, 255}, high[2] = {0x12, 0xff}, odd[2] = {128, 255},
                         colours[6] = {1, 2, 3, 250, 251, 252}, hundred[3] = {0, 128, 255};
    const sample samples[] = {
        {TEXT("P1\n3 2\n101\n001\n"), 3, 2, bits, 0},
        {TEXT("P1 # words\n#more\n3#x\n2 1 0 1 0 0 1"), 3, 2, bits, 0},
        {TEXT("P4 3 2\n\xa0\x20"), 3, 2, bits, 0},
        {TEXT("P2\n3 1\n15\n0 8 15\n"), 3, 1, scaled, 0},
        {TEXT("P2 2 1 65535 4660 65535"), 2, 1, high, 0},
        {TEXT("P5 2 1 65535\n\x12\x34\xff\x00"), 2, 1, high, 0},
        {TEXT("P5 2 1 1000\n\x01\xf4\x03\xe8"), 2, 1, odd, 0},
        {TEXT("P5 3 1 100\n\x00\x32\x64"), 3, 1, hundred, 0},
        {TEXT("P3 2 1 255 1 2 3\t250\r\n251 252"), 2, 1, colours, 1},
        {TEXT("P6 2 1 255\n\x01\x02\x03\xfa\xfb\xfc"), 2, 1, colours, 1},
        {TEXT("P6\n# made by hand\n2\n1\n255\n\x01\x02\x03\xfa\xfb\xfc and more"), 2, 1, colours, 1},
    };
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        const sample *s = &samples[i];
        cameo_image *image = NULL;
        cameo_error error;
        if (decode_exact(&image, s->file, s->size, &error))
            fail_msg("sample %zu: %s", i, error.message);
        cameo_image_view view = cameo_image_pixels(image);
        assert_int_equal(view.width, s->width);
        assert_int_equal(view.height, s->height);
        for (int p = 0; p < s->width * s->height * 3; p++) {
            int right = s->grey_or_rgb[s->rgb ? p : p / 3];
            if (view.pixels[p] != right)
                fail_msg("sample %zu: byte %d is %d, %d is right", i, p, view.pixels[p], right);
        }
        cameo_image_free(image);
    }
}

typedef struct wrong {
    const char *file;
    size_t size;
    cameo_status status;
    const char *word;
} wrong;

static void wrong_files(void **state)
{
    (void)state;
    const wrong files[] = {
        {TEXT("P6\n"), CAMEO_ERROR_FORMAT, "cut short"},
        {TEXT("P6 2"), CAMEO_ERROR_FORMAT, "cut short"},
        {TEXT("P6 2 1 255"), CAMEO_ERROR_FORMAT, "cut short"},
        {TEXT("P6 2 1 255\n12345"), CAMEO_ERROR_FORMAT, "cut short"},
        {TEXT("P5 2 2 65535\n1234567"), CAMEO_ERROR_FORMAT, "cut short"},
        {TEXT("P4 9 2\n123"), CAMEO_ERROR_FORMAT, "cut short"},
        {TEXT("P3 1 1 255 1 2"), CAMEO_ERROR_FORMAT, "cut short"},
        {TEXT("P1 3 1 1 0 "), CAMEO_ERROR_FORMAT, "cut short"},
        {TEXT("P6 0 1 255\n"), CAMEO_ERROR_FORMAT, "0x1"},
        {TEXT("P6 -2 1 255\n"), CAMEO_ERROR_FORMAT, "2d"},
        {TEXT("P6 2 1 0\n123456"), CAMEO_ERROR_FORMAT, "1 to 65535"},
        {TEXT("P6 2 1 65536\n123456"), CAMEO_ERROR_FORMAT, "1 to 65535"},
        {TEXT("P6 99999999999999999999 1 255\n"), CAMEO_ERROR_FORMAT, "width"},
        {TEXT("P6 60000 60000 255\n"), CAMEO_ERROR_LIMIT, "60000x60000"},
        {TEXT("P6 4000000000 4000000000 255\n"), CAMEO_ERROR_LIMIT, "4000000000x4000000000"},
        {TEXT("P2 1 1 15 16"), CAMEO_ERROR_FORMAT, "16"},
        {TEXT("P5 1 1 15\n\x10"), CAMEO_ERROR_FORMAT, "16"},
        {TEXT("P1 2 1 12"), CAMEO_ERROR_FORMAT, "32"},
        {TEXT("P2 1 1 15 x"), CAMEO_ERROR_FORMAT, "78"},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        cameo_image *image = NULL;
        cameo_error error;
        cameo_status status = decode_exact(&image, files[i].file, files[i].size, &error);
        if (status != files[i].status || !strstr(error.message, files[i].word))
            fail_msg("file %zu: status %d, '%s' (should say '%s')", i, status, error.message, files[i].word);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(right_files),
        cmocka_unit_test(wrong_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
