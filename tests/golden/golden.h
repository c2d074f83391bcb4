/* What the golden tests share: the tier under test, pictures, reference detections, measures of agreement. */
#ifndef GOLDEN_H
#define GOLDEN_H

#include "reference.h"
#include "reference_npy.h"

#include "cameo.h"

#include <jansson.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { GOLDEN_FACES = 64 };

/* First thing in main: 77 where CAMEO_CPU asks for more than this machine has, else 0. */
static inline int golden_begin(const char *name)
{
    const char *wanted = getenv("CAMEO_CPU");
    if (!wanted || strcmp(wanted, cameo_cpu_tier()) == 0)
        return 0;
    printf("SKIP %s: this machine has no %s\n", name, wanted);
    return 77;
}

/* The reference kernels are slow: they get a smaller part of the data. */
static inline bool golden_is_slow(void)
{
    return strcmp(cameo_cpu_tier(), "ref") == 0;
}

#define GOLDEN_OK(call)                                       \
    do {                                                      \
        cameo_error golden_error = {0};                       \
        cameo_error *error = &golden_error;                   \
        if ((call) != CAMEO_OK)                               \
            fail_msg("%s: %s", #call, golden_error.message);  \
    } while (0)

static inline cameo_image *golden_picture(const char *name)
{
    cameo_image *image = NULL;
    reference_path path = reference_need(name);
    GOLDEN_OK(cameo_image_load(&image, path.text, NULL, error));
    return image;
}

/* The LFW file of a name such as "Al_Pacino_0001": lfw/Al_Pacino/Al_Pacino_0001.jpg. */
static inline reference_path golden_lfw_name(const char *stem)
{
    reference_path path;
    snprintf(path.text, sizeof path.text, "lfw/%.*s/%s.jpg", (int)(strrchr(stem, '_') - stem), stem, stem);
    return path;
}

static inline json_t *golden_json(const char *name)
{
    json_error_t problem;
    json_t *json = json_load_file(reference_need(name).text, 0, &problem);
    if (!json)
        fail_msg("%s line %d: %s", name, problem.line, problem.text);
    return json;
}

/* One entry of a list of reference detections: {"bbox": [4], "score": s, "kps": [5][2]}. */
static inline cameo_face golden_face(const json_t *entry)
{
    cameo_face face = {.score = (float)json_number_value(json_object_get(entry, "score")), .landmark_count = 5};
    for (size_t i = 0; i < 4; i++)
        face.box[i] = (float)json_number_value(json_array_get(json_object_get(entry, "bbox"), i));
    for (size_t i = 0; i < 10; i++)
        face.landmarks[i / 2][i % 2] =
            (float)json_number_value(json_array_get(json_array_get(json_object_get(entry, "kps"), i / 2), i % 2));
    return face;
}

/* How near values come to their reference. */
typedef struct golden_agreement {
    double largest_difference, largest_value, cosine;
} golden_agreement;

static inline golden_agreement golden_compare(const float *got, const float *wanted, size_t count)
{
    golden_agreement a = {0};
    double dot = 0, got_square = 0, wanted_square = 0;
    for (size_t i = 0; i < count; i++) {
        double difference = fabs((double)got[i] - (double)wanted[i]);
        a.largest_difference = isnan(difference) ? (double)INFINITY : fmax(a.largest_difference, difference); /* fmax would lose a NaN */
        a.largest_value = fmax(a.largest_value, fabs((double)wanted[i]));
        dot += (double)got[i] * (double)wanted[i];
        got_square += (double)got[i] * (double)got[i];
        wanted_square += (double)wanted[i] * (double)wanted[i];
    }
    a.cosine = dot / sqrt(got_square * wanted_square);
    return a;
}

/* An engine with the given networks (names in models/, or NULL), detection at 640x640 alone. */
static inline cameo_options golden_options(const char *detector, const char *recognizer, reference_path paths[2])
{
    cameo_options options;
    cameo_options_default(&options);
    options.detection_size_count = 1;
    options.detection_sizes[0][0] = options.detection_sizes[0][1] = 640;
    options.threads = 1;
    const char *names[2] = {detector, recognizer};
    for (int i = 0; i < 2; i++) {
        char name[128];
        snprintf(name, sizeof name, "models/%s", names[i] ? names[i] : "");
        if (names[i])
            paths[i] = reference_need(name);
    }
    options.detector = detector ? paths[0].text : NULL;
    options.recognizer = recognizer ? paths[1].text : NULL;
    return options;
}

/* foamliu's networks want ImageNet's mean and std, which no graph says. */
static inline void golden_imagenet_pixels(cameo_contract_override *override)
{
    memcpy(override->mean, (const float[3]){123.675f, 116.28f, 103.53f}, sizeof override->mean);
    memcpy(override->std, (const float[3]){58.395f, 57.12f, 57.375f}, sizeof override->std);
}

#endif
