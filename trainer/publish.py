"""What every validation leaves in the run folder: checkpoints with their provenance, and how the newest sounds."""

from collections.abc import Sequence

from livernn.model.checkpoint import save_checkpoint
from livernn.model.held_out import HeldOut
from livernn.model.samplernn import SampleRNN
from trainer.advice import Adviser
from trainer.config import TrainConfig
from trainer.dataset import Dataset
from trainer.listen import write_audio
from trainer.log import Entry
from trainer.run import RunFolder
from trainer.state import Counters, to_arrays


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
        held_out: HeldOut,
        counters: Counters,
        losses: Sequence[float],
        validations: Sequence[Entry],
    ) -> list[str]:
        """Write `model` as the last checkpoint, and as the best if it is; returns what there is to say about the run.

        `held_out` and the newest of `validations` are of `model`; `counters` are those before it was looked at.
        """
        config = self._config
        provenance = {
            "data": self._data.folder.name,
            "licence": self._data.licence,
            "credit": self._data.credit,
            "steps": counters.step,
            "minutes": round(counters.elapsed_s / 60.0, 1),
            **held_out.as_provenance(),
            "settings": config.to_json(),
        }
        weights = to_arrays(model.plain_state())
        save_checkpoint(self._run.last, config.model, weights, provenance)
        if held_out.bits < counters.best_bits:
            save_checkpoint(self._run.best, config.model, weights, provenance)
        audio = write_audio(self._run.last, self._run.sound(counters.step), config.audio_seconds)
        return self._adviser.after_validation(losses, validations, audio)
