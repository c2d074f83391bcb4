/* Where a picture lies in a detector's input, and what its pixels become. */
#include "cmocka_all.h"

#include "face/feed.h"
#include "face/letterbox.h"

#include <math.h>
#include <string.h>

static void sizes_are_truncated_as_in_the_reference(void **state)
{
    (void)state;
    static const struct {
        int width, height, input_width, input_height, fitted_width, fitted_height;
    } cases[] = {
        {250, 250, 640, 640, 640, 640},   {1280, 886, 640, 640, 640, 443},  {970, 2204, 640, 640, 281, 640},
        {1920, 1080, 640, 640, 640, 360}, {427, 240, 640, 640, 640, 359},   {140, 141, 640, 640, 635, 640},
        {250, 250, 320, 256, 256, 256},   {640, 480, 320, 240, 320, 240},   {1, 10000, 640, 640, 1, 640},
        {10000, 1, 128, 128, 128, 1},     {1, 1, 128, 128, 128, 128},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cm_letterbox box = cm_letterbox_fit(cases[i].width, cases[i].height, cases[i].input_width, cases[i].input_height);
        assert_int_equal(box.width, cases[i].fitted_width);
        assert_int_equal(box.height, cases[i].fitted_height);
        /* The height's scale, unless truncation left nothing of it. */
        double scale = cases[i].height == 1 && cases[i].width > 1 ? (double)box.width / cases[i].width
                                                                  : (double)box.height / cases[i].height;
        assert_true(fabs(box.scale - scale) < 1e-12);
    }
}

static void feed_normalises_and_orders(void **state)
{
    (void)state;
    static const uint8_t rgb[2 * 3 * 3] = {0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120, 130, 140, 250, 251, 255};
    cameo_contract contract = {.color = CAMEO_COLOR_RGB, .mean = {127.5f, 104, 0}, .std = {128, 2, 1}};
    float planes[18];
    cm_feed feed;
    cm_feed_init(&feed, &contract, cm_cpu_detect(NULL));
    cm_feed_pixels(&feed, rgb, 6, planes, 6);
    assert_true(feed.black[0] == -127.5f / 128.0f && feed.black[1] == -52.0f && feed.black[2] == 0.0f);
    assert_true(planes[0] == -127.5f / 128.0f && planes[5] == (250.0f - 127.5f) / 128.0f);
    assert_true(planes[6 + 1] == (40.0f - 104.0f) / 2.0f);
    assert_true(planes[12 + 2] == 80.0f && planes[12 + 5] == 255.0f);
    /* BGR: mean and std belong to the network's channels, blue first. */
    contract.color = CAMEO_COLOR_BGR;
    cm_feed_init(&feed, &contract, cm_cpu_detect(NULL));
    cm_feed_pixels(&feed, rgb, 6, planes, 6);
    assert_true(planes[0] == (20.0f - 127.5f) / 128.0f && planes[12] == 0.0f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_are_truncated_as_in_the_reference),
        cmocka_unit_test(feed_normalises_and_orders),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
