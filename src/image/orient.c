#include "image/orient.h"

#include "image/resample.h"

#include <stdbool.h>
#include <string.h>

/* Pixels of a square that is copied at a time: its rows and its columns, which lie far apart, all fit into the nearest cache. */
enum { BLOCK = 32 };

/* EXIF's eight orientations: is the upright picture the stored one with rows and columns exchanged, and which of its axes run backwards
 * in the stored picture's coordinates? */
typedef struct turn {
    bool exchange, flip_x, flip_y;
} turn;

static const turn turns[9] = {
    [1] = {false, false, false}, [2] = {false, true, false}, [3] = {false, true, true}, [4] = {false, false, true},
    [5] = {true, false, false},  [6] = {true, false, true},  [7] = {true, true, true},  [8] = {true, true, false},
};

static void swap_rows(uint8_t *a, uint8_t *b, size_t bytes)
{
    uint8_t held[1024];
    for (size_t done = 0; done < bytes; done += sizeof held) {
        size_t count = bytes - done < sizeof held ? bytes - done : sizeof held;
        memcpy(held, a + done, count);
        memcpy(a + done, b + done, count);
        memcpy(b + done, held, count);
    }
}

static void flip(cameo_image *image, const turn *t)
{
    size_t row_bytes = (size_t)image->width * 3;
    for (size_t top = 0, bottom = (size_t)image->height - 1; t->flip_y && top < bottom; top++, bottom--)
        swap_rows(image->pixels + top * row_bytes, image->pixels + bottom * row_bytes, row_bytes);
    if (t->flip_x)
        cm_image_mirror(image->pixels, image->width, image->height, (ptrdiff_t)row_bytes);
}

/* Copies a part of an upright row: from the stored pixel at `from` on, `step` bytes apart. */
static void copy_row(const uint8_t *from, ptrdiff_t step, int width, uint8_t *to)
{
    for (int x = 0; x < width; x++, from += step, to += 3)
        memcpy(to, from, 3);
}

cameo_status cm_image_orient(cameo_image **image, int orientation, const char *name, cameo_error *error)
{
    if (orientation <= 1 || orientation > 8)
        return CAMEO_OK;
    const turn *t = &turns[orientation];
    if (!t->exchange) {
        flip(*image, t);
        return CAMEO_OK;
    }
    const cameo_image *stored = *image;
    cameo_image *upright = NULL;
    int width = stored->height, height = stored->width;
    cameo_status status = cm_image_create(&upright, (uint64_t)width, (uint64_t)height, name, UINT64_MAX, error);
    if (status)
        return status;
    ptrdiff_t row_step = (ptrdiff_t)stored->width * 3;
    ptrdiff_t along = t->flip_y ? -row_step : row_step, down = t->flip_x ? -3 : 3;
    const uint8_t *origin = stored->pixels + (t->flip_x ? row_step - 3 : 0) + (t->flip_y ? row_step * (stored->height - 1) : 0);
    for (int top = 0; top < height; top += BLOCK) {
        for (int left = 0; left < width; left += BLOCK) {
            int columns = width - left < BLOCK ? width - left : BLOCK;
            for (int y = top; y < height && y < top + BLOCK; y++)
                copy_row(origin + y * down + left * along, along, columns, upright->pixels + ((ptrdiff_t)y * width + left) * 3);
        }
    }
    cameo_image_free(*image);
    *image = upright;
    return CAMEO_OK;
}
