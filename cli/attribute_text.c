#include "attribute_text.h"

#include <math.h>

#include "json_text.h"

/* [count, step], rows as arrays; null where there are none. */
static json_t *points(const float *values, int count, size_t step)
{
    if (count == 0)
        return json_null();
    json_t *array = json_array();
    for (int i = 0; i < count; i++)
        json_array_append_new(array, cm_json_floats(values + (size_t)i * step, step));
    return array;
}

static json_t *pose_object(const cameo_pose *pose)
{
    if (isnan(pose->yaw))
        return json_null();
    json_t *object = json_object();
    cm_json_add(object, "pitch", cm_json_number((double)pose->pitch));
    cm_json_add(object, "yaw", cm_json_number((double)pose->yaw));
    cm_json_add(object, "roll", cm_json_number((double)pose->roll));
    return object;
}

static json_t *quality_object(const cameo_quality *q)
{
    const struct {
        const char *key;
        float value;
    } rows[] = {{"overall", q->overall}, {"size", q->size}, {"sharpness", q->sharpness}, {"illumination", q->illumination}, {"pose", q->pose},
                {"side", q->side}, {"laplacian", q->laplacian}, {"brightness", q->brightness}, {"contrast", q->contrast},
                {"uniformity", q->uniformity}, {"exposure", q->exposure}, {"norm", q->norm}};
    json_t *object = json_object();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cm_json_add(object, rows[i].key, cm_json_number((double)rows[i].value));
    cm_json_add(object, "angles", pose_object(&q->angles));
    return object;
}

static json_t *known_floats(const float *values, size_t count)
{
    return isnan(values[0]) ? json_null() : cm_json_floats(values, count);
}

static const char *gender_name(int gender)
{
    return gender < 0 ? NULL : gender == 0 ? "female" : "male";
}

void cm_attribute_text_add(json_t *face, const cameo_attributes *a)
{
    cm_json_add(face, "landmarks_106", points(a->landmarks_106[0], a->landmark_106_count, 2));
    cm_json_add(face, "landmarks_68", points(a->landmarks_68[0], a->landmark_68_count, 3));
    cm_json_add(face, "pose", pose_object(&a->pose));
    cm_json_add(face, "gender", cm_json_text(gender_name(a->gender)));
    cm_json_add(face, "gender_scores", known_floats(a->gender_scores, 2));
    cm_json_add(face, "age", a->age < 0 ? json_null() : json_integer(a->age));
    cm_json_add(face, "real", cm_json_number((double)a->real));
    cm_json_add(face, "spoof_scores", known_floats(a->spoof_scores, CAMEO_SPOOF_CLASSES));
    cm_json_add(face, "quality", quality_object(&a->quality));
}

static void print_quality(FILE *stream, const cameo_quality *q)
{
    fprintf(stream, "    quality %.2f: size %.2f, sharpness %.2f, illumination %.2f", (double)q->overall, (double)q->size, (double)q->sharpness,
            (double)q->illumination);
    if (!isnan(q->pose))
        fprintf(stream, ", pose %.2f (pitch %.0f, yaw %.0f, roll %.0f)", (double)q->pose, (double)q->angles.pitch, (double)q->angles.yaw,
                (double)q->angles.roll);
    if (!isnan(q->norm))
        fprintf(stream, ", norm %.1f", (double)q->norm);
    putc('\n', stream);
}

void cm_attribute_text_print(FILE *stream, const cameo_attributes *a)
{
    const char *separator = "    ";
    print_quality(stream, &a->quality);
    if (a->gender >= 0) {
        fprintf(stream, "%s%s, age %d", separator, gender_name(a->gender), a->age);
        separator = ", ";
    }
    if (!isnan(a->real)) {
        fprintf(stream, "%sreal %.2f", separator, (double)a->real);
        separator = ", ";
    }
    if (a->landmark_106_count || a->landmark_68_count) {
        fprintf(stream, "%slandmarks", separator);
        fprintf(stream, "%s%s", a->landmark_106_count ? " 106" : "", a->landmark_68_count ? " 68" : "");
        separator = ", ";
    }
    if (separator[0] == ',')
        putc('\n', stream);
}

void cm_attribute_text_label(const cameo_attributes *a, char *text, size_t size)
{
    char person[16] = "", real[24] = "";
    if (a->gender >= 0)
        snprintf(person, sizeof person, " %c %d", a->gender == 0 ? 'F' : 'M', a->age);
    if (!isnan(a->real))
        snprintf(real, sizeof real, " real %.2f", (double)a->real);
    snprintf(text, size, "q %.2f%s%s", (double)a->quality.overall, person, real);
}
