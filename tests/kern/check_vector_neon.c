/* checkkern: the vectors of NEON. */
#include "kern/vector/vector_neon.h"

#include "check_vector.inc.h"

void check_vector_neon(const cm_kernel *vectors)
{
    check_vocabulary(vectors);
}
