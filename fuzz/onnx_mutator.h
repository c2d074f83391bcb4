/* For fuzz targets that read ONNX files: linked with onnx_mutator.c, libFuzzer changes them as files of that format. */
#ifndef ONNX_MUTATOR_H
#define ONNX_MUTATOR_H

#include <stddef.h>
#include <stdint.h>

/* To be defined by the target: operators that a node may be turned into; *count names. */
const char *const *fuzz_operator_names(size_t *count);

#endif
