/* Attributes of a face as the program shows them. */
#ifndef CM_CLI_ATTRIBUTE_TEXT_H
#define CM_CLI_ATTRIBUTE_TEXT_H

#include <jansson.h>
#include <stdio.h>

#include "cameo.h"

/* Into the object of a face: landmarks_106, landmarks_68, pose, gender, gender_scores, age, real, spoof_scores, quality. What is not known is null. */
void cm_attribute_text_add(json_t *face, const cameo_attributes *attributes);

/* Two lines of text: the quality, and what networks say (none where they say nothing). Errors stay in the stream. */
void cm_attribute_text_print(FILE *stream, const cameo_attributes *attributes);

/* A few words for a label in a picture, as "q 0.71 F 34 real 0.98". */
void cm_attribute_text_label(const cameo_attributes *attributes, char *text, size_t size);

#endif
