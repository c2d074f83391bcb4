#include "cameo.h"

#include <math.h>
#include <string.h>

static void unset(cameo_contract_override *override)
{
    *override = (cameo_contract_override){.color = CAMEO_COLOR_AUTO, .mean = {NAN, NAN, NAN}, .std = {NAN, NAN, NAN}};
}

void cameo_options_default(cameo_options *options)
{
    if (!options)
        return;
    static const int sizes[2][2] = {{128, 128}, {640, 640}};
    *options = (cameo_options){.detection_size_count = 2, .detection_threshold = 0.5f, .nms_threshold = 0.4f, .rank = CAMEO_RANK_SCORE};
    memcpy(options->detection_sizes, sizes, sizeof sizes);
    unset(&options->recognizer_contract);
    unset(&options->detector_contract);
    cameo_network_options_default(&options->network);
}
