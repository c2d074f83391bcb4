/* rooms: api */
/* From bytes to numbers: what is read is planned and run, within small limits. */
#include "cameo.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Traps, so that the fuzzer keeps the input, where a promise of the header is broken. */
static void demand(int kept)
{
    if (!kept)
        abort();
}

/* Somewhere to put what was read, so that reading is not optimised away. */
static volatile float seen;

/* Every element of every output is read: memory that is not there is seen by the sanitizer. */
static void look_at(const cameo_runner *runner, int outputs)
{
    float sum = 0;
    for (int i = 0; i < outputs; i++) {
        cameo_tensor_info info;
        const float *values = cameo_runner_output(runner, i, &info);
        int64_t count = 1;
        for (int k = 0; k < info.rank; k++)
            count *= info.dims[k];
        for (int64_t k = 0; k < count; k++)
            sum += values[k];
    }
    seen = sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cameo_network_options options;
    cameo_network_options_default(&options);
    options.limits = (cameo_network_limits){.max_file_bytes = 1 << 20, .max_memory_bytes = 1 << 24, .max_macs = 1 << 20, .max_nodes = 100};
    cameo_error error = {.status = CAMEO_OK};
    cameo_network *network;
    cameo_runner *runner = NULL;
    cameo_contract contract;
    cameo_status status = cameo_network_open_bytes(&network, data, size, "fuzz", &options, &error);
    demand((status == CAMEO_OK) == (network != NULL));
    if (network) {
        (void)cameo_network_contract(network, NULL, &contract, &error);
        status = cameo_runner_create(&runner, network, NULL, 1, &error);
        demand((status == CAMEO_OK) == (runner != NULL));
    }
    demand(status == CAMEO_OK || error.message[0] != '\0');
    if (runner && cameo_runner_run(runner, &error) == CAMEO_OK)
        look_at(runner, cameo_network_output_count(network));
    cameo_runner_free(runner);
    cameo_network_free(network);
    return 0;
}
