#include "native.h"

typedef struct memory {
    PyObject_HEAD
    PyObject *owner;
    void *data;
    const char *format;
    bool writable;
    int rank;
    Py_ssize_t item_bytes, bytes;
    Py_ssize_t shape[CAMEO_MAX_RANK], strides[CAMEO_MAX_RANK];
} memory;

static void memory_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    Py_XDECREF(((memory *)self)->owner);
    freefunc release = (freefunc)(uintptr_t)PyType_GetSlot(type, Py_tp_free);
    release(self);
    Py_DECREF(type);
}

static int memory_getbuffer(PyObject *self, Py_buffer *view, int flags)
{
    memory *m = (memory *)self;
    view->obj = NULL;
    if ((flags & PyBUF_WRITABLE) && !m->writable) {
        PyErr_SetString(PyExc_BufferError, "this memory may only be read");
        return -1;
    }
    Py_INCREF(self);
    *view = (Py_buffer){.obj = self, .buf = m->data, .len = m->bytes, .itemsize = m->item_bytes, .readonly = !m->writable, .ndim = m->rank};
    if ((flags & PyBUF_FORMAT) == PyBUF_FORMAT)
        view->format = (char *)(uintptr_t)m->format;
    if ((flags & PyBUF_ND) == PyBUF_ND)
        view->shape = m->shape;
    if ((flags & PyBUF_STRIDES) == PyBUF_STRIDES)
        view->strides = m->strides;
    return 0;
}

PyObject *native_memory_type(void)
{
    PyType_Slot slots[] = {
        {Py_tp_dealloc, (void *)(uintptr_t)memory_dealloc},
        {Py_bf_getbuffer, (void *)(uintptr_t)memory_getbuffer},
        {0, NULL},
    };
    PyType_Spec spec = {.name = "cameo._native.Memory", .basicsize = (int)sizeof(memory), .flags = Py_TPFLAGS_DEFAULT, .slots = slots};
    return PyType_FromSpec(&spec);
}

PyObject *native_memory_new(PyObject *module, PyObject *owner, void *data, const char *format, int rank, const int64_t *dims, bool writable)
{
    PyObject *type = PyObject_GetAttrString(module, "Memory");
    if (!type)
        return NULL;
    allocfunc allocate = (allocfunc)(uintptr_t)PyType_GetSlot((PyTypeObject *)type, Py_tp_alloc);
    memory *m = (memory *)allocate((PyTypeObject *)type, 0);
    Py_DECREF(type);
    if (!m)
        return NULL;
    Py_INCREF(owner);
    m->owner = owner;
    m->data = data;
    m->format = format;
    m->writable = writable;
    m->rank = rank;
    m->item_bytes = *format == 'f' ? (Py_ssize_t)sizeof(float) : 1;
    m->bytes = m->item_bytes;
    for (int i = rank - 1; i >= 0; i--) {
        m->shape[i] = (Py_ssize_t)dims[i];
        m->strides[i] = m->bytes;
        m->bytes *= m->shape[i];
    }
    return (PyObject *)m;
}

PyObject *native_picture_new(PyObject *module, cameo_image *image)
{
    cameo_image_view view = cameo_image_pixels(image);
    const int64_t dims[3] = {view.height, view.width, 3};
    PyObject *owner = native_handle_new(NATIVE_IMAGE, image, NULL);
    if (!owner)
        return NULL;
    PyObject *pixels = native_memory_new(module, owner, (void *)(uintptr_t)view.pixels, "B", 3, dims, true);
    Py_DECREF(owner);
    return pixels;
}
