/* Many pictures through one engine: several workers, each with a session of its own, results in the order of the inputs. */
#ifndef CM_CLI_PIPELINE_H
#define CM_CLI_PIPELINE_H

#include "inputs.h"
#include "settings.h"

typedef struct cm_result {
    const char *path, *relative; /* of the picture; see cm_input */
    size_t number;               /* of the picture; those that cannot be read are not handed out, but count */
    const cameo_image *image;    /* NULL unless pictures are kept */
    int width, height;           /* of the picture */
    const cameo_face *faces;     /* [face_count]; of an aligned crop: one face that is the whole crop, without landmarks */
    size_t face_count;
    const float *embeddings;     /* [face_count, dimension], as the network gives them; NULL where none are wanted */
    int dimension;
    const char *model;           /* that the embeddings come from: its file's name, or "builtin:recognizer"; "" where none are wanted */
    const cameo_attributes *attributes; /* [face_count]; NULL where none are wanted */
} cm_result;

/* Called for one picture after the other, in the order of the inputs, never at the same time twice. Returns an exit code; CM_EXIT_OTHER and
 * CM_EXIT_USAGE stop the work. */
typedef int cm_result_taker(const cm_result *result, void *context);

/* Reads picture `number`, called `path`, from somewhere else than the file of that name. Called by several threads. */
typedef cameo_status cm_picture_loader(cameo_image **image, const char *path, size_t number, const cameo_image_limits *limits, void *context,
                                       cameo_error *error);

/* Looks at the engine before work begins. Returns an exit code (reported). */
typedef int cm_engine_check(const cameo_engine *engine, void *context);

typedef struct cm_pipeline {
    const cm_settings *settings;
    cm_inputs *inputs;
    int detect, embed, aligned; /* aligned: the pictures are crops; no detection */
    int analyze;                /* attributes of the faces */
    int keep_pictures;
    const float (*landmarks)[5][2]; /* [pictures]: of the one face of each, instead of detection; NULL: not known */
    int results_on_stdout; /* no progress bar where results appear on the terminal */
    const char *what;      /* on the progress bar */
    cm_result_taker *take;
    cm_picture_loader *load; /* NULL: files */
    cm_engine_check *check;  /* NULL: none */
    void *context;
} cm_pipeline;

/* Opens the engine and works through the inputs. A picture that cannot be read is reported and skipped; the exit code says so. Closes the inputs. */
int cm_pipeline_run(cm_pipeline *pipeline);

#endif
