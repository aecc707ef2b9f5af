"""`judge`: does a checkpoint sound like what it was trained on? By measurement, against limits."""

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from livernn.control.patch import Patch
from livernn.control.preset import PATCH_FILE, load_preset
from livernn.errors import BadInputError
from livernn.model.checkpoint import load_checkpoint
from livernn.model.config import ModelConfig
from livernn.model.quantize import Audio
from livernn.synth.filters import Decoder
from livernn.synth.offline import render_offline
from trainer.dataset import CodeSplit, Dataset
from trainer.histograms import Histograms, histograms, overlap
from trainer.picture import write_picture
from trainer.priming import CONTINUATION_S, PRIMES, Priming, compare_primed
from trainer.sound import SoundMeasures, frechet_distance, measure, noise_like, tuning_cents

PICTURE_S = 20

DEAD_LIMIT = 0.01
LOOPING_LIMIT = 0.02
"""Beyond the share of such seconds that the recordings have themselves."""
ONSETS_FACTOR = 2.0
IN_TUNE_FACTOR = 0.8
PRIMED_SHARE = 0.75
TIMBRE_FACTOR = 3.0


@dataclass(frozen=True)
class Timbre:
    """Log-mel Frechet distances to the test split: of what was generated, of `train`, of noise of test's spectrum."""

    generated: float
    floor: float
    ceiling: float


@dataclass(frozen=True)
class Check:
    """One figure beside its limit."""

    name: str
    figure: str
    limit: str
    passed: bool


@dataclass(frozen=True)
class Judgement:
    """All figures; `generated` beside the same measures of the recordings."""

    generated: SoundMeasures
    test: SoundMeasures
    train: SoundMeasures
    generated_histograms: Histograms
    test_histograms: Histograms
    tuning_cents: float
    timbre: Timbre
    priming: Priming

    def checks(self) -> list[Check]:
        """What a preset is expected to meet."""
        made, real, timbre = self.generated, self.test, self.timbre
        dead, really_dead = made.silent_share + made.noise_share, real.silent_share + real.noise_share
        dead_limit, looping_limit = really_dead + DEAD_LIMIT, real.looping_share + LOOPING_LIMIT
        onsets = made.onsets_per_s / real.onsets_per_s if real.onsets_per_s else 0.0
        in_tune = IN_TUNE_FACTOR * real.in_tune_share
        farthest = TIMBRE_FACTOR * timbre.floor
        checks = [
            Check("silent or noise", f"{dead:.1%} of seconds", f"< {dead_limit:.1%}", dead < dead_limit),
            Check(
                "looping",
                f"{made.looping_share:.1%} of seconds",
                f"< {looping_limit:.1%}",
                made.looping_share < looping_limit,
            ),
            Check(
                "timbre's distance from test",
                f"{timbre.generated:.0f} (train {timbre.floor:.0f}, noise {timbre.ceiling:.0f})",
                f"<= {farthest:.0f}",
                timbre.generated <= farthest,
            ),
            Check(
                "onsets per second",
                f"{made.onsets_per_s:.2f}",
                f"{real.onsets_per_s / ONSETS_FACTOR:.2f} to {real.onsets_per_s * ONSETS_FACTOR:.2f}",
                1.0 / ONSETS_FACTOR <= onsets <= ONSETS_FACTOR,
            ),
            Check("peaks in tune", f"{made.in_tune_share:.3f}", f">= {in_tune:.3f}", made.in_tune_share >= in_tune),
        ]
        if self.priming.primes:
            figure = f"{self.priming.generated} of {self.priming.primes} (recordings: {self.priming.recorded})"
            needed = math.ceil(PRIMED_SHARE * self.priming.primes)
            checks.append(Check("closer to own prime", figure, f">= {needed}", self.priming.generated >= needed))
        return checks

    def as_dict(self) -> dict[str, Any]:
        """All figures and checks as one JSON object."""
        return {**asdict(self), "checks": [asdict(check) for check in self.checks()]}

    def text(self) -> str:
        """A table."""
        lines = [
            f"{'pass' if check.passed else 'FAIL'}  {check.name}: {check.figure} (limit {check.limit})"
            for check in self.checks()
        ]
        made, real = self.generated_histograms, self.test_histograms
        lines.append(
            f"      histograms shared with test: pitch classes {overlap(made.pitch_classes, real.pitch_classes):.0%}, "
            f"loudness {overlap(made.loudness, real.loudness):.0%}"
        )
        return "\n".join(lines)


def judge_minutes(checkpoint: Path, data: Dataset, minutes: float, picture: Path | None = None) -> Judgement:
    """`judge` in pieces of a minute or less, with the patch of the preset that the checkpoint lies in, if any.

    Raises:
        BadInputError: as `judge`, or `minutes` gives no whole second.
    """
    if not 1.0 / 60.0 <= minutes <= 600.0:
        raise BadInputError(
            f"{minutes:g} minutes", "that is not a length to generate", "Use up to 600, for example 10."
        )
    folder = checkpoint.parent
    patch = load_preset(str(folder)).patch if (folder / PATCH_FILE).exists() else Patch()
    seeds = math.ceil(minutes)
    return judge(checkpoint, data, patch, seeds=seeds, seconds=60.0 * minutes / seeds, picture=picture)


def judge(
    checkpoint: Path,
    data: Dataset,
    patch: Patch,
    *,
    seeds: int = 10,
    seconds: float = 60.0,
    picture: Path | None = None,
    on_progress: Callable[[float], Any] = lambda _: None,
) -> Judgement:
    """Render `seeds` pieces of `seconds` from the initial state and continue held-out primes, by the offline engine.

    Recordings are heard through the same codec as the model. `picture` receives 20 s of test above 20 s of the first
    piece as a PNG. `on_progress` is called with the share of the rendering that is done.

    Raises:
        BadInputError: the checkpoint cannot be read or has another sample rate than the data; the recordings are too
            short to be compared with.
        LiveRNNError: the picture cannot be written.
    """
    loaded, patch = load_checkpoint(checkpoint), patch.with_value("guard", 0.0)
    rate_hz = loaded.config.sample_rate_hz
    if rate_hz != data.codec.sample_rate_hz:
        raise BadInputError(
            str(checkpoint),
            f"it plays at {rate_hz} Hz and the data is at {data.codec.sample_rate_hz} Hz",
            "Prepare the data again with --sample-rate.",
        )
    recorded = {name: sound_of(split, data.codec) for name, split in data.splits.items()}
    if not recorded["train"] or not recorded["test"]:
        raise BadInputError(str(data.folder), "it holds no recording of a second or more", "Prepare longer recordings.")
    tuning = tuning_cents(recorded["test"], rate_hz)
    total_s = seeds * seconds + PRIMES * CONTINUATION_S
    generated = []
    for seed in range(seeds):
        on_progress(seed * seconds / total_s)
        generated.append(render_offline(loaded, patch, seconds, seed))
    on_progress(seeds * seconds / total_s)
    priming = compare_primed(loaded, patch, [*recorded["test"], *recorded["valid"]], tuning)
    on_progress(1.0)
    if picture is not None:
        write_picture(picture, [recorded["test"][0][: PICTURE_S * rate_hz], generated[0][: PICTURE_S * rate_hz]])
    noise = noise_like(recorded["test"], rate_hz)
    return Judgement(
        generated=measure(generated, rate_hz, tuning),
        test=measure(recorded["test"], rate_hz, tuning),
        train=measure(recorded["train"], rate_hz, tuning),
        generated_histograms=histograms(generated, rate_hz, tuning),
        test_histograms=histograms(recorded["test"], rate_hz, tuning),
        tuning_cents=tuning,
        timbre=Timbre(
            generated=frechet_distance(generated, recorded["test"], rate_hz),
            floor=frechet_distance(recorded["train"], recorded["test"], rate_hz),
            ceiling=frechet_distance([noise], recorded["test"], rate_hz),
        ),
        priming=priming,
    )


def sound_of(split: CodeSplit, codec: ModelConfig) -> list[Audio]:
    """Recordings of a second or more, decoded as an instrument decodes its own codes."""
    whole = (codes for codes in split.recordings() if len(codes) >= codec.sample_rate_hz)
    return [Decoder(codec).process(np.array(codes)[np.newaxis])[0] for codes in whole]
