/* Sets as folders: one for each person. */
#include <string.h>

#include "eval_set.h"
#include "inputs.h"
#include "report.h"
#include "sampling.h"

/* The list is in the order of the folders: a person ends where the name changes. */
static int add_all(cm_eval_set *set, const cm_inputs *inputs)
{
    const char *last = "";
    size_t last_length = 0;
    for (size_t i = 0; i < inputs->count; i++) {
        const char *relative = inputs->list[i].path + inputs->list[i].relative;
        size_t length = strcspn(relative, "/");
        set->people += length != last_length || memcmp(relative, last, length) != 0;
        last = relative;
        last_length = length;
        if (cm_eval_set_add(set, inputs->list[i].path, set->people - 1) != 0)
            return CM_EXIT_OTHER;
    }
    return CM_EXIT_OK;
}

int cm_eval_read_folders(cm_eval_set *set, const char *folder, size_t limit)
{
    cm_inputs inputs;
    int code = cm_sampling_open(&inputs, folder);
    if (code != CM_EXIT_OK)
        return code;
    set->form = CM_EVAL_FOLDERS;
    set->pictures_found = inputs.count;
    code = cm_sampling_choose(&inputs, limit ? limit : inputs.count, &set->without_person);
    set->over_limit = set->pictures_found - set->without_person - inputs.count;
    if (code == CM_EXIT_OK)
        code = add_all(set, &inputs);
    cm_inputs_close(&inputs);
    if (code == CM_EXIT_OK && set->count == 0)
        return cm_report(CM_EXIT_INPUT, "%s: all %zu pictures lie in the folder itself; wanted is a folder of pictures for each person", folder,
                         set->pictures_found);
    return code;
}
