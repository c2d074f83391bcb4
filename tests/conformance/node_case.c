#include "node_case.h"

#include "node_data.h"

#include "cameo.h"

#include <math.h>

/* As ONNX's own runner compares (onnx/backend/test/runner). */
#define RELATIVE 1e-3
#define ABSOLUTE 1e-7

/* ---- What a test of a claimed operator may be left out for; anything else counts as failed ---- */

/* Types that no value of cameo's has: it computes in float32, and in integers at load. */
static const char *foreign_type(int64_t type)
{
    if (type == CM_ONNX_STRING)
        return "string";
    return type != CM_ONNX_UNDEFINED && cm_onnx_type_bytes(type) == 0 ? cm_onnx_foreign_type_name(type) : NULL;
}

/* Values that are no tensor, or of a foreign type; and results that are rounded to a type that cameo does not round to. */
static bool has_foreign_type(const node_model *model, char *why, size_t size)
{
    for (int i = 0; i < model->input_count + model->output_count; i++) {
        bool output = i >= model->input_count;
        const node_value *value = output ? &model->outputs[i - model->input_count] : &model->inputs[i];
        const char *type = value->other ? value->other : foreign_type(value->type);
        if (!type && output && value->type == CM_ONNX_BFLOAT16)
            type = "bfloat16";
        if (type) {
            snprintf(why, size, "type %s", type);
            return true;
        }
    }
    return false;
}

/* Operators whose opset 6 differs from opset 7, the oldest that cameo reads. */
static const char *const changed_in_opset_7[] = {"Add", "And", "AveragePool", "BatchNormalization", "Div", "Dropout", "Equal", "Gemm", "Greater",
                                                 "Less", "Mul", "Or", "PRelu", "Pow", "Sub", "Upsample", "Xor"};

static bool older_meaning(const node_model *model, char *why, size_t size)
{
    char op[64];
    for (int i = 0; i < model->node_count && model->opset < 7; i++) {
        node_operator(model->nodes[i], op);
        for (size_t j = 0; j < sizeof changed_in_opset_7 / sizeof *changed_in_opset_7; j++)
            if (strcmp(op, changed_in_opset_7[j]) == 0 && (node_attribute(model->nodes[i], "broadcast").at || strcmp(op, "Gemm") == 0)) {
                snprintf(why, size, "opset 6, which broadcasts in another way");
                return true;
            }
    }
    return false;
}

static bool is_training(const node_model *model, const node_data *inputs)
{
    char op[64];
    for (int i = 0; i < model->node_count; i++) {
        node_operator(model->nodes[i], op);
        if (strcmp(op, "BatchNormalization") == 0 && node_number(node_attribute(model->nodes[i], "training_mode"), 3, 0))
            return true;
        if (strcmp(op, "Dropout") == 0 && model->input_count == 3 && inputs[2].tensor.elements == 1 && inputs[2].tensor.data[0])
            return true;
    }
    return false;
}

static bool wants_indices(const node_model *model)
{
    char op[64];
    for (int i = 0; i < model->node_count; i++) {
        node_operator(model->nodes[i], op);
        if (strcmp(op, "MaxPool") == 0 && node_repeated(model->nodes[i], 2, 1).size)
            return true;
    }
    return false;
}

static bool is_left_out(const node_model *model, const node_data *inputs, char *why, size_t size)
{
    if (has_foreign_type(model, why, size) || older_meaning(model, why, size))
        return true;
    if (is_training(model, inputs))
        snprintf(why, size, "training mode, which inference does not have");
    else if (wants_indices(model))
        snprintf(why, size, "MaxPool's indices: integers computed from the input");
    return why[0] != '\0';
}

static bool is_supported(const char *op)
{
    size_t count;
    const char *const *names = cameo_supported_operators(&count);
    for (size_t j = 0; j < count; j++)
        if (strcmp(names[j], op) == 0)
            return true;
    return false;
}

/* The node's operator and, of an If, those in its branches; op: one that is not supported. */
static bool is_claimed_node(cm_text node, char op[64])
{
    enum { GRAPH_NODE = 1, ATTRIBUTE_GRAPH = 6 };
    static const char *const branches[] = {"then_branch", "else_branch"};
    node_operator(node, op);
    if (!is_supported(op))
        return false;
    for (size_t i = 0; i < sizeof branches / sizeof *branches && strcmp(op, "If") == 0; i++) {
        cm_text graph = node_repeated(node_attribute(node, branches[i]), ATTRIBUTE_GRAPH, 0);
        for (int k = 0; graph.at && node_repeated(graph, GRAPH_NODE, k).at; k++) {
            node_operator(node_repeated(graph, GRAPH_NODE, k), op);
            if (!is_supported(op))
                return false;
        }
        node_operator(node, op);
    }
    return true;
}

static bool is_claimed(const node_model *model, node_result *result)
{
    node_operator(model->nodes[0], result->operators);
    for (int i = 0; i < model->node_count; i++) {
        char op[64];
        if (!is_claimed_node(model->nodes[i], op)) {
            snprintf(result->why, sizeof result->why, "%s", op);
            return false;
        }
        if (strcmp(op, result->operators) != 0)
            snprintf(result->operators, sizeof result->operators, "several");
    }
    return true;
}

/* ---- Feeding ---- */

/* Inputs that every network has as weights or parameters; cameo takes them as constants only. Bit i: input i. */
static const struct {
    const char *op;
    unsigned inputs;
} parameters[] = {
    {"BatchNormalization", 0x1e}, {"Conv", 0x6},           {"ConvTranspose", 0x6},         {"CumSum", 0x3}, {"DequantizeLinear", 0x6},
    {"GroupNormalization", 0x6},  {"InstanceNormalization", 0x6}, {"Pad", 0x4}, {"QuantizeLinear", 0x6}, {"Range", 0x7},
    {"Resize", 0xe},              {"Upsample", 0x2},
};

static bool is_parameter(const node_model *model, cm_text name)
{
    for (int i = 0; i < model->node_count; i++) {
        char op[64];
        node_operator(model->nodes[i], op);
        for (size_t j = 0; j < sizeof parameters / sizeof *parameters; j++)
            for (int k = 0; k < 8 && strcmp(op, parameters[j].op) == 0; k++)
                if (parameters[j].inputs >> k & 1 && node_text_same(node_repeated(model->nodes[i], 1, k), name))
                    return true;
    }
    return false;
}

/* What depends on the values of the float inputs, node by node. */
typedef struct computed_names {
    cm_text names[NODE_MODEL_MOST];
    int count;
} computed_names;

static void add_name(computed_names *computed, cm_text name)
{
    if (computed->count < NODE_MODEL_MOST)
        computed->names[computed->count++] = name;
}

static bool reads_computed(const computed_names *computed, cm_text node)
{
    for (int i = 0; node_repeated(node, 1, i).at; i++)
        for (int j = 0; j < computed->count; j++)
            if (node_text_same(computed->names[j], node_repeated(node, 1, i)))
                return true;
    return false;
}

/* Integers are computed at load only: networks that make them of floats (Cast, or Pow of an integer) are fed with constants. */
static bool computes_integers(const node_model *model)
{
    computed_names computed = {.count = 0};
    for (int i = 0; i < model->input_count; i++)
        if (!node_type_is_integer(model->inputs[i].type))
            add_name(&computed, model->inputs[i].name);
    for (int i = 0; i < model->node_count; i++) {
        char op[64];
        node_operator(model->nodes[i], op);
        int64_t to = node_number(node_attribute(model->nodes[i], "to"), 3, 0);
        if (strcmp(op, "Shape") == 0 || strcmp(op, "Size") == 0 || !reads_computed(&computed, model->nodes[i]))
            continue;
        if (strcmp(op, "Cast") == 0 && to != CM_ONNX_BOOL && node_type_is_integer(to))
            return true;
        if (strcmp(op, "Pow") == 0 && node_type_is_integer(model->inputs[0].type))
            return true;
        for (int j = 0; node_repeated(model->nodes[i], 2, j).at; j++)
            add_name(&computed, node_repeated(model->nodes[i], 2, j));
    }
    return false;
}

static bool is_fed_at_run_time(const node_model *model, int i, const node_data *data)
{
    int64_t type = data->tensor.type;
    bool computed = type == CM_ONNX_FLOAT || type == CM_ONNX_FLOAT16;
    /* castlike's data has other shapes than its model. */
    bool as_declared = model->inputs[i].rank < 0 || model->inputs[i].rank == data->tensor.rank;
    return computed && as_declared && data->tensor.elements > 0 && !is_parameter(model, model->inputs[i].name);
}

/* Fills the network's inputs, which are those of the model that are no initializers, in order. */
static bool plan_and_feed(const node_model *model, const cm_text *constants, const node_data *inputs, const cameo_network *network,
                          cameo_runner **runner, cameo_error *error)
{
    int64_t dims[NODE_MODEL_MOST][CAMEO_MAX_RANK] = {{0}};
    int fed[NODE_MODEL_MOST], count = 0;
    for (int i = 0; i < model->input_count; i++) {
        if (constants[i].at)
            continue;
        memcpy(dims[count], inputs[i].tensor.dims, sizeof dims[count]);
        fed[count++] = i;
    }
    if (cameo_runner_create(runner, network, (const int64_t(*)[CAMEO_MAX_RANK])dims, 1, error) != CAMEO_OK)
        return false;
    for (int i = 0; i < count; i++) {
        cameo_tensor_info info;
        float *to = cameo_runner_input(*runner, i, &info);
        if (!cm_onnx_tensor_floats(&inputs[fed[i]].tensor, to))
            return false;
    }
    return cameo_runner_run(*runner, error) == CAMEO_OK;
}

/* ---- Comparing ---- */

static bool near(float got, float wanted)
{
    if (isnan(wanted) || isnan(got))
        return isnan(wanted) && isnan(got);
    if (isinf(wanted) || isinf(got))
        return got == wanted;
    return fabs((double)got - (double)wanted) <= ABSOLUTE + RELATIVE * fabs((double)wanted);
}

static bool same_shape(const cameo_tensor_info *info, const cm_onnx_tensor *wanted)
{
    bool same = info->rank == wanted->rank;
    for (int i = 0; same && i < info->rank; i++)
        same = info->dims[i] == wanted->dims[i];
    return same;
}

static bool compare_output(int output, const float *got, const cameo_tensor_info *info, const node_data *data, char *why, size_t size)
{
    const cm_onnx_tensor *wanted = &data->tensor;
    if (!same_shape(info, wanted)) {
        int at = snprintf(why, size, "output %d has shape [", output);
        for (int i = 0; i < info->rank; i++)
            at += snprintf(why + at, size - (size_t)at, "%s%lld", i ? "," : "", (long long)info->dims[i]);
        at += snprintf(why + at, size - (size_t)at, "], wanted is [");
        for (int i = 0; i < wanted->rank; i++)
            at += snprintf(why + at, size - (size_t)at, "%s%lld", i ? "," : "", (long long)wanted->dims[i]);
        snprintf(why + at, size - (size_t)at, "]");
        return false;
    }
    for (uint64_t i = 0; i < wanted->elements; i++) {
        if (near(got[i], data->floats[i]))
            continue;
        snprintf(why, size, "output %d, element %llu of %llu is %.9g, wanted is %.9g", output, (unsigned long long)i,
                 (unsigned long long)wanted->elements, (double)got[i], (double)data->floats[i]);
        return false;
    }
    return true;
}

static bool run_and_compare(const node_model *model, const cm_text *constants, const node_data *inputs, const node_data *outputs, char *why,
                            size_t size)
{
    cameo_error error = {0};
    cameo_network *network = NULL;
    cameo_runner *runner = NULL;
    pb bytes = node_model_rewrite(model, constants, model->opset < 7 ? 7 : model->opset);
    bool ok = cameo_network_open_bytes(&network, bytes.bytes, bytes.size, "model", NULL, &error) == CAMEO_OK;
    ok = ok && plan_and_feed(model, constants, inputs, network, &runner, &error);
    if (!ok)
        snprintf(why, size, "%s", error.message);
    for (int i = 0; ok && i < model->output_count; i++) {
        cameo_tensor_info info;
        const float *got = cameo_runner_output(runner, i, &info);
        ok = compare_output(i, got, &info, &outputs[i], why, size);
    }
    cameo_runner_free(runner);
    cameo_network_free(network);
    pb_free(&bytes);
    return ok;
}

/* ---- One test ---- */

/* Which inputs become initializers: those that must, or all. Returns how many do not. */
static int choose_constants(const node_model *model, const node_data *inputs, bool all, cm_text *constants, char *fed, size_t size)
{
    int left = 0, at = 0;
    all = all || computes_integers(model);
    for (int i = 0; i < model->input_count; i++) {
        bool at_run_time = !all && is_fed_at_run_time(model, i, &inputs[i]);
        constants[i] = at_run_time ? (cm_text){0} : inputs[i].message;
        left += at_run_time;
        if (!at_run_time && fed && at < (int)size - 1)
            at += snprintf(fed + at, size - (size_t)at, "%s%.*s", at ? ", " : "", (int)model->inputs[i].name.size,
                           (const char *)model->inputs[i].name.at);
    }
    return left;
}

static node_verdict run_data_set(const node_model *model, const node_data *inputs, const node_data *outputs, node_result *result)
{
    cm_text constants[NODE_MODEL_MOST] = {{0}};
    if (is_left_out(model, inputs, result->why, sizeof result->why))
        return NODE_NOT_RUN;
    int at_run_time = choose_constants(model, inputs, false, constants, result->fed, sizeof result->fed);
    if (!run_and_compare(model, constants, inputs, outputs, result->why, sizeof result->why))
        return NODE_FAILED;
    if (at_run_time == 0)
        return NODE_PASSED;
    /* Once more with everything known at load: constants take other ways. */
    (void)choose_constants(model, inputs, true, constants, NULL, 0);
    static const char prefix[] = "all as initializers: ";
    snprintf(result->why, sizeof result->why, "%s", prefix);
    return run_and_compare(model, constants, inputs, outputs, result->why + sizeof prefix - 1, sizeof result->why - sizeof prefix + 1)
               ? NODE_PASSED
               : NODE_FAILED;
}

static void run_data_sets(const char *folder, const node_model *model, node_result *result)
{
    result->verdict = NODE_FAILED;
    snprintf(result->why, sizeof result->why, "it has no data");
    for (int set = 0; set < 100; set++) {
        node_data *inputs = node_data_read(folder, set, "input", model->input_count);
        node_data *outputs = node_data_read(folder, set, "output", model->output_count);
        bool there = inputs && outputs;
        if (there) {
            result->why[0] = '\0';
            result->verdict = run_data_set(model, inputs, outputs, result);
        }
        node_data_free(inputs, model->input_count);
        node_data_free(outputs, model->output_count);
        if (!there || result->verdict != NODE_PASSED)
            return;
    }
}

node_result node_case_run(const char *folder)
{
    node_result result = {.verdict = NODE_FAILED};
    char path[1200];
    snprintf(path, sizeof path, "%s/model.onnx", folder);
    node_file file = node_file_read(path);
    node_model *model = malloc(sizeof *model);
    if (!model)
        abort();
    if (!node_model_read(model, file.bytes, file.size))
        snprintf(result.why, sizeof result.why, "its model.onnx cannot be read");
    else if (!is_claimed(model, &result))
        result.verdict = NODE_NOT_CLAIMED;
    else if (has_foreign_type(model, result.why, sizeof result.why))
        result.verdict = NODE_NOT_RUN;
    else
        run_data_sets(folder, model, &result);
    free(model);
    node_file_free(&file);
    return result;
}
