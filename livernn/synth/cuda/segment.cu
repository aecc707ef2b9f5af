// A segment: one launch draws `count` samples of every voice and steps the frame tiers between them.
//
// First come the groups that draw, then as many workers for each group as there is room for. All have to be resident at once.

#include "types.cuh"
#include "frame_tiers.cuh"
#include "sample_tier.cuh"

extern "C" __global__ void __launch_bounds__(THREADS, 1) segment(const __grid_constant__ Params params) {
    extern __shared__ __align__(16) unsigned char memory[];
    const int drawing = (params.voices + VOICES - 1) / VOICES * GROUP, index = static_cast<int>(blockIdx.x) - drawing;
    if (index < 0)
        draw_codes(params, *reinterpret_cast<Shared*>(memory), blockIdx.x / GROUP, blockIdx.x % GROUP);
    else
        step_frame_tiers(params, *reinterpret_cast<Workers*>(memory), index / params.workers, index % params.workers);
}
