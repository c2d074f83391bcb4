#include "pipeline.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "interrupt.h"
#include "progress.h"
#include "report.h"

enum {
    BATCH = 8,         /* crops that go through the network together: the last layer's weights are read once for all of them */
    MOST_WORKERS = 32, /* each has the memory of a session */
    FIRST_FACES = 1024 /* where a picture shows more, it is searched twice */
};

/* One picture on its way. */
typedef struct item {
    cm_input input;
    cameo_image *image;
    cameo_face *faces;
    size_t face_count, face_capacity;
    float *embeddings;
    cameo_attributes *attributes;
    cameo_error error; /* status CAMEO_OK: it went well */
} item;

typedef struct shared {
    const cm_pipeline *pipeline;
    const cameo_engine *engine;
    int dimension;
    const char *model; /* the recognizer's name */
    cameo_image_limits limits;   /* of a picture, and its threads: as many as a session has */
    pthread_mutex_t input_lock;  /* the inputs and `handed_out` */
    uint64_t handed_out;         /* batches so far */
    pthread_mutex_t output_lock; /* all below */
    pthread_cond_t turn;
    uint64_t finished; /* batches whose results are out */
    uint64_t pictures;
    int code;
    int stop;
} shared;

typedef struct worker {
    shared *common;
    cameo_session *session;
    pthread_t thread;
} worker;

static cameo_status out_of_memory(cameo_error *error)
{
    error->status = CAMEO_ERROR_MEMORY;
    error->message[0] = '\0';
    return CAMEO_ERROR_MEMORY;
}

static cameo_status grow_faces(item *it, size_t capacity)
{
    cameo_face *faces = realloc(it->faces, capacity * sizeof *faces);
    if (!faces)
        return out_of_memory(&it->error);
    it->faces = faces;
    it->face_capacity = capacity;
    return CAMEO_OK;
}

static cameo_status detect(cameo_session *session, item *it)
{
    cameo_image_view view = cameo_image_pixels(it->image);
    cameo_status status = grow_faces(it, FIRST_FACES);
    if (status != CAMEO_OK)
        return status;
    status = cameo_detect(session, &view, it->faces, it->face_capacity, &it->face_count, &it->error);
    if (status == CAMEO_ERROR_CAPACITY) {
        it->error = (cameo_error){0}; /* only this attempt failed, not the picture */
        status = grow_faces(it, it->face_count);
        if (status == CAMEO_OK)
            status = cameo_detect(session, &view, it->faces, it->face_capacity, &it->face_count, &it->error);
    }
    return status;
}

static cameo_status embed(cameo_session *session, item *it, int dimension)
{
    size_t room = it->face_count * (size_t)dimension;
    if (room == 0)
        return CAMEO_OK;
    it->embeddings = malloc(room * sizeof *it->embeddings);
    if (!it->embeddings)
        return out_of_memory(&it->error);
    cameo_image_view view = cameo_image_pixels(it->image);
    return cameo_embed(session, &view, it->faces, it->face_count, it->embeddings, room, &it->error);
}

static cameo_status analyze(cameo_session *session, item *it)
{
    if (it->face_count == 0)
        return CAMEO_OK;
    it->attributes = malloc(it->face_count * sizeof *it->attributes);
    if (!it->attributes)
        return out_of_memory(&it->error);
    cameo_image_view view = cameo_image_pixels(it->image);
    return cameo_analyze(session, &view, it->faces, it->face_count, it->embeddings, it->attributes, &it->error);
}

/* The one face of a picture whose landmarks are known. */
static cameo_status take_landmarks(item *it, const float landmarks[5][2])
{
    cameo_status status = grow_faces(it, 1);
    if (status == CAMEO_OK) {
        it->faces[0] = (cameo_face){.landmark_count = 5};
        memcpy(it->faces[0].landmarks, landmarks, sizeof it->faces[0].landmarks);
        it->face_count = 1;
    }
    return status;
}

static cameo_status load(const shared *common, item *it)
{
    const cm_pipeline *pipeline = common->pipeline;
    if (pipeline->load)
        return pipeline->load(&it->image, it->input.path, it->input.number, &common->limits, pipeline->context, &it->error);
    return cameo_image_load(&it->image, it->input.path, &common->limits, &it->error);
}

static void fail(item *it, cameo_status status)
{
    if (it->error.status == CAMEO_OK)
        it->error.status = status;
}

static void process_picture(const worker *self, item *it)
{
    const cm_pipeline *pipeline = self->common->pipeline;
    cameo_status status = load(self->common, it);
    if (status == CAMEO_OK && pipeline->landmarks)
        status = take_landmarks(it, pipeline->landmarks[it->input.number]);
    else if (status == CAMEO_OK && pipeline->detect)
        status = detect(self->session, it);
    if (status == CAMEO_OK && pipeline->embed)
        status = embed(self->session, it, self->common->dimension);
    if (status == CAMEO_OK && pipeline->analyze)
        status = analyze(self->session, it);
    if (status != CAMEO_OK)
        fail(it, status);
}

/* A crop's only face: all of it. */
static cameo_status whole_crop(item *it)
{
    cameo_image_view view = cameo_image_pixels(it->image);
    cameo_status status = grow_faces(it, 1);
    if (status == CAMEO_OK) {
        it->faces[0] = (cameo_face){.box = {0, 0, (float)view.width, (float)view.height}};
        it->face_count = 1;
    }
    return status;
}

/* Crops are embedded all together. */
static void process_crops(const worker *self, item *items, size_t count)
{
    cameo_image_view views[BATCH];
    item *good[BATCH];
    size_t used = 0, dimension = (size_t)self->common->dimension;
    for (size_t i = 0; i < count; i++) {
        cameo_status status = load(self->common, &items[i]);
        if (status == CAMEO_OK)
            status = whole_crop(&items[i]);
        if (status == CAMEO_OK && !(items[i].embeddings = malloc(dimension * sizeof(float))))
            status = out_of_memory(&items[i].error);
        if (status != CAMEO_OK) {
            fail(&items[i], status);
            continue;
        }
        views[used] = cameo_image_pixels(items[i].image);
        good[used++] = &items[i];
    }
    float *rows = used ? malloc(used * dimension * sizeof *rows) : NULL;
    cameo_error error = {.status = CAMEO_OK};
    cameo_status status = CAMEO_OK;
    if (used)
        status = rows ? cameo_embed_aligned(self->session, views, used, rows, used * dimension, &error) : out_of_memory(&error);
    for (size_t i = 0; i < used; i++) {
        if (status == CAMEO_OK)
            memcpy(good[i]->embeddings, rows + i * dimension, dimension * sizeof *rows);
        else
            good[i]->error = error;
    }
    free(rows);
}

static int take_item(shared *common, const item *it)
{
    if (it->error.status != CAMEO_OK) {
        int code = cm_report_error(it->input.path, &it->error);
        return code == CM_EXIT_USAGE ? CM_EXIT_INPUT : code; /* the command line was right, the picture does not suit it */
    }
    cameo_image_view view = cameo_image_pixels(it->image);
    const cm_pipeline *pipeline = common->pipeline;
    cm_result result = {.path = it->input.path, .relative = it->input.path + it->input.relative, .number = it->input.number, .width = view.width,
                        .height = view.height, .image = pipeline->keep_pictures ? it->image : NULL, .faces = it->faces, .face_count = it->face_count,
                        .embeddings = it->embeddings, .dimension = common->dimension, .attributes = it->attributes};
    result.model = common->model;
    return pipeline->take(&result, pipeline->context);
}

/* Waits for its turn, then hands the results out. Returns 0 when the work is to stop. */
static int hand_out(shared *common, uint64_t number, const item *items, size_t count)
{
    pthread_mutex_lock(&common->output_lock);
    while (common->finished != number)
        pthread_cond_wait(&common->turn, &common->output_lock);
    for (size_t i = 0; i < count && !common->stop; i++) {
        int code = take_item(common, &items[i]);
        common->code = cm_report_worse(common->code, code);
        /* A picture that failed is skipped; a result that cannot be written ends everything. */
        if (items[i].error.status == CAMEO_OK && (code == CM_EXIT_OTHER || code == CM_EXIT_USAGE))
            common->stop = 1;
        cm_progress_update(++common->pictures);
    }
    common->finished++;
    int more = !common->stop;
    pthread_cond_broadcast(&common->turn);
    pthread_mutex_unlock(&common->output_lock);
    return more;
}

static size_t next_batch(shared *common, item *items, uint64_t *number)
{
    const cm_pipeline *pipeline = common->pipeline;
    cm_inputs *inputs = pipeline->inputs;
    size_t count = 0, limit = pipeline->aligned ? BATCH : 1;
    int answer = 1;
    pthread_mutex_lock(&common->input_lock);
    while (count < limit && answer == 1) {
        int stream = cm_inputs_next_is_stream(inputs);
        if (stream && count > 0) /* whoever writes the list may wait for the answer to what it wrote */
            break;
        items[count] = (item){.error = {.status = CAMEO_OK}};
        answer = cm_inputs_next(inputs, &items[count].input);
        count += answer == 1;
        if (stream)
            break;
    }
    *number = common->handed_out;
    common->handed_out += count > 0;
    pthread_mutex_unlock(&common->input_lock);
    if (answer < 0) {
        pthread_mutex_lock(&common->output_lock);
        common->code = cm_report(CM_EXIT_OTHER, "out of memory");
        common->stop = 1;
        pthread_mutex_unlock(&common->output_lock);
    }
    return count;
}

static void clear(item *it)
{
    cameo_image_free(it->image);
    free(it->faces);
    free(it->embeddings);
    free(it->attributes);
    free(it->input.path);
}

static void *work(void *argument)
{
    worker *self = argument;
    item items[BATCH];
    uint64_t number;
    size_t count;
    int more = 1;
    while (more && (count = next_batch(self->common, items, &number)) > 0) {
        if (self->common->pipeline->aligned)
            process_crops(self, items, count);
        else
            for (size_t i = 0; i < count; i++)
                process_picture(self, &items[i]);
        more = hand_out(self->common, number, items, count);
        for (size_t i = 0; i < count; i++)
            clear(&items[i]);
    }
    return NULL;
}

/* The calling thread is worker 0. */
static int run_workers(shared *common, int count)
{
    worker workers[MOST_WORKERS];
    cameo_error error;
    int ready = 0, started = 1, code = CM_EXIT_OK;
    for (; ready < count && code == CM_EXIT_OK; ready++) {
        workers[ready] = (worker){.common = common};
        if (cameo_session_create(&workers[ready].session, common->engine, &error) != CAMEO_OK)
            code = cm_report_error(NULL, &error);
    }
    if (code == CM_EXIT_OK) {
        while (started < count && cm_interrupt_thread(&workers[started].thread, work, &workers[started]) == 0)
            started++;
        work(&workers[0]);
        for (int i = 1; i < started; i++)
            pthread_join(workers[i].thread, NULL);
        code = common->code;
    }
    for (int i = 0; i < ready; i++)
        cameo_session_free(workers[i].session);
    return code;
}

/* How many workers share `threads` evenly, so that exactly so many run: the largest divisor that is no more than `most`. */
static int share(int threads, size_t most)
{
    int workers = threads < MOST_WORKERS ? threads : MOST_WORKERS;
    while (threads % workers != 0 || (size_t)workers > most)
        workers--;
    return workers;
}

static const char *recognizer_name(const cameo_engine *engine)
{
    const char *path = cameo_network_info(cameo_engine_recognizer(engine)).path, *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

int cm_pipeline_run(cm_pipeline *pipeline)
{
    size_t total = cm_inputs_total(pipeline->inputs), batches = pipeline->aligned ? (total + BATCH - 1) / BATCH : total;
    int threads = cm_settings_threads(pipeline->settings), workers = share(threads, batches > 0 ? batches : MOST_WORKERS);
    unsigned wanted = (pipeline->embed ? CM_SETTINGS_MODEL : 0u) | (pipeline->detect ? CM_SETTINGS_DETECTOR : 0u) |
                      (pipeline->analyze ? CM_SETTINGS_ATTRIBUTES : 0u);
    cameo_engine *engine;
    int code = cm_settings_open_engine(pipeline->settings, wanted, threads / workers, &engine);
    if (code == CM_EXIT_OK && pipeline->check)
        code = pipeline->check(engine, pipeline->context);
    if (code == CM_EXIT_OK) {
        shared common = {.pipeline = pipeline, .engine = engine, .dimension = cameo_engine_dimension(engine)};
        common.limits = pipeline->settings->limits.image;
        common.limits.threads = threads / workers;
        common.model = recognizer_name(engine);
        pthread_mutex_init(&common.input_lock, NULL);
        pthread_mutex_init(&common.output_lock, NULL);
        pthread_cond_init(&common.turn, NULL);
        cm_progress_start(pipeline->what, total, CM_PROGRESS_COUNT, pipeline->results_on_stdout);
        code = run_workers(&common, workers);
        code = cm_report_worse(code, pipeline->inputs->code);
        cm_progress_stop();
        pthread_cond_destroy(&common.turn);
        pthread_mutex_destroy(&common.output_lock);
        pthread_mutex_destroy(&common.input_lock);
    }
    cameo_engine_free(engine);
    cm_inputs_close(pipeline->inputs);
    return code;
}
