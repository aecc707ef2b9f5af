// The frame tiers: workers step them as soon as a frame is drawn, and tell the tier below (section 2.1; cells are GRUs).
//
// Every worker keeps the whole state of a group's voices and steps it by itself, which takes 16 columns of weights for the fastest tier.
// The large products are shared out, a row of tiles to a warp: what the state tells the tier below, and W_hh
// times the state, which is ready long before the next step. So a frame costs one hop to the workers and one back.
#pragma once

#include "types.cuh"
#include "exchange.cuh"
#include "products.cuh"

__device__ constexpr int widest_frame_tier() {
    int widest = 0;
    for (int tier = 0; tier < TIERS; tier++) widest = frame_dim(tier) > widest ? frame_dim(tier) : widest;
    return widest;
}

__device__ constexpr int units_before(int tier) { return tier == 0 ? 0 : units_before(tier - 1) + frame_dim(tier - 1); }

// Tiles of 16 samples in a frame, an even number.
__device__ constexpr int frame_tiles(int tier) { return (frame_size(tier) + 31) / 32 * 2; }

__device__ constexpr int rows_told(int tier) {
    return tier == 0 ? TAPS * DIM : frame_size(tier) / frame_size(tier - 1) * 3 * frame_dim(tier - 1);
}

struct Workers {
    uint4 frame[frame_tiles(TIERS - 1) / 2][32];
    uint4 state[widest_frame_tier() / 32][32];
    float hidden[units_before(TIERS)][VOICES];
};
static_assert(sizeof(Workers) == WORKER_BYTES, "partition.py");

__device__ __forceinline__ float sigmoid(float x) { return 1.0f / (1.0f + __expf(-x)); }

__device__ __forceinline__ float hyperbolic_tangent(float x) { return 1.0f - 2.0f / (1.0f + __expf(2.0f * x)); }

struct Worker {
    const Params& params;
    Workers& shared;
    const int group, number, thread, lane, warp;
    bool in_vain;

    __device__ __forceinline__ int voice_of(int of_group) const { return min(group * VOICES + of_group, params.voices - 1); }

    __device__ __forceinline__ bool is_real(int of_group) const { return group * VOICES + of_group < params.voices; }

    // Steps of a tier that begin in the first `count` samples of this launch.
    template <int TIER> __device__ __forceinline__ int steps_in(int count) const {
        constexpr int SIZE = frame_size(TIER);
        return (params.phase + count + SIZE - 1) / SIZE - (params.phase + SIZE - 1) / SIZE;
    }

    __device__ __forceinline__ void await(int flag, u32 times) {
        await_count(flag_of(params, group, flag), times * params.workers, params.failed, in_vain);
    }

    // This worker's rows of a matrix times Workers::state: put(row, voice, sum).
    template <int TIER, class Put>
    __device__ __forceinline__ void multiply_rows(const uint4* matrix, int rows, const Put& put) const {
        constexpr int K_TILES = frame_dim(TIER) / 16;
        for (int tile = warp * params.workers + number; tile < rows / 16; tile += WARPS * params.workers) {
            float even[4] = {0, 0, 0, 0}, odd[4] = {0, 0, 0, 0};
            const uint4* weights = matrix + tile * K_TILES * 32 + lane;
#pragma unroll 4
            for (int k = 0; k < K_TILES; k += 2) {
                uint4 both = shared.state[k >> 1][lane];
                multiply(even, __ldg(weights + k * 32), both.x, both.y);
                multiply(odd, __ldg(weights + (k + 1) * 32), both.z, both.w);
            }
#pragma unroll
            for (int i = 0; i < 4; i++) {
                int row = tile * 16 + (lane >> 2) + (i >> 1) * 8, voice = (lane & 3) * 2 + (i & 1);
                if (voice < VOICES) put(row, voice, even[i] + odd[i]);
            }
        }
    }

    // Workers::state, from the hidden state of a tier, with noise [voices][dim] if there is any.
    template <int TIER> __device__ __forceinline__ void show_state(const float* noise) {
        constexpr int TIER_DIM = frame_dim(TIER);
        __syncthreads();
        for (int i = thread; i < VOICES * TIER_DIM / 2; i += THREADS) {
            int voice = i / (TIER_DIM / 2), unit = i % (TIER_DIM / 2) * 2;
            float low = shared.hidden[units_before(TIER) + unit][voice], high = shared.hidden[units_before(TIER) + unit + 1][voice];
            if (noise != nullptr) {
                low += noise[voice_of(voice) * TIER_DIM + unit];
                high += noise[voice_of(voice) * TIER_DIM + unit + 1];
            }
            reinterpret_cast<u32*>(shared.state)[operand_word(unit, voice)] = to_halves(low, high);
        }
        __syncthreads();
    }

    // What the state adds to the gates of a tier's step number `step` of this launch.
    template <int TIER> __device__ __forceinline__ void carry(int step) {
        const FrameTier& tier = params.tiers[TIER];
        float* const carried = tier.carried + (group * 2 + (step & 1)) * 3 * frame_dim(TIER) * VOICES;
        show_state<TIER>(nullptr);
        multiply_rows<TIER>(tier.recurrent, 3 * frame_dim(TIER), [&](int row, int voice, float sum) {
            carried[row * VOICES + voice] = sum + tier.recurrent_bias[row];
        });
        count_up(flag_of(params, group, carried_flag(TIER)));
    }

    // The frame before sample `at`, as codes less the middle one, which halves hold exactly.
    template <int TIER> __device__ __forceinline__ void show_frame(int at) {
        constexpr int SIZE = frame_size(TIER), PAIRS_EACH = frame_tiles(TIER) * 8;
        const auto level_of = [&](int sample, int voice) {
            if (sample >= SIZE) return 0.0f;
            i64 code = __ldcg(params.codes + static_cast<i64>(at - SIZE + sample) * params.voices + voice_of(voice));
            return static_cast<float>(code) - params.middle;
        };
        for (int i = thread; i < VOICES * PAIRS_EACH; i += THREADS) {
            int voice = i / PAIRS_EACH, sample = i % PAIRS_EACH * 2;
            reinterpret_cast<u32*>(shared.frame)[operand_word(sample, voice)] =
                to_halves(level_of(sample, voice), level_of(sample + 1, voice));
        }
        __syncthreads();
    }

    template <int TIER> __device__ __forceinline__ void step_cell(int at, int step) {
        constexpr int TIER_DIM = frame_dim(TIER), GATES = 3 * TIER_DIM, K_TILES = frame_tiles(TIER);
        const FrameTier& tier = params.tiers[TIER];
        const float* const carried = tier.carried + (group * 2 + (step & 1)) * GATES * VOICES;
        const float* heard = nullptr;
        if constexpr (TIER + 1 < TIERS)
            heard = tier.heard + (params.phase + at) / frame_size(TIER) % (frame_size(TIER + 1) / frame_size(TIER)) * GATES;
        for (int tile = warp; tile < TIER_DIM / 16; tile += WARPS) {
            float sums[3][4] = {};
#pragma unroll 2
            for (int k = 0; k < K_TILES; k += 2) {
                uint4 both = shared.frame[k >> 1][lane];
#pragma unroll
                for (int gate = 0; gate < 3; gate++) {
                    const uint4* weights = tier.frame + ((gate * (TIER_DIM / 16) + tile) * K_TILES + k) * 32 + lane;
                    multiply(sums[gate], __ldg(weights), both.x, both.y);
                    if (16 * (k + 1) < frame_size(TIER)) multiply(sums[gate], __ldg(weights + 32), both.z, both.w);
                }
            }
#pragma unroll
            for (int i = 0; i < 4; i++) {
                int unit = tile * 16 + (lane >> 2) + (i >> 1) * 8, voice = (lane & 3) * 2 + (i & 1);
                if (voice >= VOICES) continue;
                float entering[3], kept[3];
#pragma unroll
                for (int gate = 0; gate < 3; gate++) {
                    int row = gate * TIER_DIM + unit;
                    entering[gate] = sums[gate][i] + tier.frame_bias[row];
                    if (heard != nullptr) entering[gate] += __ldcg(heard + voice_of(voice) * params.state_step + row);
                    kept[gate] = __ldcg(carried + row * VOICES + voice);
                }
                float& hidden = shared.hidden[units_before(TIER) + unit][voice];
                float update = sigmoid(entering[1] + kept[1]);
                float fresh = hyperbolic_tangent(entering[2] + sigmoid(entering[0] + kept[0]) * kept[2]);
                hidden = fresh + update * (hidden - fresh);
            }
        }
    }

    // Step a tier and those below it that are due before sample `at`, the slowest first.
    template <int TIER> __device__ __forceinline__ void step_due(int at) {
        if ((params.phase + at) % frame_size(TIER) == 0) {
            const FrameTier& tier = params.tiers[TIER];
            const int step = steps_in<TIER>(at);
            await(carried_flag(TIER), step + 1);
            if constexpr (TIER + 1 < TIERS) await(told_flag(TIER + 1), steps_in<TIER + 1>(at + 1));
            show_frame<TIER>(at);
            step_cell<TIER>(at, step);
            show_state<TIER>(tier.noise ? tier.noise + step * params.voices * frame_dim(TIER) : nullptr);
            multiply_rows<TIER>(tier.telling, rows_told(TIER), [&](int row, int voice, float sum) {
                if (is_real(voice)) tier.told[voice_of(voice) * tier.told_step + row] = sum + tier.telling_bias[row];
            });
            count_up(flag_of(params, group, told_flag(TIER)));
        }
        if constexpr (TIER > 0) step_due<TIER - 1>(at);
    }

    // Make ready for the next steps of the tiers that were due before sample `at`, if they come in this launch.
    template <int TIER> __device__ __forceinline__ void carry_due(int at) {
        if ((params.phase + at) % frame_size(TIER) == 0 && steps_in<TIER>(at + 1) < steps_in<TIER>(params.count))
            carry<TIER>(steps_in<TIER>(at + 1));
        if constexpr (TIER + 1 < TIERS) carry_due<TIER + 1>(at);
    }

    template <int TIER> __device__ __forceinline__ void begin() {
        const FrameTier& tier = params.tiers[TIER];
        for (int i = thread; i < frame_dim(TIER) * VOICES; i += THREADS) {
            int voice = i / frame_dim(TIER), unit = i % frame_dim(TIER);
            shared.hidden[units_before(TIER) + unit][voice] = tier.hidden[voice_of(voice) * params.state_step + unit];
        }
        if (steps_in<TIER>(params.count) > 0) carry<TIER>(0);
        if constexpr (TIER + 1 < TIERS) begin<TIER + 1>();
    }

    // All workers of the group have read the state by now: the last step waited for what they made of it.
    template <int TIER> __device__ __forceinline__ void end() {
        const FrameTier& tier = params.tiers[TIER];
        for (int i = thread; steps_in<TIER>(params.count) > 0 && i < frame_dim(TIER) * VOICES; i += THREADS) {
            int voice = i / frame_dim(TIER), unit = i % frame_dim(TIER);
            if (is_real(voice)) tier.hidden[voice_of(voice) * params.state_step + unit] = shared.hidden[units_before(TIER) + unit][voice];
        }
        if constexpr (TIER + 1 < TIERS) end<TIER + 1>();
    }
};

__device__ __forceinline__ void step_frame_tiers(const Params& params, Workers& shared, int group, int number) {
    const int thread = threadIdx.x;
    Worker worker{params, shared, group, number, thread, thread & 31, thread >> 5, false};
    for (int i = thread; i < static_cast<int>(sizeof(shared.frame) + sizeof(shared.state)) / 16; i += THREADS)
        (&shared.frame[0][0])[i] = make_uint4(0, 0, 0, 0);
    worker.begin<0>();
    const int first = (TAPS - params.phase % TAPS) % TAPS;
    for (int at = first; at < params.count; at += TAPS) {
        await_count(flag_of(params, group, DRAWN), (at + TAPS - 1) / TAPS, params.failed, worker.in_vain);
        worker.step_due<TIERS - 1>(at);
        worker.carry_due<0>(at);
    }
    __syncthreads();
    if (number == 0) worker.end<0>();
}
