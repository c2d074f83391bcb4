/* Convolution over three spatial axes, as one over two: the slices that a window sees one behind the other become channels.
 *
 *   x [N, C, D, H, W] -> [N * D', groups * kD * C/groups, H, W] -> conv with weights [O, kD * C/groups, kH, kW] -> [N, O, D', H', W'] */
#include "graph/builder.h"

#include <stdlib.h>

static int64_t ceil_div(int64_t a, int64_t b)
{
    return a > 0 ? (a + b - 1) / b : -(-a / b);
}

/* Slice k of every window; false: all of it is padding. x: [N, C, D, H, W] -> [N, D', groups, kD, C/groups, H, W]. */
static bool depth_piece(const cm_value *x, const cm_build_window *w, int groups, int k, cm_move_piece *piece)
{
    int64_t shift = (int64_t)k * w->dilation[0] - w->before[0], stride = w->stride[0], channels = x->dims[1] / groups;
    int64_t first = shift < 0 ? ceil_div(-shift, stride) : 0, last = x->dims[2] - 1 - shift;
    if (last < first * stride)
        return false;
    last = last / stride < w->out[0] - 1 ? last / stride : w->out[0] - 1;
    if (last < first)
        return false;
    *piece = (cm_move_piece){.loop_count = 6,
                             .loops = {{x->dims[0], 0, 0, 1, 1},
                                       {last - first + 1, 2, 1, stride, 1},
                                       {groups, 1, 2, channels, 1},
                                       {channels, 1, 4, 1, 1},
                                       {x->dims[3], 3, 5, 1, 1},
                                       {x->dims[4], 4, 6, 1, 1}}};
    piece->src_start[2] = first * stride + shift;
    piece->dst_start[1] = first;
    piece->dst_start[3] = k;
    return true;
}

static cm_value *depth_to_channels(cm_builder *b, cm_value *x, const cm_build_window *w, int groups)
{
    int64_t dims[7] = {x->dims[0], w->out[0], groups, w->kernel[0], x->dims[1] / groups, x->dims[3], x->dims[4]};
    cm_move_piece *pieces = cm_calloc((size_t)w->kernel[0], sizeof *pieces);
    if (!pieces)
        return NULL;
    int count = 0;
    for (int k = 0; k < w->kernel[0]; k++)
        count += depth_piece(x, w, groups, k, &pieces[count]);
    const cm_move move = {.pieces = pieces, .piece_count = count, .fill = true};
    cm_value *slices = cm_piece_move(b, x, &move, 7, dims);
    free(pieces);
    return cm_piece_view(b, slices, 4, (int64_t[4]){dims[0] * dims[1], x->dims[1] * dims[3], dims[5], dims[6]});
}

cameo_status cm_build_convolution_3d(cm_builder *b, cm_value *x, cm_value *weights, cm_value *bias, const cm_build_window *w, int groups)
{
    static const int exchange[5] = {0, 2, 1, 3, 4}; /* depth and channels, either way */
    const int64_t *k = weights->dims;
    int64_t flat[4] = {k[0], k[1] * k[2], k[3], k[4]}, dims[5] = {x->dims[0], w->out[0], k[0], w->out[1], w->out[2]};
    cm_value *turned = cm_piece_view(b, cm_piece_transpose(b, weights, exchange), 4, flat);
    cm_value *result = cm_piece_convolution(b, depth_to_channels(b, x, w, groups), turned, bias, w, 1, groups);
    return cm_piece_output(b, cm_piece_transpose(b, cm_piece_view(b, result, 5, dims), exchange), 0);
}
