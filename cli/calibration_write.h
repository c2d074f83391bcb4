/* What `cameo calibrate` found out, as a file and on a page. */
#ifndef CM_CLI_CALIBRATION_WRITE_H
#define CM_CLI_CALIBRATION_WRITE_H

#include "calibration.h"
#include "json_text.h"

enum { CM_SEARCH_ROWS = 6 };

/* A gallery, and what searching it gives. */
typedef struct cm_search_row {
    double gallery;
    double rate;         /* of false identifications at the threshold for pairs */
    double threshold;    /* at which the wanted rate is kept; NAN: not known */
    int extrapolated;    /* larger than the strangers that there are: comparisons are taken as independent */
} cm_search_row;

typedef struct cm_calibrated {
    const cm_eval *eval;
    cm_eval_point point; /* the wanted false match rate, and its threshold */
    cm_logistic logistic;
    double wanted_rate;  /* of false identifications */
    cm_search_row rows[CM_SEARCH_ROWS];
    size_t row_count;
} cm_calibrated;

/* The JSON that cm_calibration_parse reads. A new value. */
json_t *cm_calibrated_json(const cm_calibrated *calibrated);

void cm_calibrated_print(const cm_calibrated *calibrated, FILE *stream);

#endif
