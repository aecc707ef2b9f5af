"""What every validation leaves in the run folder: checkpoints with their provenance, and how the newest sounds."""

from collections.abc import Sequence

from livernn.model.checkpoint import save_checkpoint
from livernn.model.foresight import Foresight
from livernn.model.samplernn import SampleRNN
from trainer.advice import Adviser
from trainer.config import TrainConfig
from trainer.dataset import Dataset
from trainer.listen import write_audio
from trainer.log import Entry
from trainer.run import RunFolder
from trainer.state import Counters, to_arrays

_LATELY_STEPS = 500


class Publisher:
    """Writes to `run`, and listens to what it writes."""

    def __init__(self, data: Dataset, config: TrainConfig, run: RunFolder) -> None:
        self._data = data
        self._config = config
        self._run = run
        self._adviser = Adviser(config, data)

    def publish(
        self,
        model: SampleRNN,
        foresight: Foresight,
        counters: Counters,
        losses: Sequence[float],
        validations: Sequence[Entry],
    ) -> list[str]:
        """Write `model` as the last checkpoint, and as the best if it is; returns what there is to say about the run.

        `foresight`, on held-out music, and the newest of `validations` are of `model`; `counters` are those before it
        was looked at.
        """
        config = self._config
        provenance = {
            "data": self._data.folder.name,
            "licence": self._data.licence,
            "credit": self._data.credit,
            "steps": counters.step,
            "minutes": round(counters.elapsed_s / 60.0, 1),
            **foresight._replace(trained_bits=_lately(losses)).as_provenance(),
            "settings": config.to_json(),
        }
        weights = to_arrays(model.plain_state())
        save_checkpoint(self._run.last, config.model, weights, provenance)
        if foresight.held_out_bits < counters.best_bits:
            save_checkpoint(self._run.best, config.model, weights, provenance)
        audio = write_audio(self._run.last, self._run.sound(counters.step), config.audio_seconds)
        return self._adviser.after_validation(losses, validations, audio)


def _lately(losses: Sequence[float]) -> float | None:
    """Over so many steps that all of the training recordings have their say."""
    last = losses[-_LATELY_STEPS:]
    return sum(last) / len(last) if last else None
