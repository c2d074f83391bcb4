/* A detector: network, contract and decoder together. */
#ifndef CM_FACE_DETECTOR_H
#define CM_FACE_DETECTOR_H

#include "base/threads.h"
#include "face/candidates.h"
#include "face/decoder.h"
#include "face/feed.h"

/* Immutable once made; borrows the network. */
typedef struct cm_detector {
    const cameo_network *network;
    cameo_contract contract;
    cm_decoder_family family;
    cm_feed feed;
    int size_count;
    int sizes[CAMEO_MAX_DETECTION_SIZES][2]; /* width, height: the network's own where it is fixed, else the options' */
    float threshold, nms_threshold;
} cm_detector;

/* Reads the contract and checks the detection options. A network whose input size is fixed (in the file or by the override) is run at that size alone, whatever
 * options->detection_sizes says; all others, YuNet too, at each of the sizes, which must be multiples of the largest stride.
 * Errors: as cameo_network_contract; MISMATCH (no detector, or a family that cannot be decoded); ARGUMENT. */
cameo_status cm_detector_init(cm_detector *detector, const cameo_network *network, const cameo_options *options, cameo_error *error);

/* One thread's memory: a runner for each size, the letterboxed picture, the candidates. */
typedef struct cm_detector_memory cm_detector_memory;

cameo_status cm_detector_memory_create(cm_detector_memory **memory, const cm_detector *detector, cm_pool *pool, cameo_error *error);
void cm_detector_memory_free(cm_detector_memory *memory);

/* Runs every size, merges what they find and suppresses doubles. *faces: [*count], best score first, valid until the next call with
 * this memory. The picture has been checked. Allocates nothing. The time that each stage takes is added to *times. */
cameo_status cm_detector_find(const cm_detector *detector, cm_detector_memory *memory, const cameo_image_view *picture,
                              cameo_stage_seconds *times, cameo_face **faces, int *count, cameo_error *error);

#endif
