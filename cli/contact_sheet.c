#include "contact_sheet.h"

#include <nettle/base64.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file_bytes.h"
#include "interrupt.h"
#include "lookup.h"
#include "outfile.h"
#include "report.h"

static const size_t face_bytes = (size_t)CM_SHEET_FACE * CM_SHEET_FACE * 3;

const cm_eval_picture *cm_sheet_picture(const cm_eval_set *set, uint32_t entry)
{
    if (set->form != CM_EVAL_TEMPLATES)
        return &set->pictures[entry];
    for (size_t i = 0; i < set->count; i++)
        if (set->pictures[i].person == (int)entry && set->pictures[i].state == CM_PICTURE_EMBEDDED)
            return &set->pictures[i];
    return NULL;
}

/* The face as the network saw it, at the sheet's size. */
static cameo_status cut_face(const cm_eval_picture *picture, uint8_t *rgb)
{
    cameo_image *image;
    cameo_error error;
    cameo_status status = picture->bytes ? cameo_image_decode(&image, picture->bytes, picture->size, picture->path, NULL, &error)
                                         : cameo_image_load(&image, picture->path, NULL, &error);
    if (status != CAMEO_OK)
        return status;
    cameo_image_view view = cameo_image_pixels(image);
    const float whole[4] = {0, 0, (float)view.width, (float)view.height};
    if (picture->face.landmark_count == 5)
        status = cameo_align(&view, picture->face.landmarks, CM_SHEET_FACE, rgb, face_bytes, &error);
    else
        status = cameo_crop_box(&view, whole, CM_SHEET_FACE, rgb, face_bytes, &error);
    cameo_image_free(image);
    return status;
}

static int put_face(const cm_eval *eval, uint32_t entry, uint8_t *rgb, uint8_t *sheet, size_t row, size_t column)
{
    const cm_eval_picture *picture = cm_sheet_picture(&eval->set, entry);
    cameo_status status = picture ? cut_face(picture, rgb) : CAMEO_ERROR_NOT_FOUND;
    if (status == CAMEO_ERROR_MEMORY)
        return cm_report(CM_EXIT_OTHER, "%s: out of memory", picture->path);
    if (status != CAMEO_OK)
        memset(rgb, 0xc0, face_bytes);
    for (size_t y = 0; y < CM_SHEET_FACE; y++)
        memcpy(sheet + ((row * CM_SHEET_FACE + y) * 2 + column) * CM_SHEET_FACE * 3, rgb + y * CM_SHEET_FACE * 3, (size_t)CM_SHEET_FACE * 3);
    return CM_EXIT_OK;
}

/* The library writes pictures to files alone: for a moment there is one. */
static int encode(const cameo_image_view *view, const char *beside, unsigned char **bytes, size_t *size)
{
    char *path = cm_lookup_format("%s.%ld.jpg", beside, (long)getpid());
    *bytes = NULL;
    if (!path)
        return cm_report(CM_EXIT_OTHER, "out of memory");
    cm_interrupt_defer(1);
    int code = cm_outfile_save_picture(view, path);
    if (code == CM_EXIT_OK)
        code = cm_file_bytes_read(path, SIZE_MAX / 2, bytes, size);
    (void)unlink(path);
    free(path);
    cm_interrupt_defer(0);
    return code;
}

int cm_sheet_encode(const cm_eval *eval, const cm_scored *pairs, size_t count, const char *beside, char **text)
{
    uint8_t *rgb = malloc(face_bytes), *sheet = malloc(2 * face_bytes * (count + 1));
    unsigned char *bytes = NULL;
    size_t size = 0;
    int code = rgb && sheet ? CM_EXIT_OK : cm_report(CM_EXIT_OTHER, "out of memory");
    *text = NULL;
    for (size_t i = 0; i < count && code == CM_EXIT_OK; i++) {
        code = put_face(eval, pairs[i].a, rgb, sheet, i, 0);
        if (code == CM_EXIT_OK)
            code = put_face(eval, pairs[i].b, rgb, sheet, i, 1);
    }
    const cameo_image_view view = {.pixels = sheet, .width = 2 * CM_SHEET_FACE, .height = CM_SHEET_FACE * (int)(count ? count : 1),
                                   .stride = (ptrdiff_t)CM_SHEET_FACE * 6, .format = CAMEO_PIXEL_RGB8};
    if (code == CM_EXIT_OK && count == 0)
        memset(sheet, 0xc0, 2 * face_bytes);
    if (code == CM_EXIT_OK)
        code = encode(&view, beside, &bytes, &size);
    if (code == CM_EXIT_OK && !(*text = malloc(BASE64_ENCODE_RAW_LENGTH(size) + 1)))
        code = cm_report(CM_EXIT_OTHER, "out of memory");
    if (code == CM_EXIT_OK) {
        base64_encode_raw(*text, size, bytes);
        (*text)[BASE64_ENCODE_RAW_LENGTH(size)] = '\0';
    }
    free(bytes);
    free(rgb);
    free(sheet);
    return code;
}
