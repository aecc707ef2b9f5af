"""Whether a model takes up what it is primed with: how its continuations sound beside their primes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from livernn.control.patch import Patch
from livernn.model.checkpoint import Checkpoint
from livernn.model.quantize import Audio
from livernn.synth.dead_seconds import SILENT_DB
from livernn.synth.offline import render_offline
from trainer.sound import chroma, chroma_distance
from trainer.survey import seconds_rms_db

PRIMES = 20
PRIME_S = 4
CONTINUATION_S = 1


@dataclass(frozen=True)
class Priming:
    """Of how many primes the continuation's chroma is closer to its own than to another's.

    `recorded` is the same count for what the recordings go on with: music modulates, so it is not all of them. There
    are no primes where the recordings are too short.
    """

    primes: int
    generated: int
    recorded: int


def compare_primed(checkpoint: Checkpoint, patch: Patch, recordings: Sequence[Audio], tuning: float) -> Priming:
    """Continue excerpts by the model, and compare its first second with its own and with another prime.

    Primes are paired, the two with the least like harmony first, so that a model that ignores its prime is right half
    of the time whatever it plays.
    """
    rate_hz = checkpoint.config.sample_rate_hz
    primes, onward = held_out_primes(recordings, rate_hz)
    continued = [
        render_offline(checkpoint, patch, CONTINUATION_S, seed, prime=prime) for seed, prime in enumerate(primes)
    ]
    own = [chroma(prime, rate_hz, tuning) for prime in primes]
    partner = pair_apart(own)

    def closer(continuations: Sequence[Audio]) -> int:
        heard = [chroma(audio, rate_hz, tuning) for audio in continuations]
        return sum(
            chroma_distance(heard[index], own[index]) < chroma_distance(heard[index], own[other])
            for index, other in partner.items()
        )

    return Priming(primes=len(partner), generated=closer(continued), recorded=closer(onward))


def held_out_primes(recordings: Sequence[Audio], rate_hz: int) -> tuple[list[Audio], list[Audio]]:
    """Excerpts of 4 s, evenly spread over all recordings, without a silent second, and what follows each."""
    length, span = PRIME_S * rate_hz, (PRIME_S + CONTINUATION_S) * rate_hz
    excerpts = [
        excerpt
        for audio in recordings
        for start in range(0, len(audio) - span + 1, rate_hz)
        if seconds_rms_db(excerpt := audio[start : start + span], rate_hz).min() >= SILENT_DB
    ]
    places = np.linspace(0, len(excerpts) - 1, min(PRIMES, len(excerpts) // 2 * 2)).round().astype(int)
    chosen = [excerpts[place] for place in places]
    return [excerpt[:length] for excerpt in chosen], [excerpt[length:] for excerpt in chosen]


def pair_apart(chromas: Sequence[NDArray[np.float64]]) -> dict[int, int]:
    """Each index to its partner and back: of those left, always the two farthest from each other."""
    pairs = [(one, other) for one in range(len(chromas)) for other in range(one)]
    partner: dict[int, int] = {}
    for one, other in sorted(pairs, key=lambda pair: -chroma_distance(chromas[pair[0]], chromas[pair[1]])):
        if one not in partner and other not in partner:
            partner[one], partner[other] = other, one
    return partner
