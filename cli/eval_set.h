/* What a recognizer is evaluated on: pictures, who is on them or which of them are compared, and what became of each. */
#ifndef CM_CLI_EVAL_SET_H
#define CM_CLI_EVAL_SET_H

#include <stddef.h>
#include <stdint.h>

#include "cameo.h"
#include "digest.h"
#include "pickle_reader.h"

typedef enum cm_eval_form {
    CM_EVAL_LIST,     /* pairs of pictures named in a list: LFW's pairs.txt */
    CM_EVAL_BIN,      /* pairs of crops in a pickle: lfw.bin */
    CM_EVAL_FOLDERS,  /* a folder for each person: all pairs */
    CM_EVAL_TEMPLATES /* pairs of sets of pictures: IJB-B, IJB-C */
} cm_eval_form;

typedef enum cm_picture_state {
    CM_PICTURE_WAITING,
    CM_PICTURE_EMBEDDED,
    CM_PICTURE_WITHOUT_FACE,
    CM_PICTURE_UNREADABLE, /* also: not there */
    CM_PICTURE_REPEATED,   /* the same file again, for the same person */
    CM_PICTURE_TWO_NAMES   /* the same file as another person's */
} cm_picture_state;

typedef struct cm_eval_picture {
    char *path;                 /* of a crop in a pickle: what messages call it */
    const unsigned char *bytes; /* [size]: borrowed from the pickle; NULL: it is a file */
    size_t size;
    int person;                 /* CM_EVAL_FOLDERS: whose folder it lies in; CM_EVAL_TEMPLATES: its template */
    int medium;                 /* CM_EVAL_TEMPLATES: the photograph or video it was taken from */
    float weight;               /* CM_EVAL_TEMPLATES: of its embedding */
    cm_picture_state state;
    cameo_face face;            /* that was embedded; of a crop: all of it, without landmarks */
    unsigned char digest[CM_DIGEST_BYTES]; /* of the encoded picture, where there is one */
} cm_eval_picture;

/* Two entries that are compared: pictures, or templates. */
typedef struct cm_eval_pair {
    uint32_t a, b;
    uint16_t fold;
    uint8_t same;
} cm_eval_pair;

typedef struct cm_eval_set {
    cm_eval_form form;
    cm_eval_picture *pictures; /* [count] */
    size_t count, capacity;
    void *paths;               /* tree of those pictures that a list names, by path */
    cm_eval_pair *pairs;       /* [pair_count]; none for CM_EVAL_FOLDERS */
    size_t pair_count, pair_capacity;
    int folds;                 /* of the pairs; 0: the set has no folds of its own */
    int people;                /* or templates */
    int aligned;
    float (*landmarks)[5][2];  /* [count]: where a list gives them, instead of detection; else NULL */
    unsigned char *storage;    /* of CM_EVAL_BIN: the file, and what was read of it; `bytes` of pictures point into both */
    cm_pickle pickle;
    size_t pictures_found, over_limit, without_person; /* in the folder; of them, left out */
    float *vectors;            /* [entries, dimension], of length 1: of pictures, or of templates; rows of what could not be embedded are zero */
    unsigned char *usable;     /* [entries] */
    size_t entries;            /* pictures, or templates */
    int dimension;
} cm_eval_set;

/* How many of the pictures came to such an end. */
size_t cm_eval_set_count(const cm_eval_set *set, cm_picture_state state);

/* Appends a picture; `path` is copied. -1 without memory (reported), else 0. */
int cm_eval_set_add(cm_eval_set *set, const char *path, int person);

/* The number of the picture with this path, appended where it is new; -1 without memory (reported). */
long cm_eval_set_find(cm_eval_set *set, const char *path);

/* Appends a pair. -1 without memory (reported), else 0. */
int cm_eval_set_pair(cm_eval_set *set, cm_eval_pair pair);

/* Equal files of one person count once, those of several people not at all: `state` says so afterwards. Files are told by their digests. Only for
 * CM_EVAL_FOLDERS; lists keep what they name, and `self` counts the pairs of equal files. Returns an exit code (reported). */
int cm_eval_set_judge_equals(cm_eval_set *set);
size_t cm_eval_set_self_pairs(const cm_eval_set *set);

/* Pictures whose names hold control characters or bytes that are no UTF-8. */
size_t cm_eval_set_odd_names(const cm_eval_set *set);

void cm_eval_set_free(cm_eval_set *set);

/* Each fills an empty set from its source and returns an exit code (reported). */

/* A folder with a folder for each person, at most `limit` pictures (see cm_sampling_choose). */
int cm_eval_read_folders(cm_eval_set *set, const char *folder, size_t limit);

/* A list of pairs: LFW's form (a first line "FOLDS N", then "NAME I J" or "NAME I NAME J", for files NAME/NAME_000I.jpg below `faces`), or lines
 * "PATH PATH 0|1" with paths below `faces`. */
int cm_eval_read_list(cm_eval_set *set, const char *list, const char *faces);

/* A pickle as InsightFace's verification sets are: pictures, two a pair, and whether each pair is of one person. */
int cm_eval_read_bin(cm_eval_set *set, const char *path);
/* 1 if the file begins as a pickle does. */
int cm_eval_is_bin(const char *path);

/* Lists in the form of IJB-B's and IJB-C's: `pairs` has lines "TEMPLATE TEMPLATE 0|1", `members` lines "FILE TEMPLATE MEDIUM"; `points`, which may
 * be NULL, lines "FILE X Y X Y X Y X Y X Y SCORE", in the order of `members`: landmarks, by which faces are cut out, and a weight of their embeddings. */
int cm_eval_read_templates(cm_eval_set *set, const char *pairs, const char *members, const char *points, const char *faces);

/* Template vectors from the pictures' embeddings [count, dimension], as InsightFace computes them (eval_ijbc.py): the mean over each medium's pictures,
 * each with its weight, summed over the media, scaled to length 1. Fills vectors and usable. Returns an exit code (reported). */
int cm_eval_pool_templates(cm_eval_set *set, const float *embeddings);

#endif
