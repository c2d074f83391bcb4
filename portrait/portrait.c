#include "portrait.h"

#include <stdlib.h>
#include <string.h>

#include "backdrop.h"
#include "camera.h"
#include "develop.h"
#include "head_shape.h"
#include "lighting.h"

static const float DEGREES = 57.2957795f;

void cm_portrait_options_default(cm_portrait_options *options)
{
    *options = (cm_portrait_options){1, 1, 1.0f, 1.0f, 1.0f};
}

static bool in_unit(float x)
{
    return x >= 0.0f && x <= 1.0f;
}

static bool acceptable(const cm_portrait_options *o)
{
    return in_unit(o->pose) && in_unit(o->expression) && in_unit(o->light);
}

static bool acceptable_size(int side)
{
    return side >= CM_PORTRAIT_MIN_SIZE && side <= CM_PORTRAIT_MAX_SIZE;
}

static void widen(float box[4], cm_vec3 at)
{
    box[0] = at.x < box[0] ? at.x : box[0];
    box[1] = at.y < box[1] ? at.y : box[1];
    box[2] = at.x > box[2] ? at.x : box[2];
    box[3] = at.y > box[3] ? at.y : box[3];
}

/* The face as detectors box it: the projected front of the head between the upper forehead and the chin. */
static void measure_box(const cm_person *person, const cm_camera *camera, float box[4])
{
    const cm_traits *t = &person->traits;
    static const float nothing[4] = {1e9f, 1e9f, -1e9f, -1e9f};
    memcpy(box, nothing, sizeof nothing);
    for (int i = 0; i <= 24; i++) {
        float u = cm_mix(cm_head_row(t, 5.2f), 1.0f, (float)i / 24.0f);
        cm_section section = cm_head_section(t, u);
        for (int k = -8; k <= 8; k++) {
            cm_vec3 p = cm_section_point(&section, 1.35f * (float)k / 8.0f);
            p = cm_face_expression(t, &person->moment, p);
            widen(box, cm_camera_project(camera, cm_turn_point(&person->head_turn, p)));
        }
    }
}

static void measure(const cm_person *person, const cm_camera *camera, cm_portrait_truth *truth)
{
    const cm_traits *t = &person->traits;
    const cm_moment *m = &person->moment;
    float half = cm_mouth_half_width(t, m);
    cm_vec3 points[5] = {
        cm_face_point(t, m, -t->eye.apart, 0.0f),
        cm_face_point(t, m, t->eye.apart, 0.0f),
        cm_face_point(t, m, 0.0f, -t->nose.length + 0.05f),
        cm_face_point(t, m, -half, cm_mouth_line(t, m, half)),
        cm_face_point(t, m, half, cm_mouth_line(t, m, half)),
    };
    for (int i = 0; i < 5; i++) {
        cm_vec3 at = cm_camera_project(camera, cm_turn_point(&person->head_turn, points[i]));
        truth->landmarks[i][0] = at.x;
        truth->landmarks[i][1] = at.y;
    }
    measure_box(person, camera, truth->box);
    truth->yaw = m->yaw * DEGREES;
    truth->pitch = m->pitch * DEGREES;
    truth->roll = m->roll * DEGREES;
}

/* One person onto the canvas, the head's centre at (x, y). `light_of` gives light and surroundings where it is not the person's own. */
static bool draw_person(const cm_portrait_options *options, const cm_moment *light_of, cm_vec3 *light, int width, int height,
                        cm_vec3 place, cm_portrait_truth *truth)
{
    cm_person person;
    bool made = cm_person_build(&person, options);
    if (made && light_of)
        cm_moment_share_light(&person.moment, light_of);
    made = made && cm_light_ambient(&person);
    if (made) {
        cm_camera camera = cm_camera_aim(&person.moment, place.x, place.y, place.z);
        made = cm_camera_draw(&camera, &person, light, width, height);
        if (truth)
            measure(&person, &camera, truth);
    }
    cm_person_free(&person);
    return made;
}

bool cm_portrait_draw(const cm_portrait_options *options, uint8_t *rgb, int size, cm_portrait_truth *truth)
{
    if (!acceptable(options) || !acceptable_size(size))
        return false;
    cm_moment moment;
    cm_moment_from_options(&moment, options);
    cm_vec3 *light = malloc((size_t)size * (size_t)size * sizeof *light);
    if (!light)
        return false;
    cm_backdrop_draw(&moment, light, size, size);
    float s = (float)size;
    cm_vec3 place = cm_v3((0.5f + moment.shift_x) * s, (0.5f + moment.shift_y) * s, moment.face_share * s);
    bool made = draw_person(options, NULL, light, size, size, place, truth) && cm_develop(&moment, light, rgb, size, size);
    free(light);
    return made;
}

/* Where person i of `count` stands: x, y and height of the head. The back row comes first, higher up and smaller. */
static cm_vec3 group_place(const cm_moment *m, int i, int count, float width, float height)
{
    int behind = count >= 4 ? count / 2 : 0, row_count = i < behind ? behind : count - behind;
    int column = i < behind ? i : i - behind;
    float slot = width / ((float)row_count + (behind && i < behind ? 1.0f : 0.0f));
    float offset = behind && i < behind ? 0.5f * slot : 0.0f;
    float x = offset + slot * ((float)column + 0.5f + m->shift_x);
    float head = height * (behind ? 0.30f : 0.42f);
    head = head < 0.62f * slot ? head : 0.62f * slot;
    float y = height * (behind ? (i < behind ? 0.26f : 0.62f) : 0.45f) + 0.5f * m->shift_y * height;
    return cm_v3(x, y, head * (i < behind ? 0.88f : 1.0f) * (0.85f + 0.3f * m->face_share));
}

bool cm_portrait_draw_group(const cm_portrait_options *people, int count, uint8_t *rgb, int width, int height, cm_portrait_truth *truth)
{
    if (count < 1 || count > CM_PORTRAIT_MAX_GROUP || !acceptable_size(width) || !acceptable_size(height))
        return false;
    for (int i = 0; i < count; i++)
        if (!acceptable(&people[i]))
            return false;
    cm_moment shared;
    cm_moment_from_options(&shared, &people[0]);
    cm_vec3 *light = malloc((size_t)width * (size_t)height * sizeof *light);
    if (!light)
        return false;
    cm_backdrop_draw(&shared, light, width, height);
    bool made = true;
    for (int i = 0; made && i < count; i++) {
        cm_moment own;
        cm_moment_from_options(&own, &people[i]);
        cm_vec3 place = group_place(&own, i, count, (float)width, (float)height);
        made = draw_person(&people[i], &shared, light, width, height, place, truth ? &truth[i] : NULL);
    }
    made = made && cm_develop(&shared, light, rgb, width, height);
    free(light);
    return made;
}
