#include "native.h"

static PyObject *operators(void)
{
    size_t count;
    const char *const *names = cameo_supported_operators(&count);
    PyObject *list = PyList_New(0);
    for (size_t i = 0; list && i < count; i++) {
        PyObject *name = PyUnicode_FromString(names[i]);
        if (!name || PyList_Append(list, name) != 0)
            Py_CLEAR(list);
        Py_XDECREF(name);
    }
    return list;
}

/* {name: value} of all statuses. */
static PyObject *statuses(void)
{
    static const struct row {
        const char *name;
        int value;
    } rows[] = {
#define NATIVE_STATUS_ROW(name, value, text) {#name, value},
        CAMEO_STATUS_LIST(NATIVE_STATUS_ROW)
#undef NATIVE_STATUS_ROW
    };
    PyObject *dictionary = PyDict_New();
    for (size_t i = 0; dictionary && i < sizeof rows / sizeof *rows; i++) {
        PyObject *value = PyLong_FromLong(rows[i].value);
        if (!value || PyDict_SetItemString(dictionary, rows[i].name, value) != 0)
            Py_CLEAR(dictionary);
        Py_XDECREF(value);
    }
    return dictionary;
}

/* () -> what the library says of itself and the machine. */
PyObject *native_facts(PyObject *module, PyObject *arguments)
{
    (void)module;
    if (!PyArg_ParseTuple(arguments, ""))
        return NULL;
    PyObject *names = operators(), *values = statuses();
    if (names && values)
        return Py_BuildValue("{s:s,s:s,s:i,s:N,s:N}", "version", cameo_version(), "cpu_tier", cameo_cpu_tier(), "cpu_count", cameo_cpu_count(),
                             "operators", names, "statuses", values);
    Py_XDECREF(names);
    Py_XDECREF(values);
    return NULL;
}

/* () -> [{...}, ...] */
PyObject *native_known_models(PyObject *module, PyObject *arguments)
{
    (void)module;
    if (!PyArg_ParseTuple(arguments, ""))
        return NULL;
    size_t count;
    const cameo_known_model *models = cameo_known_models(&count);
    PyObject *list = PyList_New(0);
    for (size_t i = 0; list && i < count; i++) {
        const cameo_known_model *m = &models[i];
        PyObject *item = Py_BuildValue("{s:s,s:s,s:s,s:s,s:K,s:s,s:s,s:O,s:s,s:s,s:d}", "name", m->name, "pack", m->pack, "role", m->role, "sha256", m->sha256,
                                       "bytes", (unsigned long long)m->bytes, "url", m->url, "license", m->license, "commercial_use",
                                       m->commercial_use ? Py_True : Py_False, "description", m->description, "builtin", m->builtin,
                                       "threshold", m->threshold);
        if (!item || PyList_Append(list, item) != 0)
            Py_CLEAR(list);
        Py_XDECREF(item);
    }
    return list;
}

/* (a [d] float32, b [d] float32) -> cosine */
PyObject *native_similarity(PyObject *module, PyObject *arguments)
{
    (void)module;
    PyObject *first, *second;
    Py_buffer a, b;
    if (!PyArg_ParseTuple(arguments, "OO", &first, &second) || !native_items_get(&a, first, "f", -1, false, "embedding"))
        return NULL;
    PyObject *result = NULL;
    if (native_items_get(&b, second, "f", a.len / a.itemsize, false, "embedding")) {
        result = PyFloat_FromDouble((double)cameo_similarity(a.buf, b.buf, (int)(a.len / a.itemsize)));
        PyBuffer_Release(&b);
    }
    PyBuffer_Release(&a);
    return result;
}
