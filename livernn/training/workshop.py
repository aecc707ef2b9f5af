"""All trainings, the one that is looked at, and the one that is worked on: at most one at a time."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import Enum, auto
from pathlib import Path
from typing import Protocol

from livernn.claim import is_claimed
from livernn.errors import BadInputError, LiveRNNError
from livernn.training.findings import Findings, read_findings
from livernn.training.job import files_done, fit_command, last_error, prepare_command
from livernn.training.run_log import RunLog
from livernn.training.shelf import Plan, Training, TrainingShelf


class Stage(Enum):
    """How far a training is."""

    UNPREPARED = auto()
    PREPARING = auto()
    PREPARED = auto()
    STARTING = auto()
    """No step has been taken since it was told to train."""
    TRAINING = auto()
    STOPPING = auto()
    STOPPED = auto()
    DONE = auto()


@dataclass(frozen=True)
class Improved:
    """The best checkpoint of a training is a new one."""

    training: Training


@dataclass(frozen=True)
class Ended:
    """A process has ended: `stage` is how far that brought the training, `error` why no further."""

    training: Training
    stage: Stage
    error: str


class JobLike(Protocol):
    """See `job.Job`."""

    def poll(self) -> int | None: ...

    def interrupt(self) -> None: ...

    def wait(self) -> None: ...


StartJob = Callable[[Sequence[str], Path], JobLike]


@dataclass(frozen=True)
class _Work:
    """`job` is None where an earlier window started it; then it is a `fit`, and holds the run's claim."""

    folder: Path
    preparing: bool
    job: JobLike | None
    began_s: float = -1.0
    """What had been trained when it was started."""
    interrupted: bool = False


class Workshop:
    """One thread; `look` is to be called a few times a second. LiveRNNError where the disk refuses."""

    def __init__(self, shelf: TrainingShelf, start_job: StartJob) -> None:
        self._shelf = shelf
        self._start_job = start_job
        self._logs: dict[Path, RunLog] = {}
        self._findings: dict[Path, Findings | None] = {}
        self._work: _Work | None = None
        self.grew = False
        """Whether `look` found more in a log."""
        self.trainings = shelf.trainings()
        self.chosen = next(iter(self.trainings), None)
        self._adopt()

    @property
    def working(self) -> Training | None:
        """The one for which a process runs."""
        folder = self._work.folder if self._work is not None else None
        return next((one for one in self.trainings if one.folder == folder), None)

    def log(self, training: Training) -> RunLog:
        """How its run went."""
        return self._logs.setdefault(training.folder, RunLog(training.log))

    def findings(self, training: Training) -> Findings | None:
        """What `prepare` found; None before it has."""
        if training.folder not in self._findings:
            self._findings[training.folder] = read_findings(training.data)
        return self._findings[training.folder]

    def stage(self, training: Training) -> Stage:
        """How far it is."""
        if self._work is not None and training.folder == self._work.folder:
            if self._work.preparing:
                return Stage.PREPARING
            if training.stop.exists():
                return Stage.STOPPING
            return Stage.STARTING if self.log(training).elapsed_s == self._work.began_s else Stage.TRAINING
        if self.findings(training) is None:
            return Stage.UNPREPARED
        elapsed_s = self.log(training).elapsed_s
        if elapsed_s == 0.0:
            return Stage.PREPARED
        return Stage.DONE if elapsed_s >= 60.0 * training.plan.minutes else Stage.STOPPED

    def files_done(self, training: Training) -> tuple[int, int]:
        """How many files are prepared, and of how many."""
        return files_done(training.output)

    def choose(self, training: Training) -> None:
        """Look at another one."""
        self.chosen = training
        self.log(training).read()  # all of a long one would hold up the window; `look` reads the rest

    def add(self, recordings: Path) -> None:
        """Begin with a folder of recordings: it is looked at and encoded.

        Raises:
            BadInputError: another one is being worked on.
        """
        self._check_free()
        self.chosen = self._shelf.add(recordings.absolute())
        self.trainings = self._shelf.trainings()
        self.prepare()

    def change(self, plan: Plan) -> None:
        """Let the chosen one have another plan; a run that is under way keeps to its own."""
        if self.chosen is not None and plan != self.chosen.plan:
            self.chosen = self._shelf.change(self.chosen, plan)
            self.trainings = [self.chosen if one.folder == self.chosen.folder else one for one in self.trainings]

    def prepare(self) -> None:
        """Have the recordings of the chosen one looked at, again if need be. Raises as `add`."""
        if self.chosen is not None:
            self._start(self.chosen, prepare_command(self.chosen), preparing=True)

    def train(self) -> None:
        """Begin, or go on, with the chosen one. Raises as `add`."""
        if self.chosen is not None:
            with suppress(OSError):
                self.chosen.stop.unlink()
            self._start(self.chosen, fit_command(self.chosen), preparing=False)

    def stop(self) -> None:
        """Have what is worked on end with nothing lost."""
        working = self.working
        if self._work is None or working is None:
            return
        if self._work.preparing and self._work.job is not None:
            self._work.job.interrupt()
            self._work = replace(self._work, interrupted=True)
            return
        try:
            working.stop.parent.mkdir(exist_ok=True)
            working.stop.touch()
        except OSError as error:
            why = f"the disk refuses ({error.strerror})"
            raise LiveRNNError(str(working.stop), why, "Make room, or leave it running.") from error

    def delete(self) -> None:
        """Take the chosen one off the shelf, unless it is being worked on. Raises as `add`."""
        if self.chosen is not None:
            if self.chosen == self.working:
                raise BadInputError(self.chosen.name, "it is being worked on", "Stop it first.")
            self._shelf.delete(self.chosen)
            self.trainings = self._shelf.trainings()
            self.chosen = next(iter(self.trainings), None)

    def look(self) -> list[Improved | Ended]:
        """Take in what has happened since the last time."""
        happened: list[Improved | Ended] = []
        working, chosen = self.working, self.chosen
        self.grew = False
        for training in {one.folder: one for one in (working, chosen) if one is not None}.values():
            log = self.log(training)
            best_bits = log.best_bits
            self.grew |= log.read()
            if log.best_bits < best_bits and training == working:
                happened.append(Improved(training))
        if working is not None and not self._runs(working):
            happened.append(self._end(working))
        return happened

    def close(self) -> None:
        """End a preparation; what trains goes on."""
        if self._work is not None and self._work.preparing and self._work.job is not None:
            self._work.job.interrupt()
            self._work.job.wait()

    def _adopt(self) -> None:
        """Take up what an earlier window left running."""
        for training in self.trainings:
            if is_claimed(training.claim):
                self._work = _Work(training.folder, preparing=False, job=None)
                self.chosen = training
        if self.chosen is not None:
            self.choose(self.chosen)

    def _check_free(self) -> None:
        working = self.working
        if working is not None:
            raise BadInputError(working.name, "one training is worked on at a time", "Stop it, or wait for its end.")

    def _start(self, training: Training, command: Sequence[str], *, preparing: bool) -> None:
        self._check_free()
        try:
            job = self._start_job(command, training.output)
        except OSError as error:
            raise LiveRNNError(
                training.name, f"the trainer could not be started ({error.strerror})", "Make room, then try again."
            ) from error
        self._work = _Work(training.folder, preparing, job, began_s=self.log(training).elapsed_s)

    def _runs(self, training: Training) -> bool:
        assert self._work is not None
        return self._work.job.poll() is None if self._work.job is not None else is_claimed(training.claim)

    def _end(self, training: Training) -> Ended:
        work, self._work = self._work, None
        assert work is not None
        while self.log(training).read():
            pass
        self._findings.pop(training.folder, None)
        code = work.job.poll() if work.job is not None else None
        if code == 0 or work.interrupted:
            return Ended(training, self.stage(training), "")
        error = last_error(training.output)
        if code is not None and not error:
            error = f"the trainer ended unexpectedly (exit code {code})"
        return Ended(training, self.stage(training), error)
