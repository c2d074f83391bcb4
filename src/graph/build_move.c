/* Operators that copy elements elsewhere: each becomes boxes of a MOVE. */
#include "graph/builder.h"

#include <stdlib.h>
#include <string.h>

/* A piece that copies a box of `dims`, axis by axis, from the source's start to the destination's start. */
static cm_move_piece plain_piece(int input, int rank, const int64_t *dims)
{
    cm_move_piece piece = {.input = input, .loop_count = rank};
    for (int i = 0; i < rank; i++)
        piece.loops[i] = (cm_move_loop){dims[i], i, i, 1, 1};
    return piece;
}

static cameo_status missing(cm_builder *b)
{
    return cm_build_fail(b, CAMEO_ERROR_FORMAT, "an input is missing");
}

cameo_status cm_build_transpose(cm_builder *b)
{
    cm_value *x = cm_build_input(b, 0);
    const cm_onnx_attribute *attribute = cm_onnx_attribute_find(b->node, "perm");
    if (!x)
        return missing(b);
    if (attribute && (attribute->kind != CM_ONNX_ATTR_INTS || attribute->count != (size_t)x->rank))
        return cm_build_fail(b, CAMEO_ERROR_MISMATCH, "perm must name each of the %d axes", x->rank);
    int perm[CAMEO_MAX_RANK];
    bool seen[CAMEO_MAX_RANK] = {false};
    for (int i = 0; i < x->rank; i++) {
        int64_t axis = attribute ? attribute->ints[i] : x->rank - 1 - i;
        if (axis < 0 || axis >= x->rank || seen[axis])
            return cm_build_fail(b, CAMEO_ERROR_MISMATCH, "perm is no permutation of %d axes", x->rank);
        seen[axis] = true;
        perm[i] = (int)axis;
    }
    cm_value *result;
    cameo_status status = cm_build_transposed(b, x, perm, &result);
    if (status == CAMEO_OK)
        cm_build_set_output(b, 0, result);
    return status;
}

/* Input i of a Concat behind the *at entries that are there: every other axis must be as long as the first input's. */
static cameo_status concat_piece(cm_builder *b, const cm_value *first, const cm_value *input, int axis, int i, int64_t *at,
                                 cm_move_piece *piece)
{
    if (!input || input->rank != first->rank)
        return cm_build_fail(b, CAMEO_ERROR_MISMATCH, "input %d is missing or of another rank than the first", i);
    for (int j = 0; j < first->rank; j++)
        if (j != axis && input->dims[j] != first->dims[j])
            return cm_build_fail(b, CAMEO_ERROR_MISMATCH, "input %d has %lld entries along axis %d, the first has %lld", i,
                                 (long long)input->dims[j], j, (long long)first->dims[j]);
    *piece = plain_piece(i, first->rank, input->dims);
    piece->dst_start[axis] = *at;
    return __builtin_add_overflow(*at, input->dims[axis], at) ? cm_build_no_memory(b) : CAMEO_OK;
}

cameo_status cm_build_concat(cm_builder *b)
{
    int count = b->node->input_count, axis;
    cm_value *first = cm_build_input(b, 0);
    if (!first)
        return missing(b);
    cameo_status status = cm_build_axis(b, cm_onnx_attribute_int(b->node, "axis", 0), first->rank, &axis);
    if (status != CAMEO_OK)
        return status;
    cm_value **inputs = malloc((size_t)count * sizeof(cm_value *));
    cm_move_piece *pieces = malloc((size_t)count * sizeof *pieces);
    int64_t dims[CAMEO_MAX_RANK], at = 0;
    memcpy(dims, first->dims, sizeof dims);
    for (int i = 0; i < count && status == CAMEO_OK && inputs && pieces; i++) {
        inputs[i] = cm_build_input(b, i);
        status = concat_piece(b, first, inputs[i], axis, i, &at, &pieces[i]);
    }
    dims[axis] = at;
    if (!inputs || !pieces)
        status = cm_build_no_memory(b);
    cm_move move = {.pieces = pieces, .piece_count = count};
    if (status == CAMEO_OK)
        status = cm_build_move(b, inputs, count, &move, 0, first->rank, dims);
    free(inputs);
    free(pieces);
    return status;
}

/* The lists of a Slice: attributes (opset < 10) or constant inputs. values: starts, ends, axes, steps; NULL where not given. */
static cameo_status slice_lists(cm_builder *b, const int64_t *values[4], int *count)
{
    static const char *const names[] = {"starts", "ends", "axes", "steps"};
    *count = -1;
    for (int i = 0; i < 4; i++) {
        const cm_onnx_attribute *attribute = cm_onnx_attribute_find(b->node, names[i]);
        int entries = 0;
        values[i] = NULL;
        if (cm_build_input(b, i + 1)) {
            cameo_status status = cm_build_ints(b, cm_build_input(b, i + 1), names[i], &values[i], &entries);
            if (status != CAMEO_OK)
                return status;
        } else if (attribute && attribute->kind == CM_ONNX_ATTR_INTS && attribute->count <= CAMEO_MAX_RANK) {
            values[i] = attribute->ints;
            entries = (int)attribute->count;
        }
        if (values[i] && *count < 0)
            *count = entries;
        if ((!values[i] && i < 2) || (values[i] && entries != *count) || *count > CAMEO_MAX_RANK)
            return cm_build_fail(b, CAMEO_ERROR_MISMATCH, "%s is missing or not as long as the other lists", names[i]);
    }
    return CAMEO_OK;
}

static int64_t clamp(int64_t value, int64_t low, int64_t high)
{
    return value < low ? low : value > high ? high : value;
}

/* One sliced axis, by the rules of NumPy. */
static void slice_axis(cm_move_piece *piece, int axis, int64_t extent, int64_t start, int64_t end, int64_t step)
{
    int64_t low = step < 0 ? -1 : 0, high = step < 0 ? extent - 1 : extent, count;
    start = start < 0 ? start + extent : start;
    end = end < 0 ? (end < -extent ? low : end + extent) : end;
    start = clamp(start, step < 0 ? -1 : 0, high);
    end = clamp(end, low, high < 0 ? 0 : high);
    if (step > 0)
        count = end > start ? (end - start - 1) / step + 1 : 0;
    else
        count = start > end ? (start - end - 1) / -step + 1 : 0;
    piece->src_start[axis] = count ? start : 0;
    piece->loops[axis].extent = count;
    piece->loops[axis].src_step = step;
}

cameo_status cm_build_slice(cm_builder *b)
{
    cm_value *x = cm_build_input(b, 0);
    const int64_t *values[4];
    int count;
    if (!x)
        return missing(b);
    cameo_status status = slice_lists(b, values, &count);
    if (status != CAMEO_OK)
        return status;
    cm_move_piece piece = plain_piece(0, x->rank, x->dims);
    for (int i = 0; i < count; i++) {
        int axis;
        int64_t step = values[3] ? values[3][i] : 1;
        status = cm_build_axis(b, values[2] ? values[2][i] : i, x->rank, &axis);
        if (status != CAMEO_OK)
            return status;
        if (step == 0 || step < -INT32_MAX || step > INT32_MAX)
            return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "a step of %lld is not supported", (long long)step);
        /* INT64_MIN/MAX as "to the end" must survive the arithmetic on them. */
        slice_axis(&piece, axis, x->dims[axis], clamp(values[0][i], -INT64_MAX / 4, INT64_MAX / 4),
                   clamp(values[1][i], -INT64_MAX / 4, INT64_MAX / 4), step);
    }
    int64_t dims[CAMEO_MAX_RANK];
    for (int i = 0; i < x->rank; i++)
        dims[i] = piece.loops[i].extent;
    cm_move move = {.pieces = &piece, .piece_count = 1};
    return cm_build_move(b, &x, 1, &move, 0, x->rank, dims);
}

/* Sizes of the parts: attribute (opset < 13), constant input, or equal parts (the last may be smaller). */
static cameo_status split_size(cm_builder *b, const cm_value *x, int axis, int part, int64_t *size)
{
    const cm_onnx_attribute *attribute = cm_onnx_attribute_find(b->node, "split");
    const int64_t *sizes = NULL;
    int count = 0, parts = b->node->output_count;
    if (cm_build_input(b, 1)) {
        cameo_status status = cm_build_ints(b, cm_build_input(b, 1), "split", &sizes, &count);
        if (status != CAMEO_OK)
            return status;
    } else if (attribute && attribute->kind == CM_ONNX_ATTR_INTS && attribute->count == (size_t)parts) {
        sizes = attribute->ints;
        count = parts;
    }
    int64_t extent = x->dims[axis], equal = (extent + parts - 1) / parts, begin = part * equal;
    *size = sizes ? (part < count ? sizes[part] : -1) : begin >= extent ? 0 : extent - begin < equal ? extent - begin : equal;
    if (*size < 0 || *size > extent)
        return cm_build_fail(b, CAMEO_ERROR_MISMATCH, "part %d of the split does not fit axis %d of %lld", part, axis, (long long)extent);
    return CAMEO_OK;
}

cameo_status cm_build_split(cm_builder *b)
{
    cm_value *x = cm_build_input(b, 0);
    int axis;
    if (!x)
        return missing(b);
    cameo_status status = cm_build_axis(b, cm_onnx_attribute_int(b->node, "axis", 0), x->rank, &axis);
    int64_t at = 0;
    for (int i = 0; i < b->node->output_count && status == CAMEO_OK; i++) {
        int64_t dims[CAMEO_MAX_RANK];
        memcpy(dims, x->dims, sizeof dims);
        status = split_size(b, x, axis, i, &dims[axis]);
        if (status != CAMEO_OK)
            return status;
        if (dims[axis] > x->dims[axis] - at)
            return cm_build_fail(b, CAMEO_ERROR_MISMATCH, "its parts are larger than axis %d of %lld", axis, (long long)x->dims[axis]);
        cm_move_piece piece = plain_piece(0, x->rank, dims);
        piece.src_start[axis] = at;
        at += dims[axis];
        cm_move move = {.pieces = &piece, .piece_count = 1};
        status = cm_build_move(b, &x, 1, &move, i, x->rank, dims);
    }
    if (status == CAMEO_OK && at != x->dims[axis])
        return cm_build_fail(b, CAMEO_ERROR_MISMATCH, "its parts cover %lld of %lld entries of axis %d", (long long)at,
                             (long long)x->dims[axis], axis);
    return status;
}

cameo_status cm_build_expand(cm_builder *b)
{
    cm_value *x = cm_build_input(b, 0), *result;
    const int64_t *wanted;
    int count, rank;
    if (!x)
        return missing(b);
    cameo_status status = cm_build_ints(b, cm_build_input(b, 1), "its shape", &wanted, &count);
    if (status != CAMEO_OK)
        return status;
    if (count > CAMEO_MAX_RANK)
        return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "rank %d, the most is %d", count, CAMEO_MAX_RANK);
    cm_value shape = {.rank = count};
    for (int i = 0; i < count; i++) {
        if (wanted[i] < 0)
            return cm_build_fail(b, CAMEO_ERROR_MISMATCH, "entry %d of its shape is %lld", i, (long long)wanted[i]);
        shape.dims[i] = wanted[i];
    }
    int64_t dims[CAMEO_MAX_RANK];
    status = cm_build_broadcast(b, x, &shape, &rank, dims);
    if (status == CAMEO_OK)
        status = cm_build_expanded(b, x, rank, dims, &result);
    if (status == CAMEO_OK)
        cm_build_set_output(b, 0, result);
    return status;
}

cameo_status cm_build_tile(cm_builder *b)
{
    cm_value *x = cm_build_input(b, 0);
    const int64_t *repeats;
    int count;
    if (!x)
        return missing(b);
    cameo_status status = cm_build_ints(b, cm_build_input(b, 1), "its repeats", &repeats, &count);
    if (status != CAMEO_OK)
        return status;
    if (count != x->rank || 2 * count > CM_MOVE_MAX_LOOPS)
        return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "%d repeats do not fit rank %d (the most is %d)", count, x->rank, CM_MOVE_MAX_LOOPS / 2);
    int64_t dims[CAMEO_MAX_RANK];
    cm_move_piece piece = plain_piece(0, x->rank, x->dims);
    for (int i = 0; i < count; i++) {
        if (repeats[i] < 0 || __builtin_mul_overflow(x->dims[i], repeats[i], &dims[i]))
            return cm_build_fail(b, CAMEO_ERROR_LIMIT, "axis %d is repeated %lld times", i, (long long)repeats[i]);
        piece.loops[piece.loop_count++] = (cm_move_loop){repeats[i], -1, i, 0, x->dims[i]};
    }
    cm_move move = {.pieces = &piece, .piece_count = 1};
    return cm_build_move(b, &x, 1, &move, 0, x->rank, dims);
}

/* Depth to space: [N, C, H, W] -> [N, C / block^2, H * block, W * block], the channels' blocks before (DCR) or behind (CRD) what is left. */
cameo_status cm_build_depth_to_space(cm_builder *b)
{
    cm_value *x = cm_build_input(b, 0);
    int64_t block = cm_onnx_attribute_int(b->node, "blocksize", 0);
    bool crd = strcmp(cm_onnx_attribute_string(b->node, "mode", "DCR"), "CRD") == 0;
    if (!x || x->rank != 4)
        return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "its input must be of rank 4 [N,C,H,W]");
    if (block < 1 || block > 1 << 12 || x->dims[1] % (block * block))
        return cm_build_fail(b, CAMEO_ERROR_MISMATCH, "blocks of %lld do not fit %lld channels", (long long)block, (long long)x->dims[1]);
    int64_t left = x->dims[1] / (block * block), h = x->dims[2], w = x->dims[3];
    int64_t dcr_dims[6] = {x->dims[0], block, block, left, h, w}, crd_dims[6] = {x->dims[0], left, block, block, h, w};
    cameo_status status = cm_build_viewed(b, x, 6, crd ? crd_dims : dcr_dims, &x);
    if (status == CAMEO_OK)
        status = cm_build_transposed(b, x, crd ? (int[6]){0, 1, 4, 2, 5, 3} : (int[6]){0, 3, 4, 1, 5, 2}, &x);
    return status == CAMEO_OK ? cm_build_view(b, x, 0, 4, (int64_t[4]){x->dims[0], left, h * block, w * block}) : status;
}

cameo_status cm_build_space_to_depth(cm_builder *b)
{
    cm_value *x = cm_build_input(b, 0);
    int64_t block = cm_onnx_attribute_int(b->node, "blocksize", 0);
    if (!x || x->rank != 4)
        return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "its input must be of rank 4 [N,C,H,W]");
    if (block < 1 || block > 1 << 12 || x->dims[2] % block || x->dims[3] % block)
        return cm_build_fail(b, CAMEO_ERROR_MISMATCH, "blocks of %lld do not fit %lldx%lld", (long long)block, (long long)x->dims[3],
                             (long long)x->dims[2]);
    int64_t channels = x->dims[1], h = x->dims[2] / block, w = x->dims[3] / block;
    cameo_status status = cm_build_viewed(b, x, 6, (int64_t[6]){x->dims[0], channels, h, block, w, block}, &x);
    if (status == CAMEO_OK)
        status = cm_build_transposed(b, x, (int[6]){0, 3, 5, 1, 2, 4}, &x);
    return status == CAMEO_OK ? cm_build_view(b, x, 0, 4, (int64_t[4]){x->dims[0], channels * block * block, h, w}) : status;
}
