#include "face/feed.h"

void cm_feed_init(cm_feed *feed, const cameo_contract *contract)
{
    for (int c = 0; c < 3; c++) {
        feed->source[c] = contract->color == CAMEO_COLOR_BGR ? 2 - c : c;
        for (int value = 0; value < 256; value++)
            feed->table[c][value] = ((float)value - contract->mean[c]) / contract->std[c];
    }
}

void cm_feed_planes(const cm_feed *feed, const uint8_t *rgb, int width, int height, int mirror, float *planes)
{
    for (int c = 0; c < 3; c++) {
        const float *table = feed->table[c];
        for (int y = 0; y < height; y++) {
            const uint8_t *row = rgb + (ptrdiff_t)y * width * 3 + feed->source[c];
            float *out = planes + ((ptrdiff_t)c * height + y) * width;
            for (int x = 0; x < width; x++)
                out[mirror ? width - 1 - x : x] = table[row[(ptrdiff_t)x * 3]];
        }
    }
}
