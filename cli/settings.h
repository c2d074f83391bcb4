/* The options that several commands share, and the engine that they describe. */
#ifndef CM_CLI_SETTINGS_H
#define CM_CLI_SETTINGS_H

#include "attribute_models.h"
#include "cameo.h"
#include "flags.h"
#include "work_limits.h"

typedef struct cm_settings {
    const char *model, *detector; /* as typed: a path or a name; NULL: not given */
    double detection_threshold, nms_threshold;
    int threads; /* 0: all that the process may use */
    int sizes_given;
    cm_work_limits limits;
    cameo_options options;             /* detection sizes, faces, rank, mirror, tier */
    cameo_contract_override contract;  /* for the network the command is about */
    cm_attribute_models attributes;
} cm_settings;

enum {
    CM_SETTINGS_MODEL = 1,    /* --model --mirror */
    CM_SETTINGS_DETECTOR = 2, /* --detector --det-size --det-threshold --nms */
    CM_SETTINGS_RANK = 4,     /* --rank */
    CM_SETTINGS_FACES = 8 | CM_SETTINGS_RANK, /* --max-faces */
    CM_SETTINGS_CONTRACT = 16, /* --color --mean --std --input-size, and --output-name except for a detector alone */
    CM_SETTINGS_RUN = 32,      /* --threads --cpu --precision --memory --limit */
    CM_SETTINGS_ATTRIBUTES = 64 /* the options of cm_attribute_models; with a detector, and without CM_SETTINGS_MODEL, whose --model means another thing */
};

/* Fills the defaults, takes CAMEO_MODEL, CAMEO_DETECTOR, CAMEO_THREADS, CAMEO_PRECISION, CAMEO_MEMORY and CAMEO_LIMITS from the environment,
 * and appends the rows of the wanted groups. `settings` must outlive the parsing. Returns -1 to go on, as cm_flags_parse does, or an exit code (reported). */
int cm_settings_init(cm_settings *settings, cm_flags *flags, unsigned groups);

/* As the options spell them. */
const char *cm_settings_precision_name(cameo_precision precision);
const char *cm_settings_memory_name(cameo_memory memory);

/* How many threads there shall be in all. */
int cm_settings_threads(const cm_settings *settings);

/* How networks are opened: tier, precision, memory, limits. */
cameo_network_options cm_settings_network_options(const cm_settings *settings);

/* Opens the networks that `wanted` (CM_SETTINGS_MODEL, CM_SETTINGS_DETECTOR, CM_SETTINGS_ATTRIBUTES) asks for; each session gets `threads` threads.
 * Attributes take a recognizer where one was named. The contract options apply to the recognizer, or to the detector where no recognizer is wanted
 * for itself. From then on cameo_cpu_tier() is what --cpu makes it. Returns an exit code (reported). */
int cm_settings_open_engine(const cm_settings *settings, unsigned wanted, int threads, cameo_engine **engine);

/* Opens one network, a path or a name; of the tier holds the same. Returns an exit code (reported). *path is the file found, to be freed. */
int cm_settings_open_network(const cm_settings *settings, const char *name, cameo_network **network, char **path);

#endif
