/* What every fuzz target of a picture format does: decode within small limits, and look at the answer. */
#ifndef PICTURE_TARGET_H
#define PICTURE_TARGET_H

#include "image/codec.h"
#include "image/orient.h"

#include <stdlib.h>
#include <string.h>

/* Small, so that a header that promises much costs little. */
enum { FUZZ_PIXELS = 1 << 16 };

/* Traps, so that the fuzzer keeps the input, where a promise of the header is broken. */
static inline void fuzz_demand(int kept)
{
    if (!kept)
        abort();
}

/* Somewhere to put what was read, so that reading is not optimised away. */
static volatile unsigned fuzz_seen;

/* Every pixel is read: memory that is not there is seen by the sanitizer. */
static inline void fuzz_look_at(const cameo_image *image)
{
    cameo_image_view view = cameo_image_pixels(image);
    unsigned sum = 0;
    for (ptrdiff_t i = 0; i < view.stride * view.height; i++)
        sum += view.pixels[i];
    fuzz_seen = sum;
    fuzz_demand(view.width >= 1 && view.height >= 1 && (int64_t)view.width * view.height <= FUZZ_PIXELS);
}

static inline void fuzz_decoder(cm_decoder *decoder, const uint8_t *data, size_t size)
{
    cm_encoded source = {.bytes = data, .size = size, .name = "fuzz", .max_pixels = FUZZ_PIXELS};
    cameo_error error = {0};
    cameo_image *image = NULL;
    int orientation = 1;
    cameo_status status = decoder(&image, &orientation, &source, &error);
    fuzz_demand((status == CAMEO_OK) == (image != NULL));
    fuzz_demand(status == CAMEO_OK || (error.status == status && error.message[0] != '\0'));
    fuzz_demand(orientation >= 1 && orientation <= 8);
    if (!image)
        return;
    fuzz_demand(cm_image_orient(&image, orientation, "fuzz", &error) == CAMEO_OK);
    fuzz_look_at(image);
    cameo_image_free(image);
}

#endif
