/* What the SCRFD networks share: the neck (a path aggregation pyramid, Liu et al. 2018, arXiv:1803.01534) and the heads. */
#ifndef CM_MAKE_MAKE_SCRFD_H
#define CM_MAKE_MAKE_SCRFD_H

#include "make_net.h"

enum { CM_MAKE_LEVELS = 3 }; /* strides 8, 16, 32 */

typedef struct cm_make_scrfd_head {
    int neck;      /* channels of the pyramid */
    int channels;  /* of the heads' convolutions */
    int convs;     /* stacked ones */
    int separable; /* each a depthwise 3x3 and a 1x1; the first one leaves its depthwise half at the neck's width */
    int scaled;    /* boxes are multiplied by a learned number */
} cm_make_scrfd_head;

/* The picture that detectors take: [1, 3, ?, ?]. */
cm_make_value *cm_make_scrfd_picture(cm_make_net *net);
/* From the backbone's last three levels to the nine outputs. levels: [CM_MAKE_LEVELS] */
void cm_make_scrfd_finish(cm_make_net *net, cm_make_value *const *levels, const cm_make_scrfd_head *head);

#endif
