#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "doctor.h"
#include "pixels_text.h"
#include "report.h"

/* Below this part of the better one's separation a difference is a trifle, however many pictures show it. */
static const double trifle = 0.01;
/* Where the best setting errs more often, this is no recognition of these faces. */
static const double hopeless_eer = 0.25;

/* "(12 pictures found, 9 used; ...)": what became of the pictures. */
static void count_pictures(const cm_people *people, char *text, size_t size)
{
    int used = snprintf(text, size, "(%zu pictures found, %zu used; %zu unreadable, %zu without a face, %zu in no person's folder, %zu repeated",
                        people->pictures, people->count, people->unreadable, people->without_face.count, people->without_person,
                        people->twice.count + people->two_names.count);
    int crops = !people->aligned && people->without_face.count > people->count;
    if (used > 0 && (size_t)used < size)
        snprintf(text + used, size - (size_t)used, "%s)", crops ? "; if they are faces that were cut out already, say --aligned" : "");
}

int cm_doctor_check_people(cm_doctor *doctor)
{
    const cm_people *people = &doctor->people;
    const cm_labelled set = {.person = people->person, .count = people->count, .people = people->people};
    char pictures[320];
    doctor->with_pairs = cm_people_with_pairs(people);
    cm_separation_pairs(&set, &doctor->same, &doctor->different);
    count_pictures(people, pictures, sizeof pictures);
    if (people->people == 1)
        return cm_report(CM_EXIT_INPUT, "%s: all usable pictures show one person, '%s'; those of others are needed to tell people apart %s", doctor->folder,
                         people->names[0], pictures);
    if (doctor->same == 0)
        return cm_report(CM_EXIT_INPUT, "%s: no person has two usable pictures, so there is no pair of one person; wanted is a folder for each person with two "
                         "pictures or more %s", doctor->folder, pictures);
    if (doctor->with_pairs < CM_DOCTOR_LEAST_PEOPLE)
        return cm_report(CM_EXIT_INPUT, "%s: people with two usable pictures or more: %d; at least %d are needed to tell one setting from another, and 30 or "
                         "more are better %s", doctor->folder, doctor->with_pairs, CM_DOCTOR_LEAST_PEOPLE, pictures);
    return CM_EXIT_OK;
}

double cm_doctor_behind(const cm_doctor *doctor, const cm_doctor_row *row, const cm_doctor_row *other, double *error, int *clear)
{
    *clear = row->failure[0] && !other->failure[0];
    *error = NAN;
    if (row->failure[0] || other->failure[0])
        return NAN;
    double behind = cm_separation_difference(&other->result, &row->result, doctor->people.people, error);
    *clear = behind > cm_separation_quantile(doctor->with_pairs - 1) * *error && behind > trifle * other->result.separation;
    return behind;
}

static int clearly_behind(const cm_doctor *doctor, size_t row, size_t other)
{
    double error;
    int clear;
    (void)cm_doctor_behind(doctor, &doctor->rows[row], &doctor->rows[other], &error, &clear);
    return clear;
}

void cm_doctor_decide(cm_doctor *doctor)
{
    const cm_doctor_row *rows = doctor->rows;
    size_t best = 0;
    for (size_t i = 1; i < doctor->pixel_rows; i++)
        if (!rows[i].failure[0] && (rows[best].failure[0] || rows[i].result.separation > rows[best].result.separation))
            best = i;
    doctor->best = doctor->wanted = best;
    doctor->verdict = CM_DOCTOR_UNDECIDED;
    if (rows[best].failure[0] || rows[best].result.eer > hopeless_eer)
        return;
    doctor->verdict = clearly_behind(doctor, doctor->present, best) ? CM_DOCTOR_WRONG : CM_DOCTOR_RIGHT;
    if (doctor->verdict == CM_DOCTOR_RIGHT) {
        doctor->wanted = doctor->present;
        return;
    }
    /* Of settings that differ by a trifle only, the usual one: they are listed in that order. */
    for (size_t i = best; i-- > 0;)
        if (!rows[i].failure[0] && rows[i].result.separation >= (1 - trifle) * rows[best].result.separation)
            doctor->wanted = i;
}

static void say(cm_doctor *doctor, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(cm_doctor *doctor, const char *format, ...)
{
    va_list arguments;
    if (doctor->sentences == CM_DOCTOR_SENTENCES)
        return;
    va_start(arguments, format);
    vsnprintf(doctor->says[doctor->sentences++], sizeof doctor->says[0], format, arguments);
    va_end(arguments);
}

/* "A; B" of the pixel rows besides the present and the wanted one that are not clearly behind the best; empty if there are none. */
static void list_equals(const cm_doctor *doctor, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < doctor->pixel_rows && used < size; i++) {
        char name[160];
        if (i == doctor->wanted || i == doctor->present || clearly_behind(doctor, i, doctor->best))
            continue;
        cm_doctor_name(&doctor->rows[i], name, sizeof name);
        int length = snprintf(text + used, size - used, "%s%s", used ? "; " : "", name);
        used += length > 0 ? (size_t)length : 0;
    }
}

/* What `row` loses against `other`, in numbers a user can weigh: behind each, in brackets, what it would be. */
static void say_cost(cm_doctor *doctor, const char *start, const cm_doctor_row *row, const cm_doctor_row *other)
{
    const cm_separation *a = &row->result, *b = &other->result;
    char rates[192] = "", apart[160] = "";
    if (!isnan(a->tar))
        snprintf(rates, sizeof rates, "%.1f %% (%.1f %%) of the pairs of one person are recognised where 1 in %.0f pairs of different people passes; ",
                 100 * a->tar, 100 * b->tar, 1 / a->far);
    if (!row->plain)
        snprintf(apart, sizeof apart, "; pairs of one person lie %.2f (%.2f) standard deviations above those of different people", a->separation,
                 b->separation);
    say(doctor, "%s: %sthe equal error rate is %.2f %% (%.2f %%)%s.", start, rates, 100 * a->eer, 100 * b->eer, apart);
}

static void explain_right(cm_doctor *doctor, const char *present)
{
    const cm_doctor_row *rows = doctor->rows;
    const double most = rows[doctor->best].result.separation, here = rows[doctor->present].result.separation;
    say(doctor, "The present setting is right as far as these pictures tell: %s. No other one is clearly better.", present);
    if (doctor->best != doctor->present && here < (1 - trifle) * most) {
        char best[160];
        cm_doctor_name(&rows[doctor->best], best, sizeof best);
        say(doctor, "Perhaps this one is better, but the difference may be chance: %s. Pictures of more people would tell (%d have two or more).", best,
            doctor->with_pairs);
    }
}

/* 1 if a setting that differs by more than a trifle from the wanted one may be as good: there are too few pictures to be sure which. */
static int is_uncertain(const cm_doctor *doctor)
{
    const double most = doctor->rows[doctor->best].result.separation;
    for (size_t i = 0; i < doctor->pixel_rows; i++)
        if (!clearly_behind(doctor, i, doctor->best) && doctor->rows[i].result.separation < (1 - trifle) * most)
            return 1;
    return 0;
}

static int shows_in_errors(const cm_doctor_row *row, const cm_doctor_row *other)
{
    return row->result.eer > other->result.eer || row->result.tar < other->result.tar;
}

static void explain_wrong(cm_doctor *doctor, const char *present)
{
    const cm_doctor_row *wanted = &doctor->rows[doctor->wanted], *now = &doctor->rows[doctor->present];
    char name[160], options[192];
    cm_doctor_name(wanted, name, sizeof name);
    cm_pixels_options(&wanted->pixels, options, sizeof options);
    say(doctor, "The present setting is wrong for this model. %s: %s. It gets: %s.",
        is_uncertain(doctor) ? "Best with these pictures" : "It wants", name, present);
    if (now->failure[0])
        say(doctor, "What it costs: everything, the network answers with what is no number.");
    else
        say_cost(doctor, shows_in_errors(now, wanted) ? "What it costs (in brackets: the right one)"
                                                      : "What it costs is too little to show in the errors of these pictures (in brackets: the right one)",
                 now, wanted);
    say(doctor, "The right options are %s.", options);
}

/* One way of cutting faces out, beside the usual one. Returns 1 if it is better. */
static int explain_form(cm_doctor *doctor, const cm_doctor_row *row, const cm_doctor_row *usual)
{
    double error;
    int better, worse;
    char name[160];
    (void)cm_doctor_behind(doctor, usual, row, &error, &better);
    (void)cm_doctor_behind(doctor, row, usual, &error, &worse);
    cm_doctor_name(row, name, sizeof name);
    if (better && !row->failure[0])
        say(doctor, "It does better still in another way than cameo's: %s (pairs of one person lie %.2f instead of %.2f standard deviations above the others).",
            name, row->result.separation, usual->result.separation);
    else if (worse && row->form == CM_CROP_BOX && !row->failure[0])
        say_cost(doctor, "Cutting the box out instead of aligning would cost", row, usual);
    return better && !row->failure[0];
}

/* Alignment, the mirrored template, the landmarks' order, the length of embeddings. */
static void explain_forms(cm_doctor *doctor)
{
    const cm_doctor_row *wanted = &doctor->rows[doctor->wanted];
    int other_way = 0;
    for (size_t i = doctor->pixel_rows; i < doctor->row_count; i++)
        if (!doctor->rows[i].plain)
            other_way |= explain_form(doctor, &doctor->rows[i], wanted);
    if (!other_way && !doctor->people.aligned)
        say(doctor, "It wants faces aligned by their five landmarks.");
    /* The last row: the same embeddings, as they come. */
    const cm_doctor_row *plain = &doctor->rows[doctor->row_count - 1];
    if (wanted->longest - wanted->shortest <= 1e-3 * wanted->longest)
        say(doctor, "It normalises its embeddings itself: all have the length %.3g.", wanted->longest);
    else
        say(doctor, "Its embeddings are not normalised, their lengths lie between %.3g and %.3g: compare them by cosine.", wanted->shortest, wanted->longest);
    if (!plain->failure[0] && plain->result.eer > wanted->result.eer)
        say_cost(doctor, "Comparing them without normalising would cost", plain, wanted);
}

void cm_doctor_explain(cm_doctor *doctor)
{
    char present[160], equals[512];
    const cm_doctor_row *best = &doctor->rows[doctor->best];
    cm_doctor_name(&doctor->rows[doctor->present], present, sizeof present);
    if (doctor->verdict == CM_DOCTOR_UNDECIDED) {
        if (best->failure[0])
            say(doctor, "The network answers with what is no number, whatever it is fed: its weights are broken.");
        else
            say(doctor, "No setting tells these people apart: the best errs in %.0f %% of the pairs. Either this model does not know faces like these, or the "
                "folders are not one person's each.", 100 * best->result.eer);
        return;
    }
    if (doctor->verdict == CM_DOCTOR_RIGHT)
        explain_right(doctor, present);
    else
        explain_wrong(doctor, present);
    list_equals(doctor, equals, sizeof equals);
    if (equals[0])
        say(doctor, "As good, or not to be told from it by these pictures: %s.", equals);
    explain_forms(doctor);
}
