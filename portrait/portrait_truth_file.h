/* truth.json: what is to be found in each picture that cameo-portraits wrote. */
#ifndef CM_PORTRAIT_TRUTH_FILE_H
#define CM_PORTRAIT_TRUTH_FILE_H

#include <stdbool.h>

#include "portrait.h"

/* A file being written beside its place; it appears under its name when it is complete. */
typedef struct cm_truth_file cm_truth_file;

/* NULL when the file cannot be made (errno says why). */
cm_truth_file *cm_truth_open(const char *folder);
/* Begins the entry of a picture; its faces follow. `person` counts from 1. */
void cm_truth_picture(cm_truth_file *file, const char *name, int width, int height);
void cm_truth_face(cm_truth_file *file, int person, const cm_portrait_options *options, const cm_portrait_truth *truth);
/* Completes the file, or with `keep` false removes it. False when something could not be written (errno says why). Frees in any case. */
bool cm_truth_close(cm_truth_file *file, bool keep);

#endif
