/* labels: slow */
/* Embeddings through the whole chain, from the JPEG file: detect at 640, the face nearest to the middle, align, embed; against Python's. */
#include "golden.h"

typedef struct opened {
    cameo_engine *engine;
    cameo_session *session;
} opened;

static opened open_engine(const cameo_options *options)
{
    opened o = {0};
    GOLDEN_OK(cameo_engine_open(&o.engine, options, error));
    GOLDEN_OK(cameo_session_create(&o.session, o.engine, error));
    return o;
}

static void close_engine(opened *o)
{
    cameo_session_free(o->session);
    cameo_engine_free(o->engine);
}

typedef struct total {
    int faces;
    double worst, sum;
} total;

static void add(total *t, double cosine, const char *name)
{
    if (!(cosine > 0.99))
        fail_msg("%s: cosine %.5f", name, cosine);
    t->worst = t->faces == 0 ? cosine : fmin(t->worst, cosine);
    t->sum += cosine;
    t->faces++;
}

static void print_total(const char *what, const total *t)
{
    printf("%s: %d faces, worst cosine %.6f, mean %.6f\n", what, t->faces, t->worst, t->sum / t->faces);
}

/* Every step-th picture of images.txt. */
static void chain_from_files(const char *model, bool imagenet, size_t step)
{
    char name[256], file[128];
    reference_path paths[2];
    snprintf(file, sizeof file, "%s.onnx", model);
    cameo_options options = golden_options("det_500m.onnx", file, paths);
    options.rank = CAMEO_RANK_CENTER_ONLY;
    options.max_faces = 1;
    if (imagenet)
        golden_imagenet_pixels(&options.recognizer_contract);
    snprintf(name, sizeof name, "ref/embeddings_lfw_%s.npy", model);
    npy_array wanted = npy_read(reference_need(name).text);
    assert_non_null(wanted.data);
    opened o = open_engine(&options);
    int dimension = cameo_engine_dimension(o.engine);
    assert_int_equal(dimension, wanted.dims[1]);
    float *embedding = malloc((size_t)dimension * sizeof *embedding);
    FILE *list = fopen(reference_need("ref/images.txt").text, "r");
    assert_true(embedding && list);
    total t = {0};
    for (size_t row = 0; fgets(name, sizeof name, list); row++) {
        if (row % step != 0)
            continue;
        name[strcspn(name, "\r\n")] = '\0';
        cameo_image *image = golden_picture(name);
        cameo_image_view view = cameo_image_pixels(image);
        cameo_face face;
        size_t count;
        GOLDEN_OK(cameo_detect(o.session, &view, &face, 1, &count, error));
        assert_int_equal(count, 1);
        GOLDEN_OK(cameo_embed(o.session, &view, &face, 1, embedding, (size_t)dimension, error));
        golden_agreement a = golden_compare(embedding, wanted.data + row * (size_t)dimension, (size_t)dimension);
        add(&t, a.cosine, name);
        cameo_image_free(image);
    }
    print_total(model, &t);
    assert_true(t.faces > 0);
    fclose(list);
    free(embedding);
    npy_free(&wanted);
    close_engine(&o);
}

static void lfw_by_mobilefacenet_arcface(void **state)
{
    (void)state;
    chain_from_files("mobilefacenet_arcface", false, golden_is_slow() ? 500 : 41);
}

static void lfw_by_mobilefacenet_foamliu(void **state)
{
    (void)state;
    chain_from_files("mobilefacenet_foamliu_op11", true, golden_is_slow() ? 900 : 83);
}

/* All faces of the scenes at once; rows of scene_faces.tsv, faces in order of score. */
static void scenes(void **state)
{
    (void)state;
    reference_path paths[2];
    cameo_options options = golden_options("det_500m.onnx", "mobilefacenet_arcface.onnx", paths);
    options.max_faces = 8;
    npy_array wanted = npy_read(reference_need("ref/embeddings_scenes_mobilefacenet_arcface.npy").text);
    assert_non_null(wanted.data);
    opened o = open_engine(&options);
    int dimension = cameo_engine_dimension(o.engine);
    static const char *const files[] = {"biden.jpg",   "newton.png",          "obama-1080p.jpg", "obama-240p.jpg",
                                        "obama1.jpg", "obama_and_biden.jpg", "t1.jpg"};
    total t = {0};
    size_t row = 0;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char name[256];
        snprintf(name, sizeof name, "scenes/%s", files[i]);
        cameo_image *image = golden_picture(name);
        cameo_image_view view = cameo_image_pixels(image);
        cameo_face faces[8];
        float embeddings[8 * 512];
        size_t count;
        GOLDEN_OK(cameo_detect(o.session, &view, faces, 8, &count, error));
        GOLDEN_OK(cameo_embed(o.session, &view, faces, count, embeddings, sizeof embeddings / sizeof embeddings[0], error));
        for (size_t f = 0; f < count; f++, row++) {
            golden_agreement a = golden_compare(embeddings + f * (size_t)dimension, wanted.data + row * (size_t)dimension, (size_t)dimension);
            add(&t, a.cosine, name);
        }
        cameo_image_free(image);
    }
    assert_int_equal(row, wanted.dims[0]);
    print_total("scenes", &t);
    npy_free(&wanted);
    close_engine(&o);
}

/* The two exports of the same weights, one that normalises by itself and one that does not, are the same network to the user. */
static void contract_makes_exports_alike(void **state)
{
    (void)state;
    static const char *const files[] = {"mobilefacenet_arcface.onnx", "mobilefacenet_arcface_mxnet.onnx"};
    float embeddings[2][128];
    cameo_image *image = golden_picture("scenes/Tom_Hanks_54745.png");
    cameo_image_view view = cameo_image_pixels(image);
    for (int i = 0; i < 2; i++) {
        reference_path paths[2];
        cameo_options options = golden_options(NULL, files[i], paths);
        opened o = open_engine(&options);
        GOLDEN_OK(cameo_embed_aligned(o.session, &view, 1, embeddings[i], 128, error));
        close_engine(&o);
    }
    float cosine = cameo_similarity(embeddings[0], embeddings[1], 128);
    printf("two exports: cosine 1 - %.2g\n", 1 - (double)cosine);
    assert_true(cosine > 0.99999f);
    cameo_image_free(image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lfw_by_mobilefacenet_arcface),
        cmocka_unit_test(lfw_by_mobilefacenet_foamliu),
        cmocka_unit_test(scenes),
        cmocka_unit_test(contract_makes_exports_alike),
    };
    int skipped = golden_begin("golden_embeddings");
    return skipped ? skipped : cmocka_run_group_tests(tests, NULL, NULL);
}
