/* Pixels to network input: the contract's colour order, mean and standard deviation. */
#ifndef CM_FACE_FEED_H
#define CM_FACE_FEED_H

#include "cameo.h"

/* What every byte becomes in every channel of the network, and where that channel is found in an RGB pixel. Immutable once made. */
typedef struct cm_feed {
    float table[3][256];
    int source[3];
} cm_feed;

/* Fills the table: (value - mean) / std, computed in float32 as NumPy does it. */
void cm_feed_init(cm_feed *feed, const cameo_contract *contract);

/* rgb: [height, width, 3], dense -> planes: [3, height, width] float32. mirror: 1 turns left and right. Thread-safe. */
void cm_feed_planes(const cm_feed *feed, const uint8_t *rgb, int width, int height, int mirror, float *planes);

#endif
