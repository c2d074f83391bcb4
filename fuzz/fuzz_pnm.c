/* rooms: image */
#include "picture_target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* The decoder is chosen by the first three bytes. */
    if (size >= 3)
        fuzz_decoder(cm_pnm_decode, data, size);
    return 0;
}
