#include "face/feed.h"

#include <string.h>

void cm_feed_init(cm_feed *feed, const cameo_contract *contract, cm_cpu_tier tier)
{
    *feed = (cm_feed){.normalize = cm_kernel_choose(CM_KERNEL_normalize, "f32", tier)->run.normalize};
    feed->how.swap = contract->color == CAMEO_COLOR_BGR;
    memcpy(feed->how.mean, contract->mean, sizeof feed->how.mean);
    memcpy(feed->how.std, contract->std, sizeof feed->how.std);
    static const uint8_t black[3] = {0, 0, 0};
    cm_feed_pixels(feed, black, 1, feed->black, 1);
}

void cm_feed_pixels(const cm_feed *feed, const uint8_t *rgb, int64_t pixels, float *c, ptrdiff_t plane)
{
    feed->normalize(&feed->how, rgb, pixels, c, plane);
}
