/* cameo doctor: a recognizer under every common way to feed it, and what that says. */
#ifndef CM_CLI_DOCTOR_H
#define CM_CLI_DOCTOR_H

#include <stdio.h>

#include "people.h"
#include "separation.h"

enum {
    CM_DOCTOR_ROWS = 20,
    CM_DOCTOR_SENTENCES = 12,
    CM_DOCTOR_LEAST_PEOPLE = 5 /* with two pictures: fewer give no standard error to speak of */
};

/* One way to use the network, and how well it tells people apart so. */
typedef struct cm_doctor_row {
    cameo_contract pixels; /* color, mean and std count */
    const char *words;     /* "ImageNet's mean and std"; NULL: as numbers */
    cm_crop_form form;
    int plain;   /* dot products of embeddings as the network gives them, instead of cosines */
    int present; /* as the options and the model's file have it */
    char failure[256]; /* what kept it from being measured; empty: nothing */
    cm_separation result;
    double shortest, longest; /* lengths of the embeddings */
} cm_doctor_row;

typedef enum cm_doctor_verdict {
    CM_DOCTOR_RIGHT,    /* no other setting is clearly better than the present one */
    CM_DOCTOR_WRONG,    /* another one is */
    CM_DOCTOR_UNDECIDED /* no setting tells these people apart */
} cm_doctor_verdict;

typedef struct cm_doctor {
    const cm_settings *settings;
    const cameo_network *network;
    const char *folder;
    cameo_contract contract; /* the present setting, complete */
    cm_people people;
    int with_pairs;          /* people with two pictures or more */
    size_t same, different;  /* pairs */
    cm_doctor_row rows[CM_DOCTOR_ROWS];
    size_t row_count, pixel_rows; /* the first pixel_rows differ in their pixels alone */
    cm_doctor_verdict verdict;
    size_t present, best, wanted; /* of the pixel rows; `wanted` is the present one where it is right */
    char says[CM_DOCTOR_SENTENCES][640];
    size_t sentences;
} cm_doctor;

/* Appends the rows that differ in their pixels, the present one among them. */
void cm_doctor_add_pixels(cm_doctor *doctor);
/* Appends the rows that differ from the wanted one in the way of cutting faces out, or of comparing. */
void cm_doctor_add_forms(cm_doctor *doctor);

/* "RGB, ImageNet's mean and std", "box instead of alignment", ...; text: [size] */
void cm_doctor_name(const cm_doctor_row *row, char *text, size_t size);
/* "aligned", "box", "landmarks exchanged", "mirrored". Static storage. */
const char *cm_doctor_form_name(cm_crop_form form);

/* What of the options for opening an engine a row says. */
cameo_options cm_doctor_options(const cm_doctor *doctor, const cm_doctor_row *row);

/* Embeds all faces in the way of row `first` and those after it, and measures. Returns an exit code (reported). */
int cm_doctor_measure(cm_doctor *doctor, size_t first);

/* CM_EXIT_OK if the people are enough to judge by, else CM_EXIT_INPUT (reported). Fills in with_pairs, same and different. */
int cm_doctor_check_people(cm_doctor *doctor);

/* Decides which of the pixel rows is wanted. */
void cm_doctor_decide(cm_doctor *doctor);
/* How far `row` lies behind `other`, with the standard error; *clear: it is neither chance nor a trifle. NAN where one was not measured. */
double cm_doctor_behind(const cm_doctor *doctor, const cm_doctor_row *row, const cm_doctor_row *other, double *error, int *clear);
/* Puts it all into sentences. */
void cm_doctor_explain(cm_doctor *doctor);

void cm_doctor_print(const cm_doctor *doctor, FILE *stream);
void cm_doctor_print_json(const cm_doctor *doctor, FILE *stream);

#endif
