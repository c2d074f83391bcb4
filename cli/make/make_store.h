/* A finished net as an ONNX file: the small parts from memory, the weights drawn while they are written. */
#ifndef CM_MAKE_MAKE_STORE_H
#define CM_MAKE_MAKE_STORE_H

#include "make_net.h"

#include <stdio.h>

typedef struct cm_make_labels {
    const char *graph, *description; /* names of the graph, doc_string of the model */
    const char *architecture;
} cm_make_labels;

/* 0: written; 1: the stream failed (errno says why); 2: out of memory. */
int cm_make_store(const cm_make_net *net, const cm_make_labels *labels, FILE *stream);

#endif
