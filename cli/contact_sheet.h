/* Small pictures of faces, in pairs, as one JPEG. */
#ifndef CM_CLI_CONTACT_SHEET_H
#define CM_CLI_CONTACT_SHEET_H

#include "eval.h"

enum { CM_SHEET_FACE = 112 };

/* Both faces of each pair side by side, the pairs one below the other: 224 x 112 * count pixels. What cannot be read any more is grey. `beside`: the file
 * is made next to this one for a moment. *text: the JPEG in base64, to be freed. Returns an exit code (reported). */
int cm_sheet_encode(const cm_eval *eval, const cm_scored *pairs, size_t count, const char *beside, char **text);

/* The picture that stands for an entry of the set: itself, or the first of a template that was embedded; NULL if none was. */
const cm_eval_picture *cm_sheet_picture(const cm_eval_set *set, uint32_t entry);

#endif
