/* Sequences of tensors, which PyTorch's newer exporter makes of split and chunk: they are taken apart at load. */
#include "graph/builder.h"

#include <string.h>

static cameo_status too_many(cm_builder *b, int64_t parts)
{
    return cm_build_fail(b, CAMEO_ERROR_LIMIT, "%lld parts, %d are the most", (long long)parts, CM_SEQUENCE_MOST);
}

/* Parts of one size; the last may be smaller. */
static cameo_status equal_sizes(cm_builder *b, int64_t extent, int64_t size, int64_t *sizes, int *count)
{
    if (size < 1)
        return cm_build_fail(b, CAMEO_ERROR_MISMATCH, "parts of %lld entries", (long long)size);
    int64_t parts = extent > 0 ? (extent - 1) / size + 1 : 0;
    if (parts > CM_SEQUENCE_MOST)
        return too_many(b, parts);
    for (*count = 0; *count < parts; ++*count)
        sizes[*count] = extent - *count * size < size ? extent - *count * size : size;
    return CAMEO_OK;
}

static cameo_status listed_sizes(cm_builder *b, int64_t extent, const int64_t *ints, int entries, int64_t *sizes, int *count)
{
    int64_t left = extent;
    if (entries > CM_SEQUENCE_MOST)
        return too_many(b, entries);
    for (*count = 0; *count < entries; left -= ints[*count], ++*count) {
        if (ints[*count] < 1 || ints[*count] > left)
            return cm_build_fail(b, CAMEO_ERROR_MISMATCH, "part %d of %lld does not fit what is left, %lld", *count, (long long)ints[*count],
                                 (long long)left);
        sizes[*count] = ints[*count];
    }
    return left == 0 ? CAMEO_OK : cm_build_fail(b, CAMEO_ERROR_MISMATCH, "its parts leave %lld of %lld entries", (long long)left, (long long)extent);
}

/* Sizes of the parts: a list, or one size for all; without either an entry each. sizes: [CM_SEQUENCE_MOST] */
static cameo_status part_sizes(cm_builder *b, int64_t extent, int64_t *sizes, int *count)
{
    const cm_value *given = cm_build_input(b, 1);
    const int64_t *ints;
    int entries;
    if (!given)
        return equal_sizes(b, extent, 1, sizes, count);
    cameo_status status = cm_build_ints(b, given, "its split", &ints, &entries);
    if (status != CAMEO_OK)
        return status;
    if (given->rank == 0)
        return equal_sizes(b, extent, ints[0], sizes, count);
    return listed_sizes(b, extent, ints, entries, sizes, count);
}

/* `size` entries of x from `start` along the axis; dropped: without the axis, which has one entry. */
static cm_value *cut_part(cm_builder *b, cm_value *x, int axis, int64_t start, int64_t size, bool dropped)
{
    cm_move_piece piece = {.loop_count = x->rank};
    int64_t dims[CAMEO_MAX_RANK], left[CAMEO_MAX_RANK];
    int rank = 0;
    for (int i = 0; i < x->rank; i++) {
        dims[i] = i == axis ? size : x->dims[i];
        piece.loops[i] = (cm_move_loop){dims[i], i, i, 1, 1};
        if (!dropped || i != axis)
            left[rank++] = dims[i];
    }
    piece.src_start[axis] = start;
    const cm_move move = {.pieces = &piece, .piece_count = 1};
    return cm_piece_view(b, cm_piece_move(b, x, &move, x->rank, dims), rank, left);
}

cameo_status cm_build_split_to_sequence(cm_builder *b)
{
    cm_value *x = cm_build_input(b, 0);
    int64_t sizes[CM_SEQUENCE_MOST], start = 0;
    int axis, count = 0;
    if (!x)
        return cm_build_fail(b, CAMEO_ERROR_FORMAT, "its input is missing");
    cameo_status status = cm_build_axis(b, cm_onnx_attribute_int(b->node, "axis", 0), x->rank, &axis);
    if (status == CAMEO_OK)
        status = part_sizes(b, x->dims[axis], sizes, &count);
    if (status != CAMEO_OK)
        return status;
    bool dropped = !cm_build_input(b, 1) && cm_onnx_attribute_int(b->node, "keepdims", 1) == 0;
    cm_value *sequence = cm_graph_new_value(b->graph, cm_build_name(b), 0, NULL);
    cm_value **items = cm_arena_alloc(&b->graph->arena, (size_t)count + 1, sizeof *items);
    if (!sequence || !items)
        return cm_build_no_memory(b);
    for (int i = 0; i < count; start += sizes[i], i++)
        if (!(items[i] = cut_part(b, x, axis, start, sizes[i], dropped)))
            return cm_build_no_memory(b);
    sequence->items = items;
    sequence->item_count = count;
    cm_build_set_output(b, 0, sequence);
    return CAMEO_OK;
}

cameo_status cm_build_sequence_at(cm_builder *b)
{
    const cm_value *sequence = cm_build_input(b, 0);
    const int64_t *position;
    int count;
    cameo_status status = cm_build_ints(b, cm_build_input(b, 1), "its position", &position, &count);
    if (status != CAMEO_OK)
        return status;
    if (!sequence || !sequence->items || count != 1)
        return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "it needs a sequence that the graph has made, and one position");
    int64_t index = position[0] < 0 ? position[0] + sequence->item_count : position[0];
    if (index < 0 || index >= sequence->item_count)
        return cm_build_fail(b, CAMEO_ERROR_MISMATCH, "position %lld is outside of a sequence of %d", (long long)position[0], sequence->item_count);
    cm_build_set_output(b, 0, sequence->items[index]);
    return CAMEO_OK;
}
