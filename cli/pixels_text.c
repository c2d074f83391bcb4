#include "pixels_text.h"

#include <stdio.h>

static int all_alike(const float values[3])
{
    return values[0] == values[1] && values[1] == values[2];
}

const char *cm_pixels_color(cameo_color color)
{
    return color == CAMEO_COLOR_BGR ? "BGR" : "RGB";
}

void cm_pixels_text(const cameo_contract *contract, char *text, size_t size)
{
    const float *mean = contract->mean, *std = contract->std;
    const char *color = cm_pixels_color(contract->color);
    if (all_alike(mean) && all_alike(std))
        snprintf(text, size, "%s, (x - %g) / %g", color, (double)mean[0], (double)std[0]);
    else
        snprintf(text, size, "%s, (x - [%g %g %g]) / [%g %g %g]", color, (double)mean[0], (double)mean[1], (double)mean[2], (double)std[0], (double)std[1],
                 (double)std[2]);
}

/* "127.5" or "123.675,116.28,103.53" */
static void print_three(const float values[3], char *text, size_t size)
{
    if (all_alike(values))
        snprintf(text, size, "%g", (double)values[0]);
    else
        snprintf(text, size, "%g,%g,%g", (double)values[0], (double)values[1], (double)values[2]);
}

void cm_pixels_options(const cameo_contract *contract, char *text, size_t size)
{
    char mean[64], std[64];
    print_three(contract->mean, mean, sizeof mean);
    print_three(contract->std, std, sizeof std);
    snprintf(text, size, "--color %s --mean %s --std %s", contract->color == CAMEO_COLOR_BGR ? "bgr" : "rgb", mean, std);
}
