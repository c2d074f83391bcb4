/* cameo quantize: a model, faces to judge it by, and the way from float to eight bits. */
#ifndef CM_CLI_QUANTIZE_JOB_H
#define CM_CLI_QUANTIZE_JOB_H

#include <stdio.h>

#include "people.h"
#include "separation.h"

enum {
    CM_QUANTIZE_LEAST_FACES = 8, /* fewer say nothing about ranges */
    CM_QUANTIZE_AUTO = -1        /* --ranges auto */
};

/* How a quantised model does on faces. */
typedef struct cm_quantize_score {
    size_t faces;
    double cosine, least; /* between the float model's embeddings and its own: mean, and of the worst face */
    double tar;           /* at job->far; NAN where not measured */
} cm_quantize_score;

typedef struct cm_quantize_row {
    cameo_quantize_layer layer;
    double loss; /* 1 - mean cosine where this layer alone is quantised; NAN: not measured */
} cm_quantize_row;

typedef struct cm_quantize_job {
    const cm_settings *settings;
    const char *folder, *output;
    double max_loss;   /* points of TAR */
    double min_cosine;
    int method;        /* cameo_range_method, or CM_QUANTIZE_AUTO */
    int calibrate;     /* faces to choose ranges by */
    double max_float;  /* share of the work that may stay in float */
    cameo_quantize_options options;
    char *path;        /* of the model */
    cameo_network *network;
    cameo_contract contract;
    cm_people people;
    size_t *order;     /* [people.count] a walk through all faces of which every beginning is spread evenly */
    float *reference;  /* [people.count, dimension] of length 1, in that order */
    float *vectors;    /* the same of the model under trial */
    int *person;       /* in that order */
    float *input;      /* what the network is fed for one face */
    cameo_quantizer *quantizer;
    cm_quantize_row *rows; /* [row_count] */
    int row_count;
    cm_quantize_score methods[CAMEO_RANGE_METHODS]; /* faces 0: not tried */
    cm_quantize_score uncorrected, result;
    int corrected;     /* bias correction paid */
    double far, float_tar; /* NAN: too few pairs */
    size_t bytes_before, bytes_after;
    int kept;
    int met;           /* the budget is */
} cm_quantize_job;

/* "minmax", "percentile", ... */
const char *cm_quantize_method_name(cameo_range_method method);

/* Opens the quantizer, which finds the layers. Returns an exit code (reported). */
int cm_quantize_open(cm_quantize_job *job);

/* Takes memory, embeds all faces with the float model and shows them to the quantizer. Returns an exit code (reported). */
int cm_quantize_prepare(cm_quantize_job *job);

/* Scores the model as the quantizer would write it now, on the first `faces`; of all faces the TAR is told too. Returns an exit code (reported). */
int cm_quantize_try(cm_quantize_job *job, size_t faces, cm_quantize_score *score);

/* Lets the quantizer measure what each layer's rounding does. Returns an exit code (reported). */
int cm_quantize_measure(cm_quantize_job *job);

/* Chooses ranges, bias correction, and what stays in float; job->met says whether the budget is met. Returns an exit code (reported). */
int cm_quantize_search(cm_quantize_job *job);

/* How many points of TAR the result loses; 0 where TAR is not known. */
double cm_quantize_loss(const cm_quantize_job *job, const cm_quantize_score *score);

void cm_quantize_print(const cm_quantize_job *job, FILE *stream);
void cm_quantize_print_json(const cm_quantize_job *job, FILE *stream);

void cm_quantize_free(cm_quantize_job *job);

#endif
