"""A search for better settings: an Optuna study whose trials are short runs, all of the same time and data."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from livernn.errors import BadInputError, LiveRNNError
from trainer.config import TrainConfig
from trainer.dataset import CODEC_FIELDS, Dataset
from trainer.log import Entry
from trainer.run import RunFolder
from trainer.space import SPACE

if TYPE_CHECKING:
    from optuna import Study, Trial

VALIDATIONS = 5
"""In a trial."""

_PATIENT_VALIDATIONS = 3
"""Before a trial may be given up: averaged weights and a rate that decays late look poor at first."""

_VALIDATE_SECONDS = 20.0
_AUDIO_SECONDS = 1.0
_TRIALS_BEFORE_PRUNING = 5
_LISTED = 10


@dataclass(frozen=True)
class Sweep:
    """`trials` runs of `minutes` each, `vary` of `SPACE` changed in `base`.

    `storage` is a database URL that several processes or machines may share; `cpu_time` counts the process's own time
    in place of the clock's.
    """

    data: Dataset
    base: TrainConfig
    folder: Path
    storage: str
    vary: Sequence[str]
    minutes: float
    trials: int
    cpu_time: bool = False

    def run(self) -> str:
        """Search until there are that many trials, those of earlier and other processes included; returns a report.

        Raises:
            BadInputError: Optuna is missing, or the storage holds trials that do not compare with these.
        """
        try:
            import optuna
        except ImportError as error:
            raise BadInputError("sweep", "Optuna is not installed", "Type: pip install optuna") from error
        optuna.logging.set_verbosity(
            optuna.logging.CRITICAL
        )  # what stops a sweep is told once, and not with a traceback
        self.folder.mkdir(parents=True, exist_ok=True)
        study = optuna.create_study(
            storage=self.storage,
            study_name=self.folder.name,
            load_if_exists=True,
            sampler=optuna.samplers.TPESampler(constant_liar=True),  # trials under way elsewhere are not tried twice
            pruner=optuna.pruners.MedianPruner(_TRIALS_BEFORE_PRUNING, n_warmup_steps=_PATIENT_VALIDATIONS),
        )
        self._check_comparable(study)
        ended = (optuna.trial.TrialState.COMPLETE, optuna.trial.TrialState.PRUNED)
        if len(study.get_trials(deepcopy=False, states=ended)) < self.trials:
            study.optimize(
                self._trial, callbacks=[optuna.study.MaxTrialsCallback(self.trials, states=ended)], gc_after_trial=True
            )
        return report(study)

    def _check_comparable(self, study: Study) -> None:
        """Bits per sample of other codes, or after another time, say nothing beside these."""
        terms = {
            "codec": {name: getattr(self.data.codec, name) for name in CODEC_FIELDS},
            "samples": {name: split.samples for name, split in self.data.splits.items()},
            "base": json.loads(self.base.to_json()),
            "minutes": self.minutes,
            "cpu_time": self.cpu_time,
        }
        if study.user_attrs.get("terms", terms) != terms:
            raise BadInputError(
                str(self.folder), "its trials had other data, settings or minutes", "Choose another --out."
            )
        study.set_user_attr("terms", terms)

    def _trial(self, trial: Trial) -> float:
        from optuna import TrialPruned

        from trainer.loop import fit

        config = replace(
            self.base,
            validate_every_steps=2**31 - 1,
            validate_every_minutes=self.minutes / VALIDATIONS,
            validate_seconds=_VALIDATE_SECONDS,
            audio_seconds=_AUDIO_SECONDS,
        )
        for name in self.vary:
            config = SPACE[name](trial, config)
        run = RunFolder(self.folder / f"trial-{trial.number:04d}")
        bits: list[float] = []

        def validated(entry: Entry) -> None:
            bits.append(entry["valid_bits"])
            trial.report(bits[-1], len(bits))
            if trial.should_prune():
                raise TrialPruned

        now_s = time.process_time if self.cpu_time else time.monotonic
        try:
            fit(self.data, config, run, minutes=self.minutes, on_validation=validated, now_s=now_s)
        except BadInputError:
            raise
        except LiveRNNError as error:  # it ran away, which is a result
            raise TrialPruned from error
        finally:
            run.state.unlink(missing_ok=True)  # of no use again, and the largest file there
        return min(bits)


def report(study: Study) -> str:
    """The best trials, and how trials ended by the value of each setting."""
    from optuna.trial import TrialState

    complete = sorted(study.get_trials(states=(TrialState.COMPLETE,)), key=lambda trial: trial.value or 0.0)
    pruned = study.get_trials(states=(TrialState.PRUNED,))
    lines = [f"{len(complete)} trials to the end, {len(pruned)} given up; held-out bits/sample"]
    for trial in complete[:_LISTED]:
        settings = ", ".join(f"{name} {_short(value)}" for name, value in trial.params.items())
        lines.append(f"  {trial.value:.4f}  trial-{trial.number:04d}  {settings}")
    for name in sorted({name for trial in complete for name in trial.params}):
        ends = [(trial.params[name], trial.value) for trial in complete if name in trial.params and trial.value]
        groups = ", ".join(f"{label} {bits:.4f} ({count})" for label, bits, count in _grouped(ends))
        lines.append(f"{name}, median and number of trials: {groups}")
    return "\n".join(lines)


def _grouped(ends: Sequence[tuple[Any, float]]) -> list[tuple[str, float, int]]:
    """Median of the figures by value; of numbers with many values by lower, middle and upper third."""
    values = sorted({value for value, _ in ends}, key=str)
    if len(values) > 5:
        ordered = sorted(ends)
        cuts = [ordered[len(ordered) * part // 3 : len(ordered) * (part + 1) // 3] for part in range(3)]
        groups = {f"{_short(cut[0][0])}..{_short(cut[-1][0])}": [bits for _, bits in cut] for cut in cuts}
    else:
        groups = {_short(value): [bits for other, bits in ends if other == value] for value in values}
    return [(label, statistics.median(bits), len(bits)) for label, bits in groups.items()]


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
