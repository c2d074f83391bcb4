#include "make.h"

#include "make_networks.h"
#include "make_store.h"

#include <errno.h>
#include <string.h>

static void build_r18(cm_make_net *net)
{
    cm_make_iresnet(net, (const int[]){2, 2, 2, 2});
}

static void build_r34(cm_make_net *net)
{
    cm_make_iresnet(net, (const int[]){3, 4, 6, 3});
}

static void build_r50(cm_make_net *net)
{
    cm_make_iresnet(net, (const int[]){3, 4, 14, 3});
}

static void build_r100(cm_make_net *net)
{
    cm_make_iresnet(net, (const int[]){3, 13, 30, 3});
}

static void build_r200(cm_make_net *net)
{
    cm_make_iresnet(net, (const int[]){6, 26, 60, 6});
}

static void build_adaface_r18(cm_make_net *net)
{
    cm_make_adaface(net, (const int[]){2, 2, 2, 2});
}

static void build_adaface_r50(cm_make_net *net)
{
    cm_make_adaface(net, (const int[]){3, 4, 14, 3});
}

static void build_adaface_r101(cm_make_net *net)
{
    cm_make_adaface(net, (const int[]){3, 13, 30, 3});
}

static void build_vit_t(cm_make_net *net)
{
    cm_make_vit(net, 256, 12);
}

static void build_vit_s(cm_make_net *net)
{
    cm_make_vit(net, 512, 12);
}

static void build_vit_b(cm_make_net *net)
{
    cm_make_vit(net, 512, 24);
}

static void build_vit_l(cm_make_net *net)
{
    cm_make_vit(net, 768, 24);
}

static void build_edgeface_xs(cm_make_net *net)
{
    cm_make_edgeface(net, (const int[]){32, 64, 100, 192}, 4, 0.6);
}

static void build_edgeface_s(cm_make_net *net)
{
    cm_make_edgeface(net, (const int[]){48, 96, 160, 304}, 8, 0.5);
}

/* The one list of architectures: X(name, task, description, builder). */
#define ARCHITECTURES(X)                                                                                                       \
    X("r18", "recognition", "IResNet-18 of ArcFace, 512-d, 24.0 M parameters, 96 MB", build_r18)                               \
    X("r34", "recognition", "IResNet-34 of ArcFace, 512-d, 34.1 M parameters, 137 MB", build_r34)                              \
    X("r50", "recognition", "IResNet-50 of ArcFace (as w600k_r50), 512-d, 43.6 M parameters, 174 MB", build_r50)               \
    X("r100", "recognition", "IResNet-100 of ArcFace (as glintr100), 512-d, 65.2 M parameters, 261 MB", build_r100)            \
    X("r200", "recognition", "IResNet-200 of ArcFace, 512-d, 118.8 M parameters, 475 MB", build_r200)                          \
    X("mbf", "recognition", "MobileFaceNet of InsightFace (mbf), 512-d, 2.0 M parameters, 8 MB", cm_make_mobilefacenet)        \
    X("adaface_r18", "recognition", "AdaFace IR-18, 512-d and its length, 24.0 M parameters, 96 MB", build_adaface_r18)        \
    X("adaface_r50", "recognition", "AdaFace IR-50, 512-d and its length, 43.6 M parameters, 174 MB", build_adaface_r50)       \
    X("adaface_r101", "recognition", "AdaFace IR-101, 512-d and its length, 65.2 M parameters, 261 MB", build_adaface_r101)    \
    X("vit_t", "recognition", "ViT-T of ArcFace, 512-d, 19.1 M parameters, 77 MB", build_vit_t)                                \
    X("vit_s", "recognition", "ViT-S of ArcFace, 512-d, 76.0 M parameters, 304 MB", build_vit_s)                               \
    X("vit_b", "recognition", "ViT-B of ArcFace, 512-d, 113.8 M parameters, 455 MB", build_vit_b)                              \
    X("vit_l", "recognition", "ViT-L of ArcFace, 512-d, 255.7 M parameters, 1.0 GB", build_vit_l)                              \
    X("facenet", "recognition", "FaceNet, Inception-ResNet v1, 160x160, 512-d, 23.5 M parameters, 94 MB", cm_make_facenet)     \
    X("edgeface_xs", "recognition", "EdgeFace-XS (gamma 0.6), 512-d, 1.8 M parameters, 7 MB", build_edgeface_xs)               \
    X("edgeface_s", "recognition", "EdgeFace-S (gamma 0.5), 512-d, 3.7 M parameters, 15 MB", build_edgeface_s)                 \
    X("ghostfacenet", "recognition", "GhostFaceNet V1-1.3-2, 512-d, 4.1 M parameters, 16 MB", cm_make_ghostfacenet)            \
    X("scrfd_500m", "detection", "SCRFD-500M with key points (as det_500m), 2.5 MB", cm_make_scrfd_500m)                       \
    X("scrfd_2.5g", "detection", "SCRFD-2.5G with key points (as det_2.5g), 3.3 MB", cm_make_scrfd_2500m)                      \
    X("scrfd_10g", "detection", "SCRFD-10G with key points (as det_10g), 17 MB", cm_make_scrfd_10g)                            \
    X("2d106", "landmarks", "106 landmarks on MobileNet-0.5 (as 2d106det), 192x192, 5 MB", cm_make_landmarks_106)              \
    X("1k3d68", "landmarks", "68 landmarks in space on ResNet-50 (as 1k3d68), 192x192, 144 MB", cm_make_landmarks_68)          \
    X("genderage", "gender/age", "gender and age on MobileNet-0.25 (as genderage), 96x96, 1.3 MB", cm_make_gender_age)         \
    X("minifasnet_v2", "anti-spoofing", "MiniFASNetV2, 80x80, 1.7 MB", cm_make_minifasnet_v2)                                  \
    X("minifasnet_v1se", "anti-spoofing", "MiniFASNetV1SE, 80x80, 1.7 MB", cm_make_minifasnet_v1se)

typedef void builder(cm_make_net *net);

#define AS_ARCHITECTURE(name, task, description, build) {name, task, description},
static const cm_make_architecture architectures[] = {ARCHITECTURES(AS_ARCHITECTURE)};
#define AS_NAME(name, task, description, build) name,
static const char *const names[] = {ARCHITECTURES(AS_NAME)};
#define AS_BUILDER(name, task, description, build) build,
static builder *const builders[] = {ARCHITECTURES(AS_BUILDER)};

const char *const *cm_make_architectures(size_t *count)
{
    *count = sizeof names / sizeof *names;
    return names;
}

const cm_make_architecture *cm_make_architecture_find(const char *name)
{
    for (size_t i = 0; i < sizeof architectures / sizeof *architectures; i++)
        if (strcmp(architectures[i].name, name) == 0)
            return &architectures[i];
    return NULL;
}

static const char *reason(int number, char *text, size_t size)
{
    if (number == 0 || strerror_r(number, text, size) != 0)
        snprintf(text, size, "error %d", number);
    return text;
}

int cm_make_write(const char *arch, uint64_t seed, FILE *stream, char *message, size_t message_size)
{
    const cm_make_architecture *about = cm_make_architecture_find(arch);
    snprintf(message, message_size, "%s", "");
    if (!about) {
        snprintf(message, message_size, "there is no architecture '%s'", arch);
        return -1;
    }
    builder *build = builders[about - architectures];
    char description[256], text[128];
    snprintf(description, sizeof description,
             "%s. The weights are invented: this network knows no faces. For benchmarks and tests only.", about->description);
    /* Built once to count: values are numbered after the parameters, folded parameters after the values. */
    cm_make_net net;
    cm_make_net_start(&net, seed, 0, 0);
    build(&net);
    int first_traced = net.entries + 1, first_folded = first_traced + net.traced + 1;
    int failed = net.failed | net.nodes.failed; /* what was counted then is wrong */
    cm_make_net_free(&net);
    cm_make_net_start(&net, seed, first_traced, first_folded);
    build(&net);
    net.failed |= failed;
    const cm_make_labels labels = {.graph = "torch-jit-export", .description = description, .architecture = about->name};
    errno = 0;
    int result = cm_make_store(&net, &labels, stream);
    int number = errno;
    cm_make_net_free(&net);
    if (result == 1)
        snprintf(message, message_size, "cannot write: %s", reason(number, text, sizeof text));
    else if (result == 2)
        snprintf(message, message_size, "out of memory");
    return result;
}
