#include "native.h"

PyObject *native_raise(const cameo_error *error)
{
    PyObject *module = PyImport_ImportModule("cameo.errors");
    if (!module)
        return NULL;
    PyObject *exception = PyObject_CallMethod(module, "from_status", "is", (int)error->status, error->message);
    Py_DECREF(module);
    if (exception) {
        PyErr_SetObject((PyObject *)Py_TYPE(exception), exception);
        Py_DECREF(exception);
    }
    return NULL;
}
