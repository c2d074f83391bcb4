/* The models inside the library: the ONNX files of the tree's folder models/, which cmake/builtin.cmake turns into arrays. There are none where the library
 * is built with CAMEO_DEFAULT_MODELS=OFF or the files are missing. */
#ifndef CM_BUILTIN_BUILTIN_H
#define CM_BUILTIN_BUILTIN_H

#include "builtin/builtin_list.h" /* made by CMake: CM_BUILTIN_LIST(X), a row X(name, role, bytes, SHA-256) for each */

#include <stdbool.h>
#include <stddef.h>

/* What every name of a built-in model begins with: "builtin:detector". No file is looked for under such a name. */
#define CM_BUILTIN_PREFIX "builtin:"

typedef struct cm_builtin_model {
    const char *name; /* "builtin:detector" */
    const unsigned char *bytes; /* [size], the ONNX file; constant, not aligned */
    size_t size;
} cm_builtin_model;

/* Whether a path is meant as the name of a built-in model, be there one of that name or not. NULL is none. Thread-safe. */
bool cm_builtin_is_name(const char *path);

/* The built-in model of this name; NULL if there is none. Thread-safe. */
const cm_builtin_model *cm_builtin_find(const char *name);

/* How many there are, and their names with commas between, for messages ("" if there are none). Static storage. Thread-safe. */
int cm_builtin_count(void);
const char *cm_builtin_names(void);

#endif
