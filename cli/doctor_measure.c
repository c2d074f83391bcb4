#include <stdlib.h>

#include "doctor.h"
#include "progress.h"
#include "report.h"

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
    const cm_people_walk walk = {.count = doctor->people.count, .form = row->form, .room = room, .look = cm_progress_update, .before = done};
    cameo_error error;
    const cameo_status status = cm_people_embed(&doctor->people, &options, &walk, vectors, &error);
    if (status == CAMEO_ERROR_FORMAT) { /* numbers that the network cannot stand: a finding like any other */
        snprintf(row->failure, sizeof row->failure, "%.*s", (int)sizeof row->failure - 1, error.message);
        return CM_EXIT_OK;
    }
    return status == CAMEO_OK ? take_lengths(doctor, row, vectors) : cm_report_error(NULL, &error);
}

int cm_doctor_measure(cm_doctor *doctor, size_t first)
{
    const cm_people *people = &doctor->people;
    uint8_t *room = malloc((size_t)people->size * (size_t)people->size * 3 * CM_PEOPLE_CHUNK);
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
