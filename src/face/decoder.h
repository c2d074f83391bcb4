/* From a detector's output tensors to faces in picture coordinates, one function a family, all of them fed by shape: which output is what is
 * told from its last dimension and its number of rows, never from its name (names differ from export to export). */
#ifndef CM_FACE_DECODER_H
#define CM_FACE_DECODER_H

#include "base/status.h"
#include "face/candidates.h"

enum { CM_DECODER_LEVELS = 5 };

typedef enum cm_decoder_family {
    CM_DECODER_SCRFD = 0,
    CM_DECODER_RETINAFACE,
    CM_DECODER_YUNET,
    CM_DECODER_ULTRAFACE
} cm_decoder_family;

/* One feature map: cells of `stride` input pixels, each with `anchors` rows, cell by cell, the anchor index fastest. */
typedef struct cm_decoder_level {
    int stride, columns, rows, anchors;
    int first;               /* its first row, where all levels share one tensor */
    int score, box, points;  /* output indexes; points: -1 where there are none */
    int object;              /* YuNet's second score */
} cm_decoder_level;

/* The outputs of a network at one input size, bound. Immutable once made. */
typedef struct cm_decoder {
    cm_decoder_family family;
    int width, height; /* network input, pixels */
    int level_count;
    cm_decoder_level levels[CM_DECODER_LEVELS];
    int total; /* rows of all levels: the most faces that can come */
} cm_decoder;

/* The family of this name in a contract ("scrfd", ...), or -1. */
int cm_decoder_family_by_name(const char *name);
/* The largest stride: input sizes must be multiples of it. 1 where any size will do. */
int cm_decoder_stride(cm_decoder_family family, int output_count);

/* Binds outputs (shapes as planned for this input size; a leading batch dimension of 1 may be there or not). Errors: MISMATCH (names
 * the rows and columns that are missing). */
cameo_status cm_decoder_bind(cm_decoder *decoder, cm_decoder_family family, const cameo_tensor_info *outputs, int output_count,
                             int width, int height, cameo_error *error);

/* Appends every row whose score is at least `threshold` to the candidates, in picture coordinates: network pixels / scale. outputs: one
 * pointer an output, shapes as bound. Scores that are NaN are no faces. */
void cm_decoder_run(const cm_decoder *decoder, const float *const *outputs, float threshold, double scale,
                    cm_candidates *candidates);

/* The families' own arithmetic; called by cm_decoder_run. */
void cm_decode_scrfd(const cm_decoder *decoder, const float *const *outputs, float threshold, double scale, cm_candidates *candidates);
void cm_decode_retinaface(const cm_decoder *decoder, const float *const *outputs, float threshold, double scale,
                          cm_candidates *candidates);
void cm_decode_yunet(const cm_decoder *decoder, const float *const *outputs, float threshold, double scale, cm_candidates *candidates);
void cm_decode_ultraface(const cm_decoder *decoder, const float *const *outputs, float threshold, double scale,
                         cm_candidates *candidates);

#endif
