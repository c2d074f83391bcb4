#include "face/contract.h"

#include "run/network.h"

cameo_status cameo_network_contract(const cameo_network *network, const cameo_contract_override *override,
                                    cameo_contract *contract, cameo_error *error)
{
    if (!network || !contract)
        return cm_fail(error, CAMEO_ERROR_ARGUMENT, "cameo_network_contract needs a network and a place for the contract");
    cm_network_sketch sketch = {
        .path = cameo_network_info(network).path,
        .input_count = cameo_network_input_count(network),
        .output_count = cameo_network_output_count(network),
        .node_count = cm_network_node_count(network),
        .input = cameo_network_input(network, 0),
    };
    for (int i = 0; i < sketch.output_count && i < CM_SKETCH_OUTPUTS; i++)
        sketch.outputs[i] = cameo_network_output(network, i);
    if (sketch.node_count > CM_SKETCH_NODES)
        sketch.node_count = CM_SKETCH_NODES;
    for (int i = 0; i < sketch.node_count; i++) {
        sketch.node_ops[i] = cm_network_node_op(network, i);
        sketch.node_names[i] = cm_network_node_name(network, i);
    }
    return cm_contract_from_sketch(&sketch, override, contract, error);
}
