#include <string.h>

#include "doctor.h"
#include "pixels_text.h"

/* What recognizers in the field are fed: the values are for RGB. */
static const struct {
    float mean[3], std[3];
    const char *words;
} scalings[] = {
    {{127.5f, 127.5f, 127.5f}, {127.5f, 127.5f, 127.5f}, NULL}, /* InsightFace, AdaFace, EdgeFace */
    {{127.5f, 127.5f, 127.5f}, {128, 128, 128}, NULL},          /* MXNet's models, FaceNet */
    {{0, 0, 0}, {255, 255, 255}, "x / 255"},
    {{0, 0, 0}, {1, 1, 1}, "x as it is (0..255)"}, /* SFace, and networks that normalise by themselves */
    {{123.675f, 116.28f, 103.53f}, {58.395f, 57.12f, 57.375f}, "ImageNet's mean and std"},
};

static int same_pixels(const cameo_contract *a, const cameo_contract *b)
{
    return a->color == b->color && memcmp(a->mean, b->mean, sizeof a->mean) == 0 && memcmp(a->std, b->std, sizeof a->std) == 0;
}

void cm_doctor_add_pixels(cm_doctor *doctor)
{
    static const cameo_color colors[] = {CAMEO_COLOR_RGB, CAMEO_COLOR_BGR};
    int found = 0;
    for (size_t k = 0; k < sizeof colors / sizeof *colors; k++)
        for (size_t i = 0; i < sizeof scalings / sizeof *scalings; i++) {
            cm_doctor_row row = {.pixels = {.color = colors[k]}, .words = scalings[i].words};
            for (int c = 0; c < 3; c++) { /* a contract's channels are in the order of its colour */
                int from = colors[k] == CAMEO_COLOR_BGR ? 2 - c : c;
                row.pixels.mean[c] = scalings[i].mean[from];
                row.pixels.std[c] = scalings[i].std[from];
            }
            if (same_pixels(&row.pixels, &doctor->contract)) {
                row.present = found = 1;
                doctor->present = doctor->row_count;
            }
            doctor->rows[doctor->row_count++] = row;
        }
    if (!found) {
        doctor->present = doctor->row_count;
        doctor->rows[doctor->row_count++] = (cm_doctor_row){.pixels = doctor->contract, .present = 1};
    }
    doctor->pixel_rows = doctor->row_count;
}

void cm_doctor_add_forms(cm_doctor *doctor)
{
    const cm_doctor_row *wanted = &doctor->rows[doctor->wanted];
    for (int form = CM_CROP_ALIGNED; form < CM_CROP_FORMS; form++) {
        int there = form == CM_CROP_MIRRORED || doctor->people.crops[form];
        if (form != CM_CROP_ALIGNED && there)
            doctor->rows[doctor->row_count++] = (cm_doctor_row){.pixels = wanted->pixels, .words = wanted->words, .form = (cm_crop_form)form};
    }
    doctor->rows[doctor->row_count++] = (cm_doctor_row){.pixels = wanted->pixels, .words = wanted->words, .plain = 1};
}

const char *cm_doctor_form_name(cm_crop_form form)
{
    static const char *const names[] = {[CM_CROP_ALIGNED] = "aligned", [CM_CROP_BOX] = "box", [CM_CROP_EXCHANGED] = "landmarks exchanged",
                                        [CM_CROP_MIRRORED] = "mirrored"};
    return names[form];
}

void cm_doctor_name(const cm_doctor_row *row, char *text, size_t size)
{
    if (row->plain)
        snprintf(text, size, "embeddings compared without normalising");
    else if (row->form == CM_CROP_BOX)
        snprintf(text, size, "box cut out instead of alignment");
    else if (row->form == CM_CROP_EXCHANGED)
        snprintf(text, size, "left and right landmarks exchanged");
    else if (row->form == CM_CROP_MIRRORED)
        snprintf(text, size, "mirrored template");
    else if (row->words)
        snprintf(text, size, "%s, %s", cm_pixels_color(row->pixels.color), row->words);
    else
        cm_pixels_text(&row->pixels, text, size);
}
