#include "native.h"

#include <string.h>

/* The view of a buffer with two or three axes, or false: it lies in a way that a view cannot tell. */
static bool describe(const Py_buffer *buffer, bool bgr, cameo_image_view *view)
{
    const Py_ssize_t channels = buffer->ndim == 3 ? buffer->shape[2] : 1;
    const Py_ssize_t step = channels == 3 ? buffer->strides[2] : 1;
    const Py_ssize_t height = buffer->shape[0], width = buffer->shape[1], row = buffer->strides[0];
    if (height < 1 || width < 1 || height > INT32_MAX || width > INT32_MAX / 3)
        return false;
    if ((step != 1 && step != -1) || buffer->strides[1] != channels || row < width * channels)
        return false;
    const uint8_t *pixels = buffer->buf;
    *view = (cameo_image_view){.pixels = pixels, .width = (int)width, .height = (int)height, .stride = row, .format = CAMEO_PIXEL_GRAY8};
    if (channels == 3) {
        view->format = bgr == (step == 1) ? CAMEO_PIXEL_BGR8 : CAMEO_PIXEL_RGB8;
        if (step == -1)
            view->pixels = pixels - 2;
    }
    return true;
}

bool native_pixels_get(native_pixels *pixels, PyObject *object, bool bgr)
{
    Py_buffer *buffer = &pixels->buffer;
    if (PyObject_GetBuffer(object, buffer, PyBUF_STRIDES | PyBUF_FORMAT) != 0)
        return false;
    bool bytes = buffer->itemsize == 1 && (!buffer->format || strcmp(buffer->format, "B") == 0);
    bool axes = buffer->ndim == 2 || (buffer->ndim == 3 && (buffer->shape[2] == 3 || buffer->shape[2] == 1));
    if (bytes && axes && describe(buffer, bgr, &pixels->view))
        return true;
    PyErr_SetString(PyExc_ValueError, "a picture must be uint8 of shape (height, width, 3) or (height, width), pixel beside pixel");
    PyBuffer_Release(buffer);
    return false;
}

void native_pixels_release(native_pixels *pixels)
{
    PyBuffer_Release(&pixels->buffer);
}

bool native_items_get(Py_buffer *buffer, PyObject *object, const char *format, Py_ssize_t count, bool writable, const char *what)
{
    int flags = PyBUF_C_CONTIGUOUS | PyBUF_FORMAT | (writable ? PyBUF_WRITABLE : 0);
    if (PyObject_GetBuffer(object, buffer, flags) != 0)
        return false;
    if (buffer->format && strcmp(buffer->format, format) != 0) {
        PyErr_Format(PyExc_TypeError, "%s: items of format '%s' are needed, these are '%s'", what, format, buffer->format);
    } else if (count >= 0 && buffer->len / buffer->itemsize != count) {
        PyErr_Format(PyExc_ValueError, "%s: %zd items are needed, there are %zd", what, count, buffer->len / buffer->itemsize);
    } else {
        return true;
    }
    PyBuffer_Release(buffer);
    return false;
}
