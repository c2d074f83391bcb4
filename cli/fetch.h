/* Downloads, through libcurl: resumed, bounded, interruptible. */
#ifndef CM_CLI_FETCH_H
#define CM_CLI_FETCH_H

#include <stddef.h>
#include <stdint.h>

typedef enum cm_fetch_outcome {
    CM_FETCH_DONE,
    CM_FETCH_FAILED,     /* the network or the server; what has arrived stays for the next time */
    CM_FETCH_LOCAL,      /* the file cannot be written, or another process is at it */
    CM_FETCH_INTERRUPTED /* a signal was noted (see interrupt.h) */
} cm_fetch_outcome;

/* Downloads `url` (https, http, file) into the file `part`, appending to what is there already; begins anew where the server cannot
 * resume. Broken connections are taken up again a few times. max_bytes: more is refused. On failure `reason` [reason_size] receives a phrase. */
cm_fetch_outcome cm_fetch(const char *url, const char *part, uint64_t max_bytes, char *reason, size_t reason_size);

#endif
