/* Faces of people: a folder for each person, cut out of the pictures in it in every way that is to be compared. */
#ifndef CM_CLI_PEOPLE_H
#define CM_CLI_PEOPLE_H

#include <stddef.h>
#include <stdint.h>

#include "settings.h"

typedef enum cm_crop_form {
    CM_CROP_ALIGNED,   /* by five landmarks, or as it came */
    CM_CROP_BOX,       /* the detector's box, stretched */
    CM_CROP_EXCHANGED, /* aligned with the left and right landmarks exchanged */
    CM_CROP_STORED,
    CM_CROP_MIRRORED = CM_CROP_STORED, /* aligned to the mirrored template: made from the aligned one */
    CM_CROP_FORMS
} cm_crop_form;

/* Files that were left out, and why. */
typedef struct cm_files {
    char **paths; /* [count] */
    size_t count, capacity;
} cm_files;

typedef struct cm_people {
    size_t count, capacity; /* pictures that are used */
    int *person;            /* [count], rising */
    uint8_t *crops[CM_CROP_STORED]; /* each [count, size, size, 3]; NULL where crops came aligned */
    char **files;           /* [count] */
    char **names;           /* [people] */
    int people, people_capacity;
    int size, aligned;
    size_t pictures;        /* found in the folder */
    size_t over_limit, without_person, unreadable; /* of them, left out */
    cm_files without_face, twice, two_names;       /* no face found; the same picture again; the same picture as another person's */
} cm_people;

/* Reads at most `limit` of the pictures in `folder`/PERSON/...: two of each person first, then more, people with one picture last. Finds the best face
 * of each with the settings' detector and cuts it out at people->size pixels; with people->aligned the pictures are crops already. A picture that is
 * there twice counts once, one that two people have for none of them. Returns an exit code (reported): CM_EXIT_INPUT also where some pictures
 * could not be read; then, and for CM_EXIT_OK, what could be is there. */
int cm_people_read(cm_people *people, const cm_settings *settings, const char *folder, size_t limit);

/* How many of the people have two pictures or more. */
int cm_people_with_pairs(const cm_people *people);

/* Crop i of a form, borrowed; a mirrored one is made in `room`: [size, size, 3]. */
cameo_image_view cm_people_crop(const cm_people *people, size_t i, cm_crop_form form, uint8_t *room);

enum { CM_PEOPLE_CHUNK = 32 }; /* crops that go through a network between two looks at the clock */

/* Which crops are embedded, and how. */
typedef struct cm_people_walk {
    size_t count;
    const size_t *order; /* [count] crop by crop; NULL: as they lie */
    cm_crop_form form;
    uint8_t *room;       /* [CM_PEOPLE_CHUNK, size, size, 3] for forms that are made on the way; NULL: none is */
    void (*look)(uint64_t done); /* told after each chunk how many are done, `before` included; NULL: nobody */
    uint64_t before;
} cm_people_walk;

/* Opens an engine and a session for crops alone, and closes them again. vectors: [count, dimension], as the network gives them. Errors: those of
 * cameo_engine_open and cameo_embed_aligned. */
cameo_status cm_people_embed(const cm_people *people, const cameo_options *options, const cm_people_walk *walk, float *vectors, cameo_error *error);

void cm_people_free(cm_people *people);

#endif
