#include "native.h"

static PyMethodDef methods[] = {
    {"facts", native_facts, METH_VARARGS, NULL},
    {"known_models", native_known_models, METH_VARARGS, NULL},
    {"similarity", native_similarity, METH_VARARGS, NULL},
    {"image_decode", native_image_decode, METH_VARARGS, NULL},
    {"image_load", native_image_load, METH_VARARGS, NULL},
    {"image_save", native_image_save, METH_VARARGS, NULL},
    {"image_resize", native_image_resize, METH_VARARGS, NULL},
    {"image_warp", native_image_warp, METH_VARARGS, NULL},
    {"image_annotate", native_image_annotate, METH_VARARGS, NULL},
    {"align", native_align, METH_VARARGS, NULL},
    {"network_open", native_network_open, METH_VARARGS, NULL},
    {"network_open_bytes", native_network_open_bytes, METH_VARARGS, NULL},
    {"network_info", native_network_info, METH_VARARGS, NULL},
    {"network_tensors", native_network_tensors, METH_VARARGS, NULL},
    {"network_contract", native_network_contract_of, METH_VARARGS, NULL},
    {"runner_create", native_runner_create, METH_VARARGS, NULL},
    {"runner_memory", native_runner_memory, METH_VARARGS, NULL},
    {"runner_run", native_runner_run, METH_VARARGS, NULL},
    {"runner_plan", native_runner_plan, METH_VARARGS, NULL},
    {"engine_open", native_engine_open, METH_VARARGS, NULL},
    {"engine_facts", native_engine_facts, METH_VARARGS, NULL},
    {"session_create", native_session_create, METH_VARARGS, NULL},
    {"session_detect", native_session_detect, METH_VARARGS, NULL},
    {"session_embed", native_session_embed, METH_VARARGS, NULL},
    {"session_embed_aligned", native_session_embed_aligned, METH_VARARGS, NULL},
    {"session_analyze", native_session_analyze, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static int fill(PyObject *module)
{
    PyObject *type = native_memory_type();
    if (!type)
        return -1;
    int failed = PyObject_SetAttrString(module, "Memory", type);
    Py_DECREF(type);
    return failed;
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, (void *)(uintptr_t)fill},
    {0, NULL},
};

static PyModuleDef definition = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "cameo._native",
    .m_doc = "The functions of cameo.h; for the modules beside this one.",
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC PyInit__native(void); /* called by the interpreter, by this name */

PyMODINIT_FUNC PyInit__native(void)
{
    return PyModuleDef_Init(&definition);
}
