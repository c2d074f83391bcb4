/* Parts of an evaluation as JSON, which a calibration file has too. Each returns a new value. */
#ifndef CM_CLI_EVAL_JSON_H
#define CM_CLI_EVAL_JSON_H

#include "eval.h"
#include "json_text.h"

json_t *cm_eval_interval_json(const cm_interval *interval);
json_t *cm_eval_point_json(const cm_eval_point *point);
json_t *cm_eval_model_json(const cm_identity *identity);
json_t *cm_eval_pictures_json(const cm_eval *eval);
json_t *cm_eval_measures_json(const cm_measures *measures);

#endif
