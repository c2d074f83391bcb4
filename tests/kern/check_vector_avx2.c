/* checkkern: the vectors of AVX2. */
#include "kern/vector/vector_avx2.h"

#include "check_vector.inc.h"

void check_vector_avx2(const cm_kernel *vectors)
{
    check_vocabulary(vectors);
}
