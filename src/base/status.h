/* Errors: one status and one sentence, handed up by return value. */
#ifndef CM_BASE_STATUS_H
#define CM_BASE_STATUS_H

#include "cameo.h"

#if defined(__GNUC__)
#define CM_PRINTF(format_index, first) __attribute__((format(printf, format_index, first)))
#else
#define CM_PRINTF(format_index, first)
#endif

/* Stores status and sentence in *error (which may be NULL) and returns `status`, so that `return cm_fail(...)` reads well.
 * Control characters in the sentence become '?': names come from hostile files. */
cameo_status cm_fail(cameo_error *error, cameo_status status, const char *format, ...) CM_PRINTF(3, 4);

/* Puts "prefix: " before the sentence in *error; returns error->status (or `status` where error is NULL). */
cameo_status cm_fail_prefix(cameo_error *error, cameo_status status, const char *format, ...) CM_PRINTF(3, 4);

/* Appends to the sentence in *error (which may be NULL); returns `status`. */
cameo_status cm_fail_suffix(cameo_error *error, cameo_status status, const char *text);

#endif
