#include "base/cgroup.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_BYTES = 4096, LINE_BYTES = 2048 };

/* Reads the first line of `folder`/`name`. */
static bool read_line(const char *folder, const char *name, char *line, int size)
{
    char path[PATH_BYTES + 64];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    bool read = fgets(line, size, file) != NULL;
    fclose(file);
    return read;
}

static int lower(int best, long long quota, long long period)
{
    if (quota <= 0 || period <= 0)
        return best;
    long long count = quota / period + (quota % period != 0);
    return count < best ? (int)count : best;
}

/* Version 2: cpu.max holds "QUOTA PERIOD" or "max PERIOD"; version 1: two files, quota -1 for none. */
static int limit_of_folder(const char *folder, int best)
{
    char line[128], period_line[128];
    long long quota, period;
    if (read_line(folder, "cpu.max", line, sizeof line) && sscanf(line, "%lld %lld", &quota, &period) == 2)
        best = lower(best, quota, period);
    if (read_line(folder, "cpu.cfs_quota_us", line, sizeof line) &&
        read_line(folder, "cpu.cfs_period_us", period_line, sizeof period_line))
        best = lower(best, atoll(line), atoll(period_line));
    return best;
}

/* `root` and every folder on the way down to `root``group`; a group that lies outside what is mounted here only counts as far as it can be seen. */
static int limit_of_group(const char *root, const char *group, int best)
{
    char folder[PATH_BYTES];
    int length = snprintf(folder, sizeof folder, "%s%s", root, group);
    if (length < 0 || (size_t)length >= sizeof folder)
        return best;
    for (;;) {
        best = limit_of_folder(folder, best);
        char *slash = strrchr(folder, '/');
        if (!slash || slash < folder + strlen(root))
            return best;
        *slash = '\0';
    }
}

/* True if "cpu" is one of the comma-separated controllers. */
static bool names_cpu(const char *controllers)
{
    for (const char *name = controllers; name; name = strchr(name, ',') ? strchr(name, ',') + 1 : NULL)
        if (strncmp(name, "cpu", 3) == 0 && (name[3] == ',' || name[3] == '\0'))
            return true;
    return false;
}

int cm_cgroup_limit(const char *membership, const char *mount, int best)
{
    char line[LINE_BYTES], root[PATH_BYTES];
    FILE *file = fopen(membership, "re");
    if (!file)
        return best;
    while (fgets(line, sizeof line, file)) {
        /* "ID:controllers:/group"; version 2 has no controllers. */
        line[strcspn(line, "\n")] = '\0';
        char *controllers = strchr(line, ':');
        char *group = controllers ? strchr(controllers + 1, ':') : NULL;
        if (!group || group[1] != '/')
            continue;
        *group++ = '\0';
        controllers++;
        if (controllers[0] == '\0')
            snprintf(root, sizeof root, "%s", mount);
        else if (names_cpu(controllers))
            snprintf(root, sizeof root, "%s/cpu", mount);
        else
            continue;
        best = limit_of_group(root, group, best);
    }
    fclose(file);
    return best;
}
