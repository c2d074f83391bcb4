/* cameo bench --pipeline: a picture file to embeddings, the time of each step. */
#ifndef CM_CLI_BENCH_PIPELINE_H
#define CM_CLI_BENCH_PIPELINE_H

#include "settings.h"

/* Decodes, detects, aligns and embeds `picture` for at least `seconds` with one session and prints the medians of every step, as text or as one JSON object.
 * Returns an exit code (reported); CM_EXIT_NO: the picture shows no face. */
int cm_bench_pipeline(const cm_settings *settings, const char *picture, double seconds, int json);

#endif
