/* rooms: api; mutator: onnx */
/* Models that can be run are quantised; what is written must be a model that can be read. */
#include "cameo.h"

#include "onnx_mutator.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

const char *const *fuzz_operator_names(size_t *count)
{
    return cameo_supported_operators(count);
}

/* Traps, so that the fuzzer keeps the input, where a promise of the header is broken. */
static void demand(int kept)
{
    if (!kept)
        abort();
}

enum { SIDE = 32, MOST_FLOATS = 3 * SIDE * SIDE };

static void quantise(cameo_quantizer *quantizer, size_t elements, const cameo_quantize_options *options)
{
    static float input[MOST_FLOATS];
    const void *bytes;
    size_t size;
    cameo_network *network;
    cameo_error error;
    for (size_t i = 0; i < elements; i++)
        input[i] = (float)(i % 256) / 127.5f - 1.0f;
    if (cameo_quantizer_observe(quantizer, input, elements, &error) != CAMEO_OK)
        return;
    cameo_quantizer_set_method(quantizer, -1, CAMEO_RANGE_PERCENTILE);
    cameo_quantizer_correct(quantizer, cameo_quantizer_measure(quantizer, input, elements, &error) == CAMEO_OK);
    if (cameo_quantizer_write(quantizer, &bytes, &size, &error) != CAMEO_OK)
        return;
    cameo_network_options roomy = options->network;
    roomy.limits.max_file_bytes *= 64; /* names and nodes are added, external limits stay */
    roomy.limits.max_nodes *= 64;
    demand(cameo_network_open_bytes(&network, bytes, size, "written", &roomy, &error) == CAMEO_OK);
    cameo_network_free(network);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cameo_quantize_options options;
    cameo_quantize_options_default(&options);
    options.threads = 1;
    options.network.limits = (cameo_network_limits){.max_file_bytes = 1 << 20, .max_memory_bytes = 1 << 26, .max_macs = 1 << 22, .max_nodes = 1000};
    const int64_t dims[1][CAMEO_MAX_RANK] = {{1, 3, SIDE, SIDE}};
    cameo_quantizer *quantizer;
    cameo_error error = {.status = CAMEO_OK};
    const cameo_status status = cameo_quantizer_open_bytes(&quantizer, data, size, "fuzz", dims, &options, &error);
    demand((status == CAMEO_OK) == (quantizer != NULL));
    demand(status == CAMEO_OK || error.message[0] != '\0');
    if (quantizer)
        quantise(quantizer, MOST_FLOATS, &options);
    cameo_quantizer_free(quantizer);
    return 0;
}
