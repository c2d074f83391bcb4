/* The memory plan: every value its place in one block.
 *
 *   time ->     op 0   op 1   op 2   op 3
 *   offset 0    [ a           ]      [ d ]       a and d never live together: same place
 *          n           [ b           ]
 *          m                  [ c        ]
 */
#include "graph/graph.h"

#include "base/limits.h"

#include <stdlib.h>

/* Above this many values, sorting out who overlaps whom would take too long; then nothing is shared. */
enum { MOST_SHARED = 8192 };

static size_t round_up(size_t bytes)
{
    return (bytes + CM_ALIGNMENT - 1) & ~(size_t)(CM_ALIGNMENT - 1);
}

static int larger_first(const void *a, const void *b)
{
    const cm_lifetime *x = *(cm_lifetime *const *)a, *y = *(cm_lifetime *const *)b;
    if (x->bytes != y->bytes)
        return x->bytes < y->bytes ? 1 : -1;
    return x < y ? -1 : x > y;
}

static bool lives_overlap(const cm_lifetime *a, const cm_lifetime *b)
{
    return a->first <= b->last && b->first <= a->last;
}

/* The lowest offset at which `item` meets none of the placed ones, which are sorted by offset. */
static size_t lowest_place(const cm_lifetime *item, cm_lifetime *const *placed, int count)
{
    size_t offset = 0;
    for (int i = 0; i < count; i++) {
        if (!lives_overlap(item, placed[i]))
            continue;
        if (placed[i]->offset >= offset + item->bytes)
            break;
        size_t end = placed[i]->offset + round_up(placed[i]->bytes);
        offset = end > offset ? end : offset;
    }
    return offset;
}

static size_t place_in_a_row(cm_lifetime *lifetimes, int count)
{
    size_t total = 0;
    for (int i = 0; i < count; i++) {
        lifetimes[i].offset = total;
        if (!cm_size_add(total, round_up(lifetimes[i].bytes), &total))
            return SIZE_MAX;
    }
    return total;
}

bool cm_place_lifetimes(cm_lifetime *lifetimes, int count, size_t *needed)
{
    *needed = SIZE_MAX;
    size_t sum = 0;
    for (int i = 0; i < count; i++)
        if (lifetimes[i].bytes > SIZE_MAX / 4 || !cm_size_add(sum, round_up(lifetimes[i].bytes), &sum))
            return true;
    if (count > MOST_SHARED) {
        *needed = place_in_a_row(lifetimes, count);
        return true;
    }
    cm_lifetime **order = cm_calloc((size_t)count, 2 * sizeof *order);
    if (!order)
        return false;
    cm_lifetime **placed = order + count;
    for (int i = 0; i < count; i++)
        order[i] = &lifetimes[i];
    qsort(order, (size_t)count, sizeof *order, larger_first);
    size_t total = 0;
    for (int i = 0; i < count; i++) {
        cm_lifetime *item = order[i];
        item->offset = lowest_place(item, placed, i);
        int at = i;
        for (; at > 0 && placed[at - 1]->offset > item->offset; at--)
            placed[at] = placed[at - 1];
        placed[at] = item;
        if (item->offset + round_up(item->bytes) > total)
            total = item->offset + round_up(item->bytes);
    }
    free(order);
    *needed = total;
    return true;
}

/* Every value with memory of its own, once; a value's place in the list is kept in its offset until it is placed. */
typedef struct collector {
    cm_value **values;
    cm_lifetime *lifetimes;
    int count;
} collector;

static void add(collector *c, cm_value *value, int first, int last)
{
    value->offset = (size_t)c->count;
    c->values[c->count] = value;
    c->lifetimes[c->count] = (cm_lifetime){.first = first, .last = last, .bytes = cm_value_bytes(value)};
    c->count++;
}

static void live_until(collector *c, cm_value *value, int last)
{
    cm_value *storage = cm_value_storage(value);
    if (storage->is_constant)
        return;
    cm_lifetime *life = &c->lifetimes[storage->offset];
    if (last > life->last)
        life->last = last;
}

/* The ops of a chain run together: all that they read lives until the last is done, and what they write lives from the first on. */
static void collect(const cm_graph *graph, collector *c)
{
    for (int i = 0; i < graph->input_count; i++) {
        add(c, graph->inputs[i], -1, graph->op_count); /* inputs stay as they are during a run */
    }
    for (int i = 0; i < graph->op_count; i++) {
        const cm_op *op = graph->ops[i];
        if (!op->chain_after)
            add(c, op->output, i - op->chain_before, i);
        for (int j = 0; j < op->input_count; j++)
            if (j > 0 || !op->chain_before)
                live_until(c, op->inputs[j], i + op->chain_after);
    }
    for (int i = 0; i < graph->output_count; i++)
        live_until(c, graph->outputs[i], graph->op_count);
}

cameo_status cm_graph_place(cm_graph *graph, uint64_t max_bytes, cameo_error *error)
{
    size_t most = (size_t)graph->input_count + (size_t)graph->op_count;
    collector c = {.values = cm_calloc(most, sizeof(cm_value *)), .lifetimes = cm_calloc(most, sizeof(cm_lifetime))};
    cameo_status status = CAMEO_OK;
    size_t total = SIZE_MAX;
    bool placed = false;
    if (c.values && c.lifetimes) {
        collect(graph, &c);
        graph->activation_bytes_unshared = 0;
        for (int i = 0; i < c.count; i++)
            graph->activation_bytes_unshared += round_up(c.lifetimes[i].bytes);
        placed = cm_place_lifetimes(c.lifetimes, c.count, &total);
        for (int i = 0; i < c.count; i++)
            c.values[i]->offset = c.lifetimes[i].offset;
        graph->activation_bytes = total;
    }
    if (!placed)
        status = cm_fail(error, CAMEO_ERROR_MEMORY, "%s: out of memory", graph->path);
    else if (total == SIZE_MAX || total > max_bytes)
        status = cm_fail(error, CAMEO_ERROR_LIMIT, "%s: a run needs %zu bytes for activations, the limit is %llu" CM_RAISE_MEMORY, graph->path, total,
                         (unsigned long long)max_bytes);
    free(c.values);
    free(c.lifetimes);
    return status;
}
