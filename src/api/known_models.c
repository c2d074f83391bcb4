/* Published models, and those inside the library. Sources of the hashes: the files of deepinsight/insightface's release v0.7, fal/AuraFace-v1 and
 * opencv/opencv_zoo; those of our own are computed when the library is built. */
#include "builtin/builtin.h"
#include "cameo.h"

#include <string.h>

#define INSIGHTFACE_URL "https://github.com/deepinsight/insightface/releases/download/v0.7/"
#define INSIGHTFACE_LICENSE "InsightFace: non-commercial research only"

#define PACK(pack_name, hash, text)                                                                                          \
    {                                                                                                                        \
        .name = pack_name, .role = "pack", .sha256 = hash, .url = INSIGHTFACE_URL pack_name ".zip",                          \
        .license = INSIGHTFACE_LICENSE, .description = text                                                                  \
    }
#define PACKED(pack_name, file, role_name, hash, size, text)                                                                 \
    {                                                                                                                        \
        .name = file, .pack = pack_name, .role = role_name, .sha256 = hash, .bytes = size,                                   \
        .url = INSIGHTFACE_URL pack_name ".zip", .license = INSIGHTFACE_LICENSE, .description = text                         \
    }

#define DET_10G_HASH "5838f7fe053675b1c7a08b633df49e7af5495cee0493c7dcf6697200b85b5b91"
#define W600K_R50_HASH "4c06341c33c2ca1f86781dab0e829f88ad5b64be9fba56e56bc9ebdefc619e43"
#define DET_500M_HASH "5e4447f50245bbd7966bd6c0fa52938c61474a04ec7def48753668a9d8b4ea3a"

#define LANDMARKS_3D "68 points in space"
#define LANDMARKS_2D "106 points"

/* Networks for landmarks, gender and age that come with most packs. */
#define ATTRIBUTES(pack_name)                                                                                                \
    PACKED(pack_name, "1k3d68.onnx", "landmarks", "df5c06b8a0c12e422b2ed8947b8869faa4105387f199c477af038aa01f9a45cc",       \
           143607619, LANDMARKS_3D),                                                                                         \
        PACKED(pack_name, "2d106det.onnx", "landmarks", "f001b856447c413801ef5c42091ed0cd516fcd21f2d6b79635b1e733a7109dbf", \
               5030888, LANDMARKS_2D),                                                                                       \
        PACKED(pack_name, "genderage.onnx", "gender/age", "4fde69b1c810857b88c64a335084f1c3fe8f01246c9a191b48c7bb756d6652fb", \
               1322532, "gender and age")

/* Measured on people that the recognizer was not trained with and not tested with: docs/models/recognizer.md. */
#define THRESHOLD_detector 0.0
#define THRESHOLD_recognizer 0.35

/* One of our own; CM_BUILTIN_LIST has its size and hash. */
#define BUILTIN(id, role_name, size, hash)                                                                                   \
    {                                                                                                                        \
        .name = "cameo_" #id ".onnx", .role = role_name, .sha256 = hash, .bytes = size, .license = "Apache-2.0",             \
        .commercial_use = 1, .description = "cameo's own, inside the library", .threshold = THRESHOLD_##id,                  \
        .builtin = CM_BUILTIN_PREFIX #id                                                                                     \
    },

static const cameo_known_model models[] = {
    PACK("buffalo_l", "80ffe37d8a5940d59a7384c201a2a38d4741f2f3c51eef46ebb28218a7b0ca2f",
         "SCRFD-10G and ResNet-50 (WebFace600K): the usual choice"),
    PACKED("buffalo_l", "det_10g.onnx", "detection", DET_10G_HASH, 16923827, "SCRFD-10G with 5 key points"),
    PACKED("buffalo_l", "w600k_r50.onnx", "recognition", W600K_R50_HASH, 174383860, "ResNet-50 trained with ArcFace on WebFace600K, 512-d"),
    ATTRIBUTES("buffalo_l"),

    PACK("buffalo_m", "d98264bd8f2dc75cbc2ddce2a14e636e02bb857b3051c234b737bf3b614edca9", "SCRFD-2.5G and ResNet-50 (WebFace600K)"),
    PACKED("buffalo_m", "det_2.5g.onnx", "detection", "041f73f47371333d1d17a6fee6c8ab4e6aecabefe398ff32cca4e2d5eaee0af9", 3292009,
           "SCRFD-2.5G with 5 key points"),
    PACKED("buffalo_m", "w600k_r50.onnx", "recognition", W600K_R50_HASH, 174383860, "ResNet-50 trained with ArcFace on WebFace600K, 512-d"),
    ATTRIBUTES("buffalo_m"),

    PACK("buffalo_s", NULL, "SCRFD-500M and MobileFaceNet (WebFace600K), with landmarks, gender and age; no hash is published"),

    PACK("buffalo_sc", "57d31b56b6ffa911c8a73cfc1707c73cab76efe7f13b675a05223bf42de47c72",
         "SCRFD-500M and MobileFaceNet (WebFace600K): the smallest"),
    PACKED("buffalo_sc", "det_500m.onnx", "detection", DET_500M_HASH, 2524817, "SCRFD-500M with 5 key points"),
    PACKED("buffalo_sc", "w600k_mbf.onnx", "recognition", "9cc6e4a75f0e2bf0b1aed94578f144d15175f357bdc05e815e5c4a02b319eb4f", 13616099,
           "MobileFaceNet trained with ArcFace on WebFace600K, 512-d"),

    PACK("antelopev2", "8e182f14fc6e80b3bfa375b33eb6cff7ee05d8ef7633e738d1c89021dcf0c5c5",
         "SCRFD-10G and ResNet-100 (Glint360K); the files lie one folder deeper in the zip"),
    PACKED("antelopev2", "scrfd_10g_bnkps.onnx", "detection", DET_10G_HASH, 16923827, "SCRFD-10G with 5 key points (the same file as det_10g.onnx)"),
    PACKED("antelopev2", "glintr100.onnx", "recognition", "4ab1d6435d639628a6f3e5008dd4f929edf4c4124b1a7169e1048f9fef534cdf", 260665334,
           "ResNet-100 trained with ArcFace on Glint360K, 512-d"),
    ATTRIBUTES("antelopev2"),

    {.name = "auraface_glintr100.onnx",
     .role = "recognition",
     .sha256_prefix = "a7933ea5",
     .bytes = 260694151,
     .url = "https://huggingface.co/fal/AuraFace-v1/resolve/main/glintr100.onnx",
     .license = "Apache-2.0",
     .commercial_use = 1,
     .description = "AuraFace-v1: ResNet-100, 512-d, trained on data that allows commercial use; published as glintr100.onnx, but not InsightFace's file"},
    {.name = "face_detection_yunet_2023mar.onnx",
     .role = "detection",
     .sha256 = "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4",
     .bytes = 232589,
     .url = "https://media.githubusercontent.com/media/opencv/opencv_zoo/main/models/face_detection_yunet/face_detection_yunet_2023mar.onnx",
     .license = "MIT",
     .commercial_use = 1,
     .description = "YuNet (OpenCV Zoo): detector with 5 key points"},
    {.name = "face_recognition_sface_2021dec.onnx",
     .role = "recognition",
     .sha256 = "0ba9fbfa01b5270c96627c4ef784da859931e02f04419c829e83484087c34e79",
     .bytes = 38696353,
     .url = "https://media.githubusercontent.com/media/opencv/opencv_zoo/main/models/face_recognition_sface/face_recognition_sface_2021dec.onnx",
     .license = "Apache-2.0",
     .commercial_use = 1,
     .description = "SFace (OpenCV Zoo): MobileFaceNet, 128-d"},
    CM_BUILTIN_LIST(BUILTIN)
};

enum { MODEL_COUNT = sizeof models / sizeof models[0], HASH_DIGITS = 64 };

const cameo_known_model *cameo_known_models(size_t *count)
{
    if (count)
        *count = MODEL_COUNT;
    return models;
}

/* `digits` hex digits of `text` (either case) are those of `hash` (lower case). */
static int same_digits(const char *text, const char *hash, size_t digits)
{
    for (size_t i = 0; i < digits; i++) {
        char c = text[i] >= 'A' && text[i] <= 'F' ? (char)(text[i] - 'A' + 'a') : text[i];
        if (c != hash[i])
            return 0;
    }
    return 1;
}

const cameo_known_model *cameo_known_model_by_sha256(const char *sha256)
{
    if (!sha256 || strlen(sha256) != HASH_DIGITS)
        return NULL;
    for (size_t i = 0; i < MODEL_COUNT; i++) {
        const char *hash = models[i].sha256 ? models[i].sha256 : models[i].sha256_prefix;
        if (hash && same_digits(sha256, hash, strlen(hash)))
            return &models[i];
    }
    return NULL;
}

const void *cameo_builtin_model(const char *name, size_t *size)
{
    const cm_builtin_model *model = cm_builtin_find(name);
    if (size)
        *size = model ? model->size : 0;
    return model ? model->bytes : NULL;
}
