#include "native.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct handle {
    const char *kind;
    void *pointer;
    PyObject *parent;
    pid_t made_by;
} handle;

static void release_network(void *pointer)
{
    cameo_network_free(pointer);
}

static void release_runner(void *pointer)
{
    cameo_runner_free(pointer);
}

static void release_engine(void *pointer)
{
    cameo_engine_free(pointer);
}

static void release_session(void *pointer)
{
    cameo_session_free(pointer);
}

static void release_image(void *pointer)
{
    cameo_image_free(pointer);
}

static const struct kind {
    const char *name;
    void (*release)(void *pointer);
    bool has_threads;
} kinds[] = {
    {NATIVE_NETWORK, release_network, false}, {NATIVE_RUNNER, release_runner, true}, {NATIVE_ENGINE, release_engine, false},
    {NATIVE_SESSION, release_session, true},  {NATIVE_IMAGE, release_image, false},
};

static void release(const char *name, void *pointer, pid_t made_by)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(kinds[i].name, name) != 0)
            continue;
        if (!kinds[i].has_threads || made_by == getpid())
            kinds[i].release(pointer);
    }
}

static void destroy(PyObject *capsule)
{
    handle *h = PyCapsule_GetPointer(capsule, PyCapsule_GetName(capsule));
    release(h->kind, h->pointer, h->made_by);
    Py_XDECREF(h->parent);
    free(h);
}

PyObject *native_handle_new(const char *kind, void *pointer, PyObject *parent)
{
    handle *h = malloc(sizeof *h);
    PyObject *capsule = NULL;
    if (h) {
        *h = (handle){.kind = kind, .pointer = pointer, .parent = parent, .made_by = getpid()};
        capsule = PyCapsule_New(h, kind, destroy);
    } else {
        PyErr_NoMemory();
    }
    if (capsule) {
        Py_XINCREF(parent);
        return capsule;
    }
    release(kind, pointer, getpid());
    free(h);
    return NULL;
}

void *native_handle_get(PyObject *capsule, const char *kind)
{
    if (!PyCapsule_IsValid(capsule, kind)) {
        PyErr_Format(PyExc_TypeError, "a handle of kind %s is needed", kind);
        return NULL;
    }
    handle *h = PyCapsule_GetPointer(capsule, kind);
    return h ? h->pointer : NULL;
}
