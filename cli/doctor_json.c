#include <math.h>

#include "doctor.h"
#include "json_text.h"
#include "pixels_text.h"

static json_t *count(size_t value)
{
    return json_integer((json_int_t)value);
}

static json_t *files_json(const cm_files *files)
{
    json_t *array = json_array();
    for (size_t i = 0; i < files->count; i++)
        json_array_append_new(array, cm_json_text(files->paths[i]));
    return array;
}

static void add_pixels(json_t *object, const cameo_contract *contract)
{
    cm_json_add(object, "color", json_string(cm_pixels_color(contract->color)));
    cm_json_add(object, "mean", cm_json_floats(contract->mean, 3));
    cm_json_add(object, "std", cm_json_floats(contract->std, 3));
}

/* How it compares with the wanted one: forms, and with the best one: pixels. */
static json_t *behind_json(const cm_doctor *doctor, const cm_doctor_row *row)
{
    size_t index = (size_t)(row - doctor->rows);
    double error;
    int clear;
    double behind = cm_doctor_behind(doctor, row, &doctor->rows[index < doctor->pixel_rows ? doctor->best : doctor->wanted], &error, &clear);
    json_t *object = json_object();
    cm_json_add(object, "separation", cm_json_number(behind));
    cm_json_add(object, "standard_error", cm_json_number(error));
    cm_json_add(object, "clear", json_boolean(clear));
    return object;
}

static json_t *row_json(const cm_doctor *doctor, const cm_doctor_row *row)
{
    const cm_separation *r = &row->result;
    const int measured = !row->failure[0];
    char name[160];
    json_t *object = json_object();
    cm_doctor_name(row, name, sizeof name);
    cm_json_add(object, "setting", cm_json_text(name));
    add_pixels(object, &row->pixels);
    cm_json_add(object, "face", json_string(cm_doctor_form_name(row->form)));
    cm_json_add(object, "score", json_string(row->plain ? "dot product" : "cosine"));
    cm_json_add(object, "present", json_boolean(row->present));
    cm_json_add(object, "failure", cm_json_text(measured ? NULL : row->failure));
    const struct {
        const char *key;
        double value;
    } values[] = {{"separation", r->separation}, {"auc", r->auc}, {"eer", r->eer}, {"tar", r->tar}, {"same_mean", r->same_mean},
                  {"same_deviation", r->same_deviation}, {"different_mean", r->different_mean}, {"different_deviation", r->different_deviation},
                  {"gap", r->same_mean - r->different_mean}, {"shortest_embedding", row->shortest}, {"longest_embedding", row->longest}};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        cm_json_add(object, values[i].key, cm_json_number(measured ? values[i].value : NAN));
    cm_json_add(object, "behind", behind_json(doctor, row));
    return object;
}

static json_t *left_out_json(const cm_people *people)
{
    json_t *object = json_object();
    cm_json_add(object, "over_limit", count(people->over_limit));
    cm_json_add(object, "without_person", count(people->without_person));
    cm_json_add(object, "unreadable", count(people->unreadable));
    cm_json_add(object, "without_face", files_json(&people->without_face));
    cm_json_add(object, "twice", files_json(&people->twice));
    cm_json_add(object, "two_names", files_json(&people->two_names));
    return object;
}

static json_t *wanted_json(const cm_doctor *doctor)
{
    const cm_doctor_row *row = &doctor->rows[doctor->wanted];
    char name[160], options[192];
    if (doctor->verdict == CM_DOCTOR_UNDECIDED)
        return json_null();
    json_t *object = json_object();
    cm_doctor_name(row, name, sizeof name);
    cm_pixels_options(&row->pixels, options, sizeof options);
    cm_json_add(object, "setting", cm_json_text(name));
    add_pixels(object, &row->pixels);
    cm_json_add(object, "options", json_string(options));
    return object;
}

void cm_doctor_print_json(const cm_doctor *doctor, FILE *stream)
{
    static const char *const verdicts[] = {[CM_DOCTOR_RIGHT] = "right", [CM_DOCTOR_WRONG] = "wrong", [CM_DOCTOR_UNDECIDED] = "undecided"};
    const cm_people *people = &doctor->people;
    json_t *object = json_object(), *pairs = json_object(), *rows = json_array(), *says = json_array();
    for (size_t i = 0; i < doctor->row_count; i++)
        json_array_append_new(rows, row_json(doctor, &doctor->rows[i]));
    for (size_t i = 0; i < doctor->sentences; i++)
        json_array_append_new(says, cm_json_text(doctor->says[i]));
    cm_json_add(pairs, "same", count(doctor->same));
    cm_json_add(pairs, "different", count(doctor->different));
    cm_json_add(object, "model", cm_json_text(cameo_network_info(doctor->network).path));
    cm_json_add(object, "family", cm_json_text(doctor->contract.family));
    cm_json_add(object, "size", json_integer(people->size));
    cm_json_add(object, "dimension", json_integer(doctor->contract.dimension));
    cm_json_add(object, "aligned", json_boolean(people->aligned));
    cm_json_add(object, "pictures", count(people->count));
    cm_json_add(object, "people", json_integer(people->people));
    cm_json_add(object, "people_with_pairs", json_integer(doctor->with_pairs));
    cm_json_add(object, "pairs", pairs);
    cm_json_add(object, "left_out", left_out_json(people));
    cm_json_add(object, "far", cm_json_number(cm_separation_far(doctor->different)));
    cm_json_add(object, "verdict", json_string(verdicts[doctor->verdict]));
    cm_json_add(object, "wanted", wanted_json(doctor));
    cm_json_add(object, "settings", rows);
    cm_json_add(object, "says", says);
    cm_json_print(object, stream, 1);
}
