/* The eight EXIF orientations in JPEG, PNG and WebP, and EXIF blocks that are damaged. */
#include "pictures.h"

#include "image/codec.h"
#include "image/exif.h"

enum { W = 360, H = 40 }; /* more than one block and one chunk of what turns it, and no multiples of them */

static test_bytes exif_block(int orientation, int big_endian, int signature)
{
    test_bytes made = {0};
    void (*put)(test_bytes *, uint32_t, int) = big_endian ? put_big : put_little;
    if (signature)
        put_bytes(&made, "Exif\0", 6);
    put_bytes(&made, big_endian ? "MM" : "II", 2);
    put(&made, 42, 2);
    put(&made, 8, 4);
    put(&made, 2, 2); /* two entries: ImageWidth, Orientation */
    put(&made, 0x0100, 2);
    put(&made, 4, 2);
    put(&made, 1, 4);
    put(&made, W, 4);
    put(&made, 0x0112, 2);
    put(&made, 3, 2);
    put(&made, 1, 4);
    put(&made, (uint32_t)orientation, 2);
    put(&made, 0, 2);
    put(&made, 0, 4);
    return made;
}

static uint32_t png_checksum(const uint8_t *bytes, size_t size)
{
    uint32_t value = UINT32_MAX;
    for (size_t i = 0; i < size; i++) {
        value ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            value = value & 1 ? value >> 1 ^ UINT32_C(0xedb88320) : value >> 1;
    }
    return ~value;
}

/* A file with an EXIF block put in after its first `head` bytes. */
static test_bytes insert_jpeg(const cm_encoding *plain, const test_bytes *exif)
{
    test_bytes made = {0};
    put_bytes(&made, plain->bytes, 2);
    put_big(&made, 0xffe1, 2);
    put_big(&made, (uint32_t)exif->size + 2, 2);
    put_bytes(&made, exif->bytes, exif->size);
    put_bytes(&made, plain->bytes + 2, plain->size - 2);
    return made;
}

static test_bytes insert_png(const cm_encoding *plain, const test_bytes *exif)
{
    const size_t header = 8 + 25;
    test_bytes made = {0}, chunk = {0};
    put_bytes(&chunk, "eXIf", 4);
    put_bytes(&chunk, exif->bytes, exif->size);
    put_bytes(&made, plain->bytes, header);
    put_big(&made, (uint32_t)exif->size, 4);
    put_bytes(&made, chunk.bytes, chunk.size);
    put_big(&made, png_checksum(chunk.bytes, chunk.size), 4);
    put_bytes(&made, plain->bytes + header, plain->size - header);
    free(chunk.bytes);
    return made;
}

/* The simple form RIFF "WEBP" VP8 becomes the extended one: VP8X, VP8, EXIF. */
static test_bytes insert_webp(const cm_encoding *plain, const test_bytes *exif)
{
    enum { HAS_EXIF = 8, HEADER = 12 };
    test_bytes made = {0}, body = {0};
    put_bytes(&body, "WEBPVP8X", 8);
    put_little(&body, 10, 4);
    put_little(&body, HAS_EXIF, 4);
    put_little(&body, W - 1, 3);
    put_little(&body, H - 1, 3);
    put_bytes(&body, plain->bytes + HEADER, plain->size - HEADER);
    put_bytes(&body, "EXIF", 4);
    put_little(&body, (uint32_t)exif->size, 4);
    put_bytes(&body, exif->bytes, exif->size);
    if (exif->size & 1)
        put_little(&body, 0, 1);
    put_bytes(&made, "RIFF", 4);
    put_little(&made, (uint32_t)body.size, 4);
    put_bytes(&made, body.bytes, body.size);
    free(body.bytes);
    return made;
}

/* Where pixel (x, y) of the upright picture is stored; from the table of the EXIF standard (where row 0 and column 0 are shown). */
static void stored_place(int orientation, int x, int y, int *sx, int *sy)
{
    int right = W - 1, bottom = H - 1;
    switch (orientation) {
    case 2: *sx = right - x, *sy = y; break;            /* top, right */
    case 3: *sx = right - x, *sy = bottom - y; break;   /* bottom, right */
    case 4: *sx = x, *sy = bottom - y; break;           /* bottom, left */
    case 5: *sx = y, *sy = x; break;                    /* left, top */
    case 6: *sx = y, *sy = bottom - x; break;           /* right, top */
    case 7: *sx = right - y, *sy = bottom - x; break;   /* right, bottom */
    case 8: *sx = right - y, *sy = x; break;            /* left, bottom */
    default: *sx = x, *sy = y; break;
    }
}

static void check_upright(const cameo_image *image, const test_picture *stored, int orientation, int allowed)
{
    cameo_image_view view = cameo_image_pixels(image);
    assert_int_equal(view.width, orientation >= 5 && orientation <= 8 ? H : W);
    assert_int_equal(view.height, orientation >= 5 && orientation <= 8 ? W : H);
    for (int y = 0; y < view.height; y++)
        for (int x = 0; x < view.width; x++) {
            int sx, sy;
            stored_place(orientation, x, y, &sx, &sy);
            for (int c = 0; c < 3; c++) {
                int ours = view.pixels[y * view.stride + 3 * x + c], right = stored->pixels[(sy * W + sx) * 3 + c];
                if (abs(ours - right) > allowed)
                    fail_msg("orientation %d: pixel %d,%d channel %d is %d, %d is right", orientation, x, y, c, ours, right);
            }
        }
}

typedef test_bytes insert(const cm_encoding *plain, const test_bytes *exif);

static void check_format(cm_encoder *encoder, insert *insert_exif, int allowed)
{
    test_picture picture = smooth_picture(W, H);
    cameo_image_view view = picture_view(&picture);
    cm_encoding plain;
    assert_int_equal(encoder(&plain, &view, "sample", NULL), CAMEO_OK);
    for (int orientation = 0; orientation <= 9; orientation++)
        for (int form = 0; form < 4; form++) {
            /* A JPEG's block needs the signature, a PNG's must not have it, in WebP both are found. */
            int signature = insert_exif == insert_jpeg || (insert_exif == insert_webp && (form & 2));
            test_bytes exif = exif_block(orientation, form & 1, signature);
            test_bytes file = insert_exif(&plain, &exif);
            cameo_image *image = NULL;
            cameo_error error;
            if (decode_exact(&image, file.bytes, file.size, &error))
                fail_msg("%s", error.message);
            check_upright(image, &picture, orientation, allowed);
            cameo_image_free(image);
            free(file.bytes);
            free(exif.bytes);
        }
    free(plain.bytes);
    free(picture.pixels);
}

static void jpeg_is_turned(void **state)
{
    (void)state;
    check_format(cm_jpeg_encode, insert_jpeg, 12);
}

static void png_is_turned(void **state)
{
    (void)state;
    check_format(cm_png_encode, insert_png, 0);
}

static void webp_is_turned(void **state)
{
    (void)state;
    check_format(cm_webp_encode, insert_webp, 16);
}

/* Every prefix, and every single byte changed: an orientation, never a read past the end (under the sanitizer). */
static void damaged_blocks_are_harmless(void **state)
{
    (void)state;
    for (int big_endian = 0; big_endian < 2; big_endian++) {
        test_bytes whole = exif_block(6, big_endian, 1);
        assert_int_equal(cm_exif_orientation(whole.bytes, whole.size), 6);
        for (size_t size = 0; size < whole.size; size++) {
            uint8_t *cut = malloc(size + 1), *changed = malloc(whole.size);
            assert_non_null(cut);
            assert_non_null(changed);
            memcpy(cut, whole.bytes, size);
            int orientation = cm_exif_orientation(cut, size);
            assert_true(orientation == 1 || orientation == 6);
            for (int value = 0; value < 256; value++) {
                memcpy(changed, whole.bytes, whole.size);
                changed[size] = (uint8_t)value;
                orientation = cm_exif_orientation(changed, whole.size);
                assert_in_range(orientation, 1, 8);
            }
            free(cut);
            free(changed);
        }
        /* Directory at the very end, and past it. */
        for (uint32_t at = (uint32_t)whole.size - 9; at <= (uint32_t)whole.size; at++) {
            test_bytes moved = {0};
            put_bytes(&moved, whole.bytes + 6, 4);
            (big_endian ? put_big : put_little)(&moved, at, 4);
            put_bytes(&moved, whole.bytes + 14, whole.size - 14);
            assert_int_equal(cm_exif_orientation(moved.bytes, moved.size), 1);
            free(moved.bytes);
        }
        free(whole.bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jpeg_is_turned),
        cmocka_unit_test(png_is_turned),
        cmocka_unit_test(webp_is_turned),
        cmocka_unit_test(damaged_blocks_are_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
