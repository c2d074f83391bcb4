#include "native.h"

#include <stddef.h>
#include <string.h>

_Static_assert(sizeof(cameo_face_rank) == sizeof(int) && sizeof(cameo_memory) == sizeof(int) && sizeof(cameo_precision) == sizeof(int) &&
                   sizeof(cameo_color) == sizeof(int),
               "words are stored as ints");

/* Options as rows of a table: where each lies in its structure, and how its value is read. */
typedef enum field_kind { FIELD_INT, FIELD_UINT64, FIELD_FLOAT, FIELD_FLOAT3, FIELD_TEXT, FIELD_WORD } field_kind;

typedef struct field {
    const char *name;
    field_kind kind;
    size_t offset;
    const char *const *words; /* of a FIELD_WORD: the value is the place in this list */
} field;

static const char *const ranks[] = {
    [CAMEO_RANK_SCORE] = "score", [CAMEO_RANK_LARGEST] = "largest", [CAMEO_RANK_CENTRAL] = "central", [CAMEO_RANK_CENTER_ONLY] = "center_only", NULL};
static const char *const precisions[] = {[CAMEO_PRECISION_FP32] = "fp32", [CAMEO_PRECISION_BF16] = "bf16", NULL};
static const char *const memories[] = {[CAMEO_MEMORY_FAST] = "fast", [CAMEO_MEMORY_COMPACT] = "compact", NULL};
static const char *const colors[] = {[CAMEO_COLOR_AUTO] = "auto", [CAMEO_COLOR_RGB] = "rgb", [CAMEO_COLOR_BGR] = "bgr", NULL};

static const field engine_fields[] = {
    {"recognizer", FIELD_TEXT, offsetof(cameo_options, recognizer), NULL},
    {"detector", FIELD_TEXT, offsetof(cameo_options, detector), NULL},
    {"landmarks_106", FIELD_TEXT, offsetof(cameo_options, landmarks_106), NULL},
    {"landmarks_68", FIELD_TEXT, offsetof(cameo_options, landmarks_68), NULL},
    {"gender_age", FIELD_TEXT, offsetof(cameo_options, gender_age), NULL},
    {"detection_threshold", FIELD_FLOAT, offsetof(cameo_options, detection_threshold), NULL},
    {"nms_threshold", FIELD_FLOAT, offsetof(cameo_options, nms_threshold), NULL},
    {"max_faces", FIELD_INT, offsetof(cameo_options, max_faces), NULL},
    {"rank", FIELD_WORD, offsetof(cameo_options, rank), ranks},
    {"mirror", FIELD_INT, offsetof(cameo_options, mirror), NULL},
    {"threads", FIELD_INT, offsetof(cameo_options, threads), NULL},
    {NULL, FIELD_INT, 0, NULL},
};

static const field network_fields[] = {
    {"cpu", FIELD_TEXT, offsetof(cameo_network_options, cpu), NULL},
    {"precision", FIELD_WORD, offsetof(cameo_network_options, precision), precisions},
    {"memory", FIELD_WORD, offsetof(cameo_network_options, memory), memories},
    {"cache_folder", FIELD_TEXT, offsetof(cameo_network_options, cache_folder), NULL},
    {"max_file_bytes", FIELD_UINT64, offsetof(cameo_network_options, limits.max_file_bytes), NULL},
    {"max_memory_bytes", FIELD_UINT64, offsetof(cameo_network_options, limits.max_memory_bytes), NULL},
    {"max_macs", FIELD_UINT64, offsetof(cameo_network_options, limits.max_macs), NULL},
    {"max_nodes", FIELD_INT, offsetof(cameo_network_options, limits.max_nodes), NULL},
    {NULL, FIELD_INT, 0, NULL},
};

static const field contract_fields[] = {
    {"color", FIELD_WORD, offsetof(cameo_contract_override, color), colors},
    {"mean", FIELD_FLOAT3, offsetof(cameo_contract_override, mean), NULL},
    {"std", FIELD_FLOAT3, offsetof(cameo_contract_override, std), NULL},
    {"input_width", FIELD_INT, offsetof(cameo_contract_override, input_width), NULL},
    {"input_height", FIELD_INT, offsetof(cameo_contract_override, input_height), NULL},
    {"output_name", FIELD_TEXT, offsetof(cameo_contract_override, output_name), NULL},
    {NULL, FIELD_INT, 0, NULL},
};

/* The text of a bytes object, which Python makes of strings and paths; NULL with TypeError. */
static const char *text_of(const field *f, PyObject *value)
{
    if (PyBytes_Check(value))
        return PyBytes_AsString(value);
    PyErr_Format(PyExc_TypeError, "%s must be a string", f->name);
    return NULL;
}

static bool set_word(const field *f, PyObject *value, void *place)
{
    const char *word = text_of(f, value);
    if (!word)
        return false;
    for (int i = 0; f->words[i]; i++) {
        if (strcmp(f->words[i], word) == 0) {
            memcpy(place, &i, sizeof i);
            return true;
        }
    }
    PyErr_Format(PyExc_ValueError, "%s '%s' is unknown; it may be '%s', '%s', ...", f->name, word, f->words[0], f->words[1]);
    return false;
}

static bool set_floats(PyObject *value, float *place, Py_ssize_t count)
{
    PyObject *numbers = PySequence_Tuple(value);
    bool fine = numbers && PyTuple_Size(numbers) == count;
    if (numbers && !fine)
        PyErr_Format(PyExc_ValueError, "%zd numbers are needed, there are %zd", count, PyTuple_Size(numbers));
    for (Py_ssize_t i = 0; fine && i < count; i++) {
        place[i] = (float)PyFloat_AsDouble(PyTuple_GetItem(numbers, i));
        fine = !PyErr_Occurred();
    }
    Py_XDECREF(numbers);
    return fine;
}

static bool set_int(const field *f, PyObject *value, int *place)
{
    long number = PyLong_AsLong(value);
    if (number == -1 && PyErr_Occurred())
        return false;
    if (number < INT32_MIN || number > INT32_MAX) {
        PyErr_Format(PyExc_ValueError, "%s %ld is out of range", f->name, number);
        return false;
    }
    *place = (int)number;
    return true;
}

/* A field's place, as the pointers below want it: every structure begins and lies as its own type does. */
static bool set_field(const field *f, PyObject *value, char *base)
{
    void *place = base + f->offset;
    switch (f->kind) {
    case FIELD_INT: return set_int(f, value, place);
    case FIELD_FLOAT: *(float *)place = (float)PyFloat_AsDouble(value); break;
    case FIELD_FLOAT3: return set_floats(value, place, 3);
    case FIELD_UINT64: *(uint64_t *)place = PyLong_AsUnsignedLongLong(value); break;
    case FIELD_WORD: return set_word(f, value, place);
    case FIELD_TEXT: *(const char **)place = text_of(f, value); break;
    }
    return !PyErr_Occurred();
}

/* 1: the name is in the table and its value was set; 0: it is not there; -1: an exception. */
static int try_fields(const field *fields, const char *name, PyObject *value, void *base)
{
    for (const field *f = fields; f->name; f++)
        if (strcmp(f->name, name) == 0)
            return set_field(f, value, base) ? 1 : -1;
    return 0;
}

/* [(width, height), ...] */
static bool set_sizes(PyObject *value, cameo_options *options)
{
    Py_ssize_t count = PySequence_Size(value);
    if (count < 1 || count > CAMEO_MAX_DETECTION_SIZES) {
        if (!PyErr_Occurred())
            PyErr_Format(PyExc_ValueError, "%zd detection sizes were given, there may be 1 to %d", count, CAMEO_MAX_DETECTION_SIZES);
        return false;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *pair = PySequence_GetItem(value, i);
        int *size = options->detection_sizes[i];
        bool fine = pair && PyArg_ParseTuple(pair, "ii;a detection size is (width, height)", &size[0], &size[1]);
        Py_XDECREF(pair);
        if (!fine)
            return false;
    }
    options->detection_size_count = (int)count;
    return true;
}

/* [(path, scale), ...] */
static bool set_antispoof(PyObject *value, cameo_options *options)
{
    Py_ssize_t count = PySequence_Size(value);
    if (count < 0 || count > CAMEO_MAX_ANTISPOOF) {
        if (!PyErr_Occurred())
            PyErr_Format(PyExc_ValueError, "%zd anti-spoofing networks were given, there may be %d", count, CAMEO_MAX_ANTISPOOF);
        return false;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *pair = PySequence_GetItem(value, i);
        cameo_antispoof *network = &options->antispoof[i];
        bool fine = pair && PyArg_ParseTuple(pair, "yd;an anti-spoofing network is (path, scale)", &network->path, &network->scale);
        Py_XDECREF(pair);
        if (!fine)
            return false;
    }
    options->antispoof_count = (int)count;
    return true;
}

/* Bytes of float32 [68, 3]. */
static bool set_mean_shape(PyObject *value, cameo_options *options)
{
    if (!PyBytes_Check(value) || PyBytes_Size(value) != (Py_ssize_t)(CAMEO_LANDMARKS_68 * 3 * sizeof(float))) {
        PyErr_SetString(PyExc_ValueError, "mean_shape must be float32 of shape (68, 3)");
        return false;
    }
    options->mean_shape = (const float(*)[3])(const void *)PyBytes_AsString(value);
    return true;
}

static int try_engine(const char *name, PyObject *value, cameo_options *options)
{
    static const char recognizer[] = "recognizer_", detector[] = "detector_";
    if (strcmp(name, "detection_sizes") == 0)
        return set_sizes(value, options) ? 1 : -1;
    if (strcmp(name, "antispoof") == 0)
        return set_antispoof(value, options) ? 1 : -1;
    if (strcmp(name, "mean_shape") == 0)
        return set_mean_shape(value, options) ? 1 : -1;
    if (strncmp(name, recognizer, sizeof recognizer - 1) == 0)
        return try_fields(contract_fields, name + sizeof recognizer - 1, value, &options->recognizer_contract);
    if (strncmp(name, detector, sizeof detector - 1) == 0)
        return try_fields(contract_fields, name + sizeof detector - 1, value, &options->detector_contract);
    int known = try_fields(engine_fields, name, value, options);
    return known ? known : try_fields(network_fields, name, value, &options->network);
}

typedef int try_option(const char *name, PyObject *value, void *options);

static bool take_all(PyObject *dictionary, try_option *take, void *options)
{
    PyObject *key, *value;
    Py_ssize_t position = 0;
    while (PyDict_Next(dictionary, &position, &key, &value)) {
        PyObject *ascii = PyUnicode_AsASCIIString(key);
        const char *name = ascii ? PyBytes_AsString(ascii) : NULL;
        int known = name ? take(name, value, options) : -1;
        if (known == 0)
            PyErr_Format(PyExc_TypeError, "there is no option '%s'", name);
        Py_XDECREF(ascii);
        if (known != 1)
            return false;
    }
    return true;
}

static int take_engine(const char *name, PyObject *value, void *options)
{
    return try_engine(name, value, options);
}

static int take_network(const char *name, PyObject *value, void *options)
{
    return try_fields(network_fields, name, value, options);
}

static int take_contract(const char *name, PyObject *value, void *override)
{
    return try_fields(contract_fields, name, value, override);
}

bool native_engine_options(PyObject *dictionary, cameo_options *options)
{
    cameo_options_default(options);
    return take_all(dictionary, take_engine, options);
}

bool native_network_options(PyObject *dictionary, cameo_network_options *options)
{
    cameo_network_options_default(options);
    return take_all(dictionary, take_network, options);
}

bool native_contract_override(PyObject *dictionary, cameo_contract_override *override)
{
    cameo_options defaults;
    cameo_options_default(&defaults);
    *override = defaults.recognizer_contract;
    return take_all(dictionary, take_contract, override);
}

static const char *task_name(cameo_task task)
{
    static const char *const names[] = {
        [CAMEO_TASK_UNKNOWN] = "unknown",       [CAMEO_TASK_RECOGNITION] = "recognition", [CAMEO_TASK_DETECTION] = "detection",
        [CAMEO_TASK_LANDMARKS] = "landmarks",   [CAMEO_TASK_GENDER_AGE] = "genderage",    [CAMEO_TASK_ANTI_SPOOFING] = "antispoofing",
    };
    return (size_t)task < sizeof names / sizeof *names ? names[task] : names[CAMEO_TASK_UNKNOWN];
}

PyObject *native_contract(const cameo_contract *contract)
{
    const float *mean = contract->mean, *std = contract->std;
    return Py_BuildValue("{s:s,s:s,s:i,s:i,s:s,s:(ddd),s:(ddd),s:s,s:i,s:i}", "task", task_name(contract->task), "family", contract->family, "width",
                         contract->width, "height", contract->height, "color", colors[contract->color], "mean", (double)mean[0], (double)mean[1],
                         (double)mean[2], "std", (double)std[0], (double)std[1], (double)std[2], "output_name", contract->output_name,
                         "output_index", contract->output_index, "dimension", contract->dimension);
}
