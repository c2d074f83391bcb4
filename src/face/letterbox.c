#include "face/letterbox.h"

cm_letterbox cm_letterbox_fit(int picture_width, int picture_height, int input_width, int input_height)
{
    double picture_ratio = (double)picture_height / (double)picture_width;
    double input_ratio = (double)input_height / (double)input_width;
    cm_letterbox box;
    if (picture_ratio > input_ratio) {
        box.height = input_height;
        box.width = (int)((double)box.height / picture_ratio);
    } else {
        box.width = input_width;
        box.height = (int)((double)box.width * picture_ratio);
    }
    box.scale = (double)box.height / (double)picture_height;
    if (box.width < 1)
        box.width = 1;
    /* A picture so flat that its height would vanish: the width alone still says the scale. */
    if (box.height < 1) {
        box.height = 1;
        box.scale = (double)box.width / (double)picture_width;
    }
    return box;
}
