/* labels: threads */
/* The detector's input, made row by row by several threads, against the same made step by step. */
#include "pictures.h"

#include "face/detector_input.h"
#include "image/resample.h"

enum { WIDTH = 96, HEIGHT = 64, PLANE = WIDTH * HEIGHT };

static const cameo_contract contract = {.color = CAMEO_COLOR_BGR, .mean = {127.5f, 104, 0}, .std = {128, 2.5f, 3}};

/* The whole canvas in bytes, black where the picture is not, then each byte by the formula. */
static void step_by_step(const cameo_image_view *picture, cm_letterbox box, float *planes)
{
    static uint8_t canvas[PLANE * 3];
    void *scratch = malloc(cm_image_resize_column_bytes(box.width) + cm_image_resize_row_bytes(box.width));
    assert_non_null(scratch);
    memset(canvas, 0, sizeof canvas);
    cm_image_resize_bilinear(picture, canvas, box.width, box.height, WIDTH * 3, CM_CPU_REF, scratch);
    for (int i = 0; i < PLANE * 3; i++) {
        int channel = 2 - i % 3; /* blue first */
        planes[channel * PLANE + i / 3] = ((float)canvas[i] - contract.mean[channel]) / contract.std[channel];
    }
    free(scratch);
}

/* Pictures of all shapes one after the other in the same memory, as a session sees them; some twice. */
static const int shapes[][2] = {{192, 128}, {40, 200}, {40, 200}, {300, 31}, {300, 31}, {96, 64}, {7, 5}, {1, 1}, {1, 300}, {500, 1}, {192, 128}};

static void check_shapes(int threads, cm_cpu_tier tier)
{
    static float wanted[3 * PLANE], planes[3 * PLANE];
    cm_pool *pool;
    cm_detector_input input;
    cm_feed feed;
    assert_int_equal(cm_pool_create(&pool, threads, NULL), CAMEO_OK);
    assert_true(cm_detector_input_create(&input, WIDTH, pool));
    cm_feed_init(&feed, &contract, tier);
    cm_letterbox last = {0};
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        test_picture picture = synthetic_picture(shapes[i][0], shapes[i][1]);
        cameo_image_view pixels = picture_view(&picture);
        cm_detector_view view = {.picture = &pixels, .width = WIDTH, .height = HEIGHT};
        view.box = cm_letterbox_fit(pixels.width, pixels.height, WIDTH, HEIGHT);
        view.framed = view.box.width == last.width && view.box.height == last.height;
        last = view.box;
        cm_detector_input_fill(&input, &feed, &view, tier, planes);
        step_by_step(&pixels, view.box, wanted);
        assert_memory_equal(planes, wanted, sizeof planes);
        free(picture.pixels);
    }
    cm_detector_input_free(&input);
    cm_pool_free(pool);
}

static void every_thread_count_and_instruction_set_gives_the_same(void **state)
{
    (void)state;
    for (int threads = 1; threads <= 3; threads++)
        for (int tier = CM_CPU_REF; tier <= (int)cm_cpu_detect(NULL); tier++)
            check_shapes(threads, (cm_cpu_tier)tier);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_thread_count_and_instruction_set_gives_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
