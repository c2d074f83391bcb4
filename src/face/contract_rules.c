#include "face/contract.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { LONGEST_EMBEDDING = 8192, LARGEST_CROP = 1024, SMALLEST_CROP = 112 };

/* Last dimension of an output; -1 where the model leaves it, or the whole shape, open. */
static int64_t channels_of(const cameo_tensor_info *info)
{
    return info->rank > 0 ? info->dims[info->rank - 1] : -1;
}

/* Length of an output that is one vector a picture ([N, n] or [N, n, 1, 1]); -1 where the model leaves it open; 0 for any other shape. */
static int64_t vector_length(const cameo_tensor_info *info)
{
    if (info->rank < 1)
        return -1;
    if (info->rank < 2)
        return 0;
    for (int i = 2; i < info->rank; i++) {
        if (info->dims[i] != 1)
            return 0;
    }
    return info->dims[1] > LONGEST_EMBEDDING ? 0 : info->dims[1];
}

/* How many outputs have this last dimension. */
static int outputs_with(const cm_network_sketch *sketch, int64_t channels)
{
    int count = 0;
    for (int i = 0; i < sketch->output_count && i < CM_SKETCH_OUTPUTS; i++)
        count += channels_of(&sketch->outputs[i]) == channels;
    return count;
}

static bool starts_with(const char *text, const char *prefix)
{
    return text && strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool is_op(const char *op, const char *wanted)
{
    return op && strcmp(op, wanted) == 0;
}

static bool normalises_itself(const cm_network_sketch *sketch)
{
    bool sub = false, mul = false;
    for (int i = 0; i < sketch->node_count; i++) {
        const char *name = sketch->node_names[i], *op = sketch->node_ops[i];
        sub = sub || starts_with(name, "Sub") || starts_with(name, "_minus") || is_op(op, "Sub");
        mul = mul || starts_with(name, "Mul") || starts_with(name, "_mul") || is_op(op, "Mul");
    }
    return sub && mul;
}

static bool begins_with_bn_data(const cm_network_sketch *sketch)
{
    for (int i = 0; i < sketch->node_count && i < 3; i++) {
        if (sketch->node_names[i] && strcmp(sketch->node_names[i], "bn_data") == 0)
            return true;
    }
    return false;
}

static void set_pixels(cameo_contract *contract, cameo_color color, float mean, float std)
{
    contract->color = color;
    for (int c = 0; c < 3; c++) {
        contract->mean[c] = mean;
        contract->std[c] = std;
    }
}

static void set_family(cameo_contract *contract, cameo_task task, const char *family)
{
    contract->task = task;
    snprintf(contract->family, sizeof contract->family, "%s", family);
}

/* How many outputs end in rows of 1, 2, 4 and 10 numbers; all others are none of a detector's. */
static bool outputs_are(const cm_network_sketch *sketch, int scores, int pairs, int boxes, int points)
{
    return sketch->output_count == scores + pairs + boxes + points && outputs_with(sketch, 1) == scores &&
           outputs_with(sketch, 2) == pairs && outputs_with(sketch, 4) == boxes && outputs_with(sketch, 10) == points;
}

static bool detection_rules(const cm_network_sketch *sketch, cameo_contract *contract)
{
    if (outputs_are(sketch, 6, 0, 3, 3)) {
        set_family(contract, CAMEO_TASK_DETECTION, "yunet");
        set_pixels(contract, CAMEO_COLOR_BGR, 0.0f, 1.0f);
        return true;
    }
    if (outputs_are(sketch, 0, 1, 1, 1)) {
        set_family(contract, CAMEO_TASK_DETECTION, "retinaface");
        set_pixels(contract, CAMEO_COLOR_BGR, 0.0f, 1.0f);
        memcpy(contract->mean, (const float[3]){104.0f, 117.0f, 123.0f}, sizeof contract->mean);
        return true;
    }
    if (outputs_are(sketch, 0, 1, 1, 0)) {
        set_family(contract, CAMEO_TASK_DETECTION, "ultraface");
        set_pixels(contract, CAMEO_COLOR_RGB, 127.0f, 128.0f);
        return true;
    }
    int count = sketch->output_count;
    if (count < 5)
        return false;
    int scores = outputs_with(sketch, 1), boxes = outputs_with(sketch, 4), points = outputs_with(sketch, 10);
    /* Three or five strides, each with a score, a box and perhaps key points; shapes that are left open contradict nothing. */
    bool known_count = count == 6 || count == 9 || count == 10 || count == 15;
    int levels = count % 5 == 0 ? 5 : 3, open = outputs_with(sketch, -1);
    bool scrfd = known_count && scores <= levels && boxes <= levels && points <= count - 2 * levels &&
                 scores + boxes + points + open == count;
    set_family(contract, CAMEO_TASK_DETECTION, scrfd ? "scrfd" : "unknown");
    set_pixels(contract, CAMEO_COLOR_RGB, 127.5f, 128.0f);
    return true;
}

static bool attribute_rules(const cm_network_sketch *sketch, cameo_contract *contract)
{
    int width = contract->width, height = contract->height;
    int64_t length = vector_length(&sketch->outputs[0]);
    if (sketch->output_count != 1 || width != height)
        return false;
    if (width == 80 && length == 3) {
        set_family(contract, CAMEO_TASK_ANTI_SPOOFING, "minifasnet");
        set_pixels(contract, CAMEO_COLOR_BGR, 0.0f, 1.0f);
        return true;
    }
    if (width == 192)
        set_family(contract, CAMEO_TASK_LANDMARKS, length == 3309 ? "3d68" : "2d106");
    else if (width == 96)
        set_family(contract, CAMEO_TASK_GENDER_AGE, "genderage");
    else
        return false;
    set_pixels(contract, CAMEO_COLOR_RGB, 127.5f, 128.0f);
    if (begins_with_bn_data(sketch))
        set_pixels(contract, CAMEO_COLOR_RGB, 0.0f, 1.0f);
    return true;
}

/* The output that is the embedding: the longest vector, or the first of open length; -1 if there is none. */
static int embedding_output(const cm_network_sketch *sketch)
{
    int best = -1;
    for (int i = 0; i < sketch->output_count && i < CM_SKETCH_OUTPUTS; i++) {
        int64_t length = vector_length(&sketch->outputs[i]);
        if (length == 0)
            continue;
        if (best < 0 || length > vector_length(&sketch->outputs[best]))
            best = i;
    }
    return best;
}

static void set_embedding(const cm_network_sketch *sketch, int output, cameo_contract *contract)
{
    int64_t length = vector_length(&sketch->outputs[output]);
    contract->output_index = output;
    contract->dimension = length > 0 ? (int)length : 0;
    const char *name = sketch->outputs[output].name;
    snprintf(contract->output_name, sizeof contract->output_name, "%s", name ? name : "");
}

static bool recognition_rules(const cm_network_sketch *sketch, cameo_contract *contract)
{
    int width = contract->width, height = contract->height, output = embedding_output(sketch);
    bool size_fits = width == height && (width == 0 || (width >= SMALLEST_CROP && width <= LARGEST_CROP && width % 16 == 0));
    if (output < 0 || !size_fits)
        return false;
    int64_t length = vector_length(&sketch->outputs[output]);
    if (length > 0 && length < 64)
        return false;
    bool with_norm = sketch->output_count == 2 && vector_length(&sketch->outputs[1 - output]) == 1;
    const char *family = with_norm ? "adaface" : width == 160 ? "facenet" : "arcface";
    set_family(contract, CAMEO_TASK_RECOGNITION, family);
    set_pixels(contract, with_norm ? CAMEO_COLOR_BGR : CAMEO_COLOR_RGB, 127.5f, width == 160 ? 128.0f : 127.5f);
    set_embedding(sketch, output, contract);
    return true;
}

static cameo_status read_input(const cm_network_sketch *sketch, cameo_contract *contract, cameo_error *error)
{
    const cameo_tensor_info *input = &sketch->input;
    const char *path = sketch->path ? sketch->path : "model";
    if (sketch->input_count != 1)
        return cm_fail(error, CAMEO_ERROR_MISMATCH, "%s: the network has %d inputs, where a face network has one picture", path,
                       sketch->input_count);
    if (sketch->output_count < 1)
        return cm_fail(error, CAMEO_ERROR_MISMATCH, "%s: the network has no output", path);
    if (input->rank != 4)
        return cm_fail(error, CAMEO_ERROR_MISMATCH,
                       "%s: input '%s' has %d dimensions, where a picture has four: [batch, 3, height, width]", path, input->name,
                       input->rank);
    if (input->dims[1] != 3 && input->dims[1] != -1)
        return cm_fail(error, CAMEO_ERROR_MISMATCH, "%s: input '%s' has %lld channels%s, where a picture has 3: [batch, 3, height, width]",
                       path, input->name, (long long)input->dims[1],
                       input->dims[3] == 3 ? " (it seems to want them last, which is not supported)" : "");
    if (input->dims[2] > INT16_MAX || input->dims[3] > INT16_MAX)
        return cm_fail(error, CAMEO_ERROR_MISMATCH, "%s: input '%s' is %lld x %lld pixels, more than %d", path, input->name,
                       (long long)input->dims[3], (long long)input->dims[2], INT16_MAX);
    contract->width = input->dims[3] > 0 ? (int)input->dims[3] : 0;
    contract->height = input->dims[2] > 0 ? (int)input->dims[2] : 0;
    return CAMEO_OK;
}

static cameo_status override_size(const char *path, const cameo_contract_override *override, cameo_contract *contract,
                                  cameo_error *error)
{
    int wanted[2] = {override->input_width, override->input_height};
    int *sizes[2] = {&contract->width, &contract->height};
    for (int i = 0; i < 2; i++) {
        if (wanted[i] == 0)
            continue;
        if (wanted[i] < 0 || wanted[i] > INT16_MAX)
            return cm_fail(error, CAMEO_ERROR_ARGUMENT, "input size %d is not between 1 and %d pixels", wanted[i], INT16_MAX);
        if (*sizes[i] != 0 && *sizes[i] != wanted[i])
            return cm_fail(error, CAMEO_ERROR_MISMATCH, "%s: the network's input %s is fixed at %d pixels, so it cannot be %d", path,
                           i == 0 ? "width" : "height", *sizes[i], wanted[i]);
        *sizes[i] = wanted[i];
    }
    return CAMEO_OK;
}

static cameo_status override_pixels(const cameo_contract_override *override, cameo_contract *contract, cameo_error *error)
{
    if (override->color != CAMEO_COLOR_AUTO)
        contract->color = override->color;
    for (int c = 0; c < 3; c++) {
        float mean = override->mean[c], std = override->std[c];
        if (isinf(mean) || isinf(std) || std == 0.0f)
            return cm_fail(error, CAMEO_ERROR_ARGUMENT, "mean %g and std %g of channel %d: both must be finite and std not 0",
                           (double)mean, (double)std, c);
        if (!isnan(mean))
            contract->mean[c] = mean;
        if (!isnan(std))
            contract->std[c] = std;
    }
    return CAMEO_OK;
}

static cameo_status override_output(const cm_network_sketch *sketch, const char *path, const cameo_contract_override *override,
                                    cameo_contract *contract, cameo_error *error)
{
    for (int i = 0; i < sketch->output_count && i < CM_SKETCH_OUTPUTS; i++) {
        const char *name = sketch->outputs[i].name;
        if (!name || strcmp(name, override->output_name) != 0)
            continue;
        if (contract->task == CAMEO_TASK_RECOGNITION && vector_length(&sketch->outputs[i]) == 0)
            return cm_fail(error, CAMEO_ERROR_MISMATCH, "%s: output '%s' is not one vector a picture, so it is no embedding", path, name);
        /* Whoever names an embedding in a network that no rule knows says what it is for. */
        if (contract->task == CAMEO_TASK_UNKNOWN && vector_length(&sketch->outputs[i]) != 0)
            contract->task = CAMEO_TASK_RECOGNITION;
        if (contract->task == CAMEO_TASK_RECOGNITION)
            set_embedding(sketch, i, contract);
        return CAMEO_OK;
    }
    return cm_fail(error, CAMEO_ERROR_NOT_FOUND, "%s: there is no output '%s'; the first of %d is '%s'", path, override->output_name,
                   sketch->output_count, sketch->outputs[0].name ? sketch->outputs[0].name : "");
}

cameo_status cm_contract_from_sketch(const cm_network_sketch *sketch, const cameo_contract_override *override,
                                     cameo_contract *contract, cameo_error *error)
{
    const char *path = sketch->path ? sketch->path : "model";
    *contract = (cameo_contract){.task = CAMEO_TASK_UNKNOWN, .family = "unknown"};
    set_pixels(contract, CAMEO_COLOR_RGB, 127.5f, 127.5f);
    cameo_status status = read_input(sketch, contract, error);
    if (status == CAMEO_OK && override)
        status = override_size(path, override, contract, error);
    if (status != CAMEO_OK)
        return status;
    if (!detection_rules(sketch, contract) && !attribute_rules(sketch, contract))
        recognition_rules(sketch, contract);
    if (normalises_itself(sketch))
        set_pixels(contract, contract->color, 0.0f, 1.0f);
    if (override && override->output_name)
        status = override_output(sketch, path, override, contract, error);
    if (status == CAMEO_OK && override)
        status = override_pixels(override, contract, error);
    return status;
}

const char *cm_task_name(cameo_task task)
{
    static const char *const names[] = {"unknown task", "recognition", "detection", "landmarks", "gender/age", "anti-spoofing"};
    return (unsigned)task < sizeof names / sizeof names[0] ? names[task] : names[0];
}
