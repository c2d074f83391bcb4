#include <math.h>
#include <string.h>

#include "doctor.h"

enum { NAME_WIDTH = 46 };

static void print_left_out(const cm_people *people, FILE *stream)
{
    const struct {
        size_t count;
        const char *why;
    } reasons[] = {{people->over_limit, "beyond the limit of --pictures"}, {people->without_person, "in no person's folder"},
                   {people->unreadable, "not readable"}, {people->without_face.count, "without a face that was found"},
                   {people->twice.count, "the same picture again"}, {people->two_names.count, "the same picture under two names"}};
    const char *comma = "";
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (reasons[i].count > 0) {
            fprintf(stream, "%s%zu %s", *comma ? comma : "left out   ", reasons[i].count, reasons[i].why);
            comma = ", ";
        }
    fputs(*comma ? "\n" : "", stream);
}

static void print_head(const cm_doctor *doctor, FILE *stream)
{
    const cm_people *people = &doctor->people;
    char pixels[160];
    cm_doctor_name(&doctor->rows[doctor->present], pixels, sizeof pixels);
    fprintf(stream, "model      %s (%s, %dx%d, %d numbers)\n", cameo_network_info(doctor->network).path, doctor->contract.family, people->size, people->size,
            doctor->contract.dimension);
    fprintf(stream, "present    %s\n", pixels);
    fprintf(stream, "pictures   %zu of %d people, %d of them with two or more%s; %zu pairs of one person, %zu of different people\n", people->count,
            people->people, doctor->with_pairs, people->aligned ? "; aligned already" : "", doctor->same, doctor->different);
    print_left_out(people, stream);
}

static void print_row(const cm_doctor *doctor, const cm_doctor_row *row, FILE *stream)
{
    const cm_separation *r = &row->result;
    char name[160], tar[16] = "-", marked[192];
    cm_doctor_name(row, name, sizeof name);
    snprintf(marked, sizeof marked, "%s%s", name, row->present ? " <- present" : "");
    fprintf(stream, "%s %-*s ", row == &doctor->rows[doctor->wanted] && doctor->verdict != CM_DOCTOR_UNDECIDED ? "*" : " ", NAME_WIDTH, marked);
    if (row->failure[0]) {
        fputs("no numbers come out\n", stream);
        return;
    }
    if (!isnan(r->tar))
        snprintf(tar, sizeof tar, "%.2f", 100 * r->tar);
    fprintf(stream, "%10.2f %8.4f %7.2f %9s %9.3f %9.3f %9.3f\n", r->separation, r->auc, 100 * r->eer, tar, r->same_mean, r->different_mean,
            r->same_mean - r->different_mean);
}

/* The pixel rows with the best first, then the others as they come. */
static void order_rows(const cm_doctor *doctor, size_t *order)
{
    for (size_t i = 0; i < doctor->row_count; i++) {
        size_t place = i;
        double here = doctor->rows[i].failure[0] ? -INFINITY : doctor->rows[i].result.separation;
        for (; i < doctor->pixel_rows && place > 0; place--) {
            const cm_doctor_row *before = &doctor->rows[order[place - 1]];
            if (!before->failure[0] && before->result.separation >= here)
                break;
            order[place] = order[place - 1];
        }
        order[place] = i;
    }
}

void cm_doctor_print(const cm_doctor *doctor, FILE *stream)
{
    size_t order[CM_DOCTOR_ROWS];
    char rate[24] = "TAR %";
    double far = cm_separation_far(doctor->different);
    if (!isnan(far))
        snprintf(rate, sizeof rate, "TAR %% at");
    print_head(doctor, stream);
    fprintf(stream, "\n  %-*s %10s %8s %7s %9s %9s %9s %9s\n", NAME_WIDTH, "setting", "separation", "AUC", "EER %", rate, "cosine of", "cosine of", "gap");
    snprintf(rate, sizeof rate, "FAR %g", far);
    fprintf(stream, "  %-*s %10s %8s %7s %9s %9s %9s %9s\n", NAME_WIDTH, "", "", "", "", isnan(far) ? "" : rate, "one", "different", "");
    order_rows(doctor, order);
    for (size_t i = 0; i < doctor->row_count; i++) {
        if (i == doctor->pixel_rows)
            fputs(doctor->verdict == CM_DOCTOR_UNDECIDED ? "  with the best of them:\n" : "  with the pixels marked *:\n", stream);
        print_row(doctor, &doctor->rows[order[i]], stream);
    }
    fputs("\nseparation: between the mean scores of one person's and of different people's pairs, in standard deviations of the latter\n\n", stream);
    for (size_t i = 0; i < doctor->sentences; i++)
        fprintf(stream, "%s\n", doctor->says[i]);
}
