#include "heatmap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "outfile.h"
#include "report.h"

enum { LARGEST_SIDE = 8192, GLYPH_WIDTH = 3, GLYPH_HEIGHT = 5 };

/* What a value may be written with: 3x5 dots a glyph, three bits a row from the top. */
static const char glyph_names[] = "0123456789.-";
static const uint16_t glyphs[] = {075557, 026227, 071747, 071717, 055711, 074717, 074757, 071111, 075757, 075717, 000002, 000700};

/* From dark blue through green to yellow, even to the eye and readable without colour (after "viridis"). */
static const uint8_t scale[][3] = {{68, 1, 84}, {70, 50, 127}, {54, 92, 141}, {39, 127, 142}, {31, 161, 135}, {74, 194, 109}, {159, 218, 58}, {253, 231, 37}};

typedef struct canvas {
    uint8_t *rgb; /* [side, side, 3] */
    size_t side, cell;
} canvas;

static void color_of(float value, uint8_t rgb[3])
{
    enum { STEPS = sizeof scale / sizeof *scale - 1 };
    /* Similarities of different people lie around 0; below that nothing is told. */
    float clipped = value < -0.2f ? -0.2f : value > 1.0f ? 1.0f : value;
    float place = (clipped + 0.2f) / 1.2f * STEPS;
    int step = place >= STEPS ? STEPS - 1 : (int)place;
    float part = place - (float)step;
    for (int c = 0; c < 3; c++)
        rgb[c] = (uint8_t)((float)scale[step][c] * (1 - part) + (float)scale[step + 1][c] * part + 0.5f);
}

static void fill(canvas *to, size_t x, size_t y, size_t width, size_t height, const uint8_t rgb[3])
{
    for (size_t row = y; row < y + height && row < to->side; row++)
        for (size_t column = x; column < x + width && column < to->side; column++)
            memcpy(to->rgb + (row * to->side + column) * 3, rgb, 3);
}

/* The mean of each square of pixels: 112 is reduced to a divisor of it. */
static void put_thumbnail(canvas *to, size_t x, size_t y, const uint8_t *rgb)
{
    size_t factor = CM_HEATMAP_THUMBNAIL / to->cell, shown = CM_HEATMAP_THUMBNAIL / factor;
    for (size_t row = 0; row < shown; row++)
        for (size_t column = 0; column < shown; column++)
            for (size_t c = 0; c < 3; c++) {
                unsigned sum = 0;
                for (size_t i = 0; i < factor * factor; i++)
                    sum += rgb[((row * factor + i / factor) * CM_HEATMAP_THUMBNAIL + column * factor + i % factor) * 3 + c];
                to->rgb[((y + row) * to->side + x + column) * 3 + c] = (uint8_t)(sum / (factor * factor));
            }
}

static void put_value(canvas *to, size_t x, size_t y, float value)
{
    static const uint8_t dark[3] = {20, 20, 20}, light[3] = {245, 245, 245};
    char text[8];
    int length = snprintf(text, sizeof text, "%.2f", (double)value);
    size_t dot = to->cell / 28, step = (GLYPH_WIDTH + 1) * dot;
    size_t left = x + (to->cell - (size_t)length * step) / 2, top = y + (to->cell - GLYPH_HEIGHT * dot) / 2;
    const uint8_t *ink = value > 0.45f ? dark : light;
    for (int i = 0; i < length; i++) {
        const char *name = strchr(glyph_names, text[i]);
        unsigned dots = name ? glyphs[name - glyph_names] : 0;
        for (size_t bit = 0; bit < GLYPH_WIDTH * GLYPH_HEIGHT; bit++)
            if (dots >> (GLYPH_WIDTH * GLYPH_HEIGHT - 1 - bit) & 1)
                fill(to, left + (size_t)i * step + bit % GLYPH_WIDTH * dot, top + bit / GLYPH_WIDTH * dot, dot, dot, ink);
    }
}

static void paint(canvas *to, const float *similarity, const uint8_t *thumbnails, size_t count)
{
    const size_t bytes = (size_t)CM_HEATMAP_THUMBNAIL * CM_HEATMAP_THUMBNAIL * 3;
    for (size_t i = 0; i < count; i++) {
        put_thumbnail(to, (i + 1) * to->cell, 0, thumbnails + i * bytes);
        put_thumbnail(to, 0, (i + 1) * to->cell, thumbnails + i * bytes);
        for (size_t j = 0; j < count; j++) {
            uint8_t rgb[3];
            size_t x = (j + 1) * to->cell, y = (i + 1) * to->cell;
            color_of(similarity[i * count + j], rgb);
            fill(to, x, y, to->cell, to->cell, rgb);
            if (to->cell >= 28)
                put_value(to, x, y, similarity[i * count + j]);
        }
    }
}

int cm_heatmap_save(const float *similarity, const uint8_t *thumbnails, size_t count, const char *path)
{
    static const size_t cells[] = {112, 56, 28, 14, 7};
    size_t step = 0, last = sizeof cells / sizeof *cells - 1;
    while (step < last && (count + 1) * cells[step] > (count > 12 ? LARGEST_SIDE / 4 : LARGEST_SIDE))
        step++;
    canvas to = {.cell = cells[step], .side = (count + 1) * cells[step]};
    if (to.side > LARGEST_SIDE)
        return cm_report(CM_EXIT_USAGE, "%s: %zu faces are too many to draw (%d at most)", path, count, LARGEST_SIDE / 7 - 1);
    to.rgb = malloc(to.side * to.side * 3);
    if (!to.rgb)
        return cm_report(CM_EXIT_OTHER, "%s: out of memory", path);
    memset(to.rgb, 255, to.side * to.side * 3);
    paint(&to, similarity, thumbnails, count);
    cameo_image_view view = {.pixels = to.rgb, .width = (int)to.side, .height = (int)to.side, .stride = (ptrdiff_t)(to.side * 3),
                             .format = CAMEO_PIXEL_RGB8};
    int code = cm_outfile_save_picture(&view, path);
    free(to.rgb);
    return code;
}
