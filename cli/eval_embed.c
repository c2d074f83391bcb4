#include "eval_embed.h"

#include <stdlib.h>
#include <string.h>

#include "embedding_cache.h"
#include "file_bytes.h"
#include "inputs.h"
#include "pipeline.h"
#include "progress.h"
#include "report.h"

enum { MOST_COMPLAINTS = 5 };

/* What the pipeline's callbacks work with. */
typedef struct job {
    cm_eval_set *set;
    cm_eval_work *work;
    cm_embedding_cache *cache;
    float *embeddings; /* [count, dimension], as the network gives them */
    size_t *todo;      /* [todo_count]: pictures for the pipeline */
    size_t todo_count;
} job;

/* The digest of a picture, and of the landmarks by which it is cut out. */
static int digest_picture(cm_eval_set *set, size_t i, uint64_t most)
{
    cm_eval_picture *picture = &set->pictures[i];
    unsigned char *bytes = NULL;
    size_t size;
    if (picture->bytes) {
        cm_digest_bytes(picture->bytes, picture->size, picture->digest);
        return CM_EXIT_OK;
    }
    int code = cm_file_bytes_read(picture->path, most, &bytes, &size);
    if (code != CM_EXIT_OK)
        return code;
    cm_digest_bytes(bytes, size, picture->digest);
    free(bytes);
    if (set->landmarks) {
        unsigned char both[CM_DIGEST_BYTES + sizeof set->landmarks[i]];
        memcpy(both, picture->digest, CM_DIGEST_BYTES);
        memcpy(both + CM_DIGEST_BYTES, set->landmarks[i], sizeof set->landmarks[i]);
        cm_digest_bytes(both, sizeof both, picture->digest);
    }
    return CM_EXIT_OK;
}

/* Reads every file once, to know it again. What cannot be read is named for the first few, and counted. */
static int digest_all(cm_eval_set *set, const cm_settings *settings)
{
    size_t unreadable = 0;
    int code = CM_EXIT_OK;
    cm_progress_start("read", set->count, CM_PROGRESS_COUNT, 0);
    for (size_t i = 0; i < set->count && code <= CM_EXIT_INPUT; i++) {
        int looked_at = set->pictures[i].bytes || unreadable < MOST_COMPLAINTS || cm_file_is_readable(set->pictures[i].path);
        int one = looked_at ? digest_picture(set, i, settings->limits.image.max_bytes) : CM_EXIT_INPUT;
        if (one != CM_EXIT_OK) {
            set->pictures[i].state = CM_PICTURE_UNREADABLE;
            unreadable++;
        }
        code = cm_report_worse(code, one);
        cm_progress_update(i + 1);
    }
    cm_progress_stop();
    if (unreadable > MOST_COMPLAINTS)
        code = cm_report_worse(code, cm_report(code, "%zu more pictures cannot be read", unreadable - MOST_COMPLAINTS));
    return code;
}

static void take_remembered(job *j, size_t i)
{
    cm_eval_picture *picture = &j->set->pictures[i];
    size_t dimension = (size_t)j->set->dimension;
    switch (cm_records_find(&j->cache->known, picture->digest, &picture->face, j->embeddings + i * dimension)) {
    case CM_EMBEDDING_FOUND:
        picture->state = CM_PICTURE_EMBEDDED;
        break;
    case CM_EMBEDDING_NO_FACE:
        picture->state = CM_PICTURE_WITHOUT_FACE;
        break;
    case CM_EMBEDDING_UNKNOWN:
        return;
    }
    j->work->remembered++;
}

static int take(const cm_result *result, void *context)
{
    job *j = context;
    size_t i = j->todo[result->number], dimension = (size_t)j->set->dimension;
    cm_eval_picture *picture = &j->set->pictures[i];
    j->work->computed++;
    picture->state = result->face_count ? CM_PICTURE_EMBEDDED : CM_PICTURE_WITHOUT_FACE;
    if (result->face_count) {
        picture->face = result->faces[0];
        memcpy(j->embeddings + i * dimension, result->embeddings, dimension * sizeof *j->embeddings);
    }
    return cm_embedding_cache_add(j->cache, picture->digest, result->face_count ? &picture->face : NULL, result->embeddings);
}

static cameo_status load(cameo_image **image, const char *path, size_t number, const cameo_image_limits *limits, void *context, cameo_error *error)
{
    const job *j = context;
    const cm_eval_picture *picture = &j->set->pictures[j->todo[number]];
    if (picture->bytes)
        return cameo_image_decode(image, picture->bytes, picture->size, path, limits, error);
    return cameo_image_load(image, path, limits, error);
}

/* Those that the cache did not know. What the pipeline does not hand out could not be read. */
static int compute(job *j)
{
    cm_eval_set *set = j->set;
    cm_inputs inputs;
    const cm_inputs_form form = {.literal = 1};
    char **paths = malloc((j->todo_count + 1) * sizeof *paths);
    if (!paths)
        return cm_report(CM_EXIT_OTHER, "out of memory");
    for (size_t i = 0; i < j->todo_count; i++)
        paths[i] = set->pictures[j->todo[i]].path;
    int code = cm_inputs_open(&inputs, &form, paths, (int)j->todo_count);
    free(paths);
    if (code != CM_EXIT_OK)
        return code;
    cm_settings settings = *j->work->settings;
    settings.options.max_faces = 1;
    float (*landmarks)[5][2] = NULL;
    if (set->landmarks && !(landmarks = malloc((j->todo_count + 1) * sizeof *landmarks))) {
        cm_inputs_close(&inputs);
        return cm_report(CM_EXIT_OTHER, "out of memory");
    }
    for (size_t i = 0; landmarks && i < j->todo_count; i++)
        memcpy(landmarks[i], set->landmarks[j->todo[i]], sizeof landmarks[i]);
    cm_pipeline pipeline = {.settings = &settings, .inputs = &inputs, .detect = !set->aligned && !landmarks, .embed = 1, .aligned = set->aligned,
                            .landmarks = (const float(*)[5][2])landmarks, .what = "embed", .take = take, .load = load, .context = j};
    code = cm_pipeline_run(&pipeline);
    free(landmarks);
    return code;
}

/* Vectors of length 1, and which of them are any good. */
static int finish(job *j)
{
    cm_eval_set *set = j->set;
    size_t dimension = (size_t)set->dimension;
    for (size_t i = 0; i < set->count; i++)
        if (set->pictures[i].state == CM_PICTURE_WAITING)
            set->pictures[i].state = CM_PICTURE_UNREADABLE;
    if (set->form == CM_EVAL_TEMPLATES)
        return cm_eval_pool_templates(set, j->embeddings);
    set->vectors = j->embeddings;
    j->embeddings = NULL;
    set->entries = set->count;
    set->usable = calloc(set->count + 1, 1);
    if (!set->usable)
        return cm_report(CM_EXIT_OTHER, "out of memory");
    for (size_t i = 0; i < set->count; i++)
        if (set->pictures[i].state == CM_PICTURE_EMBEDDED)
            set->usable[i] = cameo_embedding_normalize(set->vectors + i * dimension, set->dimension) > 0;
    return CM_EXIT_OK;
}

/* What the cache knows, then what it does not. *worst: also of pictures that cannot be read. */
static int embed_all(job *j, const cm_identity *identity, int *worst)
{
    cm_eval_set *set = j->set;
    int code = CM_EXIT_OK;
    if (j->work->cache_folder)
        code = cm_embedding_cache_open(j->cache, j->work->cache_folder, identity, j->work->settings, set->aligned || set->landmarks);
    j->work->damaged = j->cache->known.damaged;
    for (size_t i = 0; i < set->count && code == CM_EXIT_OK; i++) {
        if (set->pictures[i].state == CM_PICTURE_WAITING)
            take_remembered(j, i);
        if (set->pictures[i].state == CM_PICTURE_WAITING)
            j->todo[j->todo_count++] = i;
    }
    if (code == CM_EXIT_OK && j->todo_count > 0)
        *worst = cm_report_worse(*worst, compute(j));
    cm_embedding_cache_close(j->cache);
    return code;
}

int cm_eval_embed(cm_eval_set *set, cm_eval_work *work, const cm_identity *identity)
{
    cm_embedding_cache cache = {0};
    job j = {.set = set, .work = work, .cache = &cache};
    set->dimension = identity->contract.dimension;
    int worst = digest_all(set, work->settings), code = CM_EXIT_OK;
    if (worst > CM_EXIT_INPUT)
        return worst;
    if (set->form == CM_EVAL_FOLDERS)
        code = cm_eval_set_judge_equals(set);
    j.embeddings = calloc((set->count + 1) * (size_t)set->dimension, sizeof *j.embeddings);
    j.todo = malloc((set->count + 1) * sizeof *j.todo);
    if (code == CM_EXIT_OK && (!j.embeddings || !j.todo))
        code = cm_report(CM_EXIT_OTHER, "out of memory for %zu embeddings", set->count);
    if (code == CM_EXIT_OK)
        code = embed_all(&j, identity, &worst);
    if (code == CM_EXIT_OK && worst <= CM_EXIT_INPUT)
        code = finish(&j);
    free(j.embeddings);
    free(j.todo);
    return cm_report_worse(code, worst);
}
