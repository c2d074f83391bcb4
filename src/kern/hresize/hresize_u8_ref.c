#include "kern/kernel_list.h"

void cameo_k_hresize_u8_1x1__ref(const cm_hresize_row *row)
{
    int red = row->channels == 1 ? 0 : row->swap ? 2 : 0;
    int green = row->channels == 1 ? 0 : 1;
    int blue = row->channels == 1 ? 0 : 2 - red;
    int16_t *c = row->c;
    for (int i = 0; i < row->count; i++, c += 3) {
        const uint8_t *near = row->row + row->offsets[i], *far = near + row->step;
        int weight_near = row->weights[2 * i], weight_far = row->weights[2 * i + 1];
        c[0] = (int16_t)((near[red] * weight_near + far[red] * weight_far) >> 4);
        c[1] = (int16_t)((near[green] * weight_near + far[green] * weight_far) >> 4);
        c[2] = (int16_t)((near[blue] * weight_near + far[blue] * weight_far) >> 4);
    }
}
