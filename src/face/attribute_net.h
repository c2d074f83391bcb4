/* A network that looks at one face and gives a few numbers: landmarks, gender and age, anti-spoofing. */
#ifndef CM_FACE_ATTRIBUTE_NET_H
#define CM_FACE_ATTRIBUTE_NET_H

#include "base/threads.h"
#include "face/feed.h"

/* What a network must be to be used for something. */
typedef struct cm_attribute_kind {
    cameo_task task;
    int outputs;      /* numbers that it gives for a face */
    const char *what; /* for messages: "68 landmarks in space" */
} cm_attribute_kind;

/* Immutable once made; borrows the network. */
typedef struct cm_attribute_net {
    const cameo_network *network; /* NULL: there is none */
    cameo_contract contract;
    cm_feed feed;
    int size;    /* side of the square input */
    int batch;   /* faces of one run: 1, or what the file fixes, of which the first is used */
    int outputs;
    int softmax; /* the network ends with one: its numbers are probabilities already */
} cm_attribute_net;

/* Reads the contract and checks it against the kind. Errors: as cameo_network_contract; MISMATCH (another task, another number of outputs where the
 * file says it, an input that is not square). */
cameo_status cm_attribute_net_init(cm_attribute_net *net, const cameo_network *network, const cm_attribute_kind *kind, cameo_error *error);

/* One thread's memory for it. */
typedef struct cm_attribute_runner {
    cameo_runner *runner;
    float *input;        /* [batch, 3, size, size] */
    const float *output; /* [batch, outputs] */
} cm_attribute_runner;

/* The pool must outlive the runner. Errors: as cameo_runner_create; MISMATCH (another number of outputs). */
cameo_status cm_attribute_runner_create(cm_attribute_runner *runner, const cm_attribute_net *net, cm_pool *pool, cameo_error *error);
void cm_attribute_runner_free(cm_attribute_runner *runner);

/* rgb: [size, size, 3], dense -> runner->output. Allocates nothing. Errors: FORMAT (the network gave something that is not a number). */
cameo_status cm_attribute_run(const cm_attribute_net *net, const cm_attribute_runner *runner, const uint8_t *rgb, cameo_error *error);

#endif
