/* How much a model or a picture may ask for: --limit and CAMEO_LIMITS. */
#ifndef CM_CLI_WORK_LIMITS_H
#define CM_CLI_WORK_LIMITS_H

#include "cameo.h"

typedef struct cm_work_limits {
    cameo_network_limits network;
    cameo_image_limits image; /* bytes and pixels */
} cm_work_limits;

/* For the help of an option: "NAME=N,...", and what its names are. */
#define CM_WORK_LIMITS_VALUE "NAME=N[,...]"
#define CM_WORK_LIMITS_HELP "raises or lowers a limit: file, memory, picture (bytes: 8G), macs, nodes, pixels (CAMEO_LIMITS)"

/* The library's defaults. */
void cm_work_limits_default(cm_work_limits *limits);
/* "macs=4e12,memory=16G": decimal numbers, K, M, G and T stand for powers of 1024. 0 if right. target: cm_work_limits */
int cm_work_limits_parse(const char *text, void *target);
/* Takes CAMEO_LIMITS over. Returns -1 to go on, or an exit code (reported). */
int cm_work_limits_environment(cm_work_limits *limits);
/* For commands without --limit: whether CAMEO_LIMITS is right. Returns -1 to go on, or an exit code (reported). */
int cm_work_limits_check(void);
/* Opens a model to see what it is, within CAMEO_LIMITS. error: may be NULL. */
cameo_status cm_work_limits_open(cameo_network **network, const char *path, cameo_error *error);

#endif
