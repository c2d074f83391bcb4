#include "calibration_file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "file_bytes.h"
#include "pixels_text.h"
#include "report.h"

enum { MOST_BYTES = 16 << 20, MOST_ROWS = 100000 };

/* Reading stops at the first thing that is wrong, and says which. */
typedef struct reader {
    char *message;
    size_t size;
    int failed;
} reader;

static void complain(reader *r, const char *key, const char *wanted)
{
    if (!r->failed)
        snprintf(r->message, r->size, "is no calibration of 'cameo calibrate': '%s' should be %s", key, wanted);
    r->failed = 1;
}

static double number(reader *r, const json_t *object, const char *key, double low, double high)
{
    const json_t *value = json_object_get(object, key);
    double read = json_is_number(value) ? json_number_value(value) : NAN;
    char wanted[96];
    if (read >= low && read <= high)
        return read;
    snprintf(wanted, sizeof wanted, "a number from %g to %g", low, high);
    complain(r, key, wanted);
    return NAN;
}

/* 0 where it is wrong. */
static int whole(reader *r, const json_t *object, const char *key, int low, int high)
{
    const double read = number(r, object, key, low, high);
    return isnan(read) ? 0 : (int)read;
}

static const char *text(reader *r, const json_t *object, const char *key)
{
    const char *read = json_string_value(json_object_get(object, key));
    if (!read)
        complain(r, key, "text");
    return read ? read : "";
}

/* Ends that are not known are null. */
static cm_interval interval(reader *r, const json_t *object, const char *key, double low, double high)
{
    const json_t *part = json_object_get(object, key);
    cm_interval read = {number(r, part, "value", low, high), NAN, NAN};
    if (!json_is_null(json_object_get(part, "low"))) {
        read.low = number(r, part, "low", low, high);
        read.high = number(r, part, "high", low, high);
    }
    return read;
}

static void three(reader *r, const json_t *object, const char *key, float values[3])
{
    const json_t *array = json_object_get(object, key);
    for (size_t i = 0; i < 3; i++) {
        const json_t *value = json_array_get(array, i);
        values[i] = json_is_number(value) ? (float)json_number_value(value) : NAN;
        if (!isfinite(values[i]))
            complain(r, key, "three numbers");
    }
}

static void read_model(reader *r, const json_t *root, cm_calibration *c)
{
    const json_t *model = json_object_get(root, "model");
    cameo_contract *contract = &c->identity.contract;
    if (!cm_digest_parse(text(r, model, "sha256"), c->identity.model_digest))
        complain(r, "sha256", "64 hexadecimal digits");
    contract->width = whole(r, model, "width", 1, 1000000);
    contract->height = whole(r, model, "height", 1, 1000000);
    contract->dimension = whole(r, model, "dimension", 1, 1000000);
    contract->color = strcmp(text(r, model, "color"), "BGR") == 0 ? CAMEO_COLOR_BGR : CAMEO_COLOR_RGB;
    three(r, model, "mean", contract->mean);
    three(r, model, "std", contract->std);
    snprintf(contract->output_name, sizeof contract->output_name, "%s", text(r, model, "output"));
    c->identity.mirror = json_is_true(json_object_get(model, "mirror"));
}

static void read_curve(reader *r, const json_t *root, cm_calibration *c)
{
    const json_t *rows = json_object_get(root, "curve");
    size_t count = json_array_size(rows);
    if (count < 2 || count > MOST_ROWS || !(c->curve = malloc(count * sizeof *c->curve))) {
        complain(r, "curve", "rows of threshold, fmr and fnmr");
        return;
    }
    for (size_t i = 0; i < count && !r->failed; i++) {
        const json_t *row = json_array_get(rows, i);
        cm_calibration_row *to = &c->curve[c->count++];
        *to = (cm_calibration_row){number(r, row, "threshold", -1.1, 1.1), number(r, row, "fmr", 0, 1), number(r, row, "fnmr", 0, 1)};
        if (i > 0 && to->threshold <= to[-1].threshold)
            complain(r, "curve", "in the order of its thresholds");
        if (i > 0 && to->fmr > to[-1].fmr) /* from none to some there is no way between in proportion */
            complain(r, "curve", "of false match rates that do not rise with the threshold");
    }
}

int cm_calibration_parse(cm_calibration *c, const void *bytes, size_t size, char *message, size_t message_size)
{
    reader r = {message, message_size, 0};
    json_error_t error;
    json_t *root = json_loadb(bytes, size, JSON_REJECT_DUPLICATES, &error);
    *c = (cm_calibration){.path = NULL};
    if (!root) {
        snprintf(message, message_size, "is no JSON: line %d: %s", error.line, error.text);
        return -1;
    }
    if (strcmp(text(&r, root, "format"), "cameo calibration 1") != 0)
        complain(&r, "format", "'cameo calibration 1'");
    read_model(&r, root, c);
    c->fmr = number(&r, root, "fmr", 0, 1);
    c->threshold = interval(&r, root, "threshold", -1.1, 1.1);
    c->actual = interval(&r, root, "fmr_at_threshold", 0, 1);
    const json_t *probability = json_object_get(root, "probability");
    c->logistic = (cm_logistic){number(&r, probability, "slope", -1e9, 1e9), number(&r, probability, "offset", -1e9, 1e9),
                                number(&r, probability, "cllr", 0, 1e9), number(&r, probability, "cllr_min", 0, 1e9)};
    c->impostors = number(&r, json_object_get(root, "pairs"), "different", 1, 1e18);
    read_curve(&r, root, c);
    json_decref(root);
    if (r.failed)
        cm_calibration_free(c);
    return r.failed ? -1 : 0;
}

int cm_calibration_load(cm_calibration *c, const char *path)
{
    unsigned char *bytes;
    size_t size;
    char message[256];
    *c = (cm_calibration){.path = NULL};
    if (!path)
        return CM_EXIT_OK;
    int code = cm_file_bytes_read(path, MOST_BYTES, &bytes, &size);
    if (code != CM_EXIT_OK)
        return code;
    if (cm_calibration_parse(c, bytes, size, message, sizeof message) != 0)
        code = cm_report(CM_EXIT_INPUT, "%s: %s", path, message);
    else if (!(c->path = strdup(path)))
        code = cm_report(CM_EXIT_OTHER, "out of memory");
    free(bytes);
    return code;
}

void cm_calibration_add_flag(cm_flags *flags, const char **path, const char *meaning)
{
    cm_flags_add(flags, (cm_flag){.name = "calibration", .value = "FILE", .kind = CM_FLAG_TEXT, .target = path, .help = meaning});
}

void cm_calibration_free(cm_calibration *c)
{
    free(c->path);
    free(c->curve);
    *c = (cm_calibration){.path = NULL};
}

static int is_other(const cm_calibration *c, const char *what, const char *theirs, const char *ours)
{
    return cm_report(CM_EXIT_INPUT, "%s: belongs to a model with %s %s; here it is %s. Calibrate this one: 'cameo calibrate'", c->path, what, theirs, ours);
}

int cm_calibration_check(const cm_calibration *c, const cameo_engine *engine, const cm_settings *settings)
{
    char digest[CM_DIGEST_TEXT], theirs[160], ours[160];
    const cameo_contract contract = cameo_engine_recognizer_contract(engine), *wanted = &c->identity.contract;
    int code = cm_digest_file(cameo_network_info(cameo_engine_recognizer(engine)).path, digest, NULL);
    if (code != CM_EXIT_OK)
        return code;
    if (strcmp(digest, c->identity.model_digest) != 0)
        return is_other(c, "the SHA-256", c->identity.model_digest, digest);
    cm_pixels_text(wanted, theirs, sizeof theirs);
    cm_pixels_text(&contract, ours, sizeof ours);
    if (contract.color != wanted->color || memcmp(contract.mean, wanted->mean, sizeof contract.mean) != 0 ||
        memcmp(contract.std, wanted->std, sizeof contract.std) != 0)
        return is_other(c, "pixels", theirs, ours);
    snprintf(theirs, sizeof theirs, "%dx%d", wanted->width, wanted->height);
    snprintf(ours, sizeof ours, "%dx%d", contract.width, contract.height);
    if (contract.width != wanted->width || contract.height != wanted->height)
        return is_other(c, "an input of", theirs, ours);
    if (strcmp(contract.output_name, wanted->output_name) != 0)
        return is_other(c, "the output", wanted->output_name, contract.output_name);
    if (settings->options.mirror != c->identity.mirror)
        return is_other(c, "the mirrored face", c->identity.mirror ? "added (--mirror)" : "not added", settings->options.mirror ? "added" : "not added");
    return CM_EXIT_OK;
}

double cm_calibration_fmr(const cm_calibration *c, double threshold)
{
    size_t above = 0;
    if (threshold == c->threshold.value)
        return c->actual.value;
    while (above < c->count && c->curve[above].threshold < threshold)
        above++;
    if (above == 0)
        return c->curve[0].fmr;
    if (above == c->count)
        return c->curve[c->count - 1].fmr;
    const cm_calibration_row *a = &c->curve[above - 1], *b = &c->curve[above];
    if (b->fmr <= 0 || threshold == b->threshold)
        return b->fmr;
    return exp(log(a->fmr) + (log(b->fmr) - log(a->fmr)) * (threshold - a->threshold) / (b->threshold - a->threshold));
}

/* To two digits: more would promise too much. */
static double one_in(double rate)
{
    double number = 1 / rate, step = pow(10, floor(log10(number)) - 1);
    return floor(number / step + 0.5) * step;
}

void cm_calibration_text(const cm_calibration *c, double threshold, char *out, size_t size)
{
    double fmr = cm_calibration_fmr(c, threshold);
    if (!(fmr > 0))
        snprintf(out, size, "fewer than 1 false accept in %.0f comparisons of different people", c->impostors);
    else if (threshold == c->threshold.value && c->actual.low > 0)
        snprintf(out, size, "about 1 false accept in %.0f comparisons of different people (95 %%: 1 in %.0f to 1 in %.0f)", one_in(fmr),
                 one_in(c->actual.high), one_in(c->actual.low));
    else
        snprintf(out, size, "about 1 false accept in %.0f comparisons of different people", one_in(fmr));
}
