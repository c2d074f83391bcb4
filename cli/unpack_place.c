#include "unpack_place.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lookup.h"
#include "report.h"
#include "unpack.h"

enum { ABANDONED = 3600 }; /* seconds since anything was written into it */

void cm_unpack_remove(const char *folder)
{
    struct dirent **entries;
    int count = cm_lookup_list(folder, &entries);
    for (int i = 0; i < count; i++) {
        char *path = cm_lookup_format("%s/%s", folder, entries[i]->d_name);
        if (path)
            unlink(path);
        free(path);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    rmdir(folder);
}

void cm_unpack_remove_abandoned(const char *root)
{
    DIR *stream = opendir(root);
    for (struct dirent *entry; stream && (entry = readdir(stream)) != NULL;) {
        struct stat about;
        int hidden = entry->d_name[0] == '.' && strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
        char *path = hidden ? cm_lookup_format("%s/%s", root, entry->d_name) : NULL;
        if (path && lstat(path, &about) == 0 && S_ISDIR(about.st_mode) && about.st_mtime < time(NULL) - ABANDONED)
            cm_unpack_remove(path);
        free(path);
    }
    if (stream)
        closedir(stream);
}

int cm_unpack_place(const char *zip, const char *place, cm_unpack_check *check, const void *context)
{
    const char *slash = strrchr(place, '/');
    char *folder = slash ? cm_lookup_format("%.*s/.%s.XXXXXX", (int)(slash - place), place, slash + 1) : NULL;
    if (!folder || !mkdtemp(folder)) {
        int code = cm_report(CM_EXIT_OTHER, "%s: no folder can be made here: %s", place, strerror(errno));
        free(folder);
        return code;
    }
    int code = cm_unpack(zip, folder);
    if (code == CM_EXIT_OK)
        code = check(folder, context);
    if (code == CM_EXIT_OK && (chmod(folder, 0755) != 0 || rename(folder, place) != 0))
        code = cm_report(CM_EXIT_OTHER, "%s: cannot be put in its place: %s", place, strerror(errno));
    if (code != CM_EXIT_OK)
        cm_unpack_remove(folder);
    free(folder);
    return code;
}
