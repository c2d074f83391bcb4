/* What scores of a model mean: probabilities, and errors of thresholds, of comparing two faces and of searching a gallery. */
#ifndef CM_CLI_CALIBRATION_H
#define CM_CLI_CALIBRATION_H

#include "eval.h"

/* From a cosine to how likely it is that both pictures show one person: 1 / (1 + exp(-(slope * cosine + offset))) if both were equally likely before. */
typedef struct cm_logistic {
    double slope, offset;
    double cllr;     /* cost of the log likelihood ratio, bits: 0 perfect, 1 knows nothing (Bruemmer and du Preez 2006) */
    double cllr_min; /* of the best rising mapping of all, found on the same scores (isotonic regression): what the scores themselves allow */
} cm_logistic;

/* Logistic regression in which all pairs of one person weigh as much as all of different people, on targets drawn in a little (Platt 1999), so that it
 * has an end where scores do not overlap. Returns -1 without memory. */
int cm_logistic_fit(cm_logistic *logistic, const cm_distribution *genuine, const cm_distribution *impostor);

/* prior: how likely one person was before; 0..1, without the ends. */
double cm_logistic_probability(const cm_logistic *logistic, double cosine, double prior);

/* Who scores how often above a threshold: what a search of a gallery is judged by. */
typedef struct cm_searches {
    const cm_scores *scores;
    uint32_t *probes;   /* [probe_count]: pictures, each looked for among those of all other people */
    size_t probe_count;
    uint32_t *strangers; /* [entries]: of a picture, how many pictures of other people there are */
    uint32_t *hits;      /* [entries]: room */
    size_t entries;
} cm_searches;

/* Of a set of folders. Returns -1 without memory. */
int cm_searches_make(cm_searches *searches, const cm_scores *scores, const cm_eval_set *set);
void cm_searches_free(cm_searches *searches);

/* False-positive identification rate: how often somebody who is not in a gallery of `gallery` pictures of other people reaches the threshold with one of
 * them. Galleries are drawn without replacement from the strangers of each probe, exactly. Where there are fewer strangers, the false match rate is taken as
 * the same for each comparison: 1 - (1 - fmr)^gallery. NAN where the threshold lies below the scores that are kept, and for such a large gallery where too few
 * pairs reach it. */
double cm_searches_rate(cm_searches *searches, float threshold, double gallery);

/* The lowest threshold, among scores of different people, whose rate is at most `rate`; NAN where none is known. */
double cm_searches_threshold(cm_searches *searches, double rate, double gallery);

/* The least number of strangers of any probe: larger galleries are extrapolated. */
uint32_t cm_searches_strangers(const cm_searches *searches);

#endif
