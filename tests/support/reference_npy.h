/* Reads NumPy's .npy files: little-endian float32 in C order, which is all that the reference results hold. */
#ifndef REFERENCE_NPY_H
#define REFERENCE_NPY_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct npy_array {
    float *data; /* NULL: could not be read */
    int rank;
    int64_t dims[8];
    size_t count;
} npy_array;

static inline void npy_free(npy_array *array)
{
    free(array->data);
    *array = (npy_array){0};
}

/* The header is a Python dictionary: {'descr': '<f4', 'fortran_order': False, 'shape': (1, 3), }. */
static inline int npy_parse_header(const char *header, npy_array *array)
{
    const char *shape = strstr(header, "'shape':");
    if (!strstr(header, "'<f4'") || !strstr(header, "'fortran_order': False") || !shape)
        return 0;
    shape = strchr(shape, '(');
    array->count = 1;
    for (array->rank = 0; shape && *shape != ')' && array->rank < 8;) {
        char *end;
        shape++;
        long long dim = strtoll(shape, &end, 10);
        if (end == shape)
            break;
        array->dims[array->rank++] = dim;
        array->count *= (size_t)dim;
        shape = end;
    }
    return shape != NULL;
}

/* An array with data NULL where the file is missing or of another kind. */
static inline npy_array npy_read(const char *path)
{
    npy_array array = {0};
    unsigned char magic[10];
    char header[1024];
    FILE *file = fopen(path, "rb");
    if (!file)
        return array;
    size_t length = 0;
    if (fread(magic, 1, sizeof magic, file) == sizeof magic && memcmp(magic, "\x93NUMPY\x01", 7) == 0)
        length = magic[8] + 256u * magic[9];
    if (length > 0 && length < sizeof header && fread(header, 1, length, file) == length) {
        header[length] = '\0';
        if (npy_parse_header(header, &array))
            array.data = malloc(array.count * sizeof(float) + 1);
    }
    if (array.data && fread(array.data, sizeof(float), array.count, file) != array.count)
        npy_free(&array);
    fclose(file);
    return array;
}

#endif
