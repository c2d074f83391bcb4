/* One conformance test: judged (is it claimed? does cameo run its types?), fed, run, compared. */
#ifndef NODE_CASE_H
#define NODE_CASE_H

#include "node_model.h"

typedef enum node_verdict { NODE_PASSED, NODE_FAILED, NODE_NOT_CLAIMED, NODE_NOT_RUN } node_verdict;

typedef struct node_result {
    node_verdict verdict;
    char operators[64]; /* of the node; "several" where there are more */
    char why[1100];     /* FAILED: what went wrong; NOT_CLAIMED: the operator; NOT_RUN: one of the reasons in node_case.c */
    char fed[128];      /* inputs that were fed as initializers; "" if none */
} node_result;

/* Runs the test in `folder` (model.onnx, test_data_set_N). */
node_result node_case_run(const char *folder);

#endif
