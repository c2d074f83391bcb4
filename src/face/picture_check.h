/* Borrowed pixels are checked once, where they enter the library. */
#ifndef CM_FACE_PICTURE_CHECK_H
#define CM_FACE_PICTURE_CHECK_H

#include "base/status.h"

/* Errors: ARGUMENT (no pixels, a size below 1, a stride shorter than a row, an unknown format); `name` begins the sentence. Thread-safe. */
cameo_status cm_check_picture(const cameo_image_view *picture, const char *name, cameo_error *error);

#endif
