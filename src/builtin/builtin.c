#include "builtin/builtin.h"

#include <string.h>

#define DECLARE(name, role, size, sha256) extern const unsigned char cm_builtin_bytes_##name[size];
CM_BUILTIN_LIST(DECLARE)
#undef DECLARE

/* Ends with an empty row, so that there is an array also where no model is built in. */
static const cm_builtin_model models[] = {
#define ROW(name, role, size, sha256) {CM_BUILTIN_PREFIX #name, cm_builtin_bytes_##name, size},
    CM_BUILTIN_LIST(ROW)
#undef ROW
    {NULL, NULL, 0}};

bool cm_builtin_is_name(const char *path)
{
    return path && strncmp(path, CM_BUILTIN_PREFIX, strlen(CM_BUILTIN_PREFIX)) == 0;
}

const cm_builtin_model *cm_builtin_find(const char *name)
{
    for (const cm_builtin_model *model = models; name && model->name; model++)
        if (strcmp(model->name, name) == 0)
            return model;
    return NULL;
}

int cm_builtin_count(void)
{
    return (int)(sizeof models / sizeof *models) - 1;
}

const char *cm_builtin_names(void)
{
#define NAME(name, role, size, sha256) ", " CM_BUILTIN_PREFIX #name
    static const char names[] = "  " CM_BUILTIN_LIST(NAME);
#undef NAME
    return cm_builtin_count() > 0 ? names + 4 : "";
}
