/* NumPy's .npy files (format 1.0 to 3.0): arrays of numbers in C order, little-endian. */
#ifndef CM_CLI_NPY_H
#define CM_CLI_NPY_H

#include <stdint.h>
#include <stdio.h>

#include "cameo.h"

typedef struct cm_npy {
    int rank;
    int64_t dims[CAMEO_MAX_RANK];
    size_t count; /* elements */
    float *values; /* [count], row-major; freed by cm_npy_free */
} cm_npy;

/* Reads the bytes of a file. Element types <f4 <f8 |u1 |i1 <i4 <i8 become float32. Nothing in the header is believed before it is compared with
 * `size`. Errors: FORMAT, UNSUPPORTED (other types, Fortran order), LIMIT (rank), MEMORY; sentences do not name the file. Thread-safe. */
cameo_status cm_npy_parse(cm_npy *array, const void *bytes, size_t size, cameo_error *error);
/* The same from a file of at most 4 GiB. Errors besides: NOT_FOUND, IO. */
cameo_status cm_npy_load(cm_npy *array, const char *path, cameo_error *error);
void cm_npy_free(cm_npy *array);

enum { CM_NPY_HEADER = 256 };

/* Writes the header of a float32 array: always CM_NPY_HEADER bytes, so that it can be written again when the number of rows is
 * known. rank <= CAMEO_MAX_RANK. Errors stay in the stream. */
void cm_npy_write_header(FILE *stream, const int64_t *dims, int rank);
/* Appends float32 values. */
void cm_npy_write_values(FILE *stream, const float *values, size_t count);

#endif
