#include "face/antispoof.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double usual_scale = 2.7, largest_scale = 16;

double cm_antispoof_scale_of(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    char *end;
    if (*name < '0' || *name > '9') /* strtod would take "nan" and blanks too */
        return usual_scale;
    double scale = strtod(name, &end);
    return *end == '_' && scale >= 1 && scale <= largest_scale ? scale : usual_scale;
}

cameo_status cm_antispoof_add(cm_antispoof *antispoof, const cameo_network *network, double scale, cameo_error *error)
{
    static const cm_attribute_kind kind = {CAMEO_TASK_ANTI_SPOOFING, CAMEO_SPOOF_CLASSES, "anti-spoofing (MiniFASNet)"};
    const char *path = cameo_network_info(network).path;
    if (scale != 0 && !(scale >= 1 && scale <= largest_scale))
        return cm_fail(error, CAMEO_ERROR_ARGUMENT, "%s: a crop %g times as wide as the face's box is not possible, only 1 to %g", path, scale,
                       largest_scale);
    cameo_status status = cm_attribute_net_init(&antispoof->nets[antispoof->count], network, &kind, error);
    if (status == CAMEO_OK)
        antispoof->scales[antispoof->count++] = scale > 0 ? scale : cm_antispoof_scale_of(path);
    return status;
}

void cm_antispoof_add_scores(const float *values, int softmax, float *scores)
{
    double largest = (double)values[0], parts[CAMEO_SPOOF_CLASSES], sum = 0;
    for (int i = 1; i < CAMEO_SPOOF_CLASSES; i++)
        largest = fmax(largest, (double)values[i]);
    for (int i = 0; i < CAMEO_SPOOF_CLASSES; i++) {
        parts[i] = softmax ? (double)values[i] : exp((double)values[i] - largest);
        sum += parts[i];
    }
    for (int i = 0; i < CAMEO_SPOOF_CLASSES; i++)
        scores[i] += (float)(softmax ? parts[i] : parts[i] / sum);
}
