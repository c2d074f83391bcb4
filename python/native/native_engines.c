#include "native.h"

#include <math.h>
#include <stdlib.h>

enum { USUAL_FACES = 256, FACE_FLOATS = 15 };

/* (options) -> engine */
PyObject *native_engine_open(PyObject *module, PyObject *arguments)
{
    (void)module;
    PyObject *dictionary;
    cameo_options options;
    if (!PyArg_ParseTuple(arguments, "O!", &PyDict_Type, &dictionary) || !native_engine_options(dictionary, &options))
        return NULL;
    cameo_engine *engine;
    cameo_error error;
    cameo_status status;
    Py_BEGIN_ALLOW_THREADS
    status = cameo_engine_open(&engine, &options, &error);
    Py_END_ALLOW_THREADS
    return status == CAMEO_OK ? native_handle_new(NATIVE_ENGINE, engine, NULL) : native_raise(&error);
}

/* A contract, or None where there is no network. */
static PyObject *contract_of(const cameo_network *network, cameo_contract contract)
{
    return network ? native_contract(&contract) : Py_BuildValue("");
}

/* (engine) -> (recognizer's contract or None, detector's contract or None, dimension) */
PyObject *native_engine_facts(PyObject *module, PyObject *arguments)
{
    (void)module;
    PyObject *capsule;
    cameo_engine *engine;
    if (!PyArg_ParseTuple(arguments, "O", &capsule) || !(engine = native_handle_get(capsule, NATIVE_ENGINE)))
        return NULL;
    PyObject *recognizer = contract_of(cameo_engine_recognizer(engine), cameo_engine_recognizer_contract(engine));
    PyObject *detector = contract_of(cameo_engine_detector(engine), cameo_engine_detector_contract(engine));
    if (recognizer && detector)
        return Py_BuildValue("(NNi)", recognizer, detector, cameo_engine_dimension(engine));
    Py_XDECREF(recognizer);
    Py_XDECREF(detector);
    return NULL;
}

/* (engine) -> session */
PyObject *native_session_create(PyObject *module, PyObject *arguments)
{
    (void)module;
    PyObject *capsule;
    cameo_engine *engine;
    if (!PyArg_ParseTuple(arguments, "O", &capsule) || !(engine = native_handle_get(capsule, NATIVE_ENGINE)))
        return NULL;
    cameo_session *session;
    cameo_error error;
    cameo_status status;
    Py_BEGIN_ALLOW_THREADS
    status = cameo_session_create(&session, engine, &error);
    Py_END_ALLOW_THREADS
    return status == CAMEO_OK ? native_handle_new(NATIVE_SESSION, session, capsule) : native_raise(&error);
}

/* Rows of box, score, landmarks (NaN where there are none), as bytes of float32. */
static PyObject *face_rows(const cameo_face *faces, size_t count)
{
    PyObject *bytes = PyByteArray_FromStringAndSize(NULL, (Py_ssize_t)(count * FACE_FLOATS * sizeof(float)));
    if (!bytes)
        return NULL;
    float *row = (float *)(void *)PyByteArray_AsString(bytes);
    for (size_t i = 0; i < count; i++, row += FACE_FLOATS) {
        for (int j = 0; j < 4; j++)
            row[j] = faces[i].box[j];
        row[4] = faces[i].score;
        for (int j = 0; j < 10; j++)
            row[5 + j] = faces[i].landmark_count == 5 ? faces[i].landmarks[j / 2][j % 2] : NAN;
    }
    return bytes;
}

/* *faces: to be freed, also on failure. */
static cameo_status detect_all(cameo_session *session, const cameo_image_view *view, cameo_face **faces, size_t *count, cameo_error *error)
{
    size_t capacity = USUAL_FACES;
    cameo_status status = CAMEO_ERROR_CAPACITY;
    *faces = NULL;
    for (int round = 0; round < 2 && status == CAMEO_ERROR_CAPACITY; round++) {
        free(*faces);
        *faces = malloc(capacity * sizeof **faces);
        if (!*faces) {
            *error = (cameo_error){.status = CAMEO_ERROR_MEMORY, .message = "out of memory for faces"};
            return CAMEO_ERROR_MEMORY;
        }
        status = cameo_detect(session, view, *faces, capacity, count, error);
        capacity = *count + 1;
    }
    return status;
}

/* (session, picture, bgr) -> float32 rows [n, 15] as bytes: box, score, landmarks. */
PyObject *native_session_detect(PyObject *module, PyObject *arguments)
{
    (void)module;
    PyObject *capsule, *picture;
    int bgr;
    cameo_session *session;
    native_pixels pixels;
    if (!PyArg_ParseTuple(arguments, "OOp", &capsule, &picture, &bgr) || !(session = native_handle_get(capsule, NATIVE_SESSION)) ||
        !native_pixels_get(&pixels, picture, bgr))
        return NULL;
    cameo_face *faces;
    size_t count = 0;
    cameo_error error;
    cameo_status status;
    Py_BEGIN_ALLOW_THREADS
    status = detect_all(session, &pixels.view, &faces, &count, &error);
    Py_END_ALLOW_THREADS
    native_pixels_release(&pixels);
    PyObject *result = status == CAMEO_OK ? face_rows(faces, count) : native_raise(&error);
    free(faces);
    return result;
}

/* points: [count, 10] */
static cameo_face *faces_at(const float *points, size_t count)
{
    cameo_face *faces = calloc(count + 1, sizeof *faces);
    for (size_t i = 0; faces && i < count; i++, points += 10) {
        faces[i].landmark_count = 5;
        for (int j = 0; j < 10; j++)
            faces[i].landmarks[j / 2][j % 2] = points[j];
    }
    return faces;
}

/* (session, picture, bgr, landmarks [n, 5, 2] float32, embeddings [n, d] float32): fills embeddings. */
PyObject *native_session_embed(PyObject *module, PyObject *arguments)
{
    (void)module;
    PyObject *capsule, *picture, *landmarks, *embeddings;
    int bgr;
    cameo_session *session;
    Py_buffer points, rows;
    if (!PyArg_ParseTuple(arguments, "OOpOO", &capsule, &picture, &bgr, &landmarks, &embeddings) ||
        !(session = native_handle_get(capsule, NATIVE_SESSION)) || !native_items_get(&points, landmarks, "f", -1, false, "landmarks"))
        return NULL;
    if (!native_items_get(&rows, embeddings, "f", -1, true, "embeddings")) {
        PyBuffer_Release(&points);
        return NULL;
    }
    size_t count = (size_t)points.len / (10 * sizeof(float));
    cameo_face *faces = faces_at(points.buf, count);
    PyObject *result = faces ? NULL : PyErr_NoMemory();
    native_pixels pixels;
    if (faces && native_pixels_get(&pixels, picture, bgr)) {
        cameo_error error;
        cameo_status status;
        Py_BEGIN_ALLOW_THREADS
        status = cameo_embed(session, &pixels.view, faces, count, rows.buf, (size_t)rows.len / sizeof(float), &error);
        Py_END_ALLOW_THREADS
        native_pixels_release(&pixels);
        result = status == CAMEO_OK ? Py_BuildValue("") : native_raise(&error);
    }
    free(faces);
    PyBuffer_Release(&rows);
    PyBuffer_Release(&points);
    return result;
}

/* What a call borrows: the pixels of a list of pictures. */
typedef struct borrowed {
    native_pixels *pixels;
    cameo_image_view *views;
    Py_ssize_t count;
} borrowed;

static void give_back(borrowed *b)
{
    for (Py_ssize_t i = 0; i < b->count; i++)
        native_pixels_release(&b->pixels[i]);
    free(b->pixels);
    free(b->views);
}

static bool borrow(borrowed *b, PyObject *list, bool bgr)
{
    Py_ssize_t size = PyList_Size(list);
    *b = (borrowed){.pixels = calloc((size_t)size + 1, sizeof *b->pixels), .views = calloc((size_t)size + 1, sizeof *b->views)};
    bool fine = b->pixels && b->views;
    if (!fine)
        PyErr_NoMemory();
    while (fine && b->count < size) {
        fine = native_pixels_get(&b->pixels[b->count], PyList_GetItem(list, b->count), bgr);
        if (fine) {
            b->views[b->count] = b->pixels[b->count].view;
            b->count++;
        }
    }
    if (!fine)
        give_back(b);
    return fine;
}

/* (session, [crop, ...], bgr, embeddings [n, d] float32): fills embeddings. */
PyObject *native_session_embed_aligned(PyObject *module, PyObject *arguments)
{
    (void)module;
    PyObject *capsule, *list, *embeddings;
    int bgr;
    cameo_session *session;
    Py_buffer rows;
    borrowed crops;
    if (!PyArg_ParseTuple(arguments, "OO!pO", &capsule, &PyList_Type, &list, &bgr, &embeddings) ||
        !(session = native_handle_get(capsule, NATIVE_SESSION)) || !native_items_get(&rows, embeddings, "f", -1, true, "embeddings"))
        return NULL;
    PyObject *result = NULL;
    if (borrow(&crops, list, bgr)) {
        cameo_error error;
        cameo_status status;
        Py_BEGIN_ALLOW_THREADS
        status = cameo_embed_aligned(session, crops.views, (size_t)crops.count, rows.buf, (size_t)rows.len / sizeof(float), &error);
        Py_END_ALLOW_THREADS
        give_back(&crops);
        result = status == CAMEO_OK ? Py_BuildValue("") : native_raise(&error);
    }
    PyBuffer_Release(&rows);
    return result;
}
