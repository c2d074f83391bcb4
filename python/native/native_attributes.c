#include "native.h"

#include <math.h>
#include <stdlib.h>

/* rows: [count, 14]: box, landmarks (not finite: none); to be freed. */
cameo_face *native_faces_of(const float *rows, size_t count)
{
    cameo_face *faces = calloc(count + 1, sizeof *faces);
    for (size_t i = 0; faces && i < count; i++, rows += 14) {
        for (int j = 0; j < 4; j++)
            faces[i].box[j] = rows[j];
        faces[i].landmark_count = isfinite(rows[4]) ? 5 : 0;
        for (int j = 0; j < 10; j++)
            faces[i].landmarks[j / 2][j % 2] = rows[4 + j];
    }
    if (!faces)
        PyErr_NoMemory();
    return faces;
}

/* Points as bytes of float32, or None. */
static PyObject *points(const float *values, int count, int axes)
{
    return count ? PyByteArray_FromStringAndSize((const char *)(const void *)values, (Py_ssize_t)count * axes * (Py_ssize_t)sizeof(float)) : Py_BuildValue("");
}

static PyObject *pose_of(const cameo_pose *pose)
{
    return Py_BuildValue("(ddd)", (double)pose->pitch, (double)pose->yaw, (double)pose->roll);
}

static PyObject *quality_of(const cameo_quality *q)
{
    return Py_BuildValue("{s:d,s:d,s:d,s:d,s:d,s:d,s:d,s:d,s:d,s:d,s:d,s:N,s:d}", "overall", (double)q->overall, "size", (double)q->size, "sharpness",
                         (double)q->sharpness, "illumination", (double)q->illumination, "pose", (double)q->pose, "side", (double)q->side, "laplacian",
                         (double)q->laplacian, "brightness", (double)q->brightness, "contrast", (double)q->contrast, "uniformity", (double)q->uniformity,
                         "exposure", (double)q->exposure, "angles", pose_of(&q->angles), "norm", (double)q->norm);
}

static PyObject *attributes_of(const cameo_attributes *a)
{
    return Py_BuildValue("{s:N,s:N,s:N,s:i,s:i,s:d,s:(ddd),s:N}", "landmarks_106", points(a->landmarks_106[0], a->landmark_106_count, 2), "landmarks_68",
                         points(a->landmarks_68[0], a->landmark_68_count, 3), "pose", pose_of(&a->pose), "gender", a->gender, "age", a->age, "real",
                         (double)a->real, "spoof_scores", (double)a->spoof_scores[0], (double)a->spoof_scores[1], (double)a->spoof_scores[2], "quality",
                         quality_of(&a->quality));
}

static PyObject *list_of(const cameo_attributes *attributes, size_t count)
{
    PyObject *list = PyList_New(0);
    for (size_t i = 0; list && i < count; i++) {
        PyObject *item = attributes_of(&attributes[i]);
        if (!item || PyList_Append(list, item) != 0)
            Py_CLEAR(list);
        Py_XDECREF(item);
    }
    return list;
}

/* (session, picture, bgr, faces [n, 14] float32) -> [{...}, ...] */
PyObject *native_session_analyze(PyObject *module, PyObject *arguments)
{
    (void)module;
    PyObject *capsule, *picture, *rows;
    int bgr;
    cameo_session *session;
    Py_buffer items;
    if (!PyArg_ParseTuple(arguments, "OOpO", &capsule, &picture, &bgr, &rows) || !(session = native_handle_get(capsule, NATIVE_SESSION)) ||
        !native_items_get(&items, rows, "f", -1, false, "faces"))
        return NULL;
    size_t count = (size_t)items.len / (14 * sizeof(float));
    cameo_face *faces = native_faces_of(items.buf, count);
    PyBuffer_Release(&items);
    cameo_attributes *attributes = faces ? calloc(count + 1, sizeof *attributes) : NULL;
    PyObject *result = faces && !attributes ? PyErr_NoMemory() : NULL;
    native_pixels pixels;
    if (attributes && native_pixels_get(&pixels, picture, bgr)) {
        cameo_error error;
        cameo_status status;
        Py_BEGIN_ALLOW_THREADS
        status = cameo_analyze(session, &pixels.view, faces, count, NULL, attributes, &error);
        Py_END_ALLOW_THREADS
        native_pixels_release(&pixels);
        result = status == CAMEO_OK ? list_of(attributes, count) : native_raise(&error);
    }
    free(attributes);
    free(faces);
    return result;
}
