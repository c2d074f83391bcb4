/* JSON the program prints, through jansson. */
#ifndef CM_CLI_JSON_TEXT_H
#define CM_CLI_JSON_TEXT_H

#include <jansson.h>
#include <stdio.h>

#include "cameo.h"

/* To be called first: where memory is out, the program says so and ends, since jansson's answers to that would have to be looked at everywhere, and what is
 * left out of an object does not show. */
void cm_json_install(void);

/* A string; bytes that are not UTF-8 (file names may hold any) become U+FFFD. NULL becomes null. */
json_t *cm_json_text(const char *text);
/* 1 if a text holds neither control characters nor bytes that are no UTF-8: it is shown as it is. */
int cm_json_is_plain(const char *text);
/* A number; null where it is not finite. */
json_t *cm_json_number(double value);
/* [count] -> array. Nine digits say a float32 exactly. */
json_t *cm_json_floats(const float *values, size_t count);
json_t *cm_json_sizes(const int64_t *values, int count);
/* box, score, landmarks into an object; a face without landmarks (an aligned crop) has null for score and landmarks. */
void cm_json_add_face(json_t *object, const cameo_face *face);

/* Adds `value` and takes ownership of it, also on failure. */
void cm_json_add(json_t *object, const char *key, json_t *value);

/* Prints a value and a newline: on one line, or indented. Frees it. Errors of the stream stay in the stream. */
void cm_json_print(json_t *value, FILE *stream, int indented);

#endif
