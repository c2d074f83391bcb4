#include "image/draw.h"
#include "image/image.h"

#include <math.h>

/* Sizes that grow with the picture, so that a drawing looks the same after it has been scaled to fit a screen. */
typedef struct style {
    float line; /* half the thickness of a box's line */
    float mark; /* radius of a landmark */
    float dot;  /* of the typeface */
} style;

static style style_for(int width, int height)
{
    float side = (float)(width < height ? width : height);
    return (style){.line = fmaxf(0.5F, side / 720.0F), .mark = fmaxf(1.0F, side / 300.0F), .dot = fmaxf(1.0F, side / 420.0F)};
}

/* Neighbours in this list are easily told apart, and dark text reads well on each. */
static cm_ink color_of(size_t face)
{
    static const uint8_t colors[][3] = {{64, 224, 120},  {255, 196, 37}, {77, 190, 255},  {255, 128, 114},
                                        {200, 160, 255}, {160, 230, 60}, {255, 150, 215}, {90, 230, 220}};
    const uint8_t *rgb = colors[face % (sizeof colors / sizeof *colors)];
    return (cm_ink){.rgb = {rgb[0], rgb[1], rgb[2]}, .opacity = 1.0F};
}

static const cm_ink shade = {.rgb = {0, 0, 0}, .opacity = 0.5F};
static const cm_ink text_ink = {.rgb = {16, 16, 16}, .opacity = 1.0F};

/* Above the box, or inside it where there is no room above, and within the picture's left and right. */
static void draw_label(const cm_canvas *canvas, const cameo_face *face, const char *label, const style *s, cm_ink color)
{
    const float margin = 2.0F * s->dot, height = 8.0F * s->dot + 2.0F * margin;
    const float width = cm_draw_text_width(label, s->dot) + 2.0F * margin;
    float left = face->box[0] - s->line, top = face->box[1] - s->line - height;
    left = fmaxf(fminf(left, (float)canvas->width - width), 0.0F);
    if (top < 0.0F)
        top = fmaxf(face->box[1] + s->line, 0.0F);
    /* Whole pixels: small letters stay sharp. */
    left = roundf(left);
    top = roundf(top);
    const float panel[4] = {left, top, left + width, top + height};
    cm_draw_panel(canvas, panel, color);
    cm_draw_text(canvas, left + margin, top + margin, s->dot, label, text_ink);
}

static void draw_face(const cm_canvas *canvas, const cameo_face *face, const style *s, cm_ink color)
{
    cm_draw_box(canvas, face->box, s->line + 1.0F, shade);
    cm_draw_box(canvas, face->box, s->line, color);
    for (int i = 0; i < face->landmark_count && i < 5; i++) {
        cm_draw_line(canvas, face->landmarks[i], face->landmarks[i], s->mark + 1.0F, shade);
        cm_draw_line(canvas, face->landmarks[i], face->landmarks[i], s->mark, color);
    }
}

cameo_status cameo_image_annotate(cameo_image **annotated, const cameo_image_view *view, const cameo_face *faces, size_t count,
                                  const char *const *labels, cameo_error *error)
{
    if (annotated)
        *annotated = NULL;
    if (count && !faces)
        return cm_fail(error, CAMEO_ERROR_ARGUMENT, "cameo_image_annotate: %llu faces, but no array of faces was given",
                       (unsigned long long)count);
    cameo_status status = cameo_image_copy(annotated, view, error);
    if (status)
        return status;
    cameo_image *image = *annotated;
    cm_canvas canvas = {.rgb = image->pixels, .width = image->width, .height = image->height, .stride = (ptrdiff_t)image->width * 3};
    const style s = style_for(image->width, image->height);
    for (size_t i = 0; i < count; i++)
        draw_face(&canvas, &faces[i], &s, color_of(i));
    /* Labels last: no other face's lines run through them. */
    for (size_t i = 0; labels && i < count; i++)
        if (labels[i] && *labels[i])
            draw_label(&canvas, &faces[i], labels[i], &s, color_of(i));
    return CAMEO_OK;
}
