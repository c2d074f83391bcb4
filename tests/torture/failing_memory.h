/* Memory that runs out at a chosen moment: every allocation of the test program, of the library in it and, where no sanitizer owns the allocator, of
 * the codecs and of C's own library is counted, and the one asked for is refused. A thread that is started and a file that is mapped count too. */
#ifndef FAILING_MEMORY_H
#define FAILING_MEMORY_H

#include <stdbool.h>

typedef enum failing_mode {
    FAIL_ONE, /* the others succeed: what is done about a failure may allocate */
    FAIL_REST /* so do all that follow: memory is gone */
} failing_mode;

/* From here on allocation number `nth` (1: the next one) fails. */
void failing_memory_arm(long nth, failing_mode mode);
/* Whether allocations of shared libraries count: they do unless this says otherwise. */
void failing_memory_spare_libraries(bool spared);
/* Back to normal; returns how many allocations there were. */
long failing_memory_disarm(void);
/* Blocks that are allocated and not freed; 0 where a sanitizer owns the allocator (and finds leaks itself). */
long failing_memory_live(void);

#endif
