/* Sets as lists of pairs of pictures that lie in a folder. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "eval_set.h"
#include "lookup.h"
#include "report.h"
#include "text_lines.h"

enum { MOST_FOLDS = 1000, MOST_NUMBER = 100000000, MOST_FIELDS = 4 };

/* LFW's first line: how many folds, and how many pairs of each kind a fold has. */
typedef struct heading {
    long long folds, pairs; /* 0: the list has no such line */
} heading;

/* FACES/NAME/NAME_0001.jpg, with the ending that is there. NULL without memory (reported). To be freed. */
static char *picture_of(const char *faces, const char *name, long long number)
{
    static const char *const endings[] = {"jpg", "jpeg", "png", "webp", "bmp", "ppm", "JPG", "JPEG", "PNG"};
    char *path = NULL;
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        path = cm_lookup_format("%s/%s/%s_%04lld.%s", faces, name, name, number, endings[i]);
        if (!path || access(path, F_OK) == 0)
            break;
        free(path);
        path = NULL;
        if (i + 1 == sizeof endings / sizeof *endings)
            path = cm_lookup_format("%s/%s/%s_%04lld.jpg", faces, name, name, number);
    }
    if (!path)
        (void)cm_report(CM_EXIT_OTHER, "%s: out of memory", name);
    return path;
}

static int wrong_line(const cm_text_lines *lines)
{
    return cm_report(CM_EXIT_INPUT, "%s, line %zu: wanted is 'NAME I J' (one person), 'NAME I NAME J' (two people) or 'PATH PATH 0|1'", lines->path,
                     lines->number);
}

/* Takes both paths over. */
static int add_pair(cm_eval_set *set, char *first, char *second, int same, int fold)
{
    long a = first && second ? cm_eval_set_find(set, first) : -1;
    long b = a >= 0 ? cm_eval_set_find(set, second) : -1;
    free(first);
    free(second);
    if (b < 0)
        return CM_EXIT_OTHER;
    const cm_eval_pair pair = {(uint32_t)a, (uint32_t)b, (uint16_t)fold, (uint8_t)same};
    return cm_eval_set_pair(set, pair) == 0 ? CM_EXIT_OK : CM_EXIT_OTHER;
}

static int take_line(cm_eval_set *set, const cm_text_lines *lines, char **fields, int count, const char *faces, int fold)
{
    if (count != 3 && count != 4)
        return wrong_line(lines);
    long long first = cm_text_lines_number(fields[1], MOST_NUMBER), last = cm_text_lines_number(fields[count - 1], MOST_NUMBER);
    if (count == 3 && first >= 0 && last >= 0)
        return add_pair(set, picture_of(faces, fields[0], first), picture_of(faces, fields[0], last), 1, fold);
    if (count == 4 && first >= 0 && last >= 0)
        return add_pair(set, picture_of(faces, fields[0], first), picture_of(faces, fields[2], last), 0, fold);
    if (count == 3 && (last == 0 || last == 1)) {
        char *a = cm_lookup_format("%s/%s", faces, fields[0]), *b = cm_lookup_format("%s/%s", faces, fields[1]);
        if (!a || !b)
            (void)cm_report(CM_EXIT_OTHER, "%s: out of memory", lines->path);
        return add_pair(set, a, b, last == 1, fold);
    }
    return wrong_line(lines);
}

/* "10 300", or "500" where all pairs are one fold. 0: it is a pair already. */
static int take_heading(heading *head, char **fields, int count)
{
    long long numbers[2] = {1, 0};
    if (count > 2)
        return 0;
    for (int i = 0; i < count; i++)
        numbers[2 - count + i] = cm_text_lines_number(fields[i], MOST_NUMBER);
    if (numbers[0] < 1 || numbers[0] > MOST_FOLDS || numbers[1] < 1)
        return 0;
    *head = (heading){numbers[0], numbers[1]};
    return 1;
}

static int take_lines(cm_eval_set *set, cm_text_lines *lines, const char *faces)
{
    char *fields[MOST_FIELDS];
    heading head = {0, 0};
    int code = CM_EXIT_OK, first = 1;
    for (int count; code == CM_EXIT_OK && (count = cm_text_lines_next(lines, fields, MOST_FIELDS)) > 0; first = 0) {
        if (first && take_heading(&head, fields, count))
            continue;
        long long fold = head.folds ? (long long)set->pair_count / (2 * head.pairs) : 0;
        if (head.folds && fold >= head.folds)
            return cm_report(CM_EXIT_INPUT, "%s, line %zu: there are more pairs than the %lld folds of 2 x %lld of its first line", lines->path,
                             lines->number, head.folds, head.pairs);
        code = take_line(set, lines, fields, count, faces, (int)fold);
    }
    if (code == CM_EXIT_OK && head.folds && set->pair_count != (size_t)(2 * head.folds * head.pairs))
        return cm_report(CM_EXIT_INPUT, "%s: has %zu pairs; its first line promises %lld folds of 2 x %lld", lines->path, set->pair_count, head.folds,
                         head.pairs);
    set->folds = head.folds > 1 ? (int)head.folds : 0;
    return code;
}

int cm_eval_read_list(cm_eval_set *set, const char *list, const char *faces)
{
    cm_text_lines lines;
    int code = cm_text_lines_open(&lines, list);
    if (code == CM_EXIT_OK) {
        set->form = CM_EVAL_LIST;
        code = take_lines(set, &lines, faces);
        if (code == CM_EXIT_OK && set->pair_count == 0)
            code = cm_report(CM_EXIT_INPUT, "%s: no pair in this list", list);
    }
    cm_text_lines_close(&lines);
    return code;
}
