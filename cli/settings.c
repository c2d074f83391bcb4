#include "settings.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lookup.h"
#include "report.h"

enum { MOST_THREADS = 1024 };

/* "128,640" or "640x480": the first use replaces the defaults, later ones add. */
static int parse_detection_sizes(const char *text, void *target)
{
    cm_settings *settings = target;
    cameo_options *options = &settings->options;
    if (!settings->sizes_given)
        options->detection_size_count = 0;
    settings->sizes_given = 1;
    do {
        char one[32];
        size_t length = strcspn(text, ",");
        int *size = options->detection_sizes[options->detection_size_count];
        if (length == 0 || length >= sizeof one || options->detection_size_count >= CAMEO_MAX_DETECTION_SIZES)
            return -1;
        memcpy(one, text, length);
        one[length] = '\0';
        if (cm_flags_parse_size(one, size) != 0)
            return -1;
        options->detection_size_count++;
        text += length;
    } while (*text++ == ',');
    return 0;
}

static int parse_rank(const char *text, void *target)
{
    static const struct {
        const char *name;
        cameo_face_rank rank;
    } ranks[] = {{"score", CAMEO_RANK_SCORE}, {"largest", CAMEO_RANK_LARGEST}, {"central", CAMEO_RANK_CENTRAL}, {"center", CAMEO_RANK_CENTER_ONLY}};
    for (size_t i = 0; i < sizeof ranks / sizeof *ranks; i++)
        if (strcmp(text, ranks[i].name) == 0) {
            *(cameo_face_rank *)target = ranks[i].rank;
            return 0;
        }
    return -1;
}

static int parse_color(const char *text, void *target)
{
    cameo_color *color = target;
    if (strcmp(text, "rgb") == 0)
        *color = CAMEO_COLOR_RGB;
    else if (strcmp(text, "bgr") == 0)
        *color = CAMEO_COLOR_BGR;
    else if (strcmp(text, "auto") == 0)
        *color = CAMEO_COLOR_AUTO;
    else
        return -1;
    return 0;
}

static const char *const precisions[] = {[CAMEO_PRECISION_FP32] = "fp32", [CAMEO_PRECISION_BF16] = "bf16"};
static const char *const memories[] = {[CAMEO_MEMORY_FAST] = "fast", [CAMEO_MEMORY_COMPACT] = "compact"};

const char *cm_settings_precision_name(cameo_precision precision)
{
    return precisions[precision];
}

const char *cm_settings_memory_name(cameo_memory memory)
{
    return memories[memory];
}

static int parse_precision(const char *text, void *target)
{
    for (int i = 0; i < 2; i++)
        if (strcmp(text, precisions[i]) == 0) {
            *(cameo_precision *)target = (cameo_precision)i;
            return 0;
        }
    return -1;
}

static int parse_memory(const char *text, void *target)
{
    for (int i = 0; i < 2; i++)
        if (strcmp(text, memories[i]) == 0) {
            *(cameo_memory *)target = (cameo_memory)i;
            return 0;
        }
    return -1;
}

/* "127.5" for all channels or "123.7,116.3,103.5". */
static int parse_three(const char *text, void *target)
{
    float *values = target;
    char *end;
    int count = 0;
    do {
        float value = strtof(text, &end);
        if (end == text || !isfinite(value) || count == 3)
            return -1;
        values[count++] = value;
        text = end + 1;
    } while (*end == ',');
    if (*end || count == 2)
        return -1;
    if (count == 1)
        values[1] = values[2] = values[0];
    return 0;
}

static int parse_std(const char *text, void *target)
{
    const float *values = target;
    if (parse_three(text, target) != 0)
        return -1;
    return values[0] == 0 || values[1] == 0 || values[2] == 0 ? -1 : 0;
}

static int parse_input_size(const char *text, void *target)
{
    cameo_contract_override *contract = target;
    int size[2];
    if (cm_flags_parse_size(text, size) != 0)
        return -1;
    contract->input_width = size[0];
    contract->input_height = size[1];
    return 0;
}

static void add_network_flags(cm_settings *s, cm_flags *flags, unsigned groups)
{
    if (groups & CM_SETTINGS_MODEL) {
        cm_flags_add(flags, (cm_flag){.name = "model", .value = "MODEL", .kind = CM_FLAG_TEXT, .target = &s->model,
            .help = "recognition model: a file, a name as 'cameo model list' shows, or builtin (CAMEO_MODEL)"});
        cm_flags_add(flags, (cm_flag){.name = "mirror", .kind = CM_FLAG_SWITCH, .target = &s->options.mirror,
            .help = "add the embedding of the mirrored face to each"});
    }
    if (groups & CM_SETTINGS_DETECTOR) {
        cm_flags_add(flags, (cm_flag){.name = "detector", .value = "MODEL", .kind = CM_FLAG_TEXT, .target = &s->detector,
            .help = "detection model: a file, a name or builtin (CAMEO_DETECTOR)"});
        cm_flags_add(flags, (cm_flag){.name = "det-size", .value = "SIZE", .kind = CM_FLAG_PARSE, .target = s, .parse = parse_detection_sizes,
            .wants = "sizes such as 640, 640x480 or 128,640", .help = "detection size WxH or N; several with commas or repeated (128,640; builtin: 160,320)"});
        cm_flags_add(flags, (cm_flag){.name = "det-threshold", .value = "T", .kind = CM_FLAG_NUMBER, .target = &s->detection_threshold,
            .low = 0, .high = 1, .help = "smallest score of a face (0.5)"});
        cm_flags_add(flags, (cm_flag){.name = "nms", .value = "IOU", .kind = CM_FLAG_NUMBER, .target = &s->nms_threshold, .low = 0, .high = 1,
            .help = "overlap above which two boxes are one face (0.4)"});
    }
    if ((groups & CM_SETTINGS_FACES) == CM_SETTINGS_FACES)
        cm_flags_add(flags, (cm_flag){.name = "max-faces", .value = "N", .kind = CM_FLAG_INT, .target = &s->options.max_faces, .low = 0,
            .high = 1000000, .help = "keep the N first faces of each picture (0: all)"});
    if (groups & CM_SETTINGS_RANK)
        cm_flags_add(flags, (cm_flag){.name = "rank", .value = "ORDER", .kind = CM_FLAG_PARSE, .target = &s->options.rank, .parse = parse_rank,
            .wants = "score, largest, central or center",
            .help = "which come first: score, largest, central (large and central) or center"});
}

static void add_contract_flags(cm_settings *s, cm_flags *flags, unsigned groups)
{
    cameo_contract_override *c = &s->contract;
    cm_flags_add(flags, (cm_flag){.name = "color", .value = "rgb|bgr|auto", .kind = CM_FLAG_PARSE, .target = &c->color, .parse = parse_color,
        .help = "channel order the model wants (read from it)"});
    cm_flags_add(flags, (cm_flag){.name = "mean", .value = "M[,M,M]", .kind = CM_FLAG_PARSE, .target = c->mean, .parse = parse_three,
        .wants = "one number or three with commas", .help = "subtracted from each pixel 0..255 (read from the model)"});
    cm_flags_add(flags, (cm_flag){.name = "std", .value = "S[,S,S]", .kind = CM_FLAG_PARSE, .target = c->std, .parse = parse_std,
        .wants = "one number or three with commas, none of them 0", .help = "divides each pixel then (read from the model)"});
    cm_flags_add(flags, (cm_flag){.name = "input-size", .value = "WxH", .kind = CM_FLAG_PARSE, .target = c, .parse = parse_input_size,
        .wants = "a size such as 112x112", .help = "input of the model in pixels (read from it)"});
    if ((groups & CM_SETTINGS_DETECTOR) && !(groups & CM_SETTINGS_MODEL))
        return; /* a detector has no one output */
    cm_flags_add(flags, (cm_flag){.name = "output-name", .value = "NAME", .kind = CM_FLAG_TEXT, .target = &c->output_name,
        .help = "output that is the embedding (read from the model)"});
}

static void add_run_flags(cm_settings *s, cm_flags *flags)
{
    cameo_network_options *network = &s->options.network;
    cm_flags_add(flags, (cm_flag){.name = "threads", .value = "N", .kind = CM_FLAG_INT, .target = &s->threads, .low = 1, .high = MOST_THREADS,
        .help = "exactly so many threads (CAMEO_THREADS; default: as many as the process may use)"});
    cm_flags_add(flags, (cm_flag){.name = "cpu", .value = "TIER", .kind = CM_FLAG_TEXT, .target = &network->cpu,
        .help = "highest instruction set to use: ref, avx2, avxvnni, avx512, avx512vnni, neon, neondot (CAMEO_CPU)"});
    cm_flags_add(flags, (cm_flag){.name = "precision", .value = "fp32|bf16", .kind = CM_FLAG_PARSE, .target = &network->precision,
        .parse = parse_precision, .help = "bf16: products in bfloat16 where the processor is faster so (CAMEO_PRECISION; default fp32)"});
    cm_flags_add(flags, (cm_flag){.name = "memory", .value = "fast|compact", .kind = CM_FLAG_PARSE, .target = &network->memory,
        .parse = parse_memory, .help = "compact: less memory, slower runs (CAMEO_MEMORY; default fast)"});
    cm_flags_add(flags, (cm_flag){.name = "limit", .value = CM_WORK_LIMITS_VALUE, .kind = CM_FLAG_PARSE, .target = &s->limits,
        .parse = cm_work_limits_parse, .wants = "limits such as macs=4e12 or memory=16G", .help = CM_WORK_LIMITS_HELP});
}

/* What the environment says about running networks. Returns -1 to go on, or an exit code (reported). */
static int read_run_environment(cm_settings *s)
{
    const char *threads = getenv("CAMEO_THREADS"), *precision = getenv("CAMEO_PRECISION"), *memory = getenv("CAMEO_MEMORY");
    if (threads && *threads && cm_flags_int(threads, 1, MOST_THREADS, &s->threads) != 0)
        return cm_report(CM_EXIT_USAGE, "CAMEO_THREADS wants a whole number from 1 to %d, not '%s'", MOST_THREADS, threads);
    if (precision && *precision && parse_precision(precision, &s->options.network.precision) != 0)
        return cm_report(CM_EXIT_USAGE, "CAMEO_PRECISION wants fp32 or bf16, not '%s'", precision);
    if (memory && *memory && parse_memory(memory, &s->options.network.memory) != 0)
        return cm_report(CM_EXIT_USAGE, "CAMEO_MEMORY wants fast or compact, not '%s'", memory);
    return cm_work_limits_environment(&s->limits);
}

int cm_settings_init(cm_settings *s, cm_flags *flags, unsigned groups)
{
    *s = (cm_settings){.detection_threshold = 0.5, .nms_threshold = 0.4};
    cameo_options_default(&s->options);
    cm_work_limits_default(&s->limits);
    s->contract = s->options.recognizer_contract;
    const char *model = getenv("CAMEO_MODEL"), *detector = getenv("CAMEO_DETECTOR");
    s->model = model && *model ? model : NULL;
    s->detector = detector && *detector ? detector : NULL;
    int code = read_run_environment(s);
    if (code >= 0)
        return code;
    add_network_flags(s, flags, groups);
    if (groups & CM_SETTINGS_ATTRIBUTES)
        cm_attribute_models_add_flags(&s->attributes, flags);
    if (groups & CM_SETTINGS_CONTRACT)
        add_contract_flags(s, flags, groups);
    if (groups & CM_SETTINGS_RUN)
        add_run_flags(s, flags);
    return -1;
}

/* The option goes before the environment, of which the library would take the lower tier. The environment's wish is given as an option too: the
 * library takes no notice of a variable that it does not understand, but refuses such an option. */
cameo_network_options cm_settings_network_options(const cm_settings *settings)
{
    cameo_network_options options = settings->options.network;
    options.limits = settings->limits.network;
    if (options.cpu)
        setenv("CAMEO_CPU", options.cpu, 1);
    const char *wish = getenv("CAMEO_CPU");
    if (!options.cpu && wish && *wish)
        options.cpu = wish;
    return options;
}

/* Says where a refused tier was wished for. */
static int report_refusal(const cm_settings *settings, const char *path, const cameo_error *error)
{
    const char *wish = cm_settings_network_options(settings).cpu;
    if (!wish || error->status != CAMEO_ERROR_ARGUMENT || error->message[0] != '\'' || strncmp(error->message + 1, wish, strlen(wish)) != 0)
        return cm_report_error(path, error);
    return cm_report(CM_EXIT_USAGE, "%s: %s", settings->options.network.cpu ? "--cpu" : "CAMEO_CPU", error->message);
}

int cm_settings_threads(const cm_settings *settings)
{
    return settings->threads > 0 ? settings->threads : cameo_cpu_count();
}

/* Says so where another arithmetic is used than was asked for. */
static void note_precision(const cm_settings *settings, const cameo_network *network)
{
    cameo_precision wanted = settings->options.network.precision, used = cameo_network_precision(network);
    if (wanted != used)
        (void)cm_report(CM_EXIT_OK, "this processor is not faster in %s: %s is used", precisions[wanted], precisions[used]);
}

/* Opens an engine of networks that have been found. */
static int open_found(const cm_settings *settings, unsigned wanted, cameo_options *options, cameo_engine **engine)
{
    cameo_error error;
    options->detection_threshold = (float)settings->detection_threshold;
    options->nms_threshold = (float)settings->nms_threshold;
    options->network = cm_settings_network_options(settings);
    if (wanted & CM_SETTINGS_MODEL)
        options->recognizer_contract = settings->contract;
    else
        options->detector_contract = settings->contract;
    if (cameo_engine_open(engine, options, &error) != CAMEO_OK)
        return report_refusal(settings, NULL, &error);
    note_precision(settings, options->recognizer ? cameo_engine_recognizer(*engine) : cameo_engine_detector(*engine));
    return CM_EXIT_OK;
}

int cm_settings_open_engine(const cm_settings *settings, unsigned wanted, int threads, cameo_engine **engine)
{
    cameo_options options = settings->options;
    char *model = NULL, *detector = NULL;
    cm_attribute_paths paths = {.antispoof_count = 0};
    const char *recognizer = settings->attributes.recognizer ? settings->attributes.recognizer : settings->model;
    int with_model = (wanted & CM_SETTINGS_MODEL) || ((wanted & CM_SETTINGS_ATTRIBUTES) && recognizer);
    *engine = NULL;
    int code = cm_lookup_pair(recognizer, settings->detector, with_model ? &model : NULL, wanted & CM_SETTINGS_DETECTOR ? &detector : NULL);
    if (code == CM_EXIT_OK && (wanted & CM_SETTINGS_ATTRIBUTES))
        code = cm_attribute_models_find(&settings->attributes, detector, &paths);
    if (code == CM_EXIT_OK) {
        options.recognizer = model;
        options.detector = detector;
        options.threads = threads;
        cm_attribute_paths_enter(&paths, &options);
        code = open_found(settings, wanted, &options, engine);
    }
    cm_attribute_paths_free(&paths);
    free(model);
    free(detector);
    return code;
}

int cm_settings_open_network(const cm_settings *settings, const char *name, cameo_network **network, char **path)
{
    cameo_error error;
    const cameo_network_options options = cm_settings_network_options(settings);
    *network = NULL;
    int code = cm_lookup_model(name, NULL, path);
    if (code == CM_EXIT_OK && cameo_network_open(network, *path, &options, &error) != CAMEO_OK)
        code = report_refusal(settings, *path, &error);
    if (code == CM_EXIT_OK)
        note_precision(settings, *network);
    return code;
}
