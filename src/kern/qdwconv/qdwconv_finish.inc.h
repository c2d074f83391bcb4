/* What becomes of the sums of a depthwise convolution of bytes: the including file defines QDWCONV_CHANNELS, how many are summed before. */
#ifndef CM_KERN_QDWCONV_FINISH_INC_H
#define CM_KERN_QDWCONV_FINISH_INC_H

#include "kern/vector/requantize.inc.h"
#include "kern/vector/unroll.h"

/* sums: [pixels, QDWCONV_CHANNELS] of pixels from `pixel` on, and of channels from `channel` on. */
static __attribute__((noinline)) void qdwconv_finish(const cm_qdwconv_tile *tile, const int32_t *sums, int pixel, int pixels, ptrdiff_t channel)
{
    ptrdiff_t at = pixel * tile->c_stride + channel, left = tile->channels - channel;
    requantize_block block = { .sums = sums, .stride = QDWCONV_CHANNELS, .column = (int)channel, .first_row = pixel, .rows = pixels,
                               .columns = left < QDWCONV_CHANNELS ? (int)left : QDWCONV_CHANNELS, .c_stride = tile->c_stride };
    block.c = tile->epilogue->last.on ? (void *)((uint8_t *)tile->c + at) : (void *)((float *)tile->c + at);
    requantize_sums(tile->epilogue, &block);
}

#endif
