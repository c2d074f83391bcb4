/* rooms: base program: pickle_reader pickle_ops pickle_names pickle_lines */
/* A verification set as a pickle: whatever it says, it is read or refused, and what comes out lies where it may. */
#include "pickle_reader.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cm_pickle pickle;
    char message[256] = "";
    unsigned long sum = 0;
    if (cm_pickle_read(&pickle, data, size, message, sizeof message) != 0) {
        if (!message[0] || strlen(message) >= sizeof message || pickle.picture_count || pickle.same_count || pickle.pictures || pickle.same)
            abort();
        return 0;
    }
    if (pickle.picture_count != 2 * pickle.same_count || pickle.same_count == 0)
        abort();
    for (size_t i = 0; i < pickle.picture_count; i++)
        for (size_t k = 0; k < pickle.pictures[i].size; k += 1 + k / 64)
            sum += pickle.pictures[i].bytes[k];
    for (size_t i = 0; i < pickle.same_count; i++)
        if (pickle.same[i] > 1)
            abort();
    cm_pickle_free(&pickle);
    return sum == (unsigned long)-1;
}
