/* The architectures, each from its authors' description. They build into a net that has been started; names count on. */
#ifndef CM_MAKE_MAKE_NETWORKS_H
#define CM_MAKE_MAKE_NETWORKS_H

#include "make_net.h"

/* IResNet of ArcFace (Deng et al. 2019, arXiv:1801.07698; InsightFace's iresnet.py): blocks of each of the four stages. */
void cm_make_iresnet(cm_make_net *net, const int blocks[4]);
/* AdaFace's IR networks (Kim et al. 2022, arXiv:2204.00964; its net.py): the same blocks with a MaxPool of one pixel as the shortcut; the embedding has
 * length one, and the length before is the second output. */
void cm_make_adaface(cm_make_net *net, const int blocks[4]);
/* ArcFace's vision transformers (InsightFace's vit.py, after Dosovitskiy et al. 2020, arXiv:2010.11929): patches of 9 x 9, ReLU6, all tokens joined at
 * the end. */
void cm_make_vit(cm_make_net *net, int width, int depth);
/* FaceNet on Inception-ResNet v1 (Schroff et al. 2015, arXiv:1503.03832; Szegedy et al. 2016, arXiv:1602.07261; facenet-pytorch), 160 x 160. */
void cm_make_facenet(cm_make_net *net);
/* MobileFaceNet (Chen et al. 2018, arXiv:1804.07573) as InsightFace widens it: twice the channels, blocks 1/4/6/2, 512 outputs.
 */
void cm_make_mobilefacenet(cm_make_net *net);
/* SCRFD with five key points (Guo et al. 2021, arXiv:2105.04714): on a MobileNet of depthwise layers ... */
void cm_make_scrfd_500m(cm_make_net *net);
/* ... and on residual networks. */
void cm_make_scrfd_2500m(cm_make_net *net);
void cm_make_scrfd_10g(cm_make_net *net);

#endif
