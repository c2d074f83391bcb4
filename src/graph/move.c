/* Boxes of elements copied from one strided tensor to another: what Transpose, Slice, Concat, Pad, Expand ... come down to. */
#include "graph/graph.h"

#include <string.h>

typedef struct loop {
    int64_t extent, src, dst; /* steps in elements */
} loop;

static void copy_row(const unsigned char *src, unsigned char *dst, const loop *row, size_t size)
{
    if (row->src == 1 && row->dst == 1) {
        memcpy(dst, src, (size_t)row->extent * size);
        return;
    }
    int64_t src_step = row->src * (int64_t)size, dst_step = row->dst * (int64_t)size;
    if (size == sizeof(uint32_t)) {
        for (int64_t i = 0; i < row->extent; i++)
            memcpy(dst + i * dst_step, src + i * src_step, sizeof(uint32_t));
    } else {
        for (int64_t i = 0; i < row->extent; i++)
            memcpy(dst + i * dst_step, src + i * src_step, size);
    }
}

/* Orders loops so that the innermost one writes neighbours: descending destination step. */
static void sort_loops(loop *loops, int count)
{
    for (int i = 1; i < count; i++) {
        loop current = loops[i];
        int j = i;
        for (; j > 0 && loops[j - 1].dst < current.dst; j--)
            loops[j] = loops[j - 1];
        loops[j] = current;
    }
}

/* Joins loops that together are one longer loop. */
static int merge_loops(loop *loops, int count)
{
    int kept = 0;
    for (int i = 0; i < count; i++) {
        if (loops[i].extent == 1)
            continue;
        loop *last = kept ? &loops[kept - 1] : NULL;
        if (last && last->src == loops[i].src * loops[i].extent && last->dst == loops[i].dst * loops[i].extent) {
            last->extent *= loops[i].extent;
            last->src = loops[i].src;
            last->dst = loops[i].dst;
        } else {
            loops[kept++] = loops[i];
        }
    }
    return kept;
}

void cm_move_run_piece(const cm_move_piece *piece, const void *source, const int64_t *src_strides, void *destination,
                       const int64_t *dst_strides, size_t size)
{
    loop loops[CM_MOVE_MAX_LOOPS + 1];
    int64_t index[CM_MOVE_MAX_LOOPS] = {0}, src_at = 0, dst_at = 0;
    for (int i = 0; i < CAMEO_MAX_RANK; i++) {
        /* Strides past the rank are not set, and starts there are zero. */
        src_at += piece->src_start[i] ? piece->src_start[i] * src_strides[i] : 0;
        dst_at += piece->dst_start[i] ? piece->dst_start[i] * dst_strides[i] : 0;
    }
    int count = 0;
    for (int i = 0; i < piece->loop_count; i++) {
        const cm_move_loop *from = &piece->loops[i];
        if (from->extent == 0)
            return;
        loops[count++] = (loop){from->extent, from->src_axis < 0 ? 0 : from->src_step * src_strides[from->src_axis],
                                from->dst_axis < 0 ? 0 : from->dst_step * dst_strides[from->dst_axis]};
    }
    sort_loops(loops, count);
    count = merge_loops(loops, count);
    if (count == 0)
        loops[count++] = (loop){1, 1, 1};
    int outer = count - 1;
    const unsigned char *src = source;
    unsigned char *dst = destination;
    for (;;) {
        copy_row(src + src_at * (int64_t)size, dst + dst_at * (int64_t)size, &loops[outer], size);
        int axis = outer - 1;
        for (; axis >= 0; axis--) {
            src_at += loops[axis].src;
            dst_at += loops[axis].dst;
            if (++index[axis] < loops[axis].extent)
                break;
            src_at -= loops[axis].src * loops[axis].extent;
            dst_at -= loops[axis].dst * loops[axis].extent;
            index[axis] = 0;
        }
        if (axis < 0)
            return;
    }
}
