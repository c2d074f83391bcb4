/* rooms: image */
/* The public way in: any bytes, told apart by content. */
#include "picture_target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const cameo_image_limits limits = {.max_bytes = 1 << 20, .max_pixels = FUZZ_PIXELS};
    cameo_error error = {0};
    cameo_image *image = NULL;
    cameo_status status = cameo_image_decode(&image, data, size, NULL, &limits, &error);
    fuzz_demand((status == CAMEO_OK) == (image != NULL));
    fuzz_demand(status == CAMEO_OK || error.message[0] != '\0');
    if (image)
        fuzz_look_at(image);
    cameo_image_free(image);
    return 0;
}
