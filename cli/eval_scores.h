/* The scores of all pairs of a set: cosines of its vectors. */
#ifndef CM_CLI_EVAL_SCORES_H
#define CM_CLI_EVAL_SCORES_H

#include "distribution.h"
#include "eval_set.h"

/* Two entries of a set and their score. */
typedef struct cm_scored {
    float score;
    uint32_t a, b;
} cm_scored;

typedef struct cm_kept_scores {
    cm_scored *pairs; /* [count] */
    size_t count;
} cm_kept_scores;

enum { CM_SCORES_KEPT = 4 << 20 }; /* of each kind, with who they are of; the others are counted, to 2^-19 */

typedef struct cm_scores {
    cm_distribution genuine, impostor;
    cm_kept_scores lowest_genuine;   /* rising: of one person, those that a threshold may reject */
    cm_kept_scores highest_impostor; /* falling: of different people, those that it may accept */
    size_t lost_pairs;               /* of a list: with an entry that could not be embedded */
} cm_scores;

/* Compares, with so many threads. Where both kinds have at most CM_SCORES_KEPT pairs everything is exact; otherwise, too, above the highest
 * CM_SCORES_KEPT scores of different people and below as many lowest ones of one person. Returns an exit code (reported). */
int cm_scores_make(cm_scores *scores, const cm_eval_set *set, int threads);
void cm_scores_free(cm_scores *scores);

#endif
