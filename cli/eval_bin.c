/* Sets as pickles of crops. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "eval_set.h"
#include "file_bytes.h"
#include "lookup.h"
#include "pickle_reader.h"
#include "report.h"

static const uint64_t most_bytes = UINT64_C(8) << 30;

int cm_eval_is_bin(const char *path)
{
    unsigned char start[2] = {0};
    FILE *file = fopen(path, "rb");
    if (!file)
        return 0;
    size_t count = fread(start, 1, sizeof start, file);
    fclose(file);
    /* PROTO; or MARK and a list, as protocols 0 and 1 begin; no list of names begins so. */
    return count == sizeof start && (start[0] == 0x80 || (start[0] == '(' && (start[1] == '(' || start[1] == ']' || start[1] == 'l')));
}

static int add_pictures(cm_eval_set *set, const char *path, const cm_pickle *pickle)
{
    for (size_t i = 0; i < pickle->picture_count; i++) {
        char *name = cm_lookup_format("%s#%zu", path, i);
        int failed = !name || cm_eval_set_add(set, name, -1) != 0;
        free(name);
        if (failed)
            return CM_EXIT_OTHER;
        set->pictures[i].bytes = pickle->pictures[i].bytes;
        set->pictures[i].size = pickle->pictures[i].size;
    }
    for (size_t i = 0; i < pickle->same_count; i++) {
        const cm_eval_pair pair = {(uint32_t)(2 * i), (uint32_t)(2 * i + 1), 0, pickle->same[i]};
        if (cm_eval_set_pair(set, pair) != 0)
            return CM_EXIT_OTHER;
    }
    return CM_EXIT_OK;
}

int cm_eval_read_bin(cm_eval_set *set, const char *path)
{
    char message[256];
    size_t size;
    int code = cm_file_bytes_read(path, most_bytes, &set->storage, &size);
    set->form = CM_EVAL_BIN;
    if (code != CM_EXIT_OK)
        return code;
    if (cm_pickle_read(&set->pickle, set->storage, size, message, sizeof message) != 0)
        return cm_report(CM_EXIT_INPUT, "%s: %s", path, message);
    return add_pictures(set, path, &set->pickle);
}
