/* How many processors the control groups of this process allow it to keep busy. */
#ifndef CM_BASE_CGROUP_H
#define CM_BASE_CGROUP_H

/* The smaller of `best` and every CPU quota (rounded up to whole processors, at least 1) on the way from the groups named in the file `membership`
 * ("/proc/self/cgroup") up to the root of their hierarchies below `mount` ("/sys/fs/cgroup"); version 1 and version 2. What cannot be read sets no
 * limit. */
int cm_cgroup_limit(const char *membership, const char *mount, int best);

#endif
