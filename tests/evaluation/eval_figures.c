/* Figures of scores that come on standard input, for oracle_statistics.py to compare: "people N DIMENSION" and N lines of a person's number (rising) and
 * a vector, or "pairs N DIMENSION" and N lines of fold, same and two vectors. Prints lines "name value...". */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calibration.h"

static void *room(size_t count, size_t size)
{
    void *memory = calloc(count + 1, size);
    if (!memory)
        exit(4);
    return memory;
}

static void read_vector(float *to, int dimension)
{
    for (int k = 0; k < dimension; k++)
        if (scanf("%f", &to[k]) != 1)
            exit(3);
    (void)cameo_embedding_normalize(to, dimension);
}

static void read_set(cm_eval_set *set)
{
    char form[8];
    size_t count;
    if (scanf("%7s %zu %d", form, &count, &set->dimension) != 3)
        exit(3);
    int pairs = strcmp(form, "pairs") == 0;
    set->form = pairs ? CM_EVAL_LIST : CM_EVAL_FOLDERS;
    set->count = set->entries = pairs ? 2 * count : count;
    set->pictures = room(set->count, sizeof *set->pictures);
    set->vectors = room(set->count * (size_t)set->dimension, sizeof *set->vectors);
    set->usable = room(set->count, 1);
    memset(set->usable, 1, set->count);
    set->pairs = room(count, sizeof *set->pairs);
    set->pair_count = pairs ? count : 0;
    for (size_t i = 0; i < count; i++) {
        unsigned fold, same;
        float *to = set->vectors + i * (pairs ? 2 : 1) * (size_t)set->dimension;
        if (pairs) {
            if (scanf("%u %u", &fold, &same) != 2)
                exit(3);
            set->pairs[i] = (cm_eval_pair){(uint32_t)(2 * i), (uint32_t)(2 * i + 1), (uint16_t)fold, (uint8_t)same};
            set->folds = (int)fold + 1 > set->folds ? (int)fold + 1 : set->folds;
            read_vector(to, set->dimension);
            read_vector(to + set->dimension, set->dimension);
        } else {
            if (scanf("%d", &set->pictures[i].person) != 1)
                exit(3);
            set->people = set->pictures[i].person + 1;
            read_vector(to, set->dimension);
        }
    }
    set->folds = set->folds > 1 ? set->folds : 0;
}

static void print_interval(const char *name, const cm_interval *interval)
{
    printf("%s %.9g %.9g %.9g\n", name, interval->value, interval->low, interval->high);
}

static void print_measures(const cm_measures *m)
{
    print_interval("auc", &m->auc);
    print_interval("eer", &m->eer);
    for (int i = 0; i < m->point_count; i++) {
        char name[32];
        const cm_eval_point *point = &m->points[i];
        if (!point->resolvable)
            continue;
        snprintf(name, sizeof name, "tar%d", i);
        print_interval(name, &point->tar);
        snprintf(name, sizeof name, "threshold%d", i);
        print_interval(name, &point->threshold);
        snprintf(name, sizeof name, "actual%d", i);
        print_interval(name, &point->actual);
    }
}

int main(void)
{
    cm_eval eval = {.source = "standard input", .threads = 2};
    cm_logistic logistic;
    read_set(&eval.set);
    if (cm_scores_make(&eval.scores, &eval.set, eval.threads) != 0 || cm_eval_measure(&eval, 0) != 0 ||
        cm_logistic_fit(&logistic, &eval.scores.genuine, &eval.scores.impostor) != 0)
        return 4;
    printf("pairs %llu %llu\n", (unsigned long long)eval.scores.genuine.total, (unsigned long long)eval.scores.impostor.total);
    print_measures(&eval.measures);
    printf("logistic %.9g %.9g %.9g %.9g\n", logistic.slope, logistic.offset, logistic.cllr, logistic.cllr_min);
    if (eval.set.form == CM_EVAL_LIST) {
        if (cm_folds_of_set(&eval.set, &eval.folds) != 0)
            return 4;
        printf("folds %.9g %.9g %.9g %.9g %.9g\n", eval.folds.accuracy, eval.folds.accuracy_deviation, eval.folds.tar, eval.folds.tar_deviation,
               eval.folds.far);
    } else {
        cm_searches searches;
        if (cm_searches_make(&searches, &eval.scores, &eval.set) != 0)
            return 4;
        for (int gallery = 1; gallery <= 100; gallery *= 10)
            printf("search%d %.9g %.9g\n", gallery, cm_searches_rate(&searches, (float)eval.measures.points[1].threshold.value, gallery),
                   cm_searches_threshold(&searches, 0.1, gallery));
        cm_searches_free(&searches);
    }
    cm_scores_free(&eval.scores);
    free(eval.set.pictures);
    free(eval.set.vectors);
    free(eval.set.usable);
    free(eval.set.pairs);
    return 0;
}
