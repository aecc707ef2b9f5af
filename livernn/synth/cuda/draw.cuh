// Noise and draw: philox.fill_gumbels, reference.distribution and reference.draw_by_noise, by one warp.
#pragma once

#include "types.cuh"

constexpr float NEVER = -3.0e38f;
constexpr float MASS_OF_HIGHEST = 4194304.0f;  // all LEVELS of it fit 31 bits

// As philox.py, word by word.
__device__ __forceinline__ uint4 philox(uint4 counter, u32 key0, u32 key1) {
#pragma unroll 1  // or the keys of all rounds would lie in registers from sample to sample
    for (int i = 0; i < 10; i++) {
        u32 high0 = __umulhi(0xD2511F53u, counter.x), low0 = 0xD2511F53u * counter.x;
        u32 high1 = __umulhi(0xCD9E8D57u, counter.z), low1 = 0xCD9E8D57u * counter.z;
        counter = make_uint4(high1 ^ counter.y ^ key0, low1, high0 ^ counter.w ^ key1, low0);
        key0 += 0x9E3779B9u;
        key1 += 0xBB67AE85u;
    }
    return counter;
}

__device__ __forceinline__ float gumbel(u32 word) {
    float uniform = fminf(fmaf(static_cast<float>(word), 0x1p-32f, 0x1p-33f), 1.0f - 0x1p-24f);
    return -__logf(-log1pf(-uniform));
}

// Larger floats have larger keys, and equal ones equal keys.
__device__ __forceinline__ u32 sortable(float value) {
    u32 bits = __float_as_uint(value);
    return bits >> 31 ? ~bits : bits | 0x80000000u;
}

// The least key that the patch keeps; `scaled` are a lane's 8 logits over the temperature, `highest` is of all. A bit at
// a time: the largest key that still has enough levels, or enough of their probability, at or above it.
__device__ __forceinline__ u32 least_kept(const float (&scaled)[8], float highest, int last, float top_p, float min_p) {
    u32 kept = 0;
    for (u32 bit = 1u << 31; last < LEVELS - 1 && bit; bit >>= 1) {
        u32 above = 0;
#pragma unroll
        for (int i = 0; i < 8; i++) above += sortable(scaled[i]) >= (kept | bit);
        if (static_cast<int>(__reduce_add_sync(~0u, above)) > last) kept |= bit;
    }
    if (top_p < 1.0f) {
        const auto mass_from = [&](u32 least) {
            u32 mass = 0;  // in fixed point, so that a warp adds them up at once
#pragma unroll
            for (int i = 0; i < 8; i++)
                mass += sortable(scaled[i]) >= least ? static_cast<u32>(__expf(scaled[i] - highest) * MASS_OF_HIGHEST) : 0;
            return __reduce_add_sync(~0u, mass);
        };
        const u32 wanted = max(1u, static_cast<u32>(top_p * static_cast<float>(mass_from(kept))));
        u32 least = 0;
        for (u32 bit = 1u << 31; bit; bit >>= 1)
            if (mass_from(least | bit) >= wanted) least |= bit;
        kept = max(kept, least);
    }
    return min_p > 0.0f ? max(kept, sortable(highest + __logf(min_p))) : kept;
}

// A warp draws; every lane returns the code. `logits` and `noise` are of LEVELS levels.
__device__ __forceinline__ int draw(const float* logits, const float* noise, const float* patch, int voices, int lane) {
    float scaled[8], highest = NEVER, best = NEVER;
    int code = 0;
#pragma unroll
    for (int i = 0; i < 8; i++) {
        scaled[i] = logits[lane * 8 + i] * patch[0];
        highest = fmaxf(highest, scaled[i]);
    }
    u32 top = __reduce_max_sync(~0u, sortable(highest));
    highest = __uint_as_float(top >> 31 ? top & 0x7FFFFFFFu : ~top);
    int last = static_cast<int>(patch[voices]);
    float top_p = patch[2 * voices], min_p = patch[3 * voices];
    u32 kept = last < LEVELS - 1 || top_p < 1.0f || min_p > 0.0f ? least_kept(scaled, highest, last, top_p, min_p) : 0;
#pragma unroll
    for (int i = 0; i < 8; i++) {
        float score = sortable(scaled[i]) >= kept ? scaled[i] + noise[lane * 8 + i] : NEVER;
        if (score > best) {
            best = score;
            code = lane * 8 + i;
        }
    }
    u32 key = sortable(best);
    int winner = __ffs(__ballot_sync(~0u, key == __reduce_max_sync(~0u, key))) - 1;
    return __shfl_sync(~0u, code, winner);
}
