#include "cameo.h"

#include <math.h>

/* Of NULL: 0. */
static double square_length(const float *vector, int dimension)
{
    double sum = 0;
    for (int i = 0; vector && i < dimension; i++)
        sum += (double)vector[i] * (double)vector[i];
    return sum;
}

float cameo_embedding_norm(const float *embedding, int dimension)
{
    return (float)sqrt(square_length(embedding, dimension));
}

float cameo_embedding_normalize(float *embedding, int dimension)
{
    double length = sqrt(square_length(embedding, dimension));
    if (length > 0) {
        for (int i = 0; i < dimension; i++)
            embedding[i] = (float)((double)embedding[i] / length);
    }
    return (float)length;
}

float cameo_similarity(const float *a, const float *b, int dimension)
{
    double dot = 0, scale = sqrt(square_length(a, dimension)) * sqrt(square_length(b, dimension));
    if (!(scale > 0))
        return 0.0f;
    for (int i = 0; i < dimension; i++)
        dot += (double)a[i] * (double)b[i];
    double cosine = dot / scale;
    return (float)(cosine > 1 ? 1 : cosine < -1 ? -1 : cosine); /* rounding may pass the ends */
}
