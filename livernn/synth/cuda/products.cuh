// Products of fp16 tiles with up to COLUMNS vectors, by the tensor cores.
#pragma once

#include "types.cuh"

__device__ __forceinline__ void multiply(float (&sum)[4], const uint4& a, u32 b0, u32 b1) {
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
                 : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
                 : "r"(a.x), "r"(a.y), "r"(a.z), "r"(a.w), "r"(b0), "r"(b1));
}

__device__ __forceinline__ u32 to_halves(float low, float high) {
    u32 pair;
    asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(high), "f"(low));
    return pair;
}

__device__ __forceinline__ float2 to_floats(u32 pair) {
    float2 both;
    asm("{.reg .b16 l, h; mov.b32 {l, h}, %2; cvt.f32.f16 %0, l; cvt.f32.f16 %1, h;}" : "=f"(both.x), "=f"(both.y) : "r"(pair));
    return both;
}

// Word of a tensor core's second operand that holds unit `unit` of a voice. An operand is [units / 32][32] uint4: two
// tiles of 16 units by 8 voices each.
__device__ __forceinline__ int operand_word(int unit, int voice) {
    int tile = unit >> 4, within = unit & 15, lane = voice * 4 + ((within & 7) >> 1);
    return ((tile >> 1) * 32 + lane) * 4 + (tile & 1) * 2 + (within >> 3);
}
