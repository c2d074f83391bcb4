#include "work_limits.h"

#include <ctype.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

/* Sums of limits stay far from overflow. */
static const double most = 1e18;

void cm_work_limits_default(cm_work_limits *limits)
{
    cameo_network_options options;
    cameo_network_options_default(&options);
    limits->network = options.limits;
    cameo_image_limits_default(&limits->image);
}

/* "16G" up to `end`. -1: no such number. */
static int parse_number(const char *text, const char *end, uint64_t *value)
{
    static const char units[] = "KMGT";
    char *stop;
    if (!isdigit((unsigned char)*text))
        return -1;
    double number = strtod(text, &stop);
    const char *unit = *stop ? strchr(units, toupper((unsigned char)*stop)) : NULL;
    if (unit) {
        number *= pow(1024, (double)(unit - units + 1));
        stop++;
    }
    if (stop != end || !(number >= 1 && number <= most))
        return -1;
    *value = (uint64_t)number;
    return 0;
}

static int set(cm_work_limits *limits, const char *name, size_t length, uint64_t value)
{
    const struct {
        const char *name;
        uint64_t *limit;
    } large[] = {{"file", &limits->network.max_file_bytes}, {"memory", &limits->network.max_memory_bytes}, {"macs", &limits->network.max_macs},
                 {"picture", &limits->image.max_bytes},     {"pixels", &limits->image.max_pixels}};
    for (size_t i = 0; i < sizeof large / sizeof *large; i++)
        if (strlen(large[i].name) == length && memcmp(large[i].name, name, length) == 0) {
            *large[i].limit = value;
            return 0;
        }
    if (length != 5 || memcmp(name, "nodes", length) != 0 || value > INT_MAX)
        return -1;
    limits->network.max_nodes = (int)value;
    return 0;
}

int cm_work_limits_parse(const char *text, void *target)
{
    do {
        size_t length = strcspn(text, ",");
        const char *equals = memchr(text, '=', length);
        uint64_t value;
        if (!equals || parse_number(equals + 1, text + length, &value) != 0 || set(target, text, (size_t)(equals - text), value) != 0)
            return -1;
        text += length;
    } while (*text++ == ',');
    return 0;
}

int cm_work_limits_environment(cm_work_limits *limits)
{
    const char *text = getenv("CAMEO_LIMITS");
    if (text && *text && cm_work_limits_parse(text, limits) != 0)
        return cm_report(CM_EXIT_USAGE, "CAMEO_LIMITS wants limits such as macs=4e12,memory=16G (file, memory, macs, nodes, picture, pixels), not '%s'", text);
    return -1;
}

int cm_work_limits_check(void)
{
    cm_work_limits limits;
    cm_work_limits_default(&limits);
    return cm_work_limits_environment(&limits);
}

cameo_status cm_work_limits_open(cameo_network **network, const char *path, cameo_error *error)
{
    cm_work_limits limits;
    cameo_network_options options;
    cm_work_limits_default(&limits);
    (void)cm_work_limits_environment(&limits); /* the command has looked whether it is right */
    cameo_network_options_default(&options);
    options.limits = limits.network;
    return cameo_network_open(network, path, &options, error);
}
