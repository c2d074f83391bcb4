/* Gather, GatherND, ScatterND with indexes that are known at load: boxes that are copied. */
#include "graph/builder.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_BOXES = 65536 };

static cameo_status missing(cm_builder *b)
{
    return cm_build_fail(b, CAMEO_ERROR_FORMAT, "an input is missing");
}

/* A piece that copies a whole value of this shape. */
static cm_move_piece whole(int input, const cm_value *x)
{
    cm_move_piece piece = {.input = input, .loop_count = x->rank};
    for (int i = 0; i < x->rank; i++)
        piece.loops[i] = (cm_move_loop){x->dims[i], i, i, 1, 1};
    return piece;
}

/* An index, counted from the end where it is negative. */
static cameo_status read_index(cm_builder *b, const cm_value *x, int axis, int64_t given, int64_t *index)
{
    *index = given < 0 ? given + x->dims[axis] : given;
    if (*index >= 0 && *index < x->dims[axis])
        return CAMEO_OK;
    return cm_build_fail(b, CAMEO_ERROR_MISMATCH, "index %lld is outside of axis %d of %lld", (long long)given, axis, (long long)x->dims[axis]);
}

/* One box for each index along `axis`. pieces: [count]. */
static cameo_status gather_pieces(cm_builder *b, const cm_value *x, int axis, const int64_t *indices, int count, cm_move_piece *pieces)
{
    cameo_status status = CAMEO_OK;
    for (int i = 0; i < count && status == CAMEO_OK; i++) {
        pieces[i] = whole(0, x);
        pieces[i].loops[axis].extent = 1;
        pieces[i].dst_start[axis] = i;
        status = read_index(b, x, axis, indices[i], &pieces[i].src_start[axis]);
    }
    return status;
}

cameo_status cm_build_gather(cm_builder *b)
{
    cm_value *x = cm_build_input(b, 0), *which = cm_build_input(b, 1);
    const int64_t *indices;
    int count, axis;
    if (!x || !which)
        return missing(b);
    cameo_status status = cm_build_ints(b, which, "its indices", &indices, &count);
    if (status == CAMEO_OK)
        status = cm_build_axis(b, cm_onnx_attribute_int(b->node, "axis", 0), x->rank, &axis);
    if (status != CAMEO_OK)
        return status;
    int rank = x->rank - 1 + which->rank;
    if (rank > CAMEO_MAX_RANK || count > MOST_BOXES)
        return cm_build_fail(b, CAMEO_ERROR_LIMIT, "%d indices, rank %d: too large", count, rank);
    /* Along one flat axis of indices; the result is then viewed in the right shape. */
    int64_t flat[CAMEO_MAX_RANK], dims[CAMEO_MAX_RANK];
    memcpy(flat, x->dims, sizeof flat);
    flat[axis] = count;
    for (int i = 0; i < rank; i++)
        dims[i] = i < axis ? x->dims[i] : i < axis + which->rank ? which->dims[i - axis] : x->dims[i - which->rank + 1];
    cm_move_piece *pieces = cm_calloc((size_t)count + 1, sizeof *pieces);
    if (!pieces)
        return cm_build_no_memory(b);
    status = gather_pieces(b, x, axis, indices, count, pieces);
    const cm_move move = {.pieces = pieces, .piece_count = count};
    cm_value *gathered = status == CAMEO_OK ? cm_piece_move(b, x, &move, x->rank, flat) : NULL;
    free(pieces);
    return status == CAMEO_OK ? cm_piece_shaped_output(b, gathered, 0, rank, dims) : status;
}

/* ---- Tuples of indexes: the last axis of `tuples` names an entry of x's first axes behind `batch` axes that both have ---- */

typedef struct tuple_list {
    const int64_t *ints;
    int64_t count; /* of tuples */
    int width;     /* indexes in one */
    int batch, lead; /* lead = batch + width: axes of x that a tuple fixes */
    int64_t per_batch; /* tuples of one batch entry */
} tuple_list;

static cameo_status read_tuples(cm_builder *b, const cm_value *x, const cm_value *tuples, int64_t batch, tuple_list *list)
{
    int entries;
    cameo_status status = cm_build_ints(b, tuples, "its indices", &list->ints, &entries);
    if (status != CAMEO_OK)
        return status;
    bool fits = tuples->rank > 0 && x->rank > 0 && batch >= 0 && batch < tuples->rank && batch < x->rank;
    int64_t width = fits ? tuples->dims[tuples->rank - 1] : 0;
    for (int i = 0; fits && i < batch; i++)
        fits = tuples->dims[i] == x->dims[i];
    if (!fits || width < 1 || width > x->rank - batch)
        return cm_build_fail(b, CAMEO_ERROR_MISMATCH, "its indices of rank %d do not fit an input of rank %d", tuples->rank, x->rank);
    list->width = (int)width;
    list->batch = (int)batch;
    list->lead = list->batch + list->width;
    list->count = entries / width;
    int64_t batches = cm_dims_elements(list->batch, x->dims);
    list->per_batch = batches ? list->count / batches : 0;
    return list->count <= MOST_BOXES ? CAMEO_OK
                                     : cm_build_fail(b, CAMEO_ERROR_LIMIT, "%lld indices are too many", (long long)list->count);
}

/* Where tuple i points: a number for each of x's first list->lead axes. */
static cameo_status tuple_place(cm_builder *b, const cm_value *x, const tuple_list *list, int64_t i, int64_t *place)
{
    int64_t batch = list->per_batch ? i / list->per_batch : 0;
    for (int axis = list->batch - 1; axis >= 0; axis--) {
        place[axis] = batch % x->dims[axis];
        batch /= x->dims[axis];
    }
    cameo_status status = CAMEO_OK;
    for (int j = 0; j < list->width && status == CAMEO_OK; j++)
        status = read_index(b, x, list->batch + j, list->ints[i * list->width + j], &place[list->batch + j]);
    return status;
}

/* Copies what tuple i names: axes behind the fixed ones are whole. The other side counts tuples along its first axis. */
static cm_move_piece tuple_piece(const cm_value *x, const tuple_list *list, const int64_t *place, int64_t i, bool scatter)
{
    cm_move_piece piece = {.input = scatter, .loop_count = x->rank - list->lead};
    int64_t *named = scatter ? piece.dst_start : piece.src_start, *counted = scatter ? piece.src_start : piece.dst_start;
    memcpy(named, place, sizeof *place * (size_t)list->lead);
    counted[0] = i;
    for (int j = 0; j < piece.loop_count; j++) {
        int in_x = list->lead + j, beside = 1 + j;
        piece.loops[j] = (cm_move_loop){x->dims[in_x], scatter ? beside : in_x, scatter ? in_x : beside, 1, 1};
    }
    return piece;
}

cameo_status cm_build_gather_nd(cm_builder *b)
{
    cm_value *x = cm_build_input(b, 0), *tuples = cm_build_input(b, 1);
    tuple_list list;
    if (!x || !tuples)
        return missing(b);
    cameo_status status = read_tuples(b, x, tuples, cm_onnx_attribute_int(b->node, "batch_dims", 0), &list);
    if (status != CAMEO_OK)
        return status;
    int rest = x->rank - list.lead, rank = tuples->rank - 1 + rest;
    if (rank > CAMEO_MAX_RANK || rest + 1 > CAMEO_MAX_RANK)
        return cm_build_fail(b, CAMEO_ERROR_LIMIT, "rank %d: too large", rank);
    int64_t flat[CAMEO_MAX_RANK] = {list.count}, dims[CAMEO_MAX_RANK];
    memcpy(flat + 1, x->dims + list.lead, sizeof *flat * (size_t)rest);
    for (int i = 0; i < rank; i++)
        dims[i] = i < tuples->rank - 1 ? tuples->dims[i] : flat[1 + i - (tuples->rank - 1)];
    cm_move_piece *pieces = cm_calloc((size_t)list.count + 1, sizeof *pieces);
    if (!pieces)
        return cm_build_no_memory(b);
    for (int64_t i = 0; i < list.count && status == CAMEO_OK; i++) {
        int64_t place[CAMEO_MAX_RANK];
        status = tuple_place(b, x, &list, i, place);
        if (status == CAMEO_OK)
            pieces[i] = tuple_piece(x, &list, place, i, false);
    }
    const cm_move move = {.pieces = pieces, .piece_count = (int)list.count};
    cm_value *gathered = status == CAMEO_OK ? cm_piece_move(b, x, &move, 1 + rest, flat) : NULL;
    free(pieces);
    return status == CAMEO_OK ? cm_piece_shaped_output(b, gathered, 0, rank, dims) : status;
}

/* ---- ScatterND ---- */

/* How updates meet what is there, and the number that changes nothing. */
typedef struct scatter_rule {
    const char *name;
    cm_map_op op;
    float neutral;
} scatter_rule;

/* The tuples as numbers of entries: owner[tuple] = entry of x's first axes, which are `entries` together. */
static cameo_status read_owners(cm_builder *b, const cm_value *x, const tuple_list *list, int64_t *owner)
{
    cameo_status status = CAMEO_OK;
    for (int64_t i = 0; i < list->count && status == CAMEO_OK; i++) {
        int64_t place[CAMEO_MAX_RANK] = {0};
        status = tuple_place(b, x, list, i, place);
        owner[i] = 0;
        for (int axis = 0; axis < list->lead && status == CAMEO_OK; axis++)
            owner[i] = owner[i] * x->dims[axis] + place[axis];
    }
    return status;
}

/* The place of entry number `entry` of x's first `lead` axes. */
static void entry_place(const cm_value *x, int lead, int64_t entry, int64_t *place)
{
    for (int axis = lead - 1; axis >= 0; axis--) {
        place[axis] = entry % x->dims[axis];
        entry /= x->dims[axis];
    }
}

/* x with every entry taken from the last of the updates that names it. source: [entries], the update's number or -1. */
static cm_value *replace_entries(cm_builder *b, cm_value *x, cm_value *updates, const tuple_list *list, int64_t entries, const int64_t *source)
{
    cm_value *inputs[2] = {x, updates}, *result = NULL;
    cm_move_piece *pieces = cm_calloc((size_t)entries, sizeof *pieces);
    for (int64_t i = 0; pieces && i < entries; i++) {
        int64_t place[CAMEO_MAX_RANK] = {0};
        entry_place(x, list->lead, i, place);
        if (source[i] >= 0) {
            pieces[i] = tuple_piece(x, list, place, source[i], true);
            continue;
        }
        pieces[i] = whole(0, x);
        for (int axis = 0; axis < list->lead; axis++) {
            pieces[i].loops[axis].extent = 1;
            pieces[i].src_start[axis] = pieces[i].dst_start[axis] = place[axis];
        }
    }
    const cm_move move = {.pieces = pieces, .piece_count = (int)entries};
    cameo_status status = pieces ? cm_build_moved(b, inputs, 2, &move, x->rank, x->dims, &result) : cm_build_no_memory(b);
    free(pieces);
    if (status != CAMEO_OK)
        b->refused = status;
    return status == CAMEO_OK ? result : NULL;
}

/* Round by round: each round joins at most one update to an entry. taken: [tuples], which have been; used: [entries], scratch. */
static cm_value *join_updates(cm_builder *b, cm_value *x, cm_value *updates, const tuple_list *list, const int64_t *owner, int64_t entries,
                              const scatter_rule *rule)
{
    bool *taken = cm_calloc((size_t)list->count + 1, sizeof *taken), *used = cm_calloc((size_t)entries + 1, sizeof *used);
    cm_move_piece *pieces = cm_calloc((size_t)list->count + 1, sizeof *pieces);
    for (int64_t left = taken && used && pieces ? list->count : 0; left > 0 && x;) {
        int count = 0;
        memset(used, 0, (size_t)entries * sizeof *used);
        for (int64_t i = 0; i < list->count; i++) {
            int64_t place[CAMEO_MAX_RANK] = {0};
            if (taken[i] || used[owner[i]])
                continue;
            taken[i] = used[owner[i]] = true;
            entry_place(x, list->lead, owner[i], place);
            pieces[count] = tuple_piece(x, list, place, i, true);
            pieces[count++].input = 0;
        }
        left -= count;
        const cm_move move = {.pieces = pieces, .piece_count = count, .fill = true, .fill_value = rule->neutral};
        x = cm_piece_map_two(b, rule->op, x, cm_piece_move(b, updates, &move, x->rank, x->dims));
    }
    bool memory = taken && used && pieces;
    free(taken);
    free(used);
    free(pieces);
    return memory ? x : NULL;
}

static cameo_status find_rule(cm_builder *b, const scatter_rule **rule)
{
    static const scatter_rule rules[] = {{"none", CM_MAP_COPY, 0.0f},
                                         {"add", CM_MAP_ADD, 0.0f},
                                         {"mul", CM_MAP_MUL, 1.0f},
                                         {"max", CM_MAP_MAX, -INFINITY},
                                         {"min", CM_MAP_MIN, INFINITY}};
    const char *wanted = cm_onnx_attribute_string(b->node, "reduction", "none");
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        if (strcmp(wanted, rules[i].name) == 0) {
            *rule = &rules[i];
            return CAMEO_OK;
        }
    return cm_build_fail(b, CAMEO_ERROR_FORMAT, "reduction '%s' is none of none, add, mul, max, min", wanted);
}

static cm_value *scatter(cm_builder *b, cm_value *x, cm_value *updates, const tuple_list *list, const int64_t *owner, const scatter_rule *rule)
{
    int64_t entries = cm_dims_elements(list->lead, x->dims), flat[CAMEO_MAX_RANK] = {list->count};
    int rest = x->rank - list->lead;
    memcpy(flat + 1, x->dims + list->lead, sizeof *flat * (size_t)rest);
    updates = cm_piece_view(b, updates, 1 + rest, flat);
    if (!updates)
        return NULL;
    if (rule->op != CM_MAP_COPY)
        return join_updates(b, x, updates, list, owner, entries, rule);
    int64_t *source = cm_calloc((size_t)entries + 1, sizeof *source);
    for (int64_t i = 0; source && i < entries; i++)
        source[i] = -1;
    for (int64_t i = 0; source && i < list->count; i++)
        source[owner[i]] = i;
    cm_value *result = source ? replace_entries(b, x, updates, list, entries, source) : NULL;
    free(source);
    return result;
}

cameo_status cm_build_scatter_nd(cm_builder *b)
{
    cm_value *x = cm_build_input(b, 0), *tuples = cm_build_input(b, 1), *updates = cm_build_input(b, 2);
    tuple_list list;
    const scatter_rule *rule = NULL;
    if (!x || !tuples || !updates)
        return missing(b);
    cameo_status status = read_tuples(b, x, tuples, 0, &list);
    if (status == CAMEO_OK)
        status = find_rule(b, &rule);
    if (status != CAMEO_OK)
        return status;
    int64_t entries = cm_dims_elements(list.lead, x->dims), rest = cm_dims_elements(x->rank - list.lead, x->dims + list.lead);
    if (updates->elements != list.count * rest || (rule->op != CM_MAP_COPY && x->is_int))
        return cm_build_fail(b, CAMEO_ERROR_MISMATCH, "%lld updates do not fit %lld indices", (long long)updates->elements, (long long)list.count);
    if (entries > MOST_BOXES || x->rank - list.lead + 1 > CAMEO_MAX_RANK)
        return cm_build_fail(b, CAMEO_ERROR_LIMIT, "it scatters into %lld entries, %d are the most", (long long)entries, MOST_BOXES);
    int64_t *owner = cm_calloc((size_t)list.count + 1, sizeof *owner);
    if (!owner)
        return cm_build_no_memory(b);
    status = read_owners(b, x, &list, owner);
    cm_value *result = status == CAMEO_OK ? scatter(b, x, updates, &list, owner, rule) : NULL;
    free(owner);
    return status == CAMEO_OK ? cm_piece_output(b, result, 0) : status;
}
