/* What leaves the folder of packed weights. Other processes may be at it too: what is gone already is fine, what cannot be removed stays. */
#include "run/weight_cache.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { ABANDONED = 3600, NAME_MOST = 256 };

static bool ends_with(const char *text, const char *ending)
{
    size_t n = strlen(text), m = strlen(ending);
    return n >= m && strcmp(text + n - m, ending) == 0;
}

static bool is_leftover(const char *name, const char *suffix, const struct stat *about)
{
    if (ends_with(name, ".packed"))
        return !ends_with(name, suffix);
    return strstr(name, ".packed.") && ends_with(name, ".part") && about->st_mtime < time(NULL) - ABANDONED;
}

/* One round through the folder: leftovers are removed, the bytes of the others counted, and the one used longest ago found (not `kept`). */
static uint64_t look(DIR *folder, const char *suffix, const char *kept, char *oldest)
{
    uint64_t bytes = 0;
    struct timespec used = {0};
    *oldest = '\0';
    rewinddir(folder);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        struct stat about;
        const char *name = entry->d_name;
        if (fstatat(dirfd(folder), name, &about, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(about.st_mode))
            continue;
        if (is_leftover(name, suffix, &about))
            (void)unlinkat(dirfd(folder), name, 0);
        if (!ends_with(name, suffix) || strlen(name) >= NAME_MOST)
            continue;
        bytes += (uint64_t)about.st_size;
        bool older = !*oldest || about.st_mtim.tv_sec < used.tv_sec ||
                     (about.st_mtim.tv_sec == used.tv_sec && about.st_mtim.tv_nsec < used.tv_nsec);
        if (older && strcmp(name, kept) != 0) {
            used = about.st_mtim;
            memcpy(oldest, name, strlen(name) + 1);
        }
    }
    return bytes;
}

void cm_weight_cache_prune(const char *path, const char *suffix, const char *kept, uint64_t most)
{
    char oldest[NAME_MOST];
    DIR *folder = opendir(path);
    if (!folder)
        return;
    while (look(folder, suffix, kept, oldest) > most && *oldest)
        if (unlinkat(dirfd(folder), oldest, 0) != 0)
            break;
    closedir(folder);
}
