/* What the parts of checkkern share: memory that ends at an unreadable page, random numbers, comparisons, time. */
#ifndef CM_TEST_KERN_CHECK_H
#define CM_TEST_KERN_CHECK_H

#include "kern/kern.h"

#include <stdbool.h>

/* 2^-24: the largest relative error of one rounding. */
#define ROUNDING 5.9604644775390625e-8

/* The last `bytes` bytes before an unreadable page. One buffer a slot: asking again takes the slot's memory back. */
enum guard_slot { SLOT_A, SLOT_B, SLOT_B2, SLOT_C, SLOT_C2, SLOT_ADD, SLOT_BIAS, SLOT_SLOPE, SLOT_SCALE, SLOT_POINTERS, SLOT_COUNT };
void *guard_bytes(enum guard_slot slot, size_t bytes);
float *guard_floats(enum guard_slot slot, size_t count);
/* The same, filled with random numbers. */
float *guard_random(enum guard_slot slot, size_t count);

/* A fixed sequence: whole numbers in low..high, floats in -1..1. */
int random_int(int low, int high);
float random_float(void);
void fill_random(float *values, size_t count);
/* Puts NaN and infinities at some places. */
void fill_special(float *values, size_t count);

/* Panels of weights in a kernel's types, f32 or f16: bytes of so many elements, random numbers, one element. */
size_t panel_bytes(const cm_kernel *kernel, size_t count);
void panel_fill(const cm_kernel *kernel, void *panel, size_t count);
double panel_at(const cm_kernel *kernel, const void *panel, ptrdiff_t index);

/* Marks memory that must not be written: c [rows, stride], its last row without what follows `columns`; and looks whether everything outside
 * [rows, columns] still holds the mark. */
void canary_fill(float *c, int64_t rows, int64_t columns, int64_t stride);
void canary_check(const cm_kernel *kernel, const float *c, int64_t rows, int64_t columns, int64_t stride);

/* Counts a failure and prints the first few. */
void check_failed(const cm_kernel *kernel, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* |got - wanted| <= bound; NaN wants NaN, infinity the same infinity. `where` tells the case. */
void check_close(const cm_kernel *kernel, double wanted, double bound, float got, const char *where, int64_t row, int64_t column);
/* The same bits (any NaN equals any NaN). */
void check_same(const cm_kernel *kernel, float wanted, float got, const char *where, int64_t row, int64_t column);
void check_counted(void);
int check_failures(void);
long check_cases(void);

/* All ways to end a sum: the variants combine bias, residual (none, before, after the activation) and activation; the first ones have no residual. */
enum { EPILOGUE_VARIANTS_WITHOUT_ADD = 2 * CM_ACT_COUNT, EPILOGUE_VARIANTS = 3 * EPILOGUE_VARIANTS_WITHOUT_ADD };
/* channels: of bias and slope; add: [rows, add_stride] from SLOT_ADD, its last row `channels` long. */
void epilogue_make(cm_epilogue *epilogue, int variant, int rows, int channels);
/* What a sum should become. size: the sum of |terms|; *bound comes in as the sum's error bound and goes out as the result's. */
double epilogue_wanted(const cm_epilogue *epilogue, double sum, double size, int row, int channel, double *bound);
double activation_wanted(const cm_epilogue *epilogue, double x, int channel);

/* The same for bytes. size: of the sums; variant: which steps there are. What a sum (with its offset) becomes is compared with c[at]. */
void requantize_make(cm_requantize *e, int variant, int rows, int channels, float size);
void requantize_check(const cm_kernel *kernel, const cm_requantize *e, int32_t sum, int row, int channel, const void *c, ptrdiff_t at, const char *where);

/* Seconds of one call: the best of several rounds. */
double measure_seconds(void (*call)(void *), void *context);
/* One line of --time. work: floating-point operations (flops) or bytes of one call; share of this tier's measured FMA peak, or of memcpy over as
 * many bytes. */
void report_flops(const cm_kernel *kernel, const char *what, double flops, double seconds);
void report_bytes(const cm_kernel *kernel, const char *what, double bytes, double seconds);
/* FMA operations of one core at a tier, in FLOP/s. */
double peak_flops(cm_cpu_tier tier);

/* One pair for each operator. */
void check_igemm(const cm_kernel *kernel);
void time_igemm(const cm_kernel *kernel);
void check_gemm(const cm_kernel *kernel);
void time_gemm(const cm_kernel *kernel);
void check_winograd_filter(const cm_kernel *kernel);
void check_winograd_input(const cm_kernel *kernel);
void check_winograd_output(const cm_kernel *kernel);
void time_winograd(const cm_kernel *kernel);
/* gemm and the transforms of bytes: whatever types they have. */
bool is_of_bytes(const cm_kernel *kernel);
void check_winograd_bytes(const cm_kernel *kernel);
void time_winograd_bytes(const cm_kernel *kernel);
void check_dwconv(const cm_kernel *kernel);
void time_dwconv(const cm_kernel *kernel);
void check_pool(const cm_kernel *kernel);
void time_pool(const cm_kernel *kernel);
void check_map(const cm_kernel *kernel);
void time_map(const cm_kernel *kernel);
void check_softmax(const cm_kernel *kernel);
void time_softmax(const cm_kernel *kernel);
void check_transpose(const cm_kernel *kernel);
void time_transpose(const cm_kernel *kernel);
void check_normalize(const cm_kernel *kernel);
void time_normalize(const cm_kernel *kernel);
void check_hresize(const cm_kernel *kernel);
void time_hresize(const cm_kernel *kernel);
void check_vresize(const cm_kernel *kernel);
void time_vresize(const cm_kernel *kernel);
void check_warp(const cm_kernel *kernel);
void time_warp(const cm_kernel *kernel);
void check_qgemm(const cm_kernel *kernel);
void time_qgemm(const cm_kernel *kernel);
void check_qdwconv(const cm_kernel *kernel);
void time_qdwconv(const cm_kernel *kernel);
void check_qmap(const cm_kernel *kernel);
void time_qmap(const cm_kernel *kernel);
void check_quantize(const cm_kernel *kernel);
void time_quantize(const cm_kernel *kernel);
void check_dequantize(const cm_kernel *kernel);
void time_dequantize(const cm_kernel *kernel);

/* The vectors of one instruction set; `vectors` is no kernel, it lends the failures its name. */
void check_vector_avx2(const cm_kernel *vectors);
void check_vector_avx512(const cm_kernel *vectors);
void check_vector_neon(const cm_kernel *vectors);

#endif
