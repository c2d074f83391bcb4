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

static void draw_dot(const cm_canvas *canvas, const float point[2], float radius, cm_ink color)
{
    cm_draw_line(canvas, point, point, radius + 1.0F, shade);
    cm_draw_line(canvas, point, point, radius, color);
}

static void draw_box(const cm_canvas *canvas, const cameo_face *face, const style *s, cm_ink color)
{
    cm_draw_box(canvas, face->box, s->line + 1.0F, shade);
    cm_draw_box(canvas, face->box, s->line, color);
}

static void draw_five(const cm_canvas *canvas, const cameo_face *face, const style *s, cm_ink color)
{
    for (int i = 0; i < face->landmark_count && i < 5; i++)
        draw_dot(canvas, face->landmarks[i], s->mark, color);
}

/* The lines that the 68 landmarks stand for. */
static void draw_contours(const cm_canvas *canvas, const float (*points)[3], const style *s, cm_ink color)
{
    static const struct contour {
        int first, last, closed;
    } contours[] = {{0, 16, 0}, {17, 21, 0}, {22, 26, 0}, {27, 30, 0}, {31, 35, 0}, {36, 41, 1}, {42, 47, 1}, {48, 59, 1}, {60, 67, 1}};
    for (size_t c = 0; c < sizeof contours / sizeof *contours; c++) {
        const struct contour *line = &contours[c];
        for (int i = line->first; i < line->last; i++)
            cm_draw_line(canvas, points[i], points[i + 1], s->line, color);
        if (line->closed)
            cm_draw_line(canvas, points[line->last], points[line->first], s->line, color);
    }
}

/* Where the axes of the head (right, down, towards the viewer) point in the picture: two rows of R = Rz(roll) Ry(yaw) Rx(pitch). */
static void pose_axes(const cameo_pose *pose, float axes[3][2])
{
    const double degrees = 57.29577951308232; /* 180 / pi */
    double x = (double)pose->pitch / degrees, y = (double)pose->yaw / degrees, z = (double)pose->roll / degrees;
    axes[0][0] = (float)(cos(z) * cos(y));
    axes[0][1] = (float)(sin(z) * cos(y));
    axes[1][0] = (float)(cos(z) * sin(y) * sin(x) - sin(z) * cos(x));
    axes[1][1] = (float)(sin(z) * sin(y) * sin(x) + cos(z) * cos(x));
    axes[2][0] = (float)(cos(z) * sin(y) * cos(x) + sin(z) * sin(x));
    axes[2][1] = (float)(sin(z) * sin(y) * cos(x) - cos(z) * sin(x));
}

/* The head's axes, a third of the box long, from between the eyes (without landmarks: from the middle of the box). */
static void draw_pose(const cm_canvas *canvas, const cameo_face *face, const cameo_pose *pose, const style *s)
{
    static const cm_ink inks[3] = {{.rgb = {230, 60, 60}, .opacity = 1.0F}, {.rgb = {60, 200, 60}, .opacity = 1.0F}, {.rgb = {70, 120, 255}, .opacity = 1.0F}};
    float axes[3][2], length = (face->box[2] - face->box[0]) / 3.0F;
    float from[2] = {(face->box[0] + face->box[2]) / 2.0F, (face->box[1] + face->box[3]) / 2.0F};
    if (isnan(pose->pitch) || isnan(pose->yaw) || isnan(pose->roll))
        return;
    for (int k = 0; k < 2 && face->landmark_count == 5; k++)
        from[k] = (face->landmarks[0][k] + face->landmarks[1][k]) / 2.0F;
    pose_axes(pose, axes);
    for (int i = 0; i < 3; i++) {
        const float to[2] = {from[0] + axes[i][0] * length, from[1] + axes[i][1] * length};
        cm_draw_line(canvas, from, to, s->line + 1.0F, shade);
        cm_draw_line(canvas, from, to, s->line, inks[i]);
    }
}

static void draw_attributes(const cm_canvas *canvas, const cameo_face *face, const cameo_attributes *known, const style *s, cm_ink color)
{
    if (known->landmark_68_count == CAMEO_LANDMARKS_68)
        draw_contours(canvas, known->landmarks_68, s, color);
    else if (known->landmark_106_count == CAMEO_LANDMARKS_106)
        for (int i = 0; i < CAMEO_LANDMARKS_106; i++)
            draw_dot(canvas, known->landmarks_106[i], s->mark / 2.0F, color);
    else
        draw_five(canvas, face, s, color);
    draw_pose(canvas, face, &known->quality.angles, s);
}

/* attributes, labels: NULL: none. */
static cameo_status annotate(cameo_image **annotated, const cameo_image_view *view, const cameo_face *faces, const cameo_attributes *attributes,
                             size_t count, const char *const *labels, cameo_error *error)
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
    for (size_t i = 0; i < count; i++) {
        draw_box(&canvas, &faces[i], &s, color_of(i));
        if (attributes)
            draw_attributes(&canvas, &faces[i], &attributes[i], &s, color_of(i));
        else
            draw_five(&canvas, &faces[i], &s, color_of(i));
    }
    /* Labels last: no other face's lines run through them. */
    for (size_t i = 0; labels && i < count; i++)
        if (labels[i] && *labels[i])
            draw_label(&canvas, &faces[i], labels[i], &s, color_of(i));
    return CAMEO_OK;
}

cameo_status cameo_image_annotate(cameo_image **annotated, const cameo_image_view *view, const cameo_face *faces, size_t count,
                                  const char *const *labels, cameo_error *error)
{
    return annotate(annotated, view, faces, NULL, count, labels, error);
}

cameo_status cameo_image_annotate_attributes(cameo_image **annotated, const cameo_image_view *view, const cameo_face *faces,
                                             const cameo_attributes *attributes, size_t count, const char *const *labels, cameo_error *error)
{
    if (annotated)
        *annotated = NULL;
    if (count && !attributes)
        return cm_fail(error, CAMEO_ERROR_ARGUMENT, "cameo_image_annotate_attributes: %llu faces, but no array of attributes was given",
                       (unsigned long long)count);
    return annotate(annotated, view, faces, attributes, count, labels, error);
}
