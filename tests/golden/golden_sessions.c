/* labels: threads slow */
/* The same bits whatever else goes on: other sessions at work, other thread counts, other batch sizes. */
#include "golden.h"

#include <pthread.h>

enum { SESSIONS = 4, FACES = 6, DIMENSION = 128, ROUNDS = 2 };

/* What one thread finds in the group picture. */
typedef struct result {
    const cameo_engine *engine;
    cameo_image_view picture;
    cameo_status status;
    cameo_error error;
    size_t count;
    cameo_face faces[FACES];
    float embeddings[FACES * DIMENSION];
} result;

/* Two rounds in one session: what was there before must not matter. */
static void *find_and_embed(void *context)
{
    result *r = context;
    cameo_session *session = NULL;
    r->status = cameo_session_create(&session, r->engine, &r->error);
    for (int round = 0; round < ROUNDS && r->status == CAMEO_OK; round++) {
        memset(r->faces, 0, sizeof r->faces);
        r->status = cameo_detect(session, &r->picture, r->faces, FACES, &r->count, &r->error);
        if (r->status == CAMEO_OK)
            r->status = cameo_embed(session, &r->picture, r->faces, r->count, r->embeddings, FACES * DIMENSION, &r->error);
    }
    cameo_session_free(session);
    return NULL;
}

static void assert_result(const result *r, const result *wanted)
{
    if (r->status != CAMEO_OK)
        fail_msg("%s", r->error.message);
    assert_int_equal(r->count, FACES);
    assert_memory_equal(r->faces, wanted->faces, sizeof r->faces);
    assert_memory_equal(r->embeddings, wanted->embeddings, sizeof r->embeddings);
}

static cameo_engine *open_with_threads(int threads, int mirror)
{
    reference_path paths[2];
    cameo_options options = golden_options("det_500m.onnx", "mobilefacenet_arcface.onnx", paths);
    options.detection_sizes[0][0] = options.detection_sizes[0][1] = golden_is_slow() ? 320 : 640;
    options.threads = threads;
    options.mirror = mirror;
    cameo_engine *engine = NULL;
    GOLDEN_OK(cameo_engine_open(&engine, &options, error));
    return engine;
}

static void sessions_side_by_side(void **state)
{
    (void)state;
    cameo_image *image = golden_picture("scenes/t1.jpg");
    static result alone, beside[SESSIONS];
    cameo_engine *engine = open_with_threads(1, 0);
    alone = (result){.engine = engine, .picture = cameo_image_pixels(image)};
    find_and_embed(&alone);
    assert_result(&alone, &alone);
    pthread_t threads[SESSIONS];
    for (int i = 0; i < SESSIONS; i++) {
        beside[i] = (result){.engine = engine, .picture = alone.picture};
        assert_int_equal(pthread_create(&threads[i], NULL, find_and_embed, &beside[i]), 0);
    }
    for (int i = 0; i < SESSIONS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < SESSIONS; i++)
        assert_result(&beside[i], &alone);
    cameo_engine_free(engine);
    for (int count = 2; count <= 3; count++) {
        engine = open_with_threads(count, 0);
        beside[0] = (result){.engine = engine, .picture = alone.picture};
        find_and_embed(&beside[0]);
        assert_result(&beside[0], &alone);
        cameo_engine_free(engine);
    }
    cameo_image_free(image);
}

/* Crops of the scenes, repeated to have more than two batches of eight. */
static void batches_of_any_size(void **state)
{
    (void)state;
    enum { CROPS = 19 };
    cameo_image *images[FACES];
    cameo_image_view crops[CROPS];
    for (int i = 0; i < FACES; i++) {
        char name[128];
        snprintf(name, sizeof name, "ref/aligned/scene_t1_%d.png", i);
        images[i] = golden_picture(name);
    }
    for (int i = 0; i < CROPS; i++)
        crops[i] = cameo_image_pixels(images[i * 5 % FACES]);
    static float together[CROPS * DIMENSION], apart[CROPS * DIMENSION];
    cameo_engine *engine = open_with_threads(2, 0);
    cameo_session *session = NULL;
    GOLDEN_OK(cameo_session_create(&session, engine, error));
    GOLDEN_OK(cameo_embed_aligned(session, crops, CROPS, together, CROPS * DIMENSION, error));
    static const size_t parts[] = {1, 3, 8};
    for (size_t p = 0; p < 3; p++) {
        memset(apart, 0, sizeof apart);
        for (size_t done = 0; done < CROPS; done += parts[p]) {
            size_t count = parts[p] < CROPS - done ? parts[p] : CROPS - done;
            GOLDEN_OK(cameo_embed_aligned(session, crops + done, count, apart + done * DIMENSION, count * DIMENSION, error));
        }
        assert_memory_equal(apart, together, sizeof apart);
    }
    for (int i = FACES; i < CROPS; i++)
        assert_memory_equal(together + i * DIMENSION, together + i % FACES * DIMENSION, DIMENSION * sizeof(float));
    cameo_session_free(session);
    cameo_engine_free(engine);
    for (int i = 0; i < FACES; i++)
        cameo_image_free(images[i]);
}

static void mirrored_embeddings_are_sums(void **state)
{
    (void)state;
    static uint8_t turned[112 * 112 * 3];
    cameo_image *image = golden_picture("scenes/Tom_Hanks_54745.png");
    cameo_image_view crops[2] = {cameo_image_pixels(image)};
    for (int y = 0; y < 112; y++) {
        for (int x = 0; x < 112 * 3; x++)
            turned[y * 336 + (111 - x / 3) * 3 + x % 3] = crops[0].pixels[y * crops[0].stride + x];
    }
    crops[1] = (cameo_image_view){.pixels = turned, .width = 112, .height = 112, .stride = 336};
    float single[2 * DIMENSION], sum[9 * DIMENSION];
    for (int mirror = 0; mirror < 2; mirror++) {
        cameo_engine *engine = open_with_threads(1, mirror);
        cameo_session *session = NULL;
        GOLDEN_OK(cameo_session_create(&session, engine, error));
        const cameo_image_view many[9] = {crops[0], crops[0], crops[0], crops[0], crops[0], crops[0], crops[0], crops[0], crops[0]};
        GOLDEN_OK(cameo_embed_aligned(session, mirror ? many : crops, mirror ? 9 : 2, mirror ? sum : single, (mirror ? 9 : 2) * DIMENSION, error));
        cameo_session_free(session);
        cameo_engine_free(engine);
    }
    for (int i = 0; i < 9 * DIMENSION; i++)
        assert_true(sum[i] == single[i % DIMENSION] + single[DIMENSION + i % DIMENSION]);
    cameo_image_free(image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sessions_side_by_side),
        cmocka_unit_test(batches_of_any_size),
        cmocka_unit_test(mirrored_embeddings_are_sums),
    };
    int skipped = golden_begin("golden_sessions");
    return skipped ? skipped : cmocka_run_group_tests(tests, NULL, NULL);
}
