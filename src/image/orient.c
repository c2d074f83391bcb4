#include "image/orient.h"

#include <stdbool.h>
#include <string.h>

/* EXIF's eight orientations: is the upright picture the stored one with rows and columns exchanged, and which of its axes run backwards
 * in the stored picture's coordinates? */
typedef struct turn {
    bool exchange, flip_x, flip_y;
} turn;

static const turn turns[9] = {
    [1] = {false, false, false}, [2] = {false, true, false}, [3] = {false, true, true}, [4] = {false, false, true},
    [5] = {true, false, false},  [6] = {true, false, true},  [7] = {true, true, true},  [8] = {true, true, false},
};

/* Copies one upright row: from the stored pixel at `from` on, `step` bytes apart. */
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
    const cameo_image *stored = *image;
    cameo_image *upright = NULL;
    int width = t->exchange ? stored->height : stored->width, height = t->exchange ? stored->width : stored->height;
    cameo_status status = cm_image_create(&upright, (uint64_t)width, (uint64_t)height, name, UINT64_MAX, error);
    if (status)
        return status;
    ptrdiff_t row_step = (ptrdiff_t)stored->width * 3, x_step = t->flip_x ? -3 : 3, y_step = t->flip_y ? -row_step : row_step;
    const uint8_t *origin = stored->pixels + (t->flip_x ? row_step - 3 : 0) + (t->flip_y ? row_step * (stored->height - 1) : 0);
    ptrdiff_t along = t->exchange ? y_step : x_step, down = t->exchange ? x_step : y_step;
    for (int y = 0; y < height; y++)
        copy_row(origin + y * down, along, width, upright->pixels + (ptrdiff_t)y * width * 3);
    cameo_image_free(*image);
    *image = upright;
    return CAMEO_OK;
}
