/* cameo info: what a model is. */
#include <string.h>

#include "commands.h"
#include "digest.h"
#include "json_text.h"
#include "outfile.h"
#include "pixels_text.h"
#include "plan.h"
#include "report.h"

typedef struct info_job {
    cm_settings settings;
    int json, layers, operators;
    cm_plan plan;
    int planned; /* 0: the model is fine, but its shapes could not be planned */
    char digest[CM_DIGEST_TEXT];
    const cameo_known_model *known;
} info_job;

static json_t *tensor_json(cameo_tensor_info info)
{
    json_t *object = json_object();
    cm_json_add(object, "name", cm_json_text(info.name));
    cm_json_add(object, "type", cm_json_text(info.type));
    cm_json_add(object, "shape", cm_json_sizes(info.dims, info.rank));
    return object;
}

static json_t *contract_json(const cameo_contract *c)
{
    json_t *object = json_object();
    cm_json_add(object, "width", c->width ? json_integer(c->width) : json_null());
    cm_json_add(object, "height", c->height ? json_integer(c->height) : json_null());
    cm_json_add(object, "color", json_string(cm_pixels_color(c->color)));
    cm_json_add(object, "mean", cm_json_floats(c->mean, 3));
    cm_json_add(object, "std", cm_json_floats(c->std, 3));
    if (c->task == CAMEO_TASK_RECOGNITION) {
        cm_json_add(object, "output", cm_json_text(c->output_name));
        cm_json_add(object, "dimension", json_integer(c->dimension));
    }
    return object;
}

static json_t *plan_json(const cameo_runner *runner)
{
    cameo_plan_info p = cameo_runner_plan(runner);
    json_t *object = json_object();
    cm_json_add(object, "layers", json_integer(p.layer_count));
    cm_json_add(object, "arena_bytes", json_integer((json_int_t)p.arena_bytes));
    cm_json_add(object, "activation_bytes", json_integer((json_int_t)p.activation_bytes));
    cm_json_add(object, "activation_bytes_unshared", json_integer((json_int_t)p.activation_bytes_unshared));
    cm_json_add(object, "weight_bytes", json_integer((json_int_t)p.weight_bytes));
    cm_json_add(object, "cached_weight_bytes", json_integer((json_int_t)p.cached_weight_bytes));
    return object;
}

static json_t *layers_json(const cameo_runner *runner)
{
    json_t *array = json_array();
    for (int i = 0; i < cameo_runner_plan(runner).layer_count; i++) {
        cameo_layer_info layer = cameo_runner_layer(runner, i);
        json_t *object = json_object();
        cm_json_add(object, "name", cm_json_text(layer.name));
        cm_json_add(object, "op", cm_json_text(layer.op));
        cm_json_add(object, "kernel", cm_json_text(layer.kernel));
        cm_json_add(object, "algorithm", cm_json_text(layer.algorithm));
        cm_json_add(object, "shape", cm_json_sizes(layer.dims, layer.rank));
        cm_json_add(object, "macs", json_integer((json_int_t)layer.macs));
        cm_json_add(object, "parameters", json_integer((json_int_t)layer.parameters));
        json_array_append_new(array, object);
    }
    return array;
}

static json_t *known_json(const cameo_known_model *known)
{
    if (!known)
        return json_null();
    json_t *object = json_object();
    cm_json_add(object, "name", cm_json_text(known->name));
    cm_json_add(object, "pack", cm_json_text(known->pack));
    cm_json_add(object, "license", cm_json_text(known->license));
    cm_json_add(object, "commercial_use", json_boolean(known->commercial_use));
    return object;
}

static void print_json(const info_job *job, FILE *stream)
{
    const cm_plan *plan = &job->plan;
    cameo_model_info model = cameo_network_info(plan->network);
    json_t *object = json_object(), *inputs = json_array(), *outputs = json_array();
    for (int i = 0; i < cameo_network_input_count(plan->network); i++)
        json_array_append_new(inputs, tensor_json(cameo_network_input(plan->network, i)));
    for (int i = 0; i < cameo_network_output_count(plan->network); i++)
        json_array_append_new(outputs, tensor_json(cameo_network_output(plan->network, i)));
    cm_json_add(object, "file", cm_json_text(plan->path));
    cm_json_add(object, "bytes", json_integer((json_int_t)model.file_bytes));
    cm_json_add(object, "sha256", json_string(job->digest));
    cm_json_add(object, "known", known_json(job->known));
    cm_json_add(object, "family", plan->has_contract ? cm_json_text(plan->contract.family) : json_null());
    cm_json_add(object, "task", json_string(cm_plan_task(plan->contract.task)));
    cm_json_add(object, "producer", cm_json_text(model.producer));
    cm_json_add(object, "ir_version", json_integer((json_int_t)model.ir_version));
    cm_json_add(object, "opset", json_integer((json_int_t)model.opset));
    cm_json_add(object, "nodes", json_integer(model.node_count));
    cm_json_add(object, "inputs", inputs);
    cm_json_add(object, "outputs", outputs);
    cm_json_add(object, "contract", plan->has_contract ? contract_json(&plan->contract) : json_null());
    cm_json_add(object, "parameters", json_integer((json_int_t)model.parameters));
    cm_json_add(object, "macs", job->planned ? json_integer((json_int_t)cameo_runner_plan(plan->runner).macs) : json_null());
    cm_json_add(object, "plan", job->planned ? plan_json(plan->runner) : json_null());
    cm_json_add(object, "cpu", json_string(cameo_cpu_tier()));
    if (job->layers && job->planned)
        cm_json_add(object, "layers", layers_json(plan->runner));
    cm_json_print(object, stream, 1);
}

static void print_tensor(FILE *stream, const char *what, cameo_tensor_info info)
{
    char shape[128];
    cm_plan_shape(info.dims, info.rank, shape, sizeof shape);
    fprintf(stream, "%-12s %s  %s %s\n", what, info.name, info.type, shape);
}

static void print_contract(FILE *stream, const cameo_contract *c)
{
    char pixels[160];
    cm_pixels_text(c, pixels, sizeof pixels);
    if (c->width)
        fprintf(stream, "%-12s %dx%d %s", "contract", c->width, c->height, pixels);
    else
        fprintf(stream, "%-12s any size, %s", "contract", pixels);
    if (c->task == CAMEO_TASK_RECOGNITION)
        fprintf(stream, ", embedding of %d from '%s'", c->dimension, c->output_name);
    putc('\n', stream);
}

static void print_layers(FILE *stream, const cameo_runner *runner)
{
    fprintf(stream, "\n%-28s %-22s %-18s %10s  %-18s  %s\n", "layer", "operator", "shape", "MMAC", "algorithm", "kernel");
    for (int i = 0; i < cameo_runner_plan(runner).layer_count; i++) {
        cameo_layer_info layer = cameo_runner_layer(runner, i);
        char shape[128];
        cm_plan_shape(layer.dims, layer.rank, shape, sizeof shape);
        fprintf(stream, "%-28s %-22s %-18s %10.2f  %-18s  %s\n", layer.name, layer.op, shape, (double)layer.macs * 1e-6, layer.algorithm,
                layer.kernel);
    }
}

static void print_plan(FILE *stream, const cameo_runner *runner, uint64_t parameters)
{
    cameo_plan_info p = cameo_runner_plan(runner);
    cameo_tensor_info input;
    char shape[128];
    (void)cameo_runner_input((cameo_runner *)runner, 0, &input);
    cm_plan_shape(input.dims, input.rank, shape, sizeof shape);
    fprintf(stream, "%-12s %.3f million parameters, %.4f GMAC for an input of %s\n", "size", (double)parameters * 1e-6, (double)p.macs * 1e-9, shape);
    fprintf(stream, "%-12s %d layers; weights %.1f MB (shared; %s), arena %.2f MB a session, activations %.2f MB (%.2f MB if none shared its place)\n",
            "plan", p.layer_count, (double)p.weight_bytes * 1e-6, cm_plan_weights(runner), (double)p.arena_bytes * 1e-6,
            (double)p.activation_bytes * 1e-6, (double)p.activation_bytes_unshared * 1e-6);
}

static void print_text(const info_job *job, FILE *stream)
{
    const cm_plan *plan = &job->plan;
    cameo_model_info model = cameo_network_info(plan->network);
    fprintf(stream, "%-12s %s (%.1f MB)\n", "file", plan->path, (double)model.file_bytes * 1e-6);
    fprintf(stream, "%-12s %s\n", "sha256", job->digest);
    if (job->known)
        fprintf(stream, "%-12s %s%s%s; licence: %s\n", "known as", job->known->name, job->known->pack ? " of " : "", job->known->pack ? job->known->pack : "",
                job->known->license);
    else
        fprintf(stream, "%-12s no (its hash is not among the known models)\n", "known as");
    fprintf(stream, "%-12s %s, %s\n", "task", cm_plan_task(plan->contract.task), plan->has_contract ? plan->contract.family : "takes no picture");
    fprintf(stream, "%-12s opset %lld, IR %lld, %d nodes, made by %s\n", "onnx", (long long)model.opset, (long long)model.ir_version, model.node_count,
            model.producer && *model.producer ? model.producer : "(unnamed)");
    for (int i = 0; i < cameo_network_input_count(plan->network); i++)
        print_tensor(stream, i ? "" : "inputs", cameo_network_input(plan->network, i));
    for (int i = 0; i < cameo_network_output_count(plan->network); i++)
        print_tensor(stream, i ? "" : "outputs", cameo_network_output(plan->network, i));
    if (plan->has_contract)
        print_contract(stream, &plan->contract);
    if (job->planned)
        print_plan(stream, plan->runner, model.parameters);
    else
        fprintf(stream, "%-12s %.3f million parameters\n", "size", (double)model.parameters * 1e-6);
    if (job->layers && job->planned)
        print_layers(stream, plan->runner);
}

/* What networks may be made of: names in lines, or a JSON array. */
static int print_operators(int json)
{
    size_t count;
    const char *const *names = cameo_supported_operators(&count);
    json_t *array = json_array();
    cm_outfile out;
    (void)cm_outfile_open(&out, NULL);
    for (size_t i = 0; i < count; i++) {
        if (json)
            json_array_append_new(array, json_string(names[i]));
        else
            fprintf(out.stream, "%s\n", names[i]);
    }
    if (json)
        cm_json_print(array, out.stream, 1);
    else
        json_decref(array);
    return cm_outfile_commit(&out);
}

static int run(info_job *job, const char *name)
{
    int code = cm_plan_open(&job->plan, &job->settings, name);
    if (code == CM_EXIT_OK)
        code = cm_digest_file(job->plan.path, job->digest, NULL);
    if (code == CM_EXIT_OK) {
        code = cm_plan_make(&job->plan, &job->settings, 1);
        job->planned = code == CM_EXIT_OK;
        job->known = cameo_known_model_by_sha256(job->digest);
        cm_outfile out;
        (void)cm_outfile_open(&out, NULL);
        if (job->json)
            print_json(job, out.stream);
        else
            print_text(job, out.stream);
        code = cm_outfile_finish(&out, code);
    }
    cm_plan_close(&job->plan);
    return code;
}

int cm_command_info(int argc, char **argv)
{
    info_job job = {0};
    cm_flags flags = {
        .command = "info", .synopsis = "[options] MODEL | --operators", .minimum = 0, .maximum = 1,
        .help = "Says what a model is: task, inputs and outputs, how it wants its pixels, its size, the memory it takes here, its hash, and its name\n"
                "and licence where the hash is known. MODEL is an ONNX file or a name ('cameo model list'). Where the model leaves the picture's\n"
                "size open, 640x640 is assumed (--input-size). --operators lists what the networks that can be run may be made of.",
        .examples = "  cameo info w600k_r50\n  cameo info det_10g.onnx --input-size 320x320 --layers"};
    int first, code = cm_settings_init(&job.settings, &flags, CM_SETTINGS_CONTRACT | CM_SETTINGS_RUN);
    cm_flags_add(&flags, (cm_flag){.name = "json", .kind = CM_FLAG_SWITCH, .target = &job.json, .help = "one JSON object"});
    cm_flags_add(&flags, (cm_flag){.name = "layers", .kind = CM_FLAG_SWITCH, .target = &job.layers,
        .help = "each layer, its algorithm and the kernel that runs it"});
    cm_flags_add(&flags, (cm_flag){.name = "operators", .kind = CM_FLAG_SWITCH, .target = &job.operators,
        .help = "list the ONNX operators that models may use"});
    if (code < 0)
        code = cm_flags_parse(&flags, argc, argv, &first);
    if (code >= 0)
        return code;
    if (argc - first != !job.operators)
        return cm_report_usage("info", "wanted is %s", job.operators ? "--operators without a model" : "a model");
    return job.operators ? print_operators(job.json) : run(&job, argv[first]);
}
