/* The preprocessing contract: what a network is made for and how it wants its pixels, told from the model itself.
 *
 * Rules (InsightFace, python-package/insightface/model_zoo/model_zoo.py and the classes beside it), in this order:
 *
 *   outputs                         input              task, family               pixels
 *   12: 1,1,4,10 x 3 strides        any                detection, yunet           BGR 0..255
 *   6, 9, 10, 15: 1, 4 (, 10)       any                detection, scrfd           RGB (x-127.5)/128
 *   3: 4, 2, 10                     any                detection, retinaface      BGR x - (104, 117, 123)
 *   2: 2, 4                         any                detection, ultraface       RGB (x-127)/128
 *   5 or more, none of the above    any                detection, unknown
 *   1: 3309 / any other             192x192            landmarks, 3d68 / 2d106    RGB (x-127.5)/128
 *   1                               96x96              gender/age                 RGB (x-127.5)/128
 *   1: 3                            80x80              anti-spoofing, minifasnet  BGR 0..255
 *   2: n, 1 (feature and norm)      square, 16k >= 112 recognition, adaface       BGR (x-127.5)/127.5
 *   1: n                            160x160            recognition, facenet       RGB (x-127.5)/128
 *   1..4, one of them a vector      square, 16k >= 112 recognition, arcface       RGB (x-127.5)/127.5
 *
 * A Sub and a Mul among the first eight nodes (by name, as InsightFace, or by operator) mean that the network normalises by itself: mean 0, std 1;
 * so does a node named bn_data among the first three in landmark and gender/age networks. What cannot be seen in a graph (a recognizer trained on
 * ImageNet's mean and std, or on BGR with a single output) must be said by the override. */
#ifndef CM_FACE_CONTRACT_H
#define CM_FACE_CONTRACT_H

#include "base/status.h"

enum { CM_SKETCH_NODES = 8, CM_SKETCH_OUTPUTS = 64 };

/* What the rules look at. Outputs past CM_SKETCH_OUTPUTS are counted only. */
typedef struct cm_network_sketch {
    const char *path; /* for messages */
    int input_count, output_count, node_count; /* node_count: entries of node_ops and node_names, at most CM_SKETCH_NODES */
    cameo_tensor_info input; /* the first */
    cameo_tensor_info outputs[CM_SKETCH_OUTPUTS];
    const char *node_ops[CM_SKETCH_NODES], *node_names[CM_SKETCH_NODES];
} cm_network_sketch;

/* The rules on a sketch; `override` may be NULL. Errors: as cameo_network_contract, and ARGUMENT (a std of 0, a value that is not finite, a negative
 * size). Thread-safe. */
cameo_status cm_contract_from_sketch(const cm_network_sketch *sketch, const cameo_contract_override *override,
                                     cameo_contract *contract, cameo_error *error);

/* "recognition", "detection", ...: the task in words for messages. Static storage. */
const char *cm_task_name(cameo_task task);

#endif
