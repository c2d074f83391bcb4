/* cameo._native: the functions of cameo.h for the Python in ../cameo, which is their only user. Handles are capsules, pixels and tensors are lent as
 * buffers; checks that need words live in Python, checks that keep memory safe live here, too. Works of any length release the GIL. */
#ifndef CAMEO_NATIVE_H
#define CAMEO_NATIVE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdbool.h>

#include "cameo.h"

/* A function table entry: every function takes its arguments as a tuple. */
typedef PyObject *native_function(PyObject *module, PyObject *arguments);

/* ---- Errors: native_errors.c ---- */

/* Raises the exception that cameo.errors has for this status. Returns NULL. */
PyObject *native_raise(const cameo_error *error);

/* ---- Handles: native_handles.c ---- */

#define NATIVE_NETWORK "cameo.network"
#define NATIVE_RUNNER "cameo.runner"
#define NATIVE_ENGINE "cameo.engine"
#define NATIVE_SESSION "cameo.session"
#define NATIVE_IMAGE "cameo.image"

/* A capsule of `kind` that owns `pointer` and keeps `parent` (may be NULL) alive. On failure the pointer is released, too. A handle with
 * threads of its own is not released by a process that was forked after it was made: its threads are not there. */
PyObject *native_handle_new(const char *kind, void *pointer, PyObject *parent);

/* What the capsule owns, or NULL with TypeError. */
void *native_handle_get(PyObject *capsule, const char *kind);

/* ---- Memory lent to Python: native_memory.c ---- */

/* The type of native_memory_new's objects, for the module to keep. */
PyObject *native_memory_type(void);

/* An object with the buffer protocol over `data`, dense, in row-major order, which keeps `owner` alive. format: "B" or "f". Takes no reference
 * away from the caller. */
PyObject *native_memory_new(PyObject *module, PyObject *owner, void *data, const char *format, int rank, const int64_t *dims, bool writable);

/* The pixels of a picture as [height, width, 3]; takes the picture over, also on failure. */
PyObject *native_picture_new(PyObject *module, cameo_image *image);

/* ---- Memory lent by Python: native_buffers.c ---- */

/* Pixels of an object with the buffer protocol: [h, w, 3] or [h, w, 1] or [h, w] of bytes, rows at any positive distance; channels that lie backwards
 * (step -1) count as the other colour order. False with TypeError or ValueError. To be released. */
typedef struct native_pixels {
    Py_buffer buffer;
    cameo_image_view view;
} native_pixels;
bool native_pixels_get(native_pixels *pixels, PyObject *object, bool bgr);
void native_pixels_release(native_pixels *pixels);

/* Dense items of an object: format "f", "d" or "B"; count: how many there must be, negative: any. False with TypeError or ValueError. */
bool native_items_get(Py_buffer *buffer, PyObject *object, const char *format, Py_ssize_t count, bool writable, const char *what);

/* ---- Options: native_options.c ---- */

/* Fill in what the dictionary has; strings in it are bytes, and must outlive the options. False with TypeError or ValueError. */
bool native_engine_options(PyObject *dictionary, cameo_options *options);
bool native_network_options(PyObject *dictionary, cameo_network_options *options);
bool native_contract_override(PyObject *dictionary, cameo_contract_override *override);

/* A contract as a dictionary. */
PyObject *native_contract(const cameo_contract *contract);

/* ---- Faces: native_attributes.c ---- */

/* Faces from rows [count, 14]: box, landmarks (not finite: none). To be freed; NULL with MemoryError. */
cameo_face *native_faces_of(const float *rows, size_t count);

/* ---- The functions: native_pictures.c, native_networks.c, native_engines.c, native_attributes.c, native_facts.c ---- */

native_function native_image_decode, native_image_load, native_image_save, native_image_resize, native_image_warp, native_image_annotate, native_align;
native_function native_network_open, native_network_open_bytes, native_network_info, native_network_tensors, native_network_contract_of;
native_function native_runner_create, native_runner_memory, native_runner_run, native_runner_plan;
native_function native_engine_open, native_engine_facts, native_session_create, native_session_detect, native_session_embed,
    native_session_embed_aligned, native_session_analyze;
native_function native_facts, native_known_models, native_similarity;

#endif
