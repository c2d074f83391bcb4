/* Bytes and 32-bit sums as vectors of floats, and back: NEON. */
#ifndef CM_KERN_BYTES_NEON_H
#define CM_KERN_BYTES_NEON_H

#include "kern/vector/vector_neon.h"

#include <string.h>

/* Sums plus offsets, which wraps, as floats. */
static inline vec vec_of_sums(const int32_t *sums, const int32_t *offset)
{
    int32x4_t low = vaddq_s32(vld1q_s32(sums), vld1q_s32(offset)), high = vaddq_s32(vld1q_s32(sums + 4), vld1q_s32(offset + 4));
    return (vec){ vcvtq_f32_s32(low), vcvtq_f32_s32(high) };
}

/* Bytes less zero. */
static inline vec vec_of_bytes(const uint8_t *p, int zero)
{
    uint16x8_t wide = vmovl_u8(vld1_u8(p));
    int32x4_t low = vreinterpretq_s32_u32(vmovl_u16(vget_low_u16(wide))), high = vreinterpretq_s32_u32(vmovl_u16(vget_high_u16(wide)));
    return (vec){ vcvtq_f32_s32(vsubq_s32(low, vdupq_n_s32(zero))), vcvtq_f32_s32(vsubq_s32(high, vdupq_n_s32(zero))) };
}
/* The first `count` of them; nothing behind is read. */
static inline vec vec_of_bytes_part(const uint8_t *p, int zero, int count)
{
    uint8_t bytes[VEC] = { 0 };
    memcpy(bytes, p, (size_t)count);
    return vec_of_bytes(bytes, zero);
}

/* As many 32-bit sums, from floats that hold them. */
static inline void vec_store_sums(int32_t *sums, vec x)
{
    vst1q_s32(sums, vcvtnq_s32_f32(x.low));
    vst1q_s32(sums + 4, vcvtnq_s32_f32(x.high));
}

/* Rounded to whole numbers (halves to the even one) and moved by zero, which must give 0..255. */
static inline void vec_to_bytes(uint8_t *p, vec x, int zero)
{
    int16x4_t low = vmovn_s32(vaddq_s32(vcvtnq_s32_f32(x.low), vdupq_n_s32(zero)));
    int16x4_t high = vmovn_s32(vaddq_s32(vcvtnq_s32_f32(x.high), vdupq_n_s32(zero)));
    vst1_u8(p, vmovn_u16(vreinterpretq_u16_s16(vcombine_s16(low, high))));
}
static inline void vec_to_bytes_part(uint8_t *p, vec x, int zero, int count)
{
    uint8_t bytes[VEC];
    vec_to_bytes(bytes, x, zero);
    memcpy(p, bytes, (size_t)count);
}

#endif
