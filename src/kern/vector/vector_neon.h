/* The vectors that the shared kernels (*.inc.h) are written in: 8 floats in two registers of AdvSIMD (NEON), aarch64.
 *
 * Two registers a vector make 16 vectors of the 32 registers, as many as AVX2 has, and fit the blocks that the shared kernels hold in them: a
 * row's element serves four registers of a panel, where vectors of one register would have it serve two. */
#ifndef CM_KERN_VECTOR_NEON_H
#define CM_KERN_VECTOR_NEON_H

#include <arm_neon.h>
#include <stdint.h>

#define VEC 8
typedef struct vec {
    float32x4_t low, high;
} vec;
typedef int64_t vec_mask; /* how many elements of a partial vector are there: they are its first ones */

/* The first `count` elements, count 0..VEC. */
static inline vec_mask vec_first(int64_t count) { return count; }

static inline vec vec_all(float x) { return (vec){ vdupq_n_f32(x), vdupq_n_f32(x) }; }
static inline vec vec_zero(void) { return vec_all(0.0f); }
static inline vec vec_load(const float *p) { return (vec){ vld1q_f32(p), vld1q_f32(p + 4) }; }
static inline void vec_store(float *p, vec x)
{
    vst1q_f32(p, x.low);
    vst1q_f32(p + 4, x.high);
}
/* One register's first elements, count 0..3. */
static inline float32x4_t vec_load_few(const float *p, int64_t count)
{
    float32x4_t none = vdupq_n_f32(0.0f);
    switch (count) {
    case 0: return none;
    case 1: return vld1q_lane_f32(p, none, 0);
    case 2: return vcombine_f32(vld1_f32(p), vget_low_f32(none));
    default: return vld1q_lane_f32(p + 2, vcombine_f32(vld1_f32(p), vget_low_f32(none)), 2);
    }
}
static inline void vec_store_few(float *p, float32x4_t x, int64_t count)
{
    if (count >= 2)
        vst1_f32(p, vget_low_f32(x));
    if (count == 1)
        vst1q_lane_f32(p, x, 0);
    else if (count == 3)
        vst1q_lane_f32(p + 2, x, 2);
}
/* Elements outside the mask are neither read (they become 0) nor written. */
static inline vec vec_load_part(const float *p, vec_mask mask)
{
    if (mask >= VEC)
        return vec_load(p);
    if (mask < 4)
        return (vec){ vec_load_few(p, mask), vdupq_n_f32(0.0f) };
    return (vec){ vld1q_f32(p), vec_load_few(p + 4, mask - 4) };
}
static inline void vec_store_part(float *p, vec x, vec_mask mask)
{
    if (mask >= VEC) {
        vec_store(p, x);
    } else if (mask < 4) {
        vec_store_few(p, x.low, mask);
    } else {
        vst1q_f32(p, x.low);
        vec_store_few(p + 4, x.high, mask - 4);
    }
}
/* VEC half-precision floats (IEEE 754 binary16), widened. */
static inline vec vec_load_half(const uint16_t *p)
{
    float16x8_t x = vreinterpretq_f16_u16(vld1q_u16(p));
    return (vec){ vcvt_f32_f16(vget_low_f16(x)), vcvt_high_f32_f16(x) };
}
/* Soon to be read. Never faults, whatever p is. (gcc 12 drops the calls of a function that does no more, unless it is inlined at once.) */
static inline __attribute__((always_inline)) void vec_prefetch(const void *p) { __builtin_prefetch(p); }
/* The same, into the second-level cache. */
static inline __attribute__((always_inline)) void vec_prefetch_far(const void *p) { __builtin_prefetch(p, 0, 2); }

static inline vec vec_add(vec a, vec b) { return (vec){ vaddq_f32(a.low, b.low), vaddq_f32(a.high, b.high) }; }
static inline vec vec_sub(vec a, vec b) { return (vec){ vsubq_f32(a.low, b.low), vsubq_f32(a.high, b.high) }; }
static inline vec vec_mul(vec a, vec b) { return (vec){ vmulq_f32(a.low, b.low), vmulq_f32(a.high, b.high) }; }
static inline vec vec_div(vec a, vec b) { return (vec){ vdivq_f32(a.low, b.low), vdivq_f32(a.high, b.high) }; }
/* a * b + c */
static inline vec vec_fma(vec a, vec b, vec c) { return (vec){ vfmaq_f32(c.low, a.low, b.low), vfmaq_f32(c.high, a.high, b.high) }; }
/* c - a * b */
static inline vec vec_fma_minus(vec a, vec b, vec c) { return (vec){ vfmsq_f32(c.low, a.low, b.low), vfmsq_f32(c.high, a.high, b.high) }; }
/* Bits of `yes` where the mask's are set, else of `no`. */
static inline vec vec_select(uint32x4_t low, uint32x4_t high, vec yes, vec no)
{
    return (vec){ vbslq_f32(low, yes.low, no.low), vbslq_f32(high, yes.high, no.high) };
}
/* a < b ? yes : no; NaN: no. */
static inline vec vec_if_less(vec a, vec b, vec yes, vec no)
{
    return vec_select(vcltq_f32(a.low, b.low), vcltq_f32(a.high, b.high), yes, no);
}
/* The second operand wins where either is NaN, which vmaxq_f32 and vminq_f32 do not do. */
static inline vec vec_max(vec a, vec b) { return vec_if_less(b, a, a, b); }
static inline vec vec_min(vec a, vec b) { return vec_if_less(a, b, a, b); }
static inline vec vec_sqrt(vec x) { return (vec){ vsqrtq_f32(x.low), vsqrtq_f32(x.high) }; }
static inline vec vec_floor(vec x) { return (vec){ vrndmq_f32(x.low), vrndmq_f32(x.high) }; }
static inline vec vec_round(vec x) { return (vec){ vrndnq_f32(x.low), vrndnq_f32(x.high) }; }
static inline vec vec_abs(vec x) { return (vec){ vabsq_f32(x.low), vabsq_f32(x.high) }; }
static inline vec vec_negate(vec x) { return (vec){ vnegq_f32(x.low), vnegq_f32(x.high) }; }
/* The size of a with the sign of b. */
static inline vec vec_sign(vec a, vec b)
{
    uint32x4_t sign = vdupq_n_u32(0x80000000u);
    return vec_select(sign, sign, b, a);
}
/* Neighbours change places: 1 0 3 2 ... */
static inline vec vec_swap_pairs(vec x) { return (vec){ vrev64q_f32(x.low), vrev64q_f32(x.high) }; }
/* x is NaN ? yes : no. */
static inline vec vec_if_nan(vec x, vec yes, vec no) { return vec_select(vceqq_f32(x.low, x.low), vceqq_f32(x.high, x.high), no, yes); }
/* Elements outside the mask become `other`. */
static inline vec vec_keep(vec x, vec_mask mask, vec other)
{
    const int32x4_t places = { 0, 1, 2, 3 };
    int32_t count = (int32_t)mask;
    return vec_select(vcltq_s32(places, vdupq_n_s32(count)), vcltq_s32(places, vdupq_n_s32(count - 4)), x, other);
}

/* x * 2^n, n whole and in -252..254; in two steps, so that results beyond the normal numbers come out right. */
static inline float32x4_t vec_scale_one(float32x4_t x, float32x4_t n)
{
    const int32x4_t bias = vdupq_n_s32(127);
    int32x4_t whole = vcvtq_s32_f32(n), half = vshrq_n_s32(whole, 1), rest = vsubq_s32(whole, half);
    float32x4_t first = vreinterpretq_f32_s32(vshlq_n_s32(vaddq_s32(half, bias), 23));
    float32x4_t second = vreinterpretq_f32_s32(vshlq_n_s32(vaddq_s32(rest, bias), 23));
    return vmulq_f32(vmulq_f32(x, first), second);
}
static inline vec vec_scale(vec x, vec n) { return (vec){ vec_scale_one(x.low, n.low), vec_scale_one(x.high, n.high) }; }

#endif
