#include "stems.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "lookup.h"
#include "outfile.h"
#include "report.h"

static int by_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

static char *unused(cm_stems *stems, const char *relative)
{
    const char *name = strrchr(relative, '/'), *dot = strrchr(name ? name : relative, '.');
    int length = dot ? (int)(dot - relative) : (int)strlen(relative);
    size_t folder = strlen(stems->folder);
    const char *slash = folder > 0 && stems->folder[folder - 1] == '/' ? "" : "/";
    for (int copy = 1;; copy++) {
        char *stem = copy == 1 ? cm_lookup_format("%s%s%.*s", stems->folder, slash, length, relative)
                               : cm_lookup_format("%s%s%.*s-%d", stems->folder, slash, length, relative, copy);
        char *const *entry = stem ? tsearch(stem, &stems->used, by_text) : NULL;
        if (entry && *entry == stem)
            return stem;
        free(stem);
        if (!entry)
            return NULL;
    }
}

static int make_parent(char *path)
{
    char *slash = strrchr(path, '/');
    if (slash == path)
        return CM_EXIT_OK;
    *slash = '\0';
    int code = cm_outfile_make_folder(path);
    *slash = '/';
    return code;
}

int cm_stems_next(cm_stems *stems, const char *relative, const char **stem)
{
    char *text = unused(stems, relative);
    *stem = text;
    return text ? make_parent(text) : cm_report(CM_EXIT_OTHER, "out of memory");
}

void cm_stems_free(cm_stems *stems)
{
    while (stems->used) {
        char *stem = *(char **)stems->used; /* a node begins with its key */
        tdelete(stem, &stems->used, by_text);
        free(stem);
    }
}
