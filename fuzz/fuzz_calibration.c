/* rooms: api program: calibration_file calibration_logistic distribution digest_text file_bytes pixels_text; library: jansson */
/* Calibrations as JSON: whatever a file says, what is believed of it is in order, and what is wrong has a sentence. */
#include "calibration_file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Of files, which nobody reads here. */
int cm_digest_file(const char *path, char *text, uint64_t *bytes)
{
    (void)path, (void)text, (void)bytes;
    return CM_EXIT_OTHER;
}

void cm_flags_add(cm_flags *flags, cm_flag flag)
{
    (void)flags, (void)flag;
}

int cm_report(int exit_code, const char *format, ...)
{
    (void)format;
    return exit_code;
}

/* Traps, so that the fuzzer keeps the input, where a promise of the header is broken. */
static void demand(int kept)
{
    if (!kept)
        abort();
}

static void look_at_curve(const cm_calibration *c)
{
    demand(c->count >= 2 && c->curve);
    for (size_t i = 0; i < c->count; i++) {
        const cm_calibration_row *row = &c->curve[i];
        demand(isfinite(row->threshold) && row->fmr >= 0 && row->fmr <= 1 && row->fnmr >= 0 && row->fnmr <= 1);
        demand(i == 0 || row->threshold > row[-1].threshold);
        demand(cm_calibration_fmr(c, row->threshold) >= 0);
    }
}

static void look_at(const cm_calibration *c)
{
    char text[256];
    demand(isfinite(c->threshold.value) && isfinite(c->fmr) && c->impostors >= 1);
    demand(strlen(c->identity.model_digest) == CM_DIGEST_TEXT - 1 && c->identity.contract.dimension > 0);
    look_at_curve(c);
    const double thresholds[] = {-2, 0.3, 2, c->threshold.value};
    for (size_t i = 0; i < sizeof thresholds / sizeof thresholds[0]; i++) {
        const double fmr = cm_calibration_fmr(c, thresholds[i]), probability = cm_logistic_probability(&c->logistic, thresholds[i], 0.5);
        demand(fmr >= 0 && fmr <= 1 && probability >= 0 && probability <= 1);
        cm_calibration_text(c, thresholds[i], text, sizeof text);
        demand(text[0] != '\0');
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cm_calibration calibration;
    char message[256] = "";
    const int code = cm_calibration_parse(&calibration, data, size, message, sizeof message);
    demand(code == 0 || (message[0] && !calibration.curve));
    if (code == 0)
        look_at(&calibration);
    cm_calibration_free(&calibration);
    return 0;
}
