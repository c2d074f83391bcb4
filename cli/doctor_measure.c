#include <stdlib.h>

#include "doctor.h"
#include "progress.h"
#include "report.h"

enum { CHUNK = 32 }; /* crops between two looks at the clock */

cameo_options cm_doctor_options(const cm_doctor *doctor, const cm_doctor_row *row)
{
    cameo_options options = doctor->settings->options;
    options.recognizer_network = doctor->network;
    options.recognizer_contract = doctor->settings->contract;
    options.threads = cm_settings_threads(doctor->settings);
    if (row) {
        options.recognizer_contract.color = row->pixels.color;
        for (int c = 0; c < 3; c++) {
            options.recognizer_contract.mean[c] = row->pixels.mean[c];
            options.recognizer_contract.std[c] = row->pixels.std[c];
        }
    }
    return options;
}

/* vectors: [count, dimension]; room: [CHUNK, size, size, 3] for crops made on the way. */
static cameo_status embed_all(const cm_doctor *doctor, const cm_doctor_row *row, cameo_session *session, uint8_t *room, float *vectors,
                              uint64_t done, cameo_error *error)
{
    const cm_people *people = &doctor->people;
    size_t dimension = (size_t)doctor->contract.dimension, bytes = (size_t)people->size * (size_t)people->size * 3;
    cameo_status status = CAMEO_OK;
    for (size_t i = 0; i < people->count && status == CAMEO_OK; i += CHUNK) {
        cameo_image_view views[CHUNK];
        size_t count = people->count - i < CHUNK ? people->count - i : CHUNK;
        for (size_t k = 0; k < count; k++)
            views[k] = cm_people_crop(people, i + k, row->form, room + k * bytes);
        status = cameo_embed_aligned(session, views, count, vectors + i * dimension, count * dimension, error);
        cm_progress_update(done + i + count);
    }
    return status;
}

static int take_lengths(const cm_doctor *doctor, cm_doctor_row *row, float *vectors)
{
    const cm_people *people = &doctor->people;
    const int dimension = doctor->contract.dimension;
    for (size_t i = 0; i < people->count; i++) {
        float *vector = vectors + i * (size_t)dimension;
        double length = (double)(row->plain ? cameo_embedding_norm(vector, dimension) : cameo_embedding_normalize(vector, dimension));
        row->shortest = i == 0 || length < row->shortest ? length : row->shortest;
        row->longest = length > row->longest ? length : row->longest;
    }
    const cm_labelled set = {.vectors = vectors, .person = people->person, .count = people->count, .dimension = dimension, .people = people->people};
    return cm_separation_measure(&set, &row->result) == 0 ? CM_EXIT_OK : cm_report(CM_EXIT_OTHER, "out of memory for the pairs of %zu pictures", people->count);
}

static int measure_row(const cm_doctor *doctor, cm_doctor_row *row, uint8_t *room, float *vectors, uint64_t done)
{
    const cameo_options options = cm_doctor_options(doctor, row);
    cameo_engine *engine;
    cameo_session *session = NULL;
    cameo_error error;
    cameo_status status = cameo_engine_open(&engine, &options, &error);
    if (status == CAMEO_OK)
        status = cameo_session_create(&session, engine, &error);
    if (status == CAMEO_OK)
        status = embed_all(doctor, row, session, room, vectors, done, &error);
    cameo_session_free(session);
    cameo_engine_free(engine);
    if (status == CAMEO_ERROR_FORMAT) { /* numbers that the network cannot stand: a finding like any other */
        snprintf(row->failure, sizeof row->failure, "%.*s", (int)sizeof row->failure - 1, error.message);
        return CM_EXIT_OK;
    }
    return status == CAMEO_OK ? take_lengths(doctor, row, vectors) : cm_report_error(NULL, &error);
}

int cm_doctor_measure(cm_doctor *doctor, size_t first)
{
    const cm_people *people = &doctor->people;
    uint8_t *room = malloc((size_t)people->size * (size_t)people->size * 3 * CHUNK);
    float *vectors = malloc(people->count * (size_t)doctor->contract.dimension * sizeof *vectors);
    int code = room && vectors ? CM_EXIT_OK : cm_report(CM_EXIT_OTHER, "out of memory for %zu embeddings", people->count);
    cm_progress_start("embed", (doctor->row_count - first) * people->count, CM_PROGRESS_COUNT, 0);
    for (size_t i = first; i < doctor->row_count && code == CM_EXIT_OK; i++)
        code = measure_row(doctor, &doctor->rows[i], room, vectors, (i - first) * people->count);
    cm_progress_stop();
    free(room);
    free(vectors);
    return code;
}
