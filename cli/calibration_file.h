/* Calibrations as JSON files, which belong to one model in one setting. */
#ifndef CM_CLI_CALIBRATION_FILE_H
#define CM_CLI_CALIBRATION_FILE_H

#include "calibration.h"
#include "json_text.h"
#include "model_identity.h"

typedef struct cm_calibration_row {
    double threshold, fmr, fnmr;
} cm_calibration_row;

/* What was read of a file. */
typedef struct cm_calibration {
    char *path;
    cm_identity identity; /* the model's digest, contract and mirror alone: no paths */
    double fmr;           /* that was wanted */
    cm_interval threshold, actual;
    cm_logistic logistic;
    double impostors;     /* pairs of different people that it knows */
    cm_calibration_row *curve; /* [count], thresholds rising */
    size_t count;
} cm_calibration;

/* Reads and checks. path NULL: there is none, and the curve is NULL. Returns an exit code (reported). */
int cm_calibration_load(cm_calibration *calibration, const char *path);
/* --calibration FILE; meaning: what the command does with it. */
void cm_calibration_add_flag(cm_flags *flags, const char **path, const char *meaning);
void cm_calibration_free(cm_calibration *calibration);

/* Takes apart what a file holds; message: [message_size], what is wrong with it. Returns 0, or -1. */
int cm_calibration_parse(cm_calibration *calibration, const void *bytes, size_t size, char *message, size_t message_size);

/* CM_EXIT_OK if the engine has the model, and feeds it as the calibration says; otherwise CM_EXIT_INPUT (reported). */
int cm_calibration_check(const cm_calibration *calibration, const cameo_engine *engine, const cm_settings *settings);

/* The false match rate at a threshold, between the rows of the curve in proportion of their logarithms; 0: rarer than anything that was seen. */
double cm_calibration_fmr(const cm_calibration *calibration, double threshold);

/* "about 1 false accept in 1000 comparisons of different people (95 %: 1 in 820 to 1 in 1230)"; text: [size] */
void cm_calibration_text(const cm_calibration *calibration, double threshold, char *text, size_t size);

#endif
