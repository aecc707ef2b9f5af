"""The page on which a network learns the performer's own recordings."""

from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QTextBrowser, QVBoxLayout

from livernn.training.run_log import RunLog
from livernn.training.shelf import Training
from livernn.training.workshop import Stage
from livernn.ui import training_text
from livernn.ui.cell import NO_VALUE, Cell
from livernn.ui.chooser import Chooser
from livernn.ui.field import Field
from livernn.ui.loss_curve import LossCurve
from livernn.ui.parts import caption, row, small_button
from livernn.ui.trainings import Trainings

NETWORKS = {
    "live-256": "Small network",
    "live-512": "Large network",
}
MINUTES = {30.0: "30 min", 60.0: "1 h", 120.0: "2 h", 240.0: "4 h", 480.0: "8 h", 1440.0: "24 h"}

_ACTS = {
    Stage.UNPREPARED: ("Look through", "Measure the recordings, say what is wrong with them, and encode them"),
    Stage.PREPARING: ("Stop", "Do not look through the recordings"),
    Stage.PREPARED: ("Train", "Learn these recordings, beside the sound"),
    Stage.STARTING: ("Stop", "Do not begin yet"),
    Stage.TRAINING: ("Stop", "Stop learning; nothing is lost, and it can go on later"),
    Stage.STOPPING: ("Stopping…", "It ends after what it is at, and keeps everything"),
    Stage.STOPPED: ("Go on", "Go on learning exactly where it stopped"),
    Stage.DONE: ("Done", "Choose a longer time, and it goes on"),
}
_LEARNING = (Stage.STARTING, Stage.TRAINING, Stage.STOPPING)


class TrainingPanel(QFrame):
    """On the left the recordings, on the right what becomes of them."""

    folder_asked = Signal()
    save_asked = Signal()

    def __init__(self, trainings: Trainings) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.setAcceptDrops(True)
        self._trainings = trainings
        self._shown: list[Training] = []
        self._text = ""
        self.choice = Chooser()
        self.choice.setObjectName("small")
        self.choice.setAccessibleName("Trainings")
        self.choice.setToolTip("Your trainings; Delete deletes the one that is shown")
        self.choice.setPlaceholderText("No training yet")
        self.new = small_button("New…", "Choose a folder of recordings to learn from")
        self.findings = QTextBrowser()
        self.findings.setAccessibleName("What was found in the recordings")
        self.findings.setToolTip("How much sound there is, what is wrong with it, and what to do about that")
        self.credit = Field("Credit", "Whom the recordings are owed to; it goes into the checkpoint and onto the card")
        self.licence = Field("Licence", "Licence of the recordings; it goes into the checkpoint and onto the card")
        self.training = Cell("Training", "Bits per sample on what it trains on; lower is better", "8.888")
        self.held_out = Cell("Held out", "Bits per sample on recordings that it never trains on", "8.888")
        self.left = Cell("Time left", "Until the planned time is over", "8 h 88 min")
        self.speed = Cell("Speed", "Training, in samples of sound per second", "888,888 / s")
        self.curve = LossCurve()
        self.network = Chooser()
        self.network.setObjectName("small")
        self.network.setAccessibleName("Network")
        self.network.setToolTip("A large one sounds better after a long training, and needs a faster computer")
        self.network.addItems(list(NETWORKS.values()))
        self.minutes = Chooser()
        self.minutes.setObjectName("small")
        self.minutes.setAccessibleName("Time to train")
        self.minutes.setToolTip("How long to train, pauses left out")
        self.minutes.addItems(list(MINUTES.values()))
        self.act = small_button("Train", "")
        self.hear = small_button("Hear it", "Play the best so far, and each that is better as soon as there is one")
        self.hear.setCheckable(True)
        self.save = small_button("Save as preset…", "Keep the best so far as a preset of your own")
        self._lay_out()
        self._connect()
        self._show()

    def set_scale(self, scale: float) -> None:
        """See `theme.scale_for`."""
        self.curve.set_scale(scale)
        for cell in (self.training, self.held_out, self.left, self.speed):
            cell.value.ensurePolished()
            cell.hold_width()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _folder_in(event) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        folder = _folder_in(event)
        if folder is not None:
            event.acceptProposedAction()
            self._trainings.add(folder)

    def _lay_out(self) -> None:
        top = row(self.choice, self.new)
        top.setStretchFactor(self.choice, 1)
        owed = row(caption("Credit"), self.credit, caption("Licence"), self.licence)
        left = QVBoxLayout()
        left.setSpacing(6)
        left.addLayout(top)
        left.addWidget(self.findings, 1)
        left.addLayout(owed)
        figures = row(self.training, self.held_out, self.left, self.speed)
        figures.setSpacing(26)
        figures.addStretch()
        acts = row(self.network, self.minutes, self.act)
        acts.addStretch()
        acts.addWidget(self.hear)
        acts.addWidget(self.save)
        right = QVBoxLayout()
        right.setSpacing(6)
        right.addLayout(figures)
        right.addWidget(self.curve, 1)
        right.addLayout(acts)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 10)
        layout.setSpacing(16)
        layout.addLayout(left, 2)
        layout.addLayout(right, 3)

    def _connect(self) -> None:
        trainings = self._trainings
        self.choice.activated.connect(lambda at: trainings.choose(self._shown[at]))
        self.new.clicked.connect(self.folder_asked)
        self.credit.taken.connect(lambda text: trainings.change(credit=text.strip()))
        self.licence.taken.connect(lambda text: trainings.change(licence=text.strip()))
        self.network.activated.connect(lambda at: trainings.change(config=list(NETWORKS)[at]))
        self.minutes.activated.connect(lambda at: trainings.change(minutes=list(MINUTES)[at]))
        self.act.clicked.connect(trainings.advance)
        self.hear.clicked.connect(trainings.hear)
        self.save.clicked.connect(self.save_asked)
        delete = QShortcut(QKeySequence(QKeySequence.StandardKey.Delete), self.choice, trainings.delete)
        delete.setContext(Qt.ShortcutContext.WidgetShortcut)
        trainings.changed.connect(self._show)

    def _show(self) -> None:
        workshop = self._trainings.workshop
        if workshop.trainings != self._shown:
            self.choice.clear()
            self.choice.addItems([training.name for training in workshop.trainings])
        self._shown = list(workshop.trainings)
        chosen = workshop.chosen
        self.choice.setCurrentIndex(self._shown.index(chosen) if chosen in self._shown else -1)
        for widget in (self.credit, self.licence, self.network, self.minutes, self.act, self.hear, self.save):
            widget.setEnabled(chosen is not None)
        if chosen is None:
            self._show_text(training_text.WELCOME)
        else:
            self._show_training(chosen)

    def _show_training(self, training: Training) -> None:
        workshop = self._trainings.workshop
        stage, log = workshop.stage(training), workshop.log(training)
        plan, learning = training.plan, stage in _LEARNING
        free = workshop.working is None
        self.credit.show_text(plan.credit)
        self.licence.show_text(plan.licence)
        for field in (self.credit, self.licence):
            if not field.hasFocus():
                field.setCursorPosition(0)
            field.setEnabled(not learning)
        _show_choice(self.network, list(NETWORKS), plan.config)
        _show_choice(self.minutes, list(MINUTES), plan.minutes)
        self.network.setEnabled(not learning and log.elapsed_s == 0.0)
        self.minutes.setEnabled(not learning)
        text, tip = _ACTS[stage]
        self.act.setText(text)
        self.act.setProperty("next", stage is Stage.PREPARED)
        self.act.style().polish(self.act)
        self.act.setToolTip(tip if free or workshop.working == training else "Another one is being worked on")
        self.act.setEnabled(stage not in (Stage.STOPPING, Stage.DONE) and (free or workshop.working == training))
        self.hear.setChecked(self._trainings.hearing == training)
        self.hear.setEnabled(learning or training.best.exists())
        self.save.setEnabled(training.best.exists())
        if stage is Stage.PREPARING:
            self._show_text(training_text.looking(*workshop.files_done(training)))
        else:
            run = training_text.STARTING if stage is Stage.STARTING else training_text.so_far(log)
            self._show_text(run + training_text.found(workshop.findings(training)))
        self._show_figures(log, training, stage)

    def _show_figures(self, log: RunLog, training: Training, stage: Stage) -> None:
        self.training.show_value(f"{log.recent_bits:.3f}" if log.bits else NO_VALUE)
        self.held_out.show_value(f"{log.valid_bits[-1]:.3f}" if log.valid_bits else NO_VALUE)
        left_s = 60.0 * training.plan.minutes - log.elapsed_s
        if stage is Stage.TRAINING and log.left_s is not None:
            left_s = log.left_s
        self.left.show_value(training_text.length(max(0.0, left_s) / 60.0))
        trains = stage is Stage.TRAINING and log.samples_per_s is not None
        self.speed.show_value(f"{log.samples_per_s:,.0f} / s" if trains else NO_VALUE)
        if self.isVisible():
            self.curve.show_log(log)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show()

    def _show_text(self, text: str) -> None:
        if text != self._text:
            self._text = text
            self.findings.setHtml(text)


def _show_choice(chooser: Chooser, values: list[Any], value: object) -> None:
    chooser.setCurrentIndex(values.index(value) if value in values else -1)


def _folder_in(event: QDropEvent) -> Path | None:
    """The one folder that is dragged."""
    paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
    return paths[0] if len(paths) == 1 and paths[0].is_dir() else None
