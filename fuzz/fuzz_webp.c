/* rooms: image */
#include "picture_target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_decoder(cm_webp_decode, data, size);
    return 0;
}
