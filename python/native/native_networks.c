#include "native.h"

#include <stdlib.h>

/* The end of both ways to open a network. */
static PyObject *opened(cameo_status status, cameo_network *network, const cameo_error *error)
{
    return status == CAMEO_OK ? native_handle_new(NATIVE_NETWORK, network, NULL) : native_raise(error);
}

/* (path, options) -> network */
PyObject *native_network_open(PyObject *module, PyObject *arguments)
{
    (void)module;
    const char *path;
    PyObject *dictionary;
    cameo_network_options options;
    if (!PyArg_ParseTuple(arguments, "yO!", &path, &PyDict_Type, &dictionary) || !native_network_options(dictionary, &options))
        return NULL;
    cameo_network *network;
    cameo_error error;
    cameo_status status;
    Py_BEGIN_ALLOW_THREADS
    status = cameo_network_open(&network, path, &options, &error);
    Py_END_ALLOW_THREADS
    return opened(status, network, &error);
}

/* (bytes, name, options) -> network */
PyObject *native_network_open_bytes(PyObject *module, PyObject *arguments)
{
    (void)module;
    const char *name;
    PyObject *dictionary;
    Py_buffer bytes;
    cameo_network_options options;
    if (!PyArg_ParseTuple(arguments, "y*yO!", &bytes, &name, &PyDict_Type, &dictionary))
        return NULL;
    if (!native_network_options(dictionary, &options)) {
        PyBuffer_Release(&bytes);
        return NULL;
    }
    cameo_network *network;
    cameo_error error;
    cameo_status status;
    Py_BEGIN_ALLOW_THREADS
    status = cameo_network_open_bytes(&network, bytes.buf, (size_t)bytes.len, name, &options, &error);
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&bytes);
    return opened(status, network, &error);
}

/* (network) -> {...} */
PyObject *native_network_info(PyObject *module, PyObject *arguments)
{
    (void)module;
    PyObject *capsule;
    cameo_network *network;
    if (!PyArg_ParseTuple(arguments, "O", &capsule) || !(network = native_handle_get(capsule, NATIVE_NETWORK)))
        return NULL;
    cameo_model_info info = cameo_network_info(network);
    return Py_BuildValue("{s:s,s:s,s:s,s:L,s:L,s:K,s:K,s:i}", "path", info.path, "producer", info.producer, "graph_name", info.graph_name, "ir_version",
                         (long long)info.ir_version, "opset", (long long)info.opset, "file_bytes", (unsigned long long)info.file_bytes, "parameters",
                         (unsigned long long)info.parameters, "node_count", info.node_count);
}

/* (name, type, (dim, ...)), open dimensions -1. */
static PyObject *tensor(const cameo_tensor_info *info)
{
    PyObject *dims = PyTuple_New(info->rank);
    for (int i = 0; dims && i < info->rank; i++) {
        PyObject *dim = PyLong_FromLongLong(info->dims[i]);
        if (!dim || PyTuple_SetItem(dims, i, dim) != 0)
            Py_CLEAR(dims);
    }
    return dims ? Py_BuildValue("(ssN)", info->name, info->type, dims) : NULL;
}

/* (network, outputs: bool) -> [(name, type, dims), ...] */
PyObject *native_network_tensors(PyObject *module, PyObject *arguments)
{
    (void)module;
    PyObject *capsule;
    int outputs;
    cameo_network *network;
    if (!PyArg_ParseTuple(arguments, "Op", &capsule, &outputs) || !(network = native_handle_get(capsule, NATIVE_NETWORK)))
        return NULL;
    int count = outputs ? cameo_network_output_count(network) : cameo_network_input_count(network);
    PyObject *list = PyList_New(0);
    for (int i = 0; list && i < count; i++) {
        cameo_tensor_info info = outputs ? cameo_network_output(network, i) : cameo_network_input(network, i);
        PyObject *item = tensor(&info);
        if (!item || PyList_Append(list, item) != 0)
            Py_CLEAR(list);
        Py_XDECREF(item);
    }
    return list;
}

/* (network, overrides) -> contract */
PyObject *native_network_contract_of(PyObject *module, PyObject *arguments)
{
    (void)module;
    PyObject *capsule, *dictionary;
    cameo_network *network;
    cameo_contract_override override;
    if (!PyArg_ParseTuple(arguments, "OO!", &capsule, &PyDict_Type, &dictionary) || !(network = native_handle_get(capsule, NATIVE_NETWORK)) ||
        !native_contract_override(dictionary, &override))
        return NULL;
    cameo_contract contract;
    cameo_error error;
    return cameo_network_contract(network, &override, &contract, &error) == CAMEO_OK ? native_contract(&contract) : native_raise(&error);
}

/* One shape: a tuple of dimensions. */
static bool read_dims(PyObject *shape, int64_t dims[CAMEO_MAX_RANK])
{
    Py_ssize_t rank = PySequence_Size(shape);
    if (rank > CAMEO_MAX_RANK)
        PyErr_Format(PyExc_ValueError, "a tensor of rank %zd, the most is %d", rank, CAMEO_MAX_RANK);
    for (Py_ssize_t i = 0; !PyErr_Occurred() && i < rank; i++) {
        PyObject *dim = PySequence_GetItem(shape, i);
        dims[i] = dim ? PyLong_AsLongLong(dim) : 0;
        Py_XDECREF(dim);
    }
    return !PyErr_Occurred();
}

/* dims of all inputs, to be freed; NULL with an exception. */
static int64_t (*all_dims(const cameo_network *network, PyObject *shapes))[CAMEO_MAX_RANK]
{
    int count = cameo_network_input_count(network);
    if (PyList_Size(shapes) != count) {
        PyErr_Format(PyExc_ValueError, "the network has %d inputs, but %zd shapes were given", count, PyList_Size(shapes));
        return NULL;
    }
    int64_t(*dims)[CAMEO_MAX_RANK] = calloc((size_t)count + 1, sizeof *dims);
    if (!dims)
        PyErr_NoMemory();
    for (int i = 0; dims && i < count; i++) {
        if (!read_dims(PyList_GetItem(shapes, i), dims[i])) {
            free(dims);
            dims = NULL;
        }
    }
    return dims;
}

/* (network, [shape of each input], threads) -> runner */
PyObject *native_runner_create(PyObject *module, PyObject *arguments)
{
    (void)module;
    PyObject *capsule, *shapes;
    int threads;
    cameo_network *network;
    if (!PyArg_ParseTuple(arguments, "OO!i", &capsule, &PyList_Type, &shapes, &threads) || !(network = native_handle_get(capsule, NATIVE_NETWORK)))
        return NULL;
    int64_t(*dims)[CAMEO_MAX_RANK] = all_dims(network, shapes);
    if (!dims)
        return NULL;
    cameo_runner *runner;
    cameo_error error;
    cameo_status status;
    Py_BEGIN_ALLOW_THREADS
    status = cameo_runner_create(&runner, network, (const int64_t(*)[CAMEO_MAX_RANK])dims, threads, &error);
    Py_END_ALLOW_THREADS
    free(dims);
    return status == CAMEO_OK ? native_handle_new(NATIVE_RUNNER, runner, capsule) : native_raise(&error);
}

/* (runner, index, output: bool) -> Memory float32: where an input is to be written, or an output stands until the next run. */
PyObject *native_runner_memory(PyObject *module, PyObject *arguments)
{
    PyObject *capsule;
    int index, output;
    cameo_runner *runner;
    if (!PyArg_ParseTuple(arguments, "Oip", &capsule, &index, &output) || !(runner = native_handle_get(capsule, NATIVE_RUNNER)))
        return NULL;
    cameo_tensor_info info;
    const float *data = output ? cameo_runner_output(runner, index, &info) : cameo_runner_input(runner, index, &info);
    if (!data)
        return PyErr_Format(PyExc_IndexError, "there is no tensor %d", index);
    return native_memory_new(module, capsule, (void *)(uintptr_t)data, "f", info.rank, info.dims, !output);
}

/* (runner) */
PyObject *native_runner_run(PyObject *module, PyObject *arguments)
{
    (void)module;
    PyObject *capsule;
    cameo_runner *runner;
    if (!PyArg_ParseTuple(arguments, "O", &capsule) || !(runner = native_handle_get(capsule, NATIVE_RUNNER)))
        return NULL;
    cameo_error error;
    cameo_status status;
    Py_BEGIN_ALLOW_THREADS
    status = cameo_runner_run(runner, &error);
    Py_END_ALLOW_THREADS
    if (status != CAMEO_OK)
        return native_raise(&error);
    Py_RETURN_NONE;
}

/* (runner) -> {...} */
PyObject *native_runner_plan(PyObject *module, PyObject *arguments)
{
    (void)module;
    PyObject *capsule;
    cameo_runner *runner;
    if (!PyArg_ParseTuple(arguments, "O", &capsule) || !(runner = native_handle_get(capsule, NATIVE_RUNNER)))
        return NULL;
    cameo_plan_info plan = cameo_runner_plan(runner);
    return Py_BuildValue("{s:K,s:K,s:K,s:K}", "macs", (unsigned long long)plan.macs, "arena_bytes", (unsigned long long)plan.arena_bytes,
                         "weight_bytes", (unsigned long long)plan.weight_bytes, "cached_weight_bytes", (unsigned long long)plan.cached_weight_bytes);
}
