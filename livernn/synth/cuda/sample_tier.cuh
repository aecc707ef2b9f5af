// The sample tier: a group of GROUP CTAs draws the samples of up to 8 voices (arXiv 1612.07837, section 2.2).
//
// It holds the weights as fp16, W2 in registers, split by rows, W3 in shared memory, split by columns, so that what a CTA
// computes of the second layer is all that its part of W3 needs. The partial logits of the CTAs are summed by owners,
// OWNED levels each, and gathered by all: two hops per sample, no grid-wide barrier. Every CTA then draws the same code
// from the same counter-based noise. reference.py and philox.py say what is computed, partition.py how the weights lie.
#pragma once

#include "types.cuh"
#include "draw.cuh"
#include "exchange.cuh"
#include "products.cuh"

constexpr int RING = 16;
constexpr int ROWS = DIM / GROUP;              // of W2 in a CTA, and columns of W3
constexpr int ROW_TILES = ROWS / 16;           // of 16 rows
constexpr int K_SPLIT = WARPS / ROW_TILES;     // warps that share a tile's columns
constexpr int K_TILES = DIM / 16 / K_SPLIT;    // of 16 columns, per warp
constexpr int OWNED = LEVELS / GROUP;          // levels whose logits a CTA sums
constexpr int PAIRS = VOICES * DIM / 2;        // of units of the first layer
constexpr int PAIRS_EACH = (PAIRS + THREADS - 1) / THREADS;
constexpr bool EARLY = PAIRS_EACH == 1;        // what is known of the next sample finds registers beside the draw
constexpr int TAPS_AT_ONCE = DIM > 512 ? 3 : 5;  // in flight: more would not leave room for the weights

static_assert(DIM % (16 * GROUP) == 0 && WARPS % ROW_TILES == 0 && K_TILES % 2 == 0 && ROW_TILES % 2 == 0, "DIM");
static_assert(TAPS >= 2 && TAPS <= RING, "FRAME_SIZES");

struct Shared {
    uint4 output[WARPS][ROW_TILES][32]; // this CTA's columns of W3
    uint4 first[DIM / 32][32];          // operands of the tensor cores: two tiles of 16 units by 8 voices each
    uint4 second[ROWS / 32][32];
    float sums[K_SPLIT][ROWS][COLUMNS];
    float parts[2][GROUP][OWNED][VOICES];
    float logits[2][VOICES][LEVELS];
    float noise[VOICES][LEVELS];
    u64 arrived[4];                     // mbarriers: parts of even and odd samples, then logits
    int history[VOICES][RING];
};
static_assert(sizeof(Shared) == SHARED_BYTES, "partition.py");

__device__ __forceinline__ void draw_codes(const Params& params, Shared& shared, int group, int rank) {
    const int thread = threadIdx.x, lane = thread & 31, warp = thread >> 5;
    const int tile = warp % ROW_TILES, split = warp / ROW_TILES;
    const int row = lane >> 2, column = (lane & 3) * 2;  // of the sums that a lane has from the tensor cores
    const auto voice_of = [&](int of_group) { return min(group * VOICES + of_group, params.voices - 1); };
    const auto place_of = [&](int t) { return static_cast<u32>(params.phase + t) % TAPS; };  // in a frame
    bool in_vain = false;

    uint4 hidden[K_TILES];
#pragma unroll
    for (int k = 0; k < K_TILES; k++)
        hidden[k] = params.hidden[((rank * ROW_TILES + tile) * (DIM / 16) + split * K_TILES + k) * 32 + lane];
#pragma unroll
    for (int k = 0; k < ROW_TILES; k++)
        shared.output[warp][k][lane] = params.output[((rank * WARPS + warp) * ROW_TILES + k) * 32 + lane];
    for (int i = thread; i < (DIM + ROWS) / 32 * 32; i += THREADS) (&shared.first[0][0])[i] = make_uint4(0, 0, 0, 0);
    if (thread < VOICES * RING) {
        int voice = thread / RING, at = thread % RING - RING;  // before the first sample; sample t lies at t & 15
        shared.history[voice][at & (RING - 1)] =
            at >= -TAPS ? static_cast<int>(params.codes[static_cast<i64>(at) * params.voices + voice_of(voice)]) : 0;
    }
#if CLUSTER
    if (thread == 0) {
        for (int i = 0; i < 4; i++)
            asm volatile("mbarrier.init.shared::cta.b64 [%0], 1;" :: "r"(shared_address(&shared.arrived[i])) : "memory");
        asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
    }
    synchronise_group();
#else
    const u32 epoch = params.epochs[group];
    u64* const exchange = params.exchange + static_cast<i64>(group) * 2 * (GROUP + 1) * LEVELS * VOICES;
    __syncthreads();
#endif

    // What conditioning and all taps but the newest add to a pair of units of the first layer.
    float2 older[PAIRS_EACH];
    const auto look_ahead = [&](int t) {
#pragma unroll
        for (int j = 0; j < PAIRS_EACH; j++) {
            int pair = thread + j * THREADS, voice = pair / (DIM / 2), unit = pair % (DIM / 2);
            if (pair >= PAIRS) break;
            // Past the first cache: workers rewrite it.
            float2 sum = __ldcg(reinterpret_cast<const float2*>(
                params.conditioning + (voice_of(voice) * TAPS + place_of(t)) * DIM + 2 * unit));
#pragma unroll TAPS_AT_ONCE
            for (int tap = 0; tap < TAPS - 1; tap++) {
                int code = shared.history[voice][(t - TAPS + tap) & (RING - 1)];
                float2 part = to_floats(__ldg(params.table + (tap * LEVELS + code) * (DIM / 2) + unit));
                sum.x += part.x;
                sum.y += part.y;
            }
            older[j] = sum;
        }
    };
    const auto begin_frame = [&](int t) {
        u32 begun = static_cast<u32>(t + TAPS - 1) / TAPS + (place_of(0) == 0);  // in this launch
        await_count(flag_of(params, group, told_flag(0)), begun * params.workers, params.failed, in_vain);
    };
    if (place_of(0) == 0) begin_frame(0);
    look_ahead(0);

    for (int t = 0; t < params.count; t++) {
        const int side = t & 1;
#if CLUSTER
        const u32 phase = t >> 1 & 1;
        if (thread == 0 && !in_vain) {
            expect(&shared.arrived[side], GROUP * OWNED * VOICES * 4);
            expect(&shared.arrived[2 + side], LEVELS * VOICES * 4);
        }
#else
        u64* const parts = exchange + side * (GROUP + 1) * LEVELS * VOICES;
        u64* const sums = parts + GROUP * LEVELS * VOICES;
#endif
        // First layer: the newest tap.
#pragma unroll
        for (int j = 0; j < PAIRS_EACH; j++) {
            int pair = thread + j * THREADS, voice = pair / (DIM / 2), unit = pair % (DIM / 2);
            if (pair >= PAIRS) break;
            int code = shared.history[voice][(t - 1) & (RING - 1)];
            float2 newest = to_floats(__ldg(params.table + ((TAPS - 1) * LEVELS + code) * (DIM / 2) + unit));
            reinterpret_cast<u32*>(shared.first)[operand_word(2 * unit, voice)] =
                to_halves(fmaxf(older[j].x + newest.x, 0.0f), fmaxf(older[j].y + newest.y, 0.0f));
        }
        __syncthreads();

        // Second layer, this CTA's rows.
        float even[4] = {0, 0, 0, 0}, odd[4] = {0, 0, 0, 0};
#pragma unroll
        for (int k = 0; k < K_TILES; k += 2) {
            uint4 both = shared.first[(split * K_TILES + k) >> 1][lane];
            multiply(even, hidden[k], both.x, both.y);
            multiply(odd, hidden[k + 1], both.z, both.w);
        }
        *reinterpret_cast<float2*>(&shared.sums[split][tile * 16 + row][column]) = make_float2(even[0] + odd[0], even[1] + odd[1]);
        *reinterpret_cast<float2*>(&shared.sums[split][tile * 16 + row + 8][column]) = make_float2(even[2] + odd[2], even[3] + odd[3]);
        __syncthreads();
        for (int i = thread; i < ROWS / 2 * VOICES; i += THREADS) {
            int unit = i / VOICES * 2, voice = i % VOICES;
            float low = params.hidden_bias[rank * ROWS + unit], high = params.hidden_bias[rank * ROWS + unit + 1];
#pragma unroll
            for (int k = 0; k < K_SPLIT; k++) {
                low += shared.sums[k][unit][voice];
                high += shared.sums[k][unit + 1][voice];
            }
            reinterpret_cast<u32*>(shared.second)[operand_word(unit, voice)] = to_halves(fmaxf(low, 0.0f), fmaxf(high, 0.0f));
        }
        __syncthreads();

        // Partial logits, to their owners.
        float sum[4] = {0, 0, 0, 0};
#pragma unroll
        for (int k = 0; k < ROW_TILES; k += 2) {
            uint4 both = shared.second[k >> 1][lane];
            multiply(sum, shared.output[warp][k][lane], both.x, both.y);
            multiply(sum, shared.output[warp][k + 1][lane], both.z, both.w);
        }
#pragma unroll
        for (int i = 0; i < 4; i++) {
            int level = warp * 16 + row + (i >> 1) * 8, voice = column + (i & 1);
            if (voice >= VOICES) continue;
#if CLUSTER
            send(&shared.parts[side][rank][level % OWNED][voice], &shared.arrived[side], level / OWNED, sum[i]);
#else
            send(&parts[((level / OWNED * GROUP + rank) * OWNED + level % OWNED) * VOICES + voice], sum[i], epoch + t);
#endif
        }

        // While they travel: this sample's noise.
        const u64 index = *params.start + t;
        const u32 key0 = static_cast<u32>(params.key[0]), key1 = static_cast<u32>(params.key[1]);
        for (int i = thread; !params.forced && i < VOICES * LEVELS / 4; i += THREADS) {
            int voice = i / (LEVELS / 4), block = i % (LEVELS / 4);
            uint4 words = philox(make_uint4(static_cast<u32>(index), static_cast<u32>(index >> 32), voice_of(voice), 1 + block), key0, key1);
            *reinterpret_cast<float4*>(&shared.noise[voice][4 * block]) =
                make_float4(gumbel(words.x), gumbel(words.y), gumbel(words.z), gumbel(words.w));
        }

        // Logits, to all.
#if !CLUSTER
        for (int i = thread; i < LEVELS * VOICES; i += THREADS)
            (&shared.parts[side][0][0][0])[i] = receive(&parts[rank * LEVELS * VOICES + i], epoch + t, params.failed, in_vain);
        __syncthreads();
#endif
        if (thread < OWNED * VOICES) {
            int own = thread / VOICES, voice = thread % VOICES, level = rank * OWNED + own;
            float logit = params.output_bias[level];
#if CLUSTER
            await(&shared.arrived[side], phase, params.failed, in_vain);
#endif
#pragma unroll
            for (int i = 0; i < GROUP; i++) logit += shared.parts[side][i][own][voice];
#if CLUSTER
#pragma unroll 4
            for (int i = 0; i < GROUP; i++) send(&shared.logits[side][voice][level], &shared.arrived[2 + side], i, logit);
#else
            send(&sums[voice * LEVELS + level], logit, epoch + t);
#endif
        }

        // While they travel: what is known of the next sample.
        const bool goes_on = t + 1 < params.count, begins_frame = place_of(t + 1) == 0;
        if (EARLY && goes_on && !begins_frame) look_ahead(t + 1);
        __syncthreads();
#if !CLUSTER
        for (int i = thread; i < LEVELS * VOICES; i += THREADS)
            (&shared.logits[side][0][0])[i] = receive(&sums[i], epoch + t, params.failed, in_vain);
        __syncthreads();
#endif

        // A warp per voice draws, or reads what is forced.
        if (warp < VOICES) {
            const int voice = voice_of(warp);
            const bool mine = rank == 0 && group * VOICES + warp < params.voices;
            float* const logits = shared.logits[side][warp];
            i64* const code_at = params.codes + static_cast<i64>(t) * params.voices + voice;
            int code;
#if CLUSTER
            await(&shared.arrived[2 + side], phase, params.failed, in_vain);
#endif
            if (params.forced) {
                code = static_cast<int>(*code_at);
            } else {
                code = draw(logits, shared.noise[warp], params.patches + voice, params.voices, lane);
                code = min(code, params.levels - 1);  // it may be any after a wait in vain
                if (mine && lane == 0) *code_at = code;
            }
            if (lane == 0) shared.history[warp][t & (RING - 1)] = code;
            for (int i = lane; mine && i < params.levels; i += 32)
                params.logits[(t * params.voices + voice) * params.levels + i] = logits[i];
        }
        if (goes_on && begins_frame) {
            if (rank == 0) count_up(flag_of(params, group, DRAWN));
            begin_frame(t + 1);
        }
        if (goes_on && (begins_frame || !EARLY)) look_ahead(t + 1);
        __syncthreads();
    }
#if CLUSTER
    synchronise_group();
#else
    if (rank == 0 && thread == 0) params.epochs[group] = epoch + params.count;
#endif
}
