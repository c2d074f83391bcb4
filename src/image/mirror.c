#include "image/resample.h"

#include <string.h>

void cm_image_mirror(uint8_t *rgb, int width, int height, ptrdiff_t stride)
{
    for (int y = 0; y < height; y++) {
        uint8_t *left = rgb + y * stride, *right = left + (ptrdiff_t)(width - 1) * 3;
        for (; left < right; left += 3, right -= 3) {
            uint8_t pixel[3];
            memcpy(pixel, left, 3);
            memcpy(left, right, 3);
            memcpy(right, pixel, 3);
        }
    }
}
