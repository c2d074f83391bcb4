/* The three forms in which `cameo embed` writes its rows. */
#ifndef CM_CLI_EMBED_OUTPUT_H
#define CM_CLI_EMBED_OUTPUT_H

#include "outfile.h"
#include "pipeline.h"

typedef enum cm_embed_format { CM_EMBED_JSONL, CM_EMBED_NPY, CM_EMBED_CSV } cm_embed_format;

typedef struct cm_embed_output {
    cm_embed_format format;
    cm_outfile out;
    cm_outfile rows;  /* npy: a JSON line for each row of the array, beside it */
    char *rows_path;
    int64_t count;    /* rows so far */
    int dimension;
    double threshold;  /* of a calibration, for JSON lines; NAN: none */
} cm_embed_output;

/* path NULL: standard output (not for npy). Returns an exit code (reported). */
int cm_embed_output_open(cm_embed_output *output, cm_embed_format format, const char *path);

/* Appends a face: `embedding` is written as it is, norm is that of the network's own output. Returns an exit code (reported). */
int cm_embed_output_row(cm_embed_output *output, const cm_result *result, size_t face, const float *embedding, float norm);

/* Hands over what is buffered for a reader that waits. Returns an exit code (reported). */
int cm_embed_output_flush(cm_embed_output *output);

/* Finishes or gives up as `code` says (see cm_outfile_finish), frees. Returns the worse code. Where not one picture could be worked on, no file is
 * written either: what stood there before stays. */
int cm_embed_output_finish(cm_embed_output *output, int code, size_t pictures);

#endif
