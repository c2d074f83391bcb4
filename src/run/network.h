/* A network inside the library: the checked model and the weights its runners share. */
#ifndef CM_RUN_NETWORK_H
#define CM_RUN_NETWORK_H

#include "base/threads.h"
#include "graph/graph.h"
#include "run/algorithm.h"
#include "run/weights.h"

struct cameo_network {
    cm_onnx_model *model;
    char *path;
    cm_cpu_tier tier;
    bool compact;               /* CAMEO_MEMORY_COMPACT */
    const cm_algorithm *forced; /* NULL but in tests and tuning, see cm_policy; set before the first runner is made */
    size_t chain_bytes;         /* CM_CHAIN_LEAST_BYTES but in tests and tuning; set before the first runner is made */
    cameo_network_limits limits;
    cm_weight_store weights;
    void *bytes; /* own copy of a model opened from memory */
};

/* What the model's own nodes are, for telling families apart. Index out of range: "". */
int cm_network_node_count(const cameo_network *network);
const char *cm_network_node_op(const cameo_network *network, int index);
const char *cm_network_node_name(const cameo_network *network, int index);

/* As cameo_runner_create, with a pool that the caller owns and keeps until the runner is freed; all runners of one session share it. */
cameo_status cm_runner_create_in_pool(cameo_runner **runner, const cameo_network *network, const int64_t (*dims)[CAMEO_MAX_RANK],
                                      cm_pool *pool, cameo_error *error);

#endif
