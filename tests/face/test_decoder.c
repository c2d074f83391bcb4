/* Decoders on outputs made here, whose faces are known: every layout, shuffled outputs, batch dimensions, wrong shapes, values that are no numbers. */
#include "cmocka_all.h"

#include "face/decoder.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 256, HEIGHT = 128, MAX_OUTPUTS = 15 };

/* Outputs of a network that does not exist. */
typedef struct synthetic {
    cameo_tensor_info infos[MAX_OUTPUTS];
    float *data[MAX_OUTPUTS];
    int count;
} synthetic;

/* Adds an output [rows, columns] of zeros, with a batch dimension or not; returns its index. */
static int add_output(synthetic *s, int64_t rows, int64_t columns, bool batch)
{
    int index = s->count++;
    s->infos[index] = batch ? (cameo_tensor_info){.name = "o", .rank = 3, .dims = {1, rows, columns}}
                            : (cameo_tensor_info){.name = "o", .rank = 2, .dims = {rows, columns}};
    s->data[index] = calloc((size_t)(rows * columns), sizeof(float));
    assert_non_null(s->data[index]);
    return index;
}

static void free_outputs(synthetic *s)
{
    for (int i = 0; i < s->count; i++)
        free(s->data[i]);
    *s = (synthetic){0};
}

/* All scores, then all boxes, then all key points, strides 8, 16, ...; kinds: 2 or 3. */
static void make_levels(synthetic *s, int levels, int anchors, int kinds, bool batch)
{
    static const int columns[3] = {1, 4, 10};
    for (int kind = 0; kind < kinds; kind++) {
        for (int l = 0; l < levels; l++)
            add_output(s, (int64_t)(WIDTH / (8 << l)) * (HEIGHT / (8 << l)) * anchors, columns[kind], batch);
    }
}

static void run(const cm_decoder *decoder, const synthetic *s, float threshold, double scale, cm_candidates *candidates)
{
    assert_true(cm_candidates_create(candidates, decoder->total));
    cm_decoder_run(decoder, (const float *const *)s->data, threshold, scale, candidates);
}

static void assert_near(float value, double wanted)
{
    if (!(fabs((double)value - wanted) < 1e-3))
        fail_msg("%g, where %g was expected", (double)value, wanted);
}

/* Where the face of each level sits: its last anchor. */
static const int face_column[5] = {1, 2, 3, 3, 1}, face_row[5] = {0, 1, 2, 1, 0};

static void scrfd_case(int outputs, bool batch)
{
    int levels = outputs % 5 == 0 ? 5 : 3, anchors = levels == 3 ? 2 : 1, kinds = outputs / levels;
    synthetic s = {0};
    make_levels(&s, levels, anchors, kinds, batch);
    for (int l = 0; l < levels; l++) {
        int at = (face_row[l] * (WIDTH / (8 << l)) + face_column[l]) * anchors + anchors - 1;
        s.data[l][at] = 0.6f + 0.05f * (float)l;
        memcpy(s.data[levels + l] + at * 4, (const float[4]){1, 2, 3, 4}, 16);
        for (int k = 0; kinds == 3 && k < 10; k++)
            s.data[2 * levels + l][at * 10 + k] = 0.1f * (float)k;
    }
    cm_decoder decoder;
    assert_int_equal(cm_decoder_bind(&decoder, CM_DECODER_SCRFD, s.infos, s.count, WIDTH, HEIGHT, NULL), CAMEO_OK);
    cm_candidates found;
    run(&decoder, &s, 0.5f, 0.5, &found);
    assert_int_equal(found.count, levels);
    for (int l = 0; l < levels; l++) {
        double stride = 8 << l, x = face_column[l] * stride, y = face_row[l] * stride;
        const cameo_face *face = &found.faces[l];
        assert_near(face->score, 0.6 + 0.05 * l);
        assert_near(face->box[0], (x - stride) / 0.5);
        assert_near(face->box[1], (y - 2 * stride) / 0.5);
        assert_near(face->box[2], (x + 3 * stride) / 0.5);
        assert_near(face->box[3], (y + 4 * stride) / 0.5);
        assert_int_equal(face->landmark_count, kinds == 3 ? 5 : 0);
        for (int k = 0; k < face->landmark_count; k++) {
            assert_near(face->landmarks[k][0], (x + 0.2 * k * stride) / 0.5);
            assert_near(face->landmarks[k][1], (y + (0.2 * k + 0.1) * stride) / 0.5);
        }
    }
    cm_candidates_free(&found);
    free_outputs(&s);
}

static void scrfd_of_every_output_count(void **state)
{
    (void)state;
    static const int counts[] = {6, 9, 10, 15};
    for (int i = 0; i < 4; i++) {
        scrfd_case(counts[i], false);
        scrfd_case(counts[i], true);
    }
}

/* The same tensors in another order are found by their shapes. */
static void outputs_are_found_by_shape(void **state)
{
    (void)state;
    synthetic s = {0}, shuffled = {0};
    make_levels(&s, 3, 2, 3, false);
    for (int i = 0; i < 9; i++) {
        int from = (i * 5 + 2) % 9;
        shuffled.infos[i] = s.infos[from];
        shuffled.data[i] = s.data[from];
    }
    shuffled.count = 9;
    s.data[1][7] = 0.8f;
    memcpy(s.data[4] + 7 * 4, (const float[4]){1, 1, 1, 1}, 16);
    cm_decoder decoder;
    assert_int_equal(cm_decoder_bind(&decoder, CM_DECODER_SCRFD, shuffled.infos, 9, WIDTH, HEIGHT, NULL), CAMEO_OK);
    cm_candidates found;
    run(&decoder, &shuffled, 0.5f, 1, &found);
    assert_int_equal(found.count, 1);
    assert_near(found.faces[0].box[0], 3 * 16 - 16);
    assert_near(found.faces[0].box[3], 16);
    cm_candidates_free(&found);
    free_outputs(&s);
}

static void shapes_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    cameo_error error;
    cm_decoder decoder;
    synthetic s = {0};
    make_levels(&s, 3, 2, 3, false);
    /* Outputs planned for another input size. */
    assert_int_equal(cm_decoder_bind(&decoder, CM_DECODER_SCRFD, s.infos, 9, 640, 640, &error), CAMEO_ERROR_MISMATCH);
    assert_non_null(strstr(error.message, "[12800, 1]"));
    assert_non_null(strstr(error.message, "640 x 640"));
    s.infos[5].dims[1] = 5;
    assert_int_equal(cm_decoder_bind(&decoder, CM_DECODER_SCRFD, s.infos, 9, WIDTH, HEIGHT, &error), CAMEO_ERROR_MISMATCH);
    s.infos[5] = (cameo_tensor_info){.rank = 0};
    assert_int_equal(cm_decoder_bind(&decoder, CM_DECODER_SCRFD, s.infos, 9, WIDTH, HEIGHT, &error), CAMEO_ERROR_MISMATCH);
    s.infos[5] = (cameo_tensor_info){.rank = 3, .dims = {INT64_MAX, INT64_MAX, 4}};
    assert_int_equal(cm_decoder_bind(&decoder, CM_DECODER_SCRFD, s.infos, 9, WIDTH, HEIGHT, &error), CAMEO_ERROR_MISMATCH);
    assert_int_equal(cm_decoder_bind(&decoder, CM_DECODER_YUNET, s.infos, 9, WIDTH, HEIGHT, &error), CAMEO_ERROR_MISMATCH);
    assert_int_equal(cm_decoder_bind(&decoder, CM_DECODER_RETINAFACE, s.infos, 3, WIDTH, HEIGHT, &error), CAMEO_ERROR_MISMATCH);
    assert_int_equal(cm_decoder_bind(&decoder, CM_DECODER_ULTRAFACE, s.infos, 0, WIDTH, HEIGHT, &error), CAMEO_ERROR_MISMATCH);
    free_outputs(&s);
}

static void scores_that_are_no_numbers_are_no_faces(void **state)
{
    (void)state;
    synthetic s = {0};
    make_levels(&s, 3, 2, 2, false);
    s.data[0][0] = NAN;
    s.data[0][1] = INFINITY;
    s.data[0][2] = 0.9f;
    s.data[3][2 * 4 + 1] = NAN;
    s.data[0][3] = 0.5f; /* exactly the threshold: a face */
    s.data[0][4] = nextafterf(0.5f, 0.0f);
    cm_decoder decoder;
    assert_int_equal(cm_decoder_bind(&decoder, CM_DECODER_SCRFD, s.infos, s.count, WIDTH, HEIGHT, NULL), CAMEO_OK);
    cm_candidates found;
    run(&decoder, &s, 0.5f, 1, &found);
    assert_int_equal(found.count, 1);
    assert_true(found.faces[0].score == 0.5f);
    cm_candidates_free(&found);
    free_outputs(&s);
}

static void yunet_multiplies_its_scores(void **state)
{
    (void)state;
    static const int columns[4] = {1, 1, 4, 10};
    synthetic s = {0};
    for (int kind = 0; kind < 4; kind++) {
        for (int l = 0; l < 3; l++)
            add_output(&s, (int64_t)(WIDTH / (8 << l)) * (HEIGHT / (8 << l)), columns[kind], true);
    }
    int at = 2 * (WIDTH / 16) + 3; /* stride 16, row 2, column 3 */
    s.data[1][at] = 0.9f;
    s.data[4][at] = 1.7f; /* clipped to 1 */
    memcpy(s.data[7] + at * 4, (const float[4]){0.5f, 0.25f, logf(2), logf(3)}, 16);
    s.data[10][at * 10 + 2] = 1.5f;
    s.data[10][at * 10 + 3] = -0.5f;
    s.data[0][0] = NAN;
    s.data[3][0] = 1.0f;
    cm_decoder decoder;
    assert_int_equal(cm_decoder_bind(&decoder, CM_DECODER_YUNET, s.infos, s.count, WIDTH, HEIGHT, NULL), CAMEO_OK);
    cm_candidates found;
    run(&decoder, &s, 0.5f, 2, &found);
    assert_int_equal(found.count, 1);
    const cameo_face *face = &found.faces[0];
    assert_near(face->score, sqrt(0.9));
    assert_near(face->box[0], (3.5 * 16 - 16) / 2);
    assert_near(face->box[1], (2.25 * 16 - 24) / 2);
    assert_near(face->box[2], (3.5 * 16 + 16) / 2);
    assert_near(face->box[3], (2.25 * 16 + 24) / 2);
    assert_near(face->landmarks[1][0], 4.5 * 16 / 2);
    assert_near(face->landmarks[1][1], 1.5 * 16 / 2);
    cm_candidates_free(&found);
    free_outputs(&s);
}

static void retinaface_decodes_its_priors(void **state)
{
    (void)state;
    synthetic s = {0};
    int64_t rows = 2 * (32 * 16 + 16 * 8 + 8 * 4);
    int boxes = add_output(&s, rows, 4, true), scores = add_output(&s, rows, 2, true), points = add_output(&s, rows, 10, true);
    int at = 2 * 32 * 16 + 2 * (1 * 16 + 2) + 1; /* stride 16, row 1, column 2, the prior of 128 pixels */
    s.data[scores][at * 2 + 1] = 0.75f;
    memcpy(s.data[boxes] + at * 4, (const float[4]){1, -1, 5 * logf(2), 0}, 16);
    s.data[points][at * 10] = 2;
    cm_decoder decoder;
    assert_int_equal(cm_decoder_bind(&decoder, CM_DECODER_RETINAFACE, s.infos, s.count, WIDTH, HEIGHT, NULL), CAMEO_OK);
    cm_candidates found;
    run(&decoder, &s, 0.5f, 1, &found);
    assert_int_equal(found.count, 1);
    const cameo_face *face = &found.faces[0];
    assert_near(face->box[0], 2.5 * 16 + 12.8 - 128);
    assert_near(face->box[1], 1.5 * 16 - 12.8 - 64);
    assert_near(face->box[2], 2.5 * 16 + 12.8 + 128);
    assert_near(face->box[3], 1.5 * 16 - 12.8 + 64);
    assert_near(face->landmarks[0][0], 2.5 * 16 + 25.6);
    assert_near(face->landmarks[0][1], 1.5 * 16);
    cm_candidates_free(&found);
    free_outputs(&s);
}

static void ultraface_boxes_are_parts_of_the_input(void **state)
{
    (void)state;
    synthetic s = {0};
    int scores = add_output(&s, 4420, 2, true), boxes = add_output(&s, 4420, 4, true);
    s.data[scores][4419 * 2 + 1] = 0.9f;
    s.data[scores][17 * 2] = 0.9f; /* background */
    memcpy(s.data[boxes] + 4419 * 4, (const float[4]){0.25f, 0.5f, 0.5f, 1.0f}, 16);
    cm_decoder decoder;
    assert_int_equal(cm_decoder_bind(&decoder, CM_DECODER_ULTRAFACE, s.infos, s.count, 320, 240, NULL), CAMEO_OK);
    cm_candidates found;
    run(&decoder, &s, 0.5f, 0.5, &found);
    assert_int_equal(found.count, 1);
    assert_near(found.faces[0].box[0], 160);
    assert_near(found.faces[0].box[1], 240);
    assert_near(found.faces[0].box[2], 320);
    assert_near(found.faces[0].box[3], 480);
    assert_int_equal(found.faces[0].landmark_count, 0);
    cm_candidates_free(&found);
    free_outputs(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scrfd_of_every_output_count),
        cmocka_unit_test(outputs_are_found_by_shape),
        cmocka_unit_test(shapes_that_do_not_fit_are_refused),
        cmocka_unit_test(scores_that_are_no_numbers_are_no_faces),
        cmocka_unit_test(yunet_multiplies_its_scores),
        cmocka_unit_test(retinaface_decodes_its_priors),
        cmocka_unit_test(ultraface_boxes_are_parts_of_the_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
