/* Sets as pairs of templates: several pictures of a person that are compared as one. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "eval_set.h"
#include "lookup.h"
#include "report.h"
#include "text_lines.h"

enum { MOST_TEMPLATES = 50000000, MOST_MEDIUM = 1000000000, POINT_FIELDS = 12 };

static int wrong_line(const cm_text_lines *lines, const char *wanted)
{
    return cm_report(CM_EXIT_INPUT, "%s, line %zu: wanted is '%s'", lines->path, lines->number, wanted);
}

static int take_members(cm_eval_set *set, cm_text_lines *lines, const char *faces)
{
    char *fields[3];
    for (int count; (count = cm_text_lines_next(lines, fields, 3)) > 0;) {
        long long template = count == 3 ? cm_text_lines_number(fields[1], MOST_TEMPLATES) : -1;
        long long medium = template >= 0 ? cm_text_lines_number(fields[2], MOST_MEDIUM) : -1;
        if (medium < 0)
            return wrong_line(lines, "FILE TEMPLATE MEDIUM");
        char *path = cm_lookup_format("%s/%s", faces, fields[0]);
        int failed = !path || cm_eval_set_add(set, path, (int)template) != 0;
        free(path);
        if (failed)
            return CM_EXIT_OTHER;
        set->pictures[set->count - 1].medium = (int)medium;
        set->people = template >= set->people ? (int)template + 1 : set->people;
    }
    return set->count ? CM_EXIT_OK : cm_report(CM_EXIT_INPUT, "%s: no picture in this list", lines->path);
}

static int take_pairs(cm_eval_set *set, cm_text_lines *lines)
{
    char *fields[3];
    for (int count; (count = cm_text_lines_next(lines, fields, 3)) > 0;) {
        long long numbers[3] = {-1, -1, -1};
        for (int i = 0; i < count && count == 3; i++)
            numbers[i] = cm_text_lines_number(fields[i], i == 2 ? 1 : MOST_TEMPLATES);
        if (numbers[0] < 0 || numbers[1] < 0 || numbers[2] < 0)
            return wrong_line(lines, "TEMPLATE TEMPLATE 0|1");
        if (numbers[0] >= set->people || numbers[1] >= set->people)
            return cm_report(CM_EXIT_INPUT, "%s, line %zu: no picture is in template %lld", lines->path, lines->number,
                             numbers[0] >= set->people ? numbers[0] : numbers[1]);
        const cm_eval_pair pair = {(uint32_t)numbers[0], (uint32_t)numbers[1], 0, (uint8_t)numbers[2]};
        if (cm_eval_set_pair(set, pair) != 0)
            return CM_EXIT_OTHER;
    }
    return set->pair_count ? CM_EXIT_OK : cm_report(CM_EXIT_INPUT, "%s: no pair in this list", lines->path);
}

static int decimal(const char *text, float *value)
{
    char *end;
    *value = strtof(text, &end);
    return end != text && !*end && isfinite(*value);
}

/* A line for each member, in their order: ten coordinates and a weight. */
static int take_points(cm_eval_set *set, cm_text_lines *lines)
{
    char *fields[POINT_FIELDS];
    size_t i = 0;
    set->landmarks = calloc(set->count, sizeof *set->landmarks);
    if (!set->landmarks)
        return cm_report(CM_EXIT_OTHER, "out of memory");
    for (int count; (count = cm_text_lines_next(lines, fields, POINT_FIELDS)) > 0; i++) {
        int right = count == POINT_FIELDS && i < set->count && cm_lookup_ends_with(set->pictures[i].path, fields[0]);
        for (int k = 0; right && k < 10; k++)
            right = decimal(fields[k + 1], &set->landmarks[i][k / 2][k % 2]);
        if (!right || !decimal(fields[POINT_FIELDS - 1], &set->pictures[i].weight))
            return cm_report(CM_EXIT_INPUT, "%s, line %zu: wanted is 'FILE X Y X Y X Y X Y X Y SCORE' for the picture in that line of --templates", lines->path,
                             lines->number);
    }
    return i == set->count ? CM_EXIT_OK : cm_report(CM_EXIT_INPUT, "%s: has %zu lines for %zu pictures", lines->path, i, set->count);
}

int cm_eval_read_templates(cm_eval_set *set, const char *pairs, const char *members, const char *points, const char *faces)
{
    cm_text_lines lines;
    int code = cm_text_lines_open(&lines, members);
    set->form = CM_EVAL_TEMPLATES;
    if (code == CM_EXIT_OK)
        code = take_members(set, &lines, faces);
    cm_text_lines_close(&lines);
    if (code == CM_EXIT_OK)
        code = cm_text_lines_open(&lines, pairs);
    if (code == CM_EXIT_OK)
        code = take_pairs(set, &lines);
    cm_text_lines_close(&lines);
    if (code != CM_EXIT_OK || !points)
        return code;
    code = cm_text_lines_open(&lines, points);
    if (code == CM_EXIT_OK)
        code = take_points(set, &lines);
    cm_text_lines_close(&lines);
    return code;
}

/* By template, then medium, then place in the list. */
static int by_template(const void *left, const void *right)
{
    const cm_eval_picture *const *a = left, *const *b = right;
    if ((*a)->person != (*b)->person)
        return (*a)->person < (*b)->person ? -1 : 1;
    if ((*a)->medium != (*b)->medium)
        return (*a)->medium < (*b)->medium ? -1 : 1;
    return (*a > *b) - (*a < *b);
}

/* The mean of a medium's pictures is added to its template. */
static void add_medium(const cm_eval_set *set, cm_eval_picture *const *run, size_t count, const float *embeddings)
{
    size_t dimension = (size_t)set->dimension;
    float *template = set->vectors + (size_t)run[0]->person * dimension;
    for (size_t i = 0; i < count; i++) {
        const float *embedding = embeddings + (size_t)(run[i] - set->pictures) * dimension;
        for (size_t k = 0; k < dimension; k++)
            template[k] += embedding[k] * run[i]->weight / (float)count;
    }
}

int cm_eval_pool_templates(cm_eval_set *set, const float *embeddings)
{
    size_t dimension = (size_t)set->dimension, used = 0;
    cm_eval_picture **order = malloc((set->count + 1) * sizeof *order);
    set->entries = (size_t)set->people;
    set->vectors = calloc(set->entries + 1, dimension * sizeof *set->vectors);
    set->usable = calloc(set->entries + 1, 1);
    int code = order && set->vectors && set->usable ? CM_EXIT_OK : cm_report(CM_EXIT_OTHER, "out of memory for %zu templates", set->entries);
    for (size_t i = 0; code == CM_EXIT_OK && i < set->count; i++)
        if (set->pictures[i].state == CM_PICTURE_EMBEDDED)
            order[used++] = &set->pictures[i];
    if (code == CM_EXIT_OK)
        qsort(order, used, sizeof *order, by_template);
    for (size_t first = 0, next; code == CM_EXIT_OK && first < used; first = next) {
        for (next = first + 1; next < used && order[next]->person == order[first]->person && order[next]->medium == order[first]->medium; next++)
            ;
        add_medium(set, order + first, next - first, embeddings);
    }
    for (size_t i = 0; code == CM_EXIT_OK && i < set->entries; i++)
        set->usable[i] = cameo_embedding_normalize(set->vectors + i * dimension, set->dimension) > 0;
    free(order);
    return code;
}
