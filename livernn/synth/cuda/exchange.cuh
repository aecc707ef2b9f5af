// What CTAs tell each other: counts, and the two hops of a group's logits. One that waits in vain says so and no longer
// waits, so that the launch ends.
#pragma once

#include "types.cuh"

constexpr i64 PATIENCE_CYCLES = 400000000;  // about a quarter of a second

constexpr int LINE = 32;  // words: counts that are waited for lie in lines of their own

constexpr int DRAWN = 0;    // counts the frames that end in this launch; the other flags what workers have done of a tier

__device__ __forceinline__ u32* flag_of(const Params& params, int group, int flag) {
    return params.flags + (group * (1 + 2 * TIERS) + flag) * LINE;
}

__device__ constexpr int carried_flag(int tier) { return 1 + 2 * tier; }

__device__ constexpr int told_flag(int tier) { return 2 + 2 * tier; }

// What all threads of the CTA have written is there for those who see the count.
__device__ __forceinline__ void count_up(u32* flag) {
    __syncthreads();
    if (threadIdx.x == 0) {
        __threadfence();
        atomicAdd(flag, 1);
    }
}

__device__ __forceinline__ u32 look(const u32* flag) {
    u32 count;
    asm volatile("ld.acquire.gpu.global.u32 %0, [%1];" : "=r"(count) : "l"(flag) : "memory");
    return count;
}

// For all threads of the CTA. What was written is to be read past the first cache.
__device__ __forceinline__ void await_count(const u32* flag, u32 wanted, int* failed, bool& in_vain) {
    if (threadIdx.x == 0) {
        for (i64 began = clock64(); !in_vain && look(flag) < wanted;) {
            if (clock64() - began > PATIENCE_CYCLES) {
                *failed = 1;
                in_vain = true;
            }
        }
    }
    __syncthreads();
}

#if CLUSTER
__device__ __forceinline__ u32 shared_address(const void* pointer) {
    return static_cast<u32>(__cvta_generic_to_shared(pointer));
}

__device__ __forceinline__ u32 of_cta(u32 address, int rank) {
    u32 theirs;
    asm("mapa.shared::cluster.u32 %0, %1, %2;" : "=r"(theirs) : "r"(address), "r"(rank));
    return theirs;
}

__device__ __forceinline__ void send(float* slot, u64* barrier, int rank, float value) {
    asm volatile("st.async.shared::cluster.mbarrier::complete_tx::bytes.b32 [%0], %1, [%2];"
                 :: "r"(of_cta(shared_address(slot), rank)), "r"(__float_as_uint(value)),
                    "r"(of_cta(shared_address(barrier), rank)) : "memory");
}

__device__ __forceinline__ void expect(u64* barrier, int bytes) {
    asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" :: "r"(shared_address(barrier)), "r"(bytes) : "memory");
}

__device__ __forceinline__ bool has_arrived(u64* barrier, u32 phase) {
    u32 done;
    asm volatile("{.reg .pred p; mbarrier.try_wait.parity.acquire.cluster.shared::cta.b64 p, [%1], %2; selp.u32 %0, 1, 0, p;}"
                 : "=r"(done) : "r"(shared_address(barrier)), "r"(phase) : "memory");
    return done;
}

__device__ __forceinline__ void await(u64* barrier, u32 phase, int* failed, bool& in_vain) {
    if (in_vain || has_arrived(barrier, phase)) return;
    for (i64 began = clock64(); !has_arrived(barrier, phase);) {
        if (clock64() - began > PATIENCE_CYCLES) {
            *failed = 1;
            in_vain = true;
            return;
        }
    }
}

__device__ __forceinline__ void synchronise_group() {
    asm volatile("barrier.cluster.arrive.release.aligned;\nbarrier.cluster.wait.acquire.aligned;" ::: "memory");
}
#else
__device__ __forceinline__ void send(u64* slot, float value, u32 epoch) {
    u64 word = static_cast<u64>(epoch) << 32 | __float_as_uint(value);
    asm volatile("st.relaxed.gpu.global.u64 [%0], %1;" :: "l"(slot), "l"(word) : "memory");
}

__device__ __forceinline__ u64 look(const u64* slot) {
    u64 word;
    asm volatile("ld.relaxed.gpu.global.u64 %0, [%1];" : "=l"(word) : "l"(slot) : "memory");
    return word;
}

__device__ __forceinline__ float receive(const u64* slot, u32 epoch, int* failed, bool& in_vain) {
    u64 word = look(slot);
    for (i64 began = clock64(); static_cast<u32>(word >> 32) != epoch && !in_vain; word = look(slot)) {
        if (clock64() - began > PATIENCE_CYCLES) {
            *failed = 1;
            in_vain = true;
        }
    }
    return __uint_as_float(static_cast<u32>(word));
}
#endif
