/* checkkern: the vectors of AVX-512. */
#include "kern/vector/vector_avx512.h"

#include "check_vector.inc.h"

void check_vector_avx512(const cm_kernel *vectors)
{
    check_vocabulary(vectors);
}
