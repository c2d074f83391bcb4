#include "eval_set.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "json_text.h"
#include "report.h"

/* A picture by its path. */
typedef struct named_picture {
    const char *path;
    size_t index;
} named_picture;

static int by_path(const void *left, const void *right)
{
    const named_picture *a = left, *b = right;
    return strcmp(a->path, b->path);
}

size_t cm_eval_set_count(const cm_eval_set *set, cm_picture_state state)
{
    size_t count = 0;
    for (size_t i = 0; i < set->count; i++)
        count += set->pictures[i].state == state;
    return count;
}

/* The list, with room for one more entry of `size` bytes behind [count]; NULL without memory, and the list stays. */
static void *with_room(void *list, size_t count, size_t *capacity, size_t size)
{
    enum { FIRST = 256 };
    if (count < *capacity)
        return list;
    const size_t wanted = *capacity ? *capacity * 2 : FIRST;
    void *grown = realloc(list, wanted * size);
    *capacity = grown ? wanted : *capacity;
    return grown;
}

int cm_eval_set_add(cm_eval_set *set, const char *path, int person)
{
    cm_eval_picture *pictures = with_room(set->pictures, set->count, &set->capacity, sizeof *pictures);
    if (!pictures)
        return cm_report(-1, "%s: out of memory", path);
    set->pictures = pictures;
    cm_eval_picture *picture = &set->pictures[set->count];
    *picture = (cm_eval_picture){.path = strdup(path), .person = person, .weight = 1};
    if (!picture->path)
        return cm_report(-1, "%s: out of memory", path);
    set->count++;
    return 0;
}

long cm_eval_set_find(cm_eval_set *set, const char *path)
{
    const named_picture wanted = {.path = path};
    named_picture *const *found = tfind(&wanted, &set->paths, by_path);
    if (found)
        return (long)(*found)->index;
    named_picture *added = malloc(sizeof *added);
    if (!added || cm_eval_set_add(set, path, -1) != 0) {
        free(added);
        return added ? -1 : cm_report(-1, "%s: out of memory", path);
    }
    *added = (named_picture){set->pictures[set->count - 1].path, set->count - 1};
    if (!tsearch(added, &set->paths, by_path)) {
        free(added);
        return cm_report(-1, "%s: out of memory", path);
    }
    return (long)added->index;
}

int cm_eval_set_pair(cm_eval_set *set, cm_eval_pair pair)
{
    cm_eval_pair *pairs = with_room(set->pairs, set->pair_count, &set->pair_capacity, sizeof *pairs);
    if (!pairs)
        return cm_report(-1, "out of memory for more than %zu pairs", set->pair_count);
    set->pairs = pairs;
    set->pairs[set->pair_count++] = pair;
    return 0;
}

/* Pictures in the order of their digests; those of one file in the order of the list. */
static int by_digest(const void *left, const void *right)
{
    const cm_eval_picture *const *a = left, *const *b = right;
    int order = memcmp((*a)->digest, (*b)->digest, CM_DIGEST_BYTES);
    return order ? order : (*a > *b) - (*a < *b);
}

static void judge_run(cm_eval_picture **run, size_t count)
{
    int several = 0;
    for (size_t i = 1; i < count; i++)
        several |= run[i]->person != run[0]->person;
    for (size_t i = several ? 0 : 1; i < count; i++)
        run[i]->state = several ? CM_PICTURE_TWO_NAMES : CM_PICTURE_REPEATED;
}

int cm_eval_set_judge_equals(cm_eval_set *set)
{
    cm_eval_picture **order = malloc((set->count + 1) * sizeof *order);
    size_t used = 0;
    if (!order)
        return cm_report(CM_EXIT_OTHER, "out of memory");
    for (size_t i = 0; i < set->count; i++)
        if (set->pictures[i].state == CM_PICTURE_WAITING)
            order[used++] = &set->pictures[i];
    qsort(order, used, sizeof *order, by_digest);
    for (size_t first = 0, next; first < used; first = next) {
        for (next = first + 1; next < used && memcmp(order[first]->digest, order[next]->digest, CM_DIGEST_BYTES) == 0; next++)
            ;
        judge_run(order + first, next - first);
    }
    free(order);
    return CM_EXIT_OK;
}

size_t cm_eval_set_self_pairs(const cm_eval_set *set)
{
    size_t count = 0;
    for (size_t i = 0; i < set->pair_count && set->form != CM_EVAL_TEMPLATES; i++) {
        const cm_eval_picture *a = &set->pictures[set->pairs[i].a], *b = &set->pictures[set->pairs[i].b];
        count += a->state == CM_PICTURE_EMBEDDED && b->state == CM_PICTURE_EMBEDDED && memcmp(a->digest, b->digest, CM_DIGEST_BYTES) == 0;
    }
    return count;
}

size_t cm_eval_set_odd_names(const cm_eval_set *set)
{
    size_t count = 0;
    for (size_t i = 0; i < set->count; i++)
        count += !cm_json_is_plain(set->pictures[i].path);
    return count;
}

void cm_eval_set_free(cm_eval_set *set)
{
    while (set->paths) {
        named_picture *first = *(named_picture **)set->paths; /* a node begins with its key */
        tdelete(first, &set->paths, by_path);
        free(first);
    }
    for (size_t i = 0; i < set->count; i++)
        free(set->pictures[i].path);
    free(set->pictures);
    free(set->pairs);
    free(set->landmarks);
    cm_pickle_free(&set->pickle);
    free(set->storage);
    free(set->vectors);
    free(set->usable);
    *set = (cm_eval_set){0};
}
