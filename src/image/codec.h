/* The codecs, one file each. A decoder gets bytes whose beginning it has been chosen by; everything after it is hostile.
 *
 * Decoders check the header against the limits before they take pixel memory (cm_image_create), write RGB8 in stored order, and
 * report the EXIF orientation (1..8; 1 where there is none), which the caller applies. On failure *image is NULL.
 * Errors: FORMAT, UNSUPPORTED, LIMIT, MEMORY. No decoder prints, exits or keeps anything. */
#ifndef CM_IMAGE_CODEC_H
#define CM_IMAGE_CODEC_H

#include "image/image.h"

typedef struct cm_encoded {
    const uint8_t *bytes; /* [size] */
    size_t size;
    const char *name; /* for messages */
    uint64_t max_pixels;
    int threads; /* that may decode it; 0 or 1: the caller alone */
} cm_encoded;

typedef cameo_status cm_decoder(cameo_image **image, int *orientation, const cm_encoded *source, cameo_error *error);

cm_decoder cm_jpeg_decode; /* baseline, progressive, arithmetic; grey, YCbCr, RGB, CMYK and YCCK */
cm_decoder cm_png_decode;  /* every form of PNG 1.2, interlaced too */
cm_decoder cm_webp_decode; /* lossy and lossless; not animated */
cm_decoder cm_bmp_decode;  /* 1, 4, 8, 16, 24, 32 bits, bit fields; not run-length encoded */
cm_decoder cm_pnm_decode;  /* P1 to P6, up to 16 bits */

/* Encoded bytes, malloc'ed. */
typedef struct cm_encoding {
    uint8_t *bytes;
    size_t size;
} cm_encoding;

/* Encodes a checked view. `name` is for messages. Errors: MEMORY, UNSUPPORTED (a side longer than the format allows), INTERNAL.
 * Free encoding->bytes with free(). */
typedef cameo_status cm_encoder(cm_encoding *encoding, const cameo_image_view *view, const char *name, cameo_error *error);

cm_encoder cm_jpeg_encode; /* quality 95, no chroma subsampling */
cm_encoder cm_png_encode;
cm_encoder cm_webp_encode; /* lossy, quality 95 */
cm_encoder cm_ppm_encode;  /* P6 */

#endif
