"""Top row: which preset plays, and the ways to everything else."""

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QBrush, QPainter, QPaintEvent, QPalette, QPolygonF
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QWidget,
)

from livernn.control.preset import Preset

DIRTY_MARK = " *"


class ArrowButton(QPushButton):
    """A triangle that points left (-1) or right (1)."""

    def __init__(self, direction: int, name: str, tip: str) -> None:
        super().__init__()
        self._direction = direction
        self.setObjectName("icon")
        self.setAccessibleName(name)
        self.setToolTip(tip)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def sizeHint(self) -> QSize:
        side = self.fontMetrics().height() * 2
        return QSize(side, side)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        role = QPalette.ColorRole.ButtonText if self.isEnabled() else QPalette.ColorRole.PlaceholderText
        painter.setBrush(QBrush(self.palette().color(role)))
        paint_triangle(painter, QRectF(self.rect()), self.height() * 0.19, self._direction)
        painter.end()


def paint_triangle(painter: QPainter, within: QRectF, radius: float, direction: int) -> None:
    """A triangle about the middle of `within` that points right (1) or left (-1)."""
    middle, reach = within.center(), radius * direction
    corners = [QPointF(reach, 0.0), QPointF(-0.75 * reach, -radius), QPointF(-0.75 * reach, radius)]
    painter.drawPolygon(QPolygonF([middle + corner for corner in corners]))


class Chooser(QComboBox):
    """A combo box whose arrow takes the theme's colour."""

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QStylePainter(self)
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        if self.currentIndex() < 0:
            option.currentText = self.placeholderText()
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.palette().color(QPalette.ColorRole.PlaceholderText))
        unit = self.height() * 0.11
        tip = QPointF(self.width() - self.height() * 0.42, self.height() / 2 + unit * 0.7)
        painter.drawPolygon(
            QPolygonF([tip, tip + QPointF(-1.4 * unit, -1.4 * unit), tip + QPointF(1.4 * unit, -1.4 * unit)])
        )
        painter.end()


class Header(QWidget):
    """Emits what was asked for; shows what it is told."""

    preset_chosen = Signal(object)
    preset_stepped = Signal(int)
    open_asked = Signal()
    audio_asked = Signal()
    theme_asked = Signal()
    help_asked = Signal()
    about_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        wordmark = QLabel("live<b>RNN</b>")
        wordmark.setObjectName("wordmark")
        self.previous = ArrowButton(-1, "Previous preset", "Previous preset (Ctrl+PgUp)")
        self.next = ArrowButton(1, "Next preset", "Next preset (Ctrl+PgDown)")
        self.presets = Chooser()
        self.presets.setObjectName("preset")
        self.presets.setAccessibleName("Preset")
        self.presets.setToolTip("Choose a preset; while playing, the sound cross-fades. An asterisk: knobs have moved.")
        self.presets.setPlaceholderText("No preset")
        self.presets.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.open = _button("Open…", "Open a preset, a checkpoint or a sound file to continue (Ctrl+O)")
        self.audio = _button("Audio…", "Choose the audio output and its delay (Ctrl+D)")
        self.theme = _button("Theme", "Dark, light, high contrast (Ctrl+T)")
        self.help = _button("Help", "Keys and first steps (F1)")
        self.about = _button("About", "Credits and licences")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(4, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(wordmark)
        layout.addSpacing(18)
        for widget in (self.previous, self.presets, self.next, self.open):
            layout.addWidget(widget)
        layout.addSpacing(18)
        for widget in (self.audio, self.theme, self.help, self.about):
            layout.addWidget(widget)
        layout.setStretchFactor(self.presets, 1)
        self._shown: list[Preset] = []
        self.previous.clicked.connect(lambda: self.preset_stepped.emit(-1))
        self.next.clicked.connect(lambda: self.preset_stepped.emit(1))
        self.presets.activated.connect(lambda index: self.preset_chosen.emit(self._shown[index]))
        self.open.clicked.connect(self.open_asked)
        self.audio.clicked.connect(self.audio_asked)
        self.theme.clicked.connect(self.theme_asked)
        self.help.clicked.connect(self.help_asked)
        self.about.clicked.connect(self.about_asked)

    def show_presets(self, presets: Sequence[Preset], current: Preset | None, *, dirty: bool) -> None:
        """The list, and which of it plays; `dirty` if the knobs have moved since it was loaded."""
        self._shown = list(presets)
        checkpoints = [preset.checkpoint for preset in presets]
        titles = [preset.title for preset in presets]
        index = -1
        if current is not None and current.checkpoint in checkpoints:
            index = checkpoints.index(current.checkpoint)
        if dirty and index >= 0:
            titles[index] += DIRTY_MARK
        if titles != [self.presets.itemText(at) for at in range(self.presets.count())]:
            self.presets.clear()
            self.presets.addItems(titles)
        self.presets.setCurrentIndex(index)
        for arrow in (self.previous, self.next):
            arrow.setEnabled(len(titles) > 1 or (index < 0 and bool(titles)))


def _button(text: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(tip)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button
