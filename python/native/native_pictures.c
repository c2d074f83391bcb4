#include "native.h"

#include <stdlib.h>

/* The end of every function that makes a picture. */
static PyObject *picture_or_error(PyObject *module, cameo_status status, cameo_image *image, const cameo_error *error)
{
    return status == CAMEO_OK ? native_picture_new(module, image) : native_raise(error);
}

/* max_pixels 0: the default. */
static cameo_image_limits limits_of(unsigned long long max_pixels, int threads)
{
    cameo_image_limits limits;
    cameo_image_limits_default(&limits);
    limits.threads = threads;
    if (max_pixels)
        limits.max_pixels = max_pixels;
    return limits;
}

/* (bytes, name, max_pixels, threads) -> Memory [h, w, 3], RGB. max_pixels 0: the default. */
PyObject *native_image_decode(PyObject *module, PyObject *arguments)
{
    Py_buffer bytes;
    const char *name;
    unsigned long long max_pixels;
    int threads;
    if (!PyArg_ParseTuple(arguments, "y*yKi", &bytes, &name, &max_pixels, &threads))
        return NULL;
    cameo_image_limits limits = limits_of(max_pixels, threads);
    cameo_image *image;
    cameo_error error;
    cameo_status status;
    Py_BEGIN_ALLOW_THREADS
    status = cameo_image_decode(&image, bytes.buf, (size_t)bytes.len, name, &limits, &error);
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&bytes);
    return picture_or_error(module, status, image, &error);
}

/* (path, max_pixels, threads) -> Memory [h, w, 3], RGB. */
PyObject *native_image_load(PyObject *module, PyObject *arguments)
{
    const char *path;
    unsigned long long max_pixels;
    int threads;
    if (!PyArg_ParseTuple(arguments, "yKi", &path, &max_pixels, &threads))
        return NULL;
    cameo_image_limits limits = limits_of(max_pixels, threads);
    cameo_image *image;
    cameo_error error;
    cameo_status status;
    Py_BEGIN_ALLOW_THREADS
    status = cameo_image_load(&image, path, &limits, &error);
    Py_END_ALLOW_THREADS
    return picture_or_error(module, status, image, &error);
}

/* (picture, bgr, path) */
PyObject *native_image_save(PyObject *module, PyObject *arguments)
{
    (void)module;
    PyObject *picture;
    const char *path;
    int bgr;
    native_pixels pixels;
    if (!PyArg_ParseTuple(arguments, "Opy", &picture, &bgr, &path) || !native_pixels_get(&pixels, picture, bgr))
        return NULL;
    cameo_error error;
    cameo_status status;
    Py_BEGIN_ALLOW_THREADS
    status = cameo_image_save(&pixels.view, path, &error);
    Py_END_ALLOW_THREADS
    native_pixels_release(&pixels);
    if (status != CAMEO_OK)
        return native_raise(&error);
    Py_RETURN_NONE;
}

/* (picture, bgr, width, height) -> Memory [height, width, 3], RGB. */
PyObject *native_image_resize(PyObject *module, PyObject *arguments)
{
    PyObject *picture;
    int bgr, width, height;
    native_pixels pixels;
    if (!PyArg_ParseTuple(arguments, "Opii", &picture, &bgr, &width, &height) || !native_pixels_get(&pixels, picture, bgr))
        return NULL;
    cameo_image *image;
    cameo_error error;
    cameo_status status;
    Py_BEGIN_ALLOW_THREADS
    status = cameo_image_resize(&image, &pixels.view, width, height, &error);
    Py_END_ALLOW_THREADS
    native_pixels_release(&pixels);
    return picture_or_error(module, status, image, &error);
}

/* (picture, bgr, (m0, ..., m5), width, height) -> Memory [height, width, 3], RGB. */
PyObject *native_image_warp(PyObject *module, PyObject *arguments)
{
    PyObject *picture;
    int bgr, width, height;
    double m[6];
    native_pixels pixels;
    if (!PyArg_ParseTuple(arguments, "Op(dddddd)ii", &picture, &bgr, &m[0], &m[1], &m[2], &m[3], &m[4], &m[5], &width, &height) ||
        !native_pixels_get(&pixels, picture, bgr))
        return NULL;
    cameo_image *image;
    cameo_error error;
    cameo_status status;
    Py_BEGIN_ALLOW_THREADS
    status = cameo_image_warp(&image, &pixels.view, m, width, height, &error);
    Py_END_ALLOW_THREADS
    native_pixels_release(&pixels);
    return picture_or_error(module, status, image, &error);
}

/* (picture, bgr, landmarks [5, 2] float32, size, crop [size, size, 3] uint8): fills crop, RGB. */
PyObject *native_align(PyObject *module, PyObject *arguments)
{
    (void)module;
    PyObject *picture, *landmarks, *crop;
    int bgr, size;
    native_pixels pixels;
    Py_buffer points, rgb;
    if (!PyArg_ParseTuple(arguments, "OpOiO", &picture, &bgr, &landmarks, &size, &crop) ||
        !native_items_get(&points, landmarks, "f", 10, false, "landmarks"))
        return NULL;
    if (!native_items_get(&rgb, crop, "B", -1, true, "crop")) {
        PyBuffer_Release(&points);
        return NULL;
    }
    PyObject *result = NULL;
    if (native_pixels_get(&pixels, picture, bgr)) {
        const float(*five)[2] = (const float(*)[2])points.buf;
        cameo_error error;
        cameo_status status;
        Py_BEGIN_ALLOW_THREADS
        status = cameo_align(&pixels.view, five, size, rgb.buf, (size_t)rgb.len, &error);
        Py_END_ALLOW_THREADS
        native_pixels_release(&pixels);
        result = status == CAMEO_OK ? Py_BuildValue("") : native_raise(&error);
    }
    PyBuffer_Release(&rgb);
    PyBuffer_Release(&points);
    return result;
}

/* The labels as C strings that live as long as `list`; NULL with an exception. */
static const char **labels_of(PyObject *list, size_t count)
{
    const char **labels = calloc(count + 1, sizeof *labels);
    if (!labels) {
        PyErr_NoMemory();
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        PyObject *item = PyList_GetItem(list, (Py_ssize_t)i);
        labels[i] = item ? PyBytes_AsString(item) : NULL;
        if (!labels[i]) {
            free(labels);
            return NULL;
        }
    }
    return labels;
}

/* (picture, bgr, faces [n, 14] float32, labels: list of n bytes) -> Memory [h, w, 3], RGB. */
PyObject *native_image_annotate(PyObject *module, PyObject *arguments)
{
    PyObject *picture, *rows, *list;
    int bgr;
    native_pixels pixels;
    Py_buffer items;
    if (!PyArg_ParseTuple(arguments, "OpOO!", &picture, &bgr, &rows, &PyList_Type, &list) ||
        !native_items_get(&items, rows, "f", PyList_Size(list) * 14, false, "faces"))
        return NULL;
    size_t count = (size_t)PyList_Size(list);
    cameo_face *faces = native_faces_of(items.buf, count);
    PyBuffer_Release(&items);
    const char **labels = faces ? labels_of(list, count) : NULL;
    PyObject *result = NULL;
    if (labels && native_pixels_get(&pixels, picture, bgr)) {
        cameo_image *image;
        cameo_error error;
        cameo_status status;
        Py_BEGIN_ALLOW_THREADS
        status = cameo_image_annotate(&image, &pixels.view, faces, count, labels, &error);
        Py_END_ALLOW_THREADS
        native_pixels_release(&pixels);
        result = picture_or_error(module, status, image, &error);
    }
    free(labels);
    free(faces);
    return result;
}
