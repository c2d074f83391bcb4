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
/* EdgeFace (George et al. 2023, arXiv:2307.01838; timm's edgenext.py): EdgeNeXt with linear layers of low rank, `ratio` of the smaller width. channels of
 * the four stages. */
void cm_make_edgeface(cm_make_net *net, const int channels[4], int heads, double ratio);
/* GhostFaceNet V1, 1.3 wide, its first stride 2 (Alansari et al. 2023, IEEE Access 11; GhostFaceNets' ghost_model.py), with channels first. */
void cm_make_ghostfacenet(cm_make_net *net);
/* InsightFace's 106 landmarks (2d106det): MobileNet of half the width, 192 x 192. */
void cm_make_landmarks_106(cm_make_net *net);
/* InsightFace's gender and age: MobileNet of a quarter of the width, 96 x 96. No description of it is published; its last convolution is as wide as the size of
 * genderage.onnx lets one guess. */
void cm_make_gender_age(cm_make_net *net);
/* InsightFace's 68 landmarks in space (1k3d68): ResNet-50 with normalisation first, 192 x 192, 1103 points of which the last 68 are the landmarks. */
void cm_make_landmarks_68(cm_make_net *net);
/* MiniFASNet V2 and V1 with squeeze and excitation (Silent-Face-Anti-Spoofing, MiniFASNet.py), 80 x 80. */
void cm_make_minifasnet_v2(cm_make_net *net);
void cm_make_minifasnet_v1se(cm_make_net *net);
/* SCRFD with five key points (Guo et al. 2021, arXiv:2105.04714): on a MobileNet of depthwise layers ... */
void cm_make_scrfd_500m(cm_make_net *net);
/* ... and on residual networks. */
void cm_make_scrfd_2500m(cm_make_net *net);
void cm_make_scrfd_10g(cm_make_net *net);

#endif
