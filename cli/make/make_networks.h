/* The architectures, each from its authors' description. They build into a net that has been started; names count on. */
#ifndef CM_MAKE_MAKE_NETWORKS_H
#define CM_MAKE_MAKE_NETWORKS_H

#include "make_net.h"

/* IResNet of ArcFace (Deng et al. 2019, arXiv:1801.07698; InsightFace's iresnet.py): blocks of each of the four stages. */
void cm_make_iresnet(cm_make_net *net, const int blocks[4]);
/* MobileFaceNet (Chen et al. 2018, arXiv:1804.07573) as InsightFace widens it: twice the channels, blocks 1/4/6/2, 512 outputs.
 */
void cm_make_mobilefacenet(cm_make_net *net);
/* SCRFD with five key points (Guo et al. 2021, arXiv:2105.04714): on a MobileNet of depthwise layers ... */
void cm_make_scrfd_500m(cm_make_net *net);
/* ... and on residual networks. */
void cm_make_scrfd_2500m(cm_make_net *net);
void cm_make_scrfd_10g(cm_make_net *net);

#endif
