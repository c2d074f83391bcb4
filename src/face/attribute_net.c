#include "face/attribute_net.h"

#include "face/contract.h"
#include "run/network.h"

#include <math.h>
#include <string.h>

enum { LARGEST_FIXED_BATCH = 256 };

static cameo_status check_kind(const cm_attribute_net *net, const cm_attribute_kind *kind, cameo_error *error)
{
    const cameo_contract *contract = &net->contract;
    const char *path = cameo_network_info(net->network).path;
    cameo_tensor_info output = cameo_network_output(net->network, 0);
    if (contract->task != kind->task)
        return cm_fail(error, CAMEO_ERROR_MISMATCH, "%s is made for %s (family %s), not for %s", path, cm_task_name(contract->task),
                       contract->family, kind->what);
    if (output.rank >= 2 && output.dims[1] >= 0 && output.dims[1] != kind->outputs)
        return cm_fail(error, CAMEO_ERROR_MISMATCH, "%s gives %lld numbers, where a network for %s gives %d", path, (long long)output.dims[1], kind->what,
                       kind->outputs);
    int64_t batch = cameo_network_input(net->network, 0).dims[0];
    if (batch > LARGEST_FIXED_BATCH)
        return cm_fail(error, CAMEO_ERROR_LIMIT, "%s is fixed at %lld faces a run, more than %d", path, (long long)batch, LARGEST_FIXED_BATCH);
    return CAMEO_OK;
}

cameo_status cm_attribute_net_init(cm_attribute_net *net, const cameo_network *network, const cm_attribute_kind *kind, cameo_error *error)
{
    *net = (cm_attribute_net){.network = network, .outputs = kind->outputs};
    cameo_status status = cameo_network_contract(network, NULL, &net->contract, error);
    if (status == CAMEO_OK)
        status = check_kind(net, kind, error);
    if (status != CAMEO_OK)
        return status;
    int nodes = cm_network_node_count(network);
    int64_t batch = cameo_network_input(network, 0).dims[0];
    net->size = net->contract.width; /* square: the contract's rules for these tasks want it */
    net->batch = batch > 0 ? (int)batch : 1;
    net->softmax = nodes > 0 && strcmp(cm_network_node_op(network, nodes - 1), "Softmax") == 0;
    cm_feed_init(&net->feed, &net->contract, network->tier);
    return CAMEO_OK;
}

cameo_status cm_attribute_runner_create(cm_attribute_runner *runner, const cm_attribute_net *net, cm_pool *pool, cameo_error *error)
{
    const int64_t dims[1][CAMEO_MAX_RANK] = {{net->batch, 3, net->size, net->size}};
    *runner = (cm_attribute_runner){0};
    cameo_status status = cm_runner_create_in_pool(&runner->runner, net->network, dims, pool, error);
    if (status != CAMEO_OK)
        return status;
    cameo_tensor_info info;
    int64_t elements = 1;
    runner->input = cameo_runner_input(runner->runner, 0, NULL);
    runner->output = cameo_runner_output(runner->runner, 0, &info);
    for (int i = 0; i < info.rank; i++)
        elements *= info.dims[i];
    if (elements == (int64_t)net->batch * net->outputs)
        return CAMEO_OK;
    cm_attribute_runner_free(runner);
    return cm_fail(error, CAMEO_ERROR_MISMATCH, "%s gives %lld numbers for %d faces, where %d x %d were expected", cameo_network_info(net->network).path,
                   (long long)elements, net->batch, net->batch, net->outputs);
}

void cm_attribute_runner_free(cm_attribute_runner *runner)
{
    cameo_runner_free(runner->runner);
    *runner = (cm_attribute_runner){0};
}

cameo_status cm_attribute_run(const cm_attribute_net *net, const cm_attribute_runner *runner, const uint8_t *rgb, cameo_error *error)
{
    ptrdiff_t plane = (ptrdiff_t)net->size * net->size;
    cm_feed_pixels(&net->feed, rgb, plane, runner->input, plane);
    cameo_status status = cameo_runner_run(runner->runner, error);
    for (int i = 0; i < net->outputs && status == CAMEO_OK; i++)
        if (!isfinite(runner->output[i]))
            status = cm_fail(error, CAMEO_ERROR_FORMAT, "%s gave %g as number %d of a face: its weights are broken", cameo_network_info(net->network).path,
                             (double)runner->output[i], i);
    return status;
}
