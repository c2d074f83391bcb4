#include "base/file.h"
#include "base/limits.h"
#include "image/codec.h"
#include "image/orient.h"
#include "image/sniff.h"

#include <stdlib.h>

/* Bytes of a file whose decoding takes much longer than starting a thread. */
enum { WORTH_THREADS = 64 * 1024 };

static cameo_image_limits limits_or_default(const cameo_image_limits *limits)
{
    cameo_image_limits chosen;
    cameo_image_limits_default(&chosen);
    return limits ? *limits : chosen;
}

cameo_status cameo_image_decode(cameo_image **image, const void *bytes, size_t size, const char *name,
                                const cameo_image_limits *limits, cameo_error *error)
{
    if (image)
        *image = NULL;
    if (!image || (!bytes && size))
        return cm_fail(error, CAMEO_ERROR_ARGUMENT, "cameo_image_decode: no %s given", image ? "bytes were" : "place for the picture was");
    cameo_image_limits chosen = limits_or_default(limits);
    cm_encoded source = {.bytes = bytes, .size = size, .name = name ? name : "picture", .max_pixels = chosen.max_pixels};
    source.threads = size >= WORTH_THREADS ? chosen.threads : 1;
    if (size > chosen.max_bytes)
        return cm_fail(error, CAMEO_ERROR_LIMIT, "%s: has %llu bytes, the limit is %llu" CM_RAISE_PICTURE, source.name, (unsigned long long)size,
                       (unsigned long long)chosen.max_bytes);
    cm_decoder *decoder = NULL;
    cameo_status status = cm_image_sniff(&decoder, &source, error);
    if (status)
        return status;
    int orientation = 1;
    status = decoder(image, &orientation, &source, error);
    if (!status)
        status = cm_image_orient(image, orientation, source.name, error);
    if (status) {
        cameo_image_free(*image);
        *image = NULL;
    }
    return status;
}

cameo_status cameo_image_load(cameo_image **image, const char *path, const cameo_image_limits *limits, cameo_error *error)
{
    if (image)
        *image = NULL;
    if (!image || !path)
        return cm_fail(error, CAMEO_ERROR_ARGUMENT, "cameo_image_load: no %s was given", image ? "path" : "place for the picture");
    cameo_image_limits chosen = limits_or_default(limits);
    unsigned char *bytes;
    size_t size;
    cameo_status status = cm_file_read(&bytes, &size, path, chosen.max_bytes, error);
    if (status)
        return status == CAMEO_ERROR_LIMIT ? cm_fail_suffix(error, status, CM_RAISE_PICTURE) : status;
    status = cameo_image_decode(image, bytes, size, path, &chosen, error);
    free(bytes);
    return status;
}
