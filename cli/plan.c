#include "plan.h"

#include <stdlib.h>
#include <string.h>

#include "progress.h"
#include "report.h"

int cm_plan_open(cm_plan *plan, const cm_settings *settings, const char *name)
{
    cameo_error error;
    *plan = (cm_plan){0};
    double start = cm_progress_clock();
    int code = cm_settings_open_network(settings, name, &plan->network, &plan->path);
    plan->open_seconds = cm_progress_clock() - start;
    if (code != CM_EXIT_OK)
        return code;
    cameo_status status = cameo_network_contract(plan->network, &settings->contract, &plan->contract, &error);
    plan->has_contract = status == CAMEO_OK;
    cameo_contract own;
    /* A network that takes no picture is described all the same; options that do not suit the network are not passed over. */
    if (status == CAMEO_ERROR_MISMATCH && cameo_network_contract(plan->network, NULL, &own, NULL) != CAMEO_OK)
        return CM_EXIT_OK;
    return status == CAMEO_OK ? CM_EXIT_OK : cm_report_error(plan->path, &error);
}

/* What the open dimensions of an input become. */
static void close_dims(const cm_plan *plan, const cm_settings *settings, cameo_tensor_info info, int batch, int64_t *dims)
{
    int64_t width = CM_PLAN_OPEN_SIZE, height = CM_PLAN_OPEN_SIZE;
    if (settings->contract.input_width > 0) {
        width = settings->contract.input_width;
        height = settings->contract.input_height;
    } else if (plan->has_contract && plan->contract.width > 0) {
        width = plan->contract.width;
        height = plan->contract.height;
    }
    const int64_t wanted[4] = {batch, 3, height, width};
    for (int i = 0; i < info.rank; i++) {
        dims[i] = info.dims[i];
        if (dims[i] < 0)
            dims[i] = info.rank == 4 ? wanted[i] : i == 0 ? batch : 1;
    }
    if (info.rank > 0 && batch > 1)
        dims[0] = batch;
}

int cm_plan_make(cm_plan *plan, const cm_settings *settings, int batch)
{
    int count = cameo_network_input_count(plan->network);
    cameo_error error;
    int64_t (*dims)[CAMEO_MAX_RANK] = calloc((size_t)count + 1, sizeof *dims);
    if (!dims)
        return cm_report(CM_EXIT_OTHER, "out of memory");
    for (int i = 0; i < count; i++)
        close_dims(plan, settings, cameo_network_input(plan->network, i), batch, dims[i]);
    double start = cm_progress_clock();
    cameo_status status = cameo_runner_create(&plan->runner, plan->network, (const int64_t(*)[CAMEO_MAX_RANK])dims, cm_settings_threads(settings), &error);
    plan->plan_seconds = cm_progress_clock() - start;
    free(dims);
    return status == CAMEO_OK ? CM_EXIT_OK : cm_report_error(plan->path, &error);
}

void cm_plan_close(cm_plan *plan)
{
    cameo_runner_free(plan->runner);
    cameo_network_free(plan->network);
    free(plan->path);
    *plan = (cm_plan){0};
}

const char *cm_plan_weights(const cameo_runner *runner)
{
    cameo_plan_info plan = cameo_runner_plan(runner);
    return plan.cached_weight_bytes == 0 ? "packed now" : plan.cached_weight_bytes == plan.weight_bytes ? "from the cache" : "some from the cache";
}

const char *cm_plan_task(cameo_task task)
{
    switch (task) {
    case CAMEO_TASK_RECOGNITION:
        return "recognition";
    case CAMEO_TASK_DETECTION:
        return "detection";
    case CAMEO_TASK_LANDMARKS:
        return "landmarks";
    case CAMEO_TASK_GENDER_AGE:
        return "gender/age";
    case CAMEO_TASK_ANTI_SPOOFING:
        return "anti-spoofing";
    default:
        return "unknown";
    }
}

void cm_plan_shape(const int64_t *dims, int rank, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (int i = 0; i < rank && used < size; i++) {
        const char *cross = i ? "x" : "";
        int length = dims[i] < 0 ? snprintf(text + used, size - used, "%s?", cross) : snprintf(text + used, size - used, "%s%lld", cross, (long long)dims[i]);
        used += length < 0 ? 0 : (size_t)length;
    }
    if (rank == 0)
        snprintf(text, size, "scalar");
}
