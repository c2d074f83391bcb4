/* One network by itself, planned for a concrete input: what `cameo info`, `bench` and `run` work with. */
#ifndef CM_CLI_PLAN_H
#define CM_CLI_PLAN_H

#include <stdio.h>

#include "settings.h"

typedef struct cm_plan {
    cameo_network *network;
    char *path;
    cameo_contract contract;
    int has_contract;
    cameo_runner *runner;
    double open_seconds, plan_seconds; /* reading the file; planning and packing */
} cm_plan;

enum { CM_PLAN_OPEN_SIZE = 640 }; /* pixels, for detectors that leave the size open */

/* Opens the network (a path or a name) and reads its contract. Returns an exit code (reported). */
int cm_plan_open(cm_plan *plan, const cm_settings *settings, const char *name);

/* Plans it for `batch` pictures of the size the model wants, --input-size, or 640x640. Returns an exit code (reported). */
int cm_plan_make(cm_plan *plan, const cm_settings *settings, int batch);

void cm_plan_close(cm_plan *plan);

/* Where the weights came from: "packed now", "from the cache" (of packed weights), "some from the cache". Static storage. */
const char *cm_plan_weights(const cameo_runner *runner);

/* "recognition" */
const char *cm_plan_task(cameo_task task);

/* "1x3x112x112", "?" for open dimensions; text: [size] */
void cm_plan_shape(const int64_t *dims, int rank, char *text, size_t size);

#endif
