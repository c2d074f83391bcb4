/* rooms: api; mutator: onnx */
/* From bytes to numbers: what is read is planned and run, within small limits. */
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

/* Open dimensions: two pictures of 32x32, small enough to be fast, and as far as the strides of detectors go. */
enum { INPUTS = 4, OPEN_BATCH = 2, OPEN_SIDE = 32 };

static cameo_status create(cameo_runner **runner, const cameo_network *network, cameo_error *error)
{
    int64_t dims[INPUTS][CAMEO_MAX_RANK] = {{0}};
    int count = cameo_network_input_count(network);
    if (count > INPUTS)
        return cameo_runner_create(runner, network, NULL, 1, error);
    for (int i = 0; i < count; i++) {
        cameo_tensor_info info = cameo_network_input(network, i);
        for (int k = 0; k < info.rank; k++)
            dims[i][k] = info.dims[k] > 0 ? info.dims[k] : k == 0 ? OPEN_BATCH : OPEN_SIDE;
    }
    return cameo_runner_create(runner, network, (const int64_t(*)[CAMEO_MAX_RANK])dims, 1, error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cameo_network_options options;
    cameo_network_options_default(&options);
    options.limits = (cameo_network_limits){.max_file_bytes = 1 << 20, .max_memory_bytes = 1 << 26, .max_macs = 1 << 22, .max_nodes = 1000};
    cameo_error error = {.status = CAMEO_OK};
    cameo_network *network;
    cameo_runner *runner = NULL;
    cameo_contract contract;
    cameo_status status = cameo_network_open_bytes(&network, data, size, "fuzz", &options, &error);
    demand((status == CAMEO_OK) == (network != NULL));
    if (network) {
        (void)cameo_network_contract(network, NULL, &contract, &error);
        status = create(&runner, network, &error);
        demand((status == CAMEO_OK) == (runner != NULL));
    }
    demand(status == CAMEO_OK || error.message[0] != '\0');
    if (runner && cameo_runner_run(runner, &error) == CAMEO_OK)
        look_at(runner, cameo_network_output_count(network));
    cameo_runner_free(runner);
    cameo_network_free(network);
    return 0;
}
