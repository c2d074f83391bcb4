/* rooms: image */
#include "picture_target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_decoder(cm_jpeg_decode, data, size);
    /* Several threads must come to the same. */
    cameo_image *images[2] = {NULL, NULL};
    cameo_error errors[2] = {{0}, {0}};
    for (int i = 0; i < 2; i++) {
        const cm_encoded source = {.bytes = data, .size = size, .name = "fuzz", .max_pixels = FUZZ_PIXELS, .threads = 1 + i};
        int orientation;
        (void)cm_jpeg_decode(&images[i], &orientation, &source, &errors[i]);
    }
    fuzz_demand(!images[0] == !images[1] && strcmp(errors[0].message, errors[1].message) == 0);
    if (images[0])
        fuzz_demand(memcmp(images[0]->pixels, images[1]->pixels, (size_t)images[0]->width * (size_t)images[0]->height * 3) == 0);
    cameo_image_free(images[0]);
    cameo_image_free(images[1]);
    return 0;
}
