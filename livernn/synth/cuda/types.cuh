// What all parts of the kernel agree on. Compiled with -D of DIM (units of the sample tier), GROUP, VOICES (of a group),
// FRAME_SIZES and FRAME_DIMS (of the frame tiers, the fastest first), CLUSTER (whether a group is a cluster), SHARED_BYTES
// and WORKER_BYTES.
#pragma once

typedef unsigned int u32;
typedef unsigned long long u64;
typedef long long i64;

constexpr int LEVELS = 256;
constexpr int THREADS = 512, WARPS = THREADS / 32;
constexpr int COLUMNS = 8;  // of what the tensor cores multiply a matrix by: voices, or nothing

__device__ constexpr int frame_size(int tier) {
    const int sizes[] = {FRAME_SIZES};
    return sizes[tier];
}

__device__ constexpr int frame_dim(int tier) {
    const int dims[] = {FRAME_DIMS};
    return dims[tier];
}

__device__ constexpr int frame_tiers() {
    const int sizes[] = {FRAME_SIZES};
    return sizeof(sizes) / sizeof(int);
}

constexpr int TIERS = frame_tiers();
constexpr int TAPS = frame_size(0);
static_assert(VOICES >= 1 && VOICES <= COLUMNS, "VOICES");

struct FrameTier {
    const uint4* frame;          // fp16, as partition.py lays it out: what the frame's codes, less the middle one, add to the gates
    const uint4* recurrent;      // W_hh
    const uint4* telling;        // from the hidden state to what the tier below is told
    const float* frame_bias;     // [3 * dim]
    const float* recurrent_bias; // [3 * dim]
    const float* telling_bias;
    const float* noise;          // [frames begun][voices][dim], or none
    float* hidden;               // [dim], of the first voice
    const float* heard;          // [steps][3 * dim], of the first voice: what the tier above told; none for the slowest
    float* told;                 // what this tier tells, of the first voice
    float* carried;              // [groups][2][3 * dim][VOICES]: W_hh times the hidden state, before even and odd steps
    i64 told_step;               // from voice to voice
};

struct Params {
    const u32* table;          // fp16 pairs [TAPS][LEVELS][DIM / 2], the oldest tap first
    const uint4* hidden;       // W2 as partition.py lays it out
    const uint4* output;       // W3
    const float* hidden_bias;  // [DIM]
    const float* output_bias;  // [LEVELS]
    const float* conditioning; // [voices][TAPS][DIM], of the frame under way
    i64* codes;                // [count][voices] to be drawn or, where forced, read; the history lies before it
    float* logits;             // [count][voices][levels]
    const i64* start;          // position of the segment
    const i64* key;            // two words of the seed
    const float* patches;      // [4][voices]: 1 / temperature, rank of the last level kept, top-p, min-p
    u64* exchange;             // [groups][2][GROUP + 1][LEVELS][VOICES], where a group is no cluster
    u32* epochs;               // [groups], from 1 on
    u32* flags;                // [groups][1 + 2 * TIERS][LINE], all zero
    int* failed;
    i64 state_step;            // from voice to voice
    float middle;              // between the lowest and the highest code
    int phase, count, voices, levels, workers, forced;
    FrameTier tiers[TIERS];
};
