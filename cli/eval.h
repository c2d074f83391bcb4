/* An evaluation: a recognizer, a set, and what was measured. */
#ifndef CM_CLI_EVAL_H
#define CM_CLI_EVAL_H

#include <stdio.h>

#include "eval_embed.h"
#include "eval_folds.h"
#include "eval_rates.h"
#include "eval_scores.h"
#include "eval_set.h"
#include "model_identity.h"

/* A value, and the interval that holds it in 95 of 100 cases; low and high are NAN where that is not known. */
typedef struct cm_interval {
    double value, low, high;
} cm_interval;

/* A false accept rate, and what it costs. */
typedef struct cm_eval_point {
    double far;            /* wanted */
    int resolvable;        /* 0: there are too few pairs of different people; nothing below is filled */
    uint64_t accepted;     /* pairs of different people that reach the threshold */
    cm_interval threshold; /* the lowest cosine at which the rate is not exceeded */
    cm_interval tar;       /* true accept rate; 1 - tar is the false non-match rate */
    cm_interval actual;    /* the false accept rate at that very threshold */
} cm_eval_point;

enum { CM_EVAL_POINTS = CM_RATES_FINEST + 1 /* one of the user's own */ };

typedef struct cm_measures {
    cm_interval auc, eer;
    float eer_threshold;
    cm_eval_point points[CM_EVAL_POINTS];
    int point_count;
    int replicates; /* of the bootstrap */
    int units;      /* what it draws: people, or pairs of one person */
} cm_measures;

typedef struct cm_eval {
    const char *source; /* as typed */
    const cm_settings *settings;
    int threads;
    cm_identity identity;
    cm_eval_set set;
    cm_eval_work work;
    cm_scores scores;
    cm_fold_scores folds; /* folds 0: none */
    cm_measures measures;
} cm_eval;

/* Embeds the set's pictures with the settings' model and compares. Returns an exit code (reported): CM_EXIT_INPUT also where some pictures could not
 * be read, and where one kind of pairs is missing: then there are no measures (`measures.point_count` is 0). */
int cm_eval_run(cm_eval *eval);
void cm_eval_free(cm_eval *eval);

/* Rates at the usual false accept rates, and at `far` besides where it is not 0. intervals: by the bootstrap. Returns an exit code (reported). */
int cm_eval_measure(cm_eval *eval, double far);

/* The intervals of everything in `measures`: percentiles over replicates in which each unit counts as often as a Poisson variable of mean 1 says (a
 * bootstrap; Hanley and MacGibbon 2006). Units are people where all their pictures are compared, so that a pair of two people counts as often as the product
 * says (Owen 2007: rather too wide than too narrow), else pairs. Returns an exit code (reported). */
int cm_eval_bootstrap(cm_measures *measures, const cm_scores *scores, const cm_eval_set *set, int threads);

/* How many units of a set say something about pairs of one person. */
int cm_eval_genuine_units(const cm_scores *scores, const cm_eval_set *set);

/* Before the set is read: embeddings will be made by `settings`, which must live as long as `eval`, and kept in the folder `cache`, where that is NULL in one
 * of CAMEO_HOME unless CAMEO_CACHE=off, and with `no_cache` nowhere. Returns an exit code (reported); cm_eval_free is due in any case. */
int cm_eval_start(cm_eval *eval, const cm_settings *settings, const char *cache, int no_cache);

void cm_eval_print(const cm_eval *eval, FILE *stream);
void cm_eval_print_json(const cm_eval *eval, FILE *stream);

/* Pictures that were left out: how many, and why; rows with count 0 too. Returns how many rows there are. */
typedef struct cm_left_out {
    size_t count;
    const char *key, *why;
} cm_left_out;
enum { CM_EVAL_LEFT_OUT = 8 };
size_t cm_eval_left_out(const cm_eval *eval, cm_left_out rows[CM_EVAL_LEFT_OUT]);

/* "pairs of a list", "folders of people" ... Static storage. */
const char *cm_eval_form_name(cm_eval_form form);

#endif
