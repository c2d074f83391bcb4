#include "base/file.h"
#include "image/codec.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

typedef struct form {
    const char *ending;
    cm_encoder *encoder;
} form;

static const form forms[] = {
    {".jpg", cm_jpeg_encode}, {".jpeg", cm_jpeg_encode}, {".png", cm_png_encode}, {".ppm", cm_ppm_encode}, {".webp", cm_webp_encode},
};

static cm_encoder *encoder_for(const char *path)
{
    size_t length = strlen(path);
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        size_t ending = strlen(forms[i].ending);
        if (length > ending && strcasecmp(path + length - ending, forms[i].ending) == 0)
            return forms[i].encoder;
    }
    return NULL;
}

cameo_status cameo_image_save(const cameo_image_view *view, const char *path, cameo_error *error)
{
    if (!path)
        return cm_fail(error, CAMEO_ERROR_ARGUMENT, "cameo_image_save: no path was given");
    cameo_status status = cm_image_check_view(view, path, error);
    if (status)
        return status;
    cm_encoder *encoder = encoder_for(path);
    if (!encoder)
        return cm_fail(error, CAMEO_ERROR_UNSUPPORTED, "%s: cannot tell the form to write from the name's ending; .jpg, .jpeg, .png, .ppm or .webp is needed",
                       path);
    cm_encoding encoding;
    status = encoder(&encoding, view, path, error);
    if (status)
        return status;
    status = cm_file_write(path, encoding.bytes, encoding.size, error);
    free(encoding.bytes);
    return status;
}
