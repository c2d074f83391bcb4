/* Kernels: operators on raw pointers and sizes. They never allocate and never fail; whoever calls them has checked everything.
 *
 * Activations are held with the channels last: [batch, height, width, channels], so that a pixel is a contiguous row of channels, a 1x1
 * convolution is a matrix product and every kernel is a vector over channels. Spatial kernels get their input as pointers
 * to rows (after XNNPACK's indirect convolution, Dukhan 2019, arXiv:1907.02129): padding is a pointer to a row of padding
 * values, which need not be zero (a BatchNormalization in front of a padded convolution folds exactly that way).
 *
 * Every kernel is a row of CM_KERNEL_LIST (kernel_list.h): op, types, tile, instruction set. The name is
 * cameo_k_<op>_<types>_<tile>__<isa>, the file src/kern/<op>/<op>_<types>_<isa>.c; the file's suffix alone decides the compiler flags.
 *
 * Determinism: what one output element becomes depends on its inputs only, never on where it lies in a tile, on the number of valid rows or
 * columns, on the thread or the batch. Sums run over taps, then over k, in rising order, one accumulator an element. */
#ifndef CM_KERN_KERN_H
#define CM_KERN_KERN_H

#include "base/cpu.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- What happens to a sum before it is stored ---- */

typedef enum cm_activation {
    CM_ACT_NONE = 0,
    CM_ACT_RELU,       /* max(x, 0) */
    CM_ACT_PRELU,      /* x > 0 ? x : slope[channel] * x */
    CM_ACT_CLIP,       /* min(max(x, low), high) */
    CM_ACT_SIGMOID,    /* 1 / (1 + exp(-x)) */
    CM_ACT_LEAKY_RELU, /* x > 0 ? x : low * x */
    CM_ACT_HARD_SIGMOID, /* clip(low * x + high, 0, 1) */
    CM_ACT_HARD_SWISH, /* x * clip(x / 6 + 0.5, 0, 1) */
    CM_ACT_TANH,
    CM_ACT_COUNT
} cm_activation;

/* y = activation(sum * scale[channel] + bias[channel] + add[row][channel]); all arrays may be NULL (scale: 1, bias, add: 0). If add_after:
 * activation(sum * scale + bias) + add. */
typedef struct cm_epilogue {
    const float *scale; /* [channels]; igemm and winograd_output only */
    const float *bias;  /* [channels] */
    const float *slope; /* [channels], PRELU */
    const float *add;   /* [rows, channels] with row distance add_stride: the residual */
    ptrdiff_t add_stride;
    cm_activation activation;
    int add_after;
    float low, high;
} cm_epilogue;

/* ---- igemm: indirect matrix product, for convolutions of any shape and for fully connected layers ----
 * rows: [taps, MR] pointers, each to [k] floats; panel: [taps, k, NR] floats, or IEEE half floats (types f16), CM_ALIGNMENT-aligned, columns past n
 * are zero;
 * -> c: [m, n], row distance c_stride (floats). m in 1..MR, n in 1..NR. Pointers of rows >= m are valid to read (the caller repeats the last one).
 * `column` is the channel of the panel's first column: scale, bias, slope are read at column + j, add at add[i * add_stride + column + j]
 * (epilogue->add already points at this tile's first row); c points at this tile's first element. No element outside [m, n] is read or
 * written in c, bias, slope, add.
 * step: 0, or how many floats rows lie apart. Then rows: [taps] pointers to row 0 of each tap, and what is behind the last of the m rows is not read. */
typedef struct cm_igemm_tile {
    const float *const *rows;
    const void *panel;
    float *c;
    ptrdiff_t c_stride, step;
    const cm_epilogue *epilogue;
    int taps, k, m, n, column;
} cm_igemm_tile;
typedef void cm_igemm_fn(const cm_igemm_tile *tile);

/* ---- gemm: matrix product of a packed left side, for Winograd's convolutions ----
 * a: [k/16] groups, group_stride floats apart, each [m, 16]: 16 elements of k side by side, row after row, so that one pointer walks through all rows;
 * panel: [k, nr] floats, or IEEE half floats (types f16), CM_ALIGNMENT-aligned -> c: [nr/16] groups of columns, c_stride floats
 * apart, each [m, 16]; columns past n are not computed, what they hold is undefined. k is a multiple of CM_GEMM_K, m in 1..mr. accumulate: the sums go
 * on from what c holds.
 * next: the rows that are multiplied next, laid out like a; they are fetched into the first-level cache. ahead: so many bytes in front of its use a
 * panel of half floats is fetched into the second-level cache, at an even pace: faster than memory delivers, it would hold up all other loads. Neither
 * is ever read, so they may point anywhere.
 * Types s16: each 4-byte word of a and of the panel is two 16-bit integers instead, and those of c are 32-bit sums of both products, which wrap. */
#define CM_GEMM_K 16
/* Channels rounded up to whole groups. */
static inline int cm_gemm_padded(int channels)
{
    return (channels + CM_GEMM_K - 1) / CM_GEMM_K * CM_GEMM_K;
}
enum { CM_CACHE_LINE = 64 };
typedef struct cm_gemm_tile {
    const float *a;
    const void *panel;
    float *c;
    const float *next;
    ptrdiff_t group_stride, c_stride, ahead;
    int k, m, n;
    bool accumulate;
} cm_gemm_tile;
typedef void cm_gemm_fn(const cm_gemm_tile *tile);

/* ---- winograd: 3x3 convolutions by minimal filtering, F(m x m, 3 x 3) (Winograd 1980; Lavin & Gray 2016, arXiv:1509.09308) ----
 * m x m output pixels (a tile) come from a few products a channel, fewer than 9 * m * m:
 *
 *   U = G g G'  (filter transform)    V = B' d B  (input transform)    sums = V U, a matrix product for each weight of U
 *   y = A' sums A  (output transform, then the epilogue)
 *
 * The same happens along both sides of a tile, and a side is one of two: whole, or, at the end of a picture, half as long. Half a side is evaluated at
 * some of the points of the whole, so that both have the same weights. With stride 2 a side is two filters of stride 1, of even pixels (two taps) and of
 * odd ones (one tap, whose outputs are not transformed: all have the same weight). winograd/winograd_steps.h has the matrices.
 *
 * Bytes (types s8, u8, s32; schemes CM_WINOGRAD_4 and CM_WINOGRAD_4_STRIDE2) have exact integers all the way, two input channels in each 4-byte word of U and V
 * (gemm_s16), at other points: winograd/winograd_integers.h. What comes out is the sum of (byte - zero) * weight to the last bit
 * where that is below 2^25 in magnitude (with stride 2 below 2^27), whatever the 32-bit sums on the way did. */
typedef enum cm_winograd_scheme {
    CM_WINOGRAD_2, /* m 2, stride 1 */
    CM_WINOGRAD_4, /* m 4, stride 1 */
    CM_WINOGRAD_2_STRIDE2,
    CM_WINOGRAD_4_STRIDE2
} cm_winograd_scheme;

enum { CM_WINOGRAD_SCHEMES = 4, CM_WINOGRAD_MOST_INPUTS = 9, CM_WINOGRAD_MOST_POSITIONS = 9, CM_WINOGRAD_MOST_OUTPUTS = 4, CM_WINOGRAD_MOST_EDGE = 6 };

/* A side of a tile: so many output pixels come from so many inputs, by way of so many positions (the transformed side). */
typedef struct cm_winograd_side {
    int outputs, inputs, positions;
    signed char weight[CM_WINOGRAD_MOST_POSITIONS]; /* the position's weight, of the scheme's along this side */
} cm_winograd_side;

/* Static storage. */
const cm_winograd_side *cm_winograd_side_of(cm_winograd_scheme scheme, bool half);
/* Weights of U along a side: m + 2. */
int cm_winograd_edge(cm_winograd_scheme scheme);
/* m 2 or 4, stride 1 or 2. */
cm_winograd_scheme cm_winograd_scheme_of(int m, int stride);

/* filters: [9] taps, tap_stride apart, each [k, row] floats, or IEEE half floats (types f16) -> u: panels as gemm reads them, of the first `columns`
 * columns (a multiple of 16, at most row): [edge * edge] weights, weight_stride floats apart, each [columns/nr] panels, panel_stride floats apart,
 * each [k + zeros, nr], the last of them zero. Types s8: filters are pairs of signed bytes, which all strides count as one. */
typedef struct cm_winograd_filter_tile {
    const void *filters;
    float *u;
    ptrdiff_t tap_stride, weight_stride, panel_stride;
    int k, zeros, row, columns, nr;
    cm_winograd_scheme scheme;
} cm_winograd_filter_tile;
typedef void cm_winograd_filter_fn(const cm_winograd_filter_tile *tile);

/* Tiles of one kind. pixels: [tiles, inputs down * inputs across] pointers, each to the channels of a pixel;
 * rows: [tiles, positions down * positions across], where each position's row begins -> v: [channels/16] groups, group_stride floats apart, each
 * [., 16] as gemm reads it: a position goes to rows[.] floats from a group's start; a last group of 16 channels is filled up with zeros.
 * Types u8: pixels are bytes, each taken less zero, and a group holds 32 channels. */
typedef struct cm_winograd_input_tile {
    const float *const *pixels;
    const uint32_t *rows;
    float *v;
    ptrdiff_t group_stride;
    int tiles, channels;
    int zero; /* u8 */
    cm_winograd_scheme scheme;
    bool half_down, half_across;
} cm_winograd_input_tile;
typedef void cm_winograd_input_fn(const cm_winograd_input_tile *tile);

/* Where a tile's outputs go: `offset` floats (types s32: pixels) from the picture's start; only rows x columns of them exist. */
typedef struct cm_winograd_place {
    ptrdiff_t offset;
    int rows, columns;
} cm_winograd_place;

/* Tiles of one kind. rows: as above; sums: [channels/16] groups, group_stride floats apart, each [., 16] as gemm writes them -> c at channels
 * column .. column + channels - 1 of every pixel of the tiles: pixel distance pixel_stride, line distance line_stride.
 * The epilogue's scale, bias and slope are read at `column`, its residual where c is written (add_stride is not used).
 * Types s32: requantize stands in for the epilogue, c is bytes or floats, pixel_stride counts its elements, line_stride pixels. */
struct cm_requantize; /* below: Integers */
typedef struct cm_winograd_output_tile {
    const float *sums;
    const uint32_t *rows;
    float *c;
    const cm_epilogue *epilogue;
    const struct cm_requantize *requantize; /* s32 */
    const cm_winograd_place *places; /* [tiles] */
    ptrdiff_t group_stride, pixel_stride, line_stride;
    int tiles, channels, column;
    cm_winograd_scheme scheme;
    bool half_down, half_across;
} cm_winograd_output_tile;
typedef void cm_winograd_output_fn(const cm_winograd_output_tile *tile);

/* ---- dwconv: depthwise convolution ----
 * rows: [pixels, taps] pointers, each to [channels] floats; weights: [taps, channels] -> c: [pixels, channels], row distance c_stride.
 * epilogue as above with column 0.
 * step: 0, or 1 or 2 for a window three wide whose pixels lie side by side. Then rows: [taps / 3] pointers, one for each line of the window, to its left
 * pixel under output pixel 0; the window of output pixel p begins p * step pixels further on. Not for paired.
 * paired: a convolution in groups of two channels, where an output sees its own input channel and its neighbour. weights: [taps, 2, channels]
 * -> c[.][channel] = sum over taps of rows[tap][channel] * weights[tap][0][channel] + rows[tap][channel ^ 1] * weights[tap][1][channel]; channels
 * is even. */
typedef struct cm_dwconv_tile {
    const float *const *rows;
    const float *weights;
    float *c;
    ptrdiff_t c_stride;
    const cm_epilogue *epilogue;
    int taps, pixels, channels;
    int paired, step;
} cm_dwconv_tile;
typedef void cm_dwconv_fn(const cm_dwconv_tile *tile);

/* ---- pool: maximum or average over taps ----
 * rows: [pixels, taps] pointers, NULL: outside the picture, not counted -> c: [pixels, channels]; for the average each pixel's sum is
 * multiplied by scale[pixel]. The maximum is NaN where a value is, and minus infinity where every pointer is NULL. */
typedef struct cm_pool_tile {
    const float *const *rows;
    const float *scale; /* [pixels], average only */
    float *c;
    ptrdiff_t c_stride;
    int taps, pixels, channels;
    int average; /* 0: maximum */
} cm_pool_tile;
typedef void cm_pool_fn(const cm_pool_tile *tile);

/* ---- map: element by element, with the second operand repeated over rows or not ----
 * a: [rows, channels], row distance a_stride; b: according to b_kind -> c: [rows, channels], row distance c_stride. */
typedef enum cm_map_op {
    CM_MAP_ADD = 0, /* a + b */
    CM_MAP_SUB,     /* a - b */
    CM_MAP_RSUB,    /* b - a */
    CM_MAP_MUL,
    CM_MAP_DIV,  /* a / b */
    CM_MAP_RDIV, /* b / a */
    CM_MAP_MAX, /* NaN if either is */
    CM_MAP_MIN,
    CM_MAP_POW, /* a ^ b, by powf */
    CM_MAP_MOD, /* by fmodf: the sign of a */
    CM_MAP_EQUAL, /* comparisons: 1 or 0 */
    CM_MAP_LESS,
    CM_MAP_LESS_EQUAL,
    CM_MAP_GREATER,
    CM_MAP_GREATER_EQUAL,
    CM_MAP_MASK, /* b != 0 ? a : 0 */
    CM_MAP_MASK_NOT, /* b == 0 ? a : 0 */
    CM_MAP_LAST_BINARY = CM_MAP_MASK_NOT,
    CM_MAP_AFFINE, /* a * b[channel] + b2[channel]: BatchNormalization */
    CM_MAP_ACTIVATION, /* the epilogue's activation alone, with slope/low/high from it; b unused */
    CM_MAP_EXP,
    CM_MAP_EXPM1, /* exp(a) - 1, by expm1f */
    CM_MAP_SQRT,
    CM_MAP_ABS,
    CM_MAP_NEG,
    CM_MAP_SIGN,
    CM_MAP_ERF,
    CM_MAP_LOG,
    CM_MAP_FLOOR,
    CM_MAP_CEIL,
    CM_MAP_ROUND, /* half to even */
    CM_MAP_SIN,
    CM_MAP_COS,
    CM_MAP_SOFTPLUS, /* log(1 + exp(a)) */
    CM_MAP_COPY
} cm_map_op;
typedef enum cm_map_operand {
    CM_MAP_FULL = 0,    /* b: [rows, channels], row distance b_stride */
    CM_MAP_PER_CHANNEL, /* b: [channels] */
    CM_MAP_PER_ROW,     /* b: [rows] */
    CM_MAP_SCALAR       /* b: [1] */
} cm_map_operand;
typedef struct cm_map_tile {
    const float *a, *b, *b2;
    float *c; /* may be a */
    ptrdiff_t a_stride, b_stride, c_stride;
    int64_t rows;
    int channels;
    cm_map_op op;
    cm_map_operand b_kind;
    const cm_epilogue *epilogue;
} cm_map_tile;
typedef void cm_map_fn(const cm_map_tile *tile);

/* ---- softmax: over the last axis ---- a: [rows, channels], dense -> c: [rows, channels], may be a */
typedef void cm_softmax_fn(const float *a, float *c, int64_t rows, int channels);

/* ---- transpose: [rows, columns] -> [columns, rows], both with row distances (floats) ---- */
typedef void cm_transpose_fn(const float *a, ptrdiff_t a_stride, float *c, ptrdiff_t c_stride, int64_t rows, int64_t columns);

/* ---- normalize: bytes to floats ---- pixels: [count, 3] -> c: [3, count], planes `plane` floats apart: (pixel - mean[channel]) / std[channel], both
 * steps rounded to float32. The same bits on every instruction set. */
typedef struct cm_normalization {
    float mean[3], std[3]; /* of the output's channels */
    int swap;              /* the output's channels are the pixels' in reverse order */
} cm_normalization;
typedef void cm_normalize_fn(const cm_normalization *how, const uint8_t *pixels, int64_t count, float *c, ptrdiff_t plane);

/* ---- hresize and vresize: the two passes of a bilinear resize of bytes (image/resize.c) ----
 * Integers, the same on every instruction set.
 * hresize: row: [bytes], pixels of one source row -> c: [count, 3], RGB: (near * weight 0 + far * weight 1) >> 4, where near is the pixel at
 * offsets[column] and far the one `step` bytes behind it. Offsets never fall along the row, and no pixel ends past `bytes`. */
typedef struct cm_hresize_row {
    const uint8_t *row;
    const int32_t *offsets; /* [count] bytes */
    const int16_t *weights; /* [count, 2], 0..2048 each, 2049 together at most */
    int16_t *c;
    int bytes, count, step;
    int channels; /* of the source: 3, or 1 (grey, which is repeated) */
    int swap;     /* the source is BGR */
} cm_hresize_row;
typedef void cm_hresize_fn(const cm_hresize_row *row);
/* upper, lower: [count], as hresize makes them, -> c: [count]: ((upper * weight 0 >> 16) + (lower * weight 1 >> 16) + 2) >> 2. No sum passes 255:
 * 255 * 2049 * 2049 / 2^20 < 1022, and (1021 + 2) / 4 is 255. */
typedef void cm_vresize_fn(const int16_t *upper, const int16_t *lower, const int16_t weights[2], int count, uint8_t *c);

/* ---- warp: bilinear values of a picture at given places (image/warp.c) ----
 * pixels: three bytes each, rows `stride` bytes apart; x, y: [count] in 1/32 pixel; -> c: [count, 3], RGB: the four pixels around a place by the products
 * of their 5-bit weights, 10 bits rounded off. Integers, the same on every instruction set. Around every place three pixels of its row, from
 * its own on, and three of the next are there to be read. */
typedef struct cm_warp_row {
    const uint8_t *pixels;
    ptrdiff_t stride;
    const int32_t *x, *y;
    uint8_t *c;
    int count;
    int swap; /* the source is BGR */
} cm_warp_row;
typedef void cm_warp_fn(const cm_warp_row *row);

/* ---- Integers: bytes times 8-bit weights ----
 * Activations are unsigned bytes that stand for (byte - zero) * scale, the channels last, each pixel in whole words of four bytes; weights are signed
 * bytes. Sums are 32 bits wide and exact. What is made of them is float32 arithmetic in a fixed order, every operation rounded by itself (no FMA), so
 * that the bits are the same on every instruction set:
 *
 *   v = (float)(sum + offset[channel]) * scale[channel] (+ bias[channel])       the integer addition wraps
 *   first:  v = rint(min(max(v, low), high))                                   rint: halves to the even number
 *   add:    v = v * add_factor + (float)(add - add_zero) * add_scale           here if add_first
 *   activation: NONE: v * above (left out where above is 1); PRELU: v > 0 ? v * above : v * slope[channel]; CLIP: clip(v * above)
 *   second: as first
 *   add:    here unless add_first
 *   last:   byte = rint(min(max(v, low), high)) + zero, or, where it is off, the float v
 *
 * max(a, b) is a > b ? a : b, min is a < b ? a : b. Arrays by channel are readable up to CM_REQUANTIZE_PADDED(channels). */
#define CM_REQUANTIZE_PADDED(channels) (((channels) + 63) / 64 * 64)

typedef struct cm_rounding {
    bool on;
    float low, high;
} cm_rounding;

typedef struct cm_requantize {
    const int32_t *offset; /* [channels]; not for qmap */
    const float *scale, *bias, *slope; /* [channels]; bias NULL: none; slope: PRELU */
    cm_rounding first, second, last;
    cm_activation activation; /* NONE, PRELU or CLIP */
    float above, clip_low, clip_high;
    const void *add;      /* [rows, channels], NULL: nothing is added: bytes, or floats whose add_zero is 0 */
    ptrdiff_t add_stride; /* of rows, in elements */
    bool add_bytes, add_first;
    int add_zero;
    float add_scale, add_factor;
    int zero; /* of the bytes that come out */
} cm_requantize;

/* qgemm: indirect product of bytes. rows: [taps, MR] pointers, each to [k] words of four bytes; panel: [taps, k, NR, 4], CM_ALIGNMENT-aligned, columns
 * past n are zero -> c: [m, n] bytes or floats, row distance c_stride (elements). m, n, step (in words), rows past m: as for igemm;
 * column is a multiple of NR.
 * next: a panel that is fetched into the second-level cache meanwhile, `pace` bytes a word of the rows, since memory delivers it more slowly than a tile
 * could use it. It is never read, so it may point anywhere. */
typedef struct cm_qgemm_tile {
    const void *const *rows;
    const int8_t *panel, *next;
    void *c;
    ptrdiff_t c_stride, step;
    const cm_requantize *epilogue;
    int taps, k, m, n, column, pace;
} cm_qgemm_tile;
typedef void cm_qgemm_fn(const cm_qgemm_tile *tile);

/* qdwconv: depthwise convolution of bytes. rows: [pixels, taps] pointers, each to [channels] bytes -> c: [pixels, channels] bytes or floats, row distance
 * c_stride (elements). The sums are those of (byte - zero) * weight; of at most CM_QDWCONV_PRODUCTS they stay below 2^24, so that float
 * arithmetic is exact too.
 * weights: mr 1: [taps, channels] floats that hold -128..127; mr 4: signed bytes, four taps side by side: [words, CM_REQUANTIZE_PADDED(channels), 4],
 * CM_ALIGNMENT-aligned, word_taps taps a word and zeros behind them: the three of a line where windows are three wide, else four.
 * paired: as for dwconv. Each tap (word) of the weights is then followed by the neighbours': [taps, 2, channels], [words, 2, ...].
 * step: as for dwconv, for paired too, and then input pixels lie pixel_bytes apart. */
enum { CM_QDWCONV_PRODUCTS = 514 };
typedef struct cm_qdwconv_tile {
    const void *const *rows;
    const void *weights;
    void *c;
    ptrdiff_t c_stride, pixel_bytes;
    const cm_requantize *epilogue;
    int taps, pixels, channels, zero, step;
    int word_taps; /* mr 4 */
    bool paired;
} cm_qdwconv_tile;
typedef void cm_qdwconv_fn(const cm_qdwconv_tile *tile);

/* qmap: element by element. a: [rows, channels] bytes, row distance a_stride; each byte less `zero` is a sum -> c as above. */
typedef struct cm_qmap_tile {
    const uint8_t *a;
    void *c;
    ptrdiff_t a_stride, c_stride;
    const cm_requantize *epilogue;
    int64_t rows;
    int channels, zero;
} cm_qmap_tile;
typedef void cm_qmap_fn(const cm_qmap_tile *tile);

/* quantize: a: floats -> c: bytes, rint(min(max(a / scale, -zero), 255 - zero)) + zero; dequantize: a: bytes -> c: floats, (a - zero) * scale.
 * [rows, channels], row distances in elements. */
typedef struct cm_quantize_tile {
    const void *a;
    void *c;
    ptrdiff_t a_stride, c_stride;
    int64_t rows;
    int channels, zero;
    float scale;
} cm_quantize_tile;
typedef void cm_quantize_fn(const cm_quantize_tile *tile);
typedef void cm_dequantize_fn(const cm_quantize_tile *tile);

typedef enum cm_kernel_op {
    CM_KERNEL_igemm,
    CM_KERNEL_gemm,
    CM_KERNEL_winograd_filter,
    CM_KERNEL_winograd_input,
    CM_KERNEL_winograd_output,
    CM_KERNEL_dwconv,
    CM_KERNEL_pool,
    CM_KERNEL_map,
    CM_KERNEL_softmax,
    CM_KERNEL_transpose,
    CM_KERNEL_normalize,
    CM_KERNEL_hresize,
    CM_KERNEL_vresize,
    CM_KERNEL_warp,
    CM_KERNEL_qgemm,
    CM_KERNEL_qdwconv,
    CM_KERNEL_qmap,
    CM_KERNEL_quantize,
    CM_KERNEL_dequantize,
    CM_KERNEL_OP_COUNT
} cm_kernel_op;

/* One row of the list. */
typedef struct cm_kernel {
    const char *name; /* the function's: "cameo_k_igemm_f32_8x32__avx512" */
    cm_kernel_op op;
    const char *types; /* "f32" */
    cm_cpu_tier tier;
    int mr, nr; /* tile: rows and columns a call handles; panels are packed nr wide */
    union {
        cm_igemm_fn *igemm;
        cm_gemm_fn *gemm;
        cm_winograd_filter_fn *winograd_filter;
        cm_winograd_input_fn *winograd_input;
        cm_winograd_output_fn *winograd_output;
        cm_dwconv_fn *dwconv;
        cm_pool_fn *pool;
        cm_map_fn *map;
        cm_softmax_fn *softmax;
        cm_transpose_fn *transpose;
        cm_normalize_fn *normalize;
        cm_hresize_fn *hresize;
        cm_vresize_fn *vresize;
        cm_warp_fn *warp;
        cm_qgemm_fn *qgemm;
        cm_qdwconv_fn *qdwconv;
        cm_qmap_fn *qmap;
        cm_quantize_fn *quantize;
        cm_dequantize_fn *dequantize;
    } run;
} cm_kernel;

/* All rows built into this program. */
const cm_kernel *cm_kernel_rows(int *count);
/* The best row for an operator at a tier: the highest tier that it holds; always found, since the reference is always built. */
const cm_kernel *cm_kernel_choose(cm_kernel_op op, const char *types, cm_cpu_tier tier);

/* Packs weights [n, taps, k] (row distance of n: weight_stride floats; taps, k dense) into ceil(n/nr) panels [taps, k, nr], zero-filled columns.
 * panels: cm_igemm_packed_floats(n, taps, k, nr) floats. */
size_t cm_igemm_packed_floats(int n, int taps, int k, int nr);
void cm_igemm_pack(const float *weights, ptrdiff_t weight_stride, int n, int taps, int k, int nr, float *panels);

#endif
