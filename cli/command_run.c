/* cameo run: raw tensors through any model. */
#include <string.h>

#include "commands.h"
#include "npy.h"
#include "outfile.h"
#include "plan.h"
#include "report.h"

/* The index of the output of this name; the first one without a name. */
static int find_output(const cameo_network *network, const char *path, const char *name, int *index)
{
    int count = cameo_network_output_count(network);
    for (*index = 0; *index < count; (*index)++)
        if (!name || strcmp(cameo_network_output(network, *index).name, name) == 0)
            return CM_EXIT_OK;
    return cm_report(CM_EXIT_INPUT, "%s: no output is called '%s' ('cameo info' shows their names)", path, name);
}

static int check_input(const cm_plan *plan, const cm_npy *array, const char *path)
{
    int count = cameo_network_input_count(plan->network);
    if (count != 1)
        return cm_report(CM_EXIT_INPUT, "%s: the model has %d inputs, this command feeds models with one", plan->path, count);
    cameo_tensor_info wanted = cameo_network_input(plan->network, 0);
    int right = wanted.rank == array->rank;
    for (int i = 0; right && i < wanted.rank; i++)
        right = array->dims[i] > 0 && (wanted.dims[i] < 0 || i == 0 || wanted.dims[i] == array->dims[i]);
    if (right)
        return CM_EXIT_OK;
    char have[128], want[128];
    cm_plan_shape(array->dims, array->rank, have, sizeof have);
    cm_plan_shape(wanted.dims, wanted.rank, want, sizeof want);
    return cm_report(CM_EXIT_INPUT, "%s: its shape is %s, input '%s' of the model wants %s", path, have, wanted.name, want);
}

static int write_output(const cameo_runner *runner, int index, const char *path)
{
    cameo_tensor_info info;
    const float *values = cameo_runner_output(runner, index, &info);
    size_t count = 1;
    for (int i = 0; i < info.rank; i++)
        count *= (size_t)info.dims[i];
    cm_outfile out;
    int code = cm_outfile_open(&out, path);
    if (code != CM_EXIT_OK)
        return code;
    cm_npy_write_header(out.stream, info.dims, info.rank);
    cm_npy_write_values(out.stream, values, count);
    return cm_outfile_commit(&out);
}

static int compute(cm_plan *plan, const cm_settings *settings, const cm_npy *array, int index, const char *output)
{
    int64_t dims[1][CAMEO_MAX_RANK] = {{0}};
    cameo_error error;
    cameo_tensor_info info;
    memcpy(dims[0], array->dims, sizeof dims[0]);
    cameo_status status = cameo_runner_create(&plan->runner, plan->network, (const int64_t(*)[CAMEO_MAX_RANK])dims, cm_settings_threads(settings), &error);
    if (status == CAMEO_OK) {
        float *input = cameo_runner_input(plan->runner, 0, &info);
        memcpy(input, array->values, array->count * sizeof *input);
        status = cameo_runner_run(plan->runner, &error);
    }
    return status == CAMEO_OK ? write_output(plan->runner, index, output) : cm_report_error(plan->path, &error);
}

int cm_command_run(int argc, char **argv)
{
    cm_settings settings;
    const char *name = NULL;
    cm_flags flags = {
        .command = "run", .synopsis = "[options] MODEL INPUT.npy OUTPUT.npy", .minimum = 3, .maximum = 3,
        .help = "Runs a model on a tensor: INPUT.npy is an array as numpy.save writes it (float32; float64, int8, uint8, int32 and int64 are converted), of\n"
                "the shape the model wants; OUTPUT.npy gets the model's first output, or that of --output, as float32 ('-': standard output).",
        .examples = "  cameo run w600k_r50.onnx faces.npy embeddings.npy\n  cameo run det_10g.onnx picture.npy scores.npy --output 448"};
    int first, code = cm_settings_init(&settings, &flags, CM_SETTINGS_RUN);
    cm_flags_add(&flags, (cm_flag){.name = "output", .value = "NAME", .kind = CM_FLAG_TEXT, .target = &name, .help = "which output (default: the first)"});
    if (code < 0)
        code = cm_flags_parse(&flags, argc, argv, &first);
    if (code >= 0)
        return code;
    cm_plan plan = {0};
    cm_npy array;
    cameo_error error;
    int index = 0;
    const char *input = argv[first + 1];
    if (cm_npy_load(&array, input, &error) != CAMEO_OK)
        return cm_report_error(input, &error);
    code = cm_settings_open_network(&settings, argv[first], &plan.network, &plan.path);
    if (code == CM_EXIT_OK)
        code = find_output(plan.network, plan.path, name, &index);
    if (code == CM_EXIT_OK)
        code = check_input(&plan, &array, input);
    if (code == CM_EXIT_OK)
        code = compute(&plan, &settings, &array, index, argv[first + 2]);
    cm_plan_close(&plan);
    cm_npy_free(&array);
    return code;
}
