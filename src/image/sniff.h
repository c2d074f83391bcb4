/* What kind of file is this? By its first bytes, never by its name. */
#ifndef CM_IMAGE_SNIFF_H
#define CM_IMAGE_SNIFF_H

#include "image/codec.h"

/* The decoder for these bytes. Errors: FORMAT (empty, not a picture: HTML, Git LFS pointer, ..., unknown), UNSUPPORTED (a picture of a kind that is
 * not read: named, with what to convert it to). */
cameo_status cm_image_sniff(cm_decoder **decoder, const cm_encoded *source, cameo_error *error);

#endif
