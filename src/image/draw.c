#include "image/draw.h"

#include "image/font.h"

#include <math.h>
#include <string.h>

static void blend(uint8_t *pixel, cm_ink ink, float cover)
{
    int weight = (int)(cover * ink.opacity * 256.0F + 0.5F);
    for (int i = 0; i < 3; i++)
        pixel[i] = (uint8_t)(pixel[i] + (((ink.rgb[i] - pixel[i]) * weight) >> 8));
}

static float clamp(float value, float low, float high)
{
    return fminf(fmaxf(value, low), high);
}

/* Pixels low..high of an axis that a shape can touch; none (high < low) where a bound is not a number. */
static void clip_range(float from, float to, int size, int *low, int *high)
{
    *low = 0;
    *high = -1;
    if (isnan(from) || isnan(to))
        return;
    *low = (int)clamp(floorf(from), 0.0F, (float)size);
    *high = (int)clamp(ceilf(to), -1.0F, (float)size - 1.0F);
}

static float distance_to_line(float x, float y, const float from[2], const float along[2], float length_squared)
{
    float dx = x - from[0], dy = y - from[1];
    float part = length_squared > 0.0F ? clamp((dx * along[0] + dy * along[1]) / length_squared, 0.0F, 1.0F) : 0.0F;
    dx -= part * along[0];
    dy -= part * along[1];
    return sqrtf(dx * dx + dy * dy);
}

void cm_draw_line(const cm_canvas *canvas, const float from[2], const float to[2], float radius, cm_ink ink)
{
    const float along[2] = {to[0] - from[0], to[1] - from[1]};
    float length_squared = along[0] * along[0] + along[1] * along[1], reach = radius + 1.0F;
    if (!isfinite(length_squared))
        return;
    int left, right, top, bottom;
    clip_range(fminf(from[0], to[0]) - reach, fmaxf(from[0], to[0]) + reach, canvas->width, &left, &right);
    clip_range(fminf(from[1], to[1]) - reach, fmaxf(from[1], to[1]) + reach, canvas->height, &top, &bottom);
    for (int y = top; y <= bottom; y++) {
        uint8_t *row = canvas->rgb + y * canvas->stride;
        for (int x = left; x <= right; x++) {
            float distance = distance_to_line((float)x, (float)y, from, along, length_squared);
            float cover = clamp(radius + 0.5F - distance, 0.0F, 1.0F);
            if (cover > 0.0F)
                blend(row + (ptrdiff_t)x * 3, ink, cover);
        }
    }
}

void cm_draw_panel(const cm_canvas *canvas, const float box[4], cm_ink ink)
{
    int left, right, top, bottom;
    clip_range(box[0], box[2], canvas->width, &left, &right);
    clip_range(box[1], box[3], canvas->height, &top, &bottom);
    for (int y = top; y <= bottom; y++) {
        uint8_t *row = canvas->rgb + y * canvas->stride;
        float cover_y = clamp(fminf((float)y - box[1], box[3] - (float)y) + 0.5F, 0.0F, 1.0F);
        for (int x = left; x <= right; x++) {
            float cover_x = clamp(fminf((float)x - box[0], box[2] - (float)x) + 0.5F, 0.0F, 1.0F);
            blend(row + (ptrdiff_t)x * 3, ink, cover_x * cover_y);
        }
    }
}

/* Four panels that do not overlap, so that a translucent outline has no dark corners. */
void cm_draw_box(const cm_canvas *canvas, const float box[4], float radius, cm_ink ink)
{
    const float sides[4][4] = {
        {box[0] - radius, box[1] - radius, box[2] + radius, box[1] + radius},
        {box[0] - radius, box[3] - radius, box[2] + radius, box[3] + radius},
        {box[0] - radius, box[1] + radius, box[0] + radius, box[3] - radius},
        {box[2] - radius, box[1] + radius, box[2] + radius, box[3] - radius},
    };
    for (int i = 0; i < 4; i++)
        cm_draw_panel(canvas, sides[i], ink);
}

static int is_set(const uint8_t *glyph, int row, int column)
{
    if (row >= CM_FONT_ROWS || column < 0 || column >= CM_FONT_COLUMNS)
        return 0;
    return glyph[row] >> (CM_FONT_COLUMNS - 1 - column) & 1;
}

/* Dots that touch are joined by strokes, so that letters are smooth at any size. A diagonal is drawn only where no corner
 * joins its dots already. Each stroke starts at the dot above or left of the other. */
static int joined(const uint8_t *glyph, int row, int column, int down, int right)
{
    if (!is_set(glyph, row + down, column + right))
        return 0;
    return !down || !right || (!is_set(glyph, row, column + right) && !is_set(glyph, row + down, column));
}

static void draw_glyph(const cm_canvas *canvas, float x, float y, float dot, const uint8_t *glyph, cm_ink ink)
{
    static const int steps[4][2] = {{0, 1}, {1, 0}, {1, 1}, {1, -1}}; /* down, right */
    const float radius = dot * 0.42F;
    for (int row = 0; row < CM_FONT_ROWS; row++) {
        for (int column = 0; column < CM_FONT_COLUMNS; column++) {
            if (!is_set(glyph, row, column))
                continue;
            const float from[2] = {x + (float)column * dot, y + (float)row * dot};
            cm_draw_line(canvas, from, from, radius, ink);
            for (int i = 0; i < 4; i++) {
                if (!joined(glyph, row, column, steps[i][0], steps[i][1]))
                    continue;
                const float to[2] = {from[0] + (float)steps[i][1] * dot, from[1] + (float)steps[i][0] * dot};
                cm_draw_line(canvas, from, to, radius, ink);
            }
        }
    }
}

void cm_draw_text(const cm_canvas *canvas, float x, float y, float dot, const char *text, cm_ink ink)
{
    for (; *text && x < (float)canvas->width; text++, x += (float)CM_FONT_ADVANCE * dot)
        draw_glyph(canvas, x, y, dot, cm_font_glyph(*text), ink);
}

float cm_draw_text_width(const char *text, float dot)
{
    size_t letters = strlen(text);
    return letters ? ((float)letters * (float)CM_FONT_ADVANCE - 2.0F) * dot : 0.0F;
}
