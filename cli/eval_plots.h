/* The diagrams of an evaluation. */
#ifndef CM_CLI_EVAL_PLOTS_H
#define CM_CLI_EVAL_PLOTS_H

#include <stdio.h>

#include "eval.h"

/* Each writes one SVG; alone: as a file of its own. Errors stay in the stream. */
typedef void cm_eval_plot(const cm_eval *eval, FILE *stream, int alone);

/* True accept rate over false accept rate (logarithmic). */
cm_eval_plot cm_eval_plot_roc;
/* False non-match rate over false match rate, both logarithmic. */
cm_eval_plot cm_eval_plot_det;
/* How the scores of both kinds of pairs are spread. */
cm_eval_plot cm_eval_plot_scores;

#endif
