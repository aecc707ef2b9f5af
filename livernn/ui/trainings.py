"""Trainings as the window sees them, and hearing one while it learns. No widgets."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from livernn.control.preset import About, Preset, bare_preset
from livernn.errors import LiveRNNError
from livernn.training.job import Job
from livernn.training.shelf import Plan, Training, TrainingShelf, trainings_folder
from livernn.training.workshop import Ended, Improved, Stage, Workshop
from livernn.ui.notice import Kind, Notice
from livernn.ui.session import Session

_REACHED = {
    Stage.PREPARED: "is looked through: read what was found, then press Train",
    Stage.STOPPED: "is stopped and can go on at any time",
    Stage.DONE: "has been trained as long as was planned",
}


class Trainings(QObject):
    """Every method is for Qt's main thread and returns at once."""

    changed = Signal()
    """Anything of `workshop`, or `hearing`."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.workshop = Workshop(TrainingShelf(trainings_folder()), Job)
        self.hearing: Training | None = None
        self._loaded = False
        self._newer = False
        """Whether there is a better one than what was loaded last."""
        session.presets_changed.connect(self._check_hearing)

    @property
    def chosen(self) -> Training | None:
        """The one that is looked at."""
        return self.workshop.chosen

    @property
    def unattended(self) -> Training | None:
        """The one that would go on learning without a window."""
        working = self.workshop.working
        learns = working is not None and self.workshop.stage(working) in (Stage.STARTING, Stage.TRAINING)
        return working if learns else None

    def look(self) -> None:
        """To be called a few times a second."""
        happened = self.workshop.look()
        for event in happened:
            match event:
                case Improved(training):
                    self._newer |= training == self.hearing
                case Ended(training, stage, error):
                    self._tell_end(training, stage, error)
        # Loading may take longer than a better one takes to come, and each load gives up the one before.
        if self.hearing is not None and self._newer and self._session.pending is None:
            self._load(self.hearing)
        if happened or self.workshop.grew or self.workshop.working is not None:
            self.changed.emit()

    def choose(self, training: Training) -> None:
        """Look at another one."""
        self._try(lambda: self.workshop.choose(training))

    def add(self, recordings: Path) -> None:
        """Begin with a folder of recordings."""
        self._try(lambda: self.workshop.add(recordings))

    def change(self, **values: object) -> None:
        """Let the chosen one have other values of its plan."""
        if self.chosen is not None:
            plan: Plan = replace(self.chosen.plan, **values)  # type: ignore[arg-type]
            self._try(lambda: self.workshop.change(plan))

    def advance(self) -> None:
        """Whatever comes next with the chosen one: look through it, train it, go on; or stop that."""
        if self.chosen is None:
            return
        acts = {
            Stage.UNPREPARED: self.workshop.prepare,
            Stage.PREPARED: self.workshop.train,
            Stage.STOPPED: self.workshop.train,
            Stage.PREPARING: self.workshop.stop,
            Stage.STARTING: self.workshop.stop,
            Stage.TRAINING: self.workshop.stop,
        }
        act = acts.get(self.workshop.stage(self.chosen))
        if act is not None:
            self._try(act)

    def stop(self) -> None:
        """Have what learns end with nothing lost."""
        self._try(self.workshop.stop)

    def hear(self, wanted: bool) -> None:
        """Play the newest checkpoint of the chosen one, and each that is better as soon as there is one; or no more."""
        self.hearing = self.chosen if wanted else None
        self._loaded = self._newer = False
        if self.hearing is not None:
            if self.hearing.best.exists():
                self._load(self.hearing)
            else:
                self._say(f"{self.hearing.name} will be heard as soon as it has been checked for the first time.")
        self.changed.emit()

    def save(self, title: str, about: About) -> None:
        """Make a preset of the best checkpoint of the chosen one."""
        if self.chosen is not None:
            self._session.save_sound(title, about, preset_of(self.chosen))

    def delete(self) -> None:
        """Take the chosen one off the shelf."""
        name = self.chosen.name if self.chosen is not None else ""
        if self._try(self.workshop.delete):
            self._say(f"Deleted {name}. It is in the folder 'deleted' beside the others.")

    def close(self) -> None:
        """What learns goes on without a window."""
        self.workshop.close()

    def _load(self, training: Training) -> None:
        begins = not self._loaded
        self._loaded, self._newer = True, False
        self._session.hear(preset_of(training))
        if begins and not self._session.playing:
            self._session.toggle_play()

    def _check_hearing(self) -> None:
        """Whoever loads something else wants to hear that."""
        sounding = self._session.pending or self._session.preset
        if self.hearing is None or not self._loaded or sounding is None:
            return
        if sounding.checkpoint != self.hearing.best:
            self.hearing = None
            self.changed.emit()

    def _tell_end(self, training: Training, stage: Stage, error: str) -> None:
        if error:
            self._session.tell(Notice(Kind.ERROR, error))
        elif stage in _REACHED:
            self._say(f"{training.name} {_REACHED[stage]}.")

    def _try(self, action: Callable[[], object]) -> bool:
        try:
            action()
        except LiveRNNError as error:
            self._session.tell(Notice(Kind.ERROR, str(error)))
            return False
        finally:
            self.changed.emit()
        return True

    def _say(self, text: str) -> None:
        self._session.tell(Notice(Kind.INFO, text))


def preset_of(training: Training) -> Preset:
    """Its best checkpoint, bare."""
    title = f"{training.name} (training)"
    return bare_preset(training.best, title)
