#include "pack_members.h"

#include <stdlib.h>
#include <string.h>

#include "lookup.h"
#include "work_limits.h"

/* Known files are told by name; nothing is opened for them. */
char *cm_pack_known_member(const char *folder, const char *role)
{
    size_t count;
    const cameo_known_model *models = cameo_known_models(&count);
    for (size_t i = 0; i < count; i++) {
        if (!models[i].role || strcmp(models[i].role, role) != 0)
            continue;
        char *file = cm_lookup_format("%s%s", models[i].name, cm_lookup_ends_with(models[i].name, ".onnx") ? "" : ".onnx");
        char *found = file ? cm_lookup_below(folder, file) : NULL;
        free(file);
        if (found)
            return found;
    }
    return NULL;
}

static int has_role(const char *path, const char *role)
{
    cameo_network *network;
    cameo_contract contract = {.task = CAMEO_TASK_UNKNOWN};
    if (cm_work_limits_open(&network, path, NULL) == CAMEO_OK)
        (void)cameo_network_contract(network, NULL, &contract, NULL);
    cameo_network_free(network);
    return contract.task == (strcmp(role, "detection") == 0 ? CAMEO_TASK_DETECTION : CAMEO_TASK_RECOGNITION);
}

char *cm_pack_member_by_graph(const char *folder, const char *role, char **other)
{
    struct dirent **entries;
    char *found = cm_pack_known_member(folder, role);
    *other = NULL;
    if (found && has_role(found, role))
        return found;
    free(found);
    found = NULL;
    int count = cm_lookup_list(folder, &entries);
    for (int i = 0; i < count; i++) {
        int candidate = !*other && cm_lookup_ends_with(entries[i]->d_name, ".onnx");
        char *path = candidate ? cm_lookup_format("%s/%s", folder, entries[i]->d_name) : NULL;
        if (!path || !has_role(path, role))
            free(path);
        else if (!found)
            found = path;
        else
            *other = path;
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    return found;
}

char *cm_pack_member(const char *folder, const char *role)
{
    char *other = NULL, *found = cm_pack_known_member(folder, role);
    if (!found)
        found = cm_pack_member_by_graph(folder, role, &other);
    free(other);
    return found;
}
