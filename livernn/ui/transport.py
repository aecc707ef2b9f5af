"""Bottom row: play, what can be done to the sound, and a knob for each parameter."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QAbstractButton, QFrame, QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from livernn.control.actions import Action
from livernn.control.midimap import Target
from livernn.control.params import PARAMS
from livernn.ui.icons import paint_triangle
from livernn.ui.knob_panel import KnobPanel
from livernn.ui.record_button import RecordButton
from livernn.ui.theme import painted_font

_HEIGHT = 216


class PlayButton(QAbstractButton):
    """One big circle: a triangle when silent, a square when playing, dots while the sound is on its way."""

    def __init__(self) -> None:
        super().__init__()
        self.setToolTip("Play or stop (Space)")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self._wanted = False
        self._sounding = False
        self.show_state(wanted=False, sounding=False)

    def show_state(self, *, wanted: bool, sounding: bool) -> None:
        """Whether sound was asked for, and whether there is any."""
        self._wanted, self._sounding = wanted, sounding
        self.setAccessibleName("Stop" if wanted else "Play")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(170, 190)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colour, role = self.palette().color, QPalette.ColorRole
        side = min(self.width() * 0.86, self.height() * 0.74)
        circle = QRectF((self.width() - side) / 2, self.height() * 0.03, side, side)
        accent = colour(role.Highlight)
        if self.isDown():
            accent = accent.darker(115)
        elif self.underMouse():
            accent = accent.lighter(108)
        rim = side * 0.045
        ring = circle.adjusted(rim, rim, -rim, -rim)
        painter.setPen(QPen(colour(role.WindowText) if self.hasFocus() else accent, rim))
        painter.setBrush(colour(role.Button) if self._wanted else accent)
        painter.drawEllipse(ring)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(accent if self._wanted else colour(role.HighlightedText))
        if not self._wanted:
            paint_triangle(painter, circle.translated(side * 0.02, 0), side * 0.21, 1)
        elif self._sounding:
            half = side * 0.17
            centre = circle.center()
            square = QRectF(centre.x() - half, centre.y() - half, 2 * half, 2 * half)
            painter.drawRoundedRect(square, half * 0.2, half * 0.2)
        else:
            for step in (-1, 0, 1):
                dot = side * 0.055
                painter.drawEllipse(circle.center() + QPointF(step * side * 0.17, 0.0), dot, dot)
        painter.setPen(colour(role.WindowText))
        painter.setFont(painted_font(side * 0.16, bold=True))
        below = QRectF(0, circle.bottom(), self.width(), self.height() - circle.bottom())
        painter.drawText(below, Qt.AlignmentFlag.AlignCenter, self._word())
        painter.end()

    def _word(self) -> str:
        if not self._wanted:
            return "Play"
        return "Stop" if self._sounding else "Starting"


class Transport(QFrame):
    """Emits what was asked for; shows what it is told."""

    play_asked = Signal()
    prime_asked = Signal()
    reset_asked = Signal()
    panic_asked = Signal()
    record_asked = Signal()
    move_begun = Signal(str)
    value_changed = Signal(str, float)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.play = PlayButton()
        self.record = RecordButton()
        self.prime = _button("Prime…", "Continue a sound file (Ctrl+P), or drop one on the window")
        self.reset = _button("New seed", "Start over with a new random seed (Ctrl+R)")
        self.panic = _button("Panic", "Silence at once (Esc)")
        self.panel = KnobPanel(PARAMS.values())
        self.knobs = self.panel.knobs
        actions = QVBoxLayout()
        actions.setSpacing(6)
        for button in (self.record, self.prime, self.reset, self.panic):
            actions.addWidget(button)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.setSpacing(10)
        layout.addWidget(self.play)
        layout.addLayout(actions)
        layout.addSpacing(10)
        layout.addWidget(self.panel, 1)
        self.panel.move_begun.connect(self.move_begun)
        self.panel.value_changed.connect(self.value_changed)
        self.play.clicked.connect(self.play_asked)
        self.record.clicked.connect(self.record_asked)
        self.prime.clicked.connect(self.prime_asked)
        self.reset.clicked.connect(self.reset_asked)
        self.panic.clicked.connect(self.panic_asked)

    def targets(self) -> dict[Target, QWidget]:
        """What a controller can move, and the widget that stands for it."""
        buttons = {
            Action.TOGGLE_PLAY: self.play,
            Action.RECORD: self.record,
            Action.NEW_SEED: self.reset,
            Action.PANIC: self.panic,
        }
        return {
            **{Target.param(name): knob for name, knob in self.knobs.items()},
            **{Target.action(action): button for action, button in buttons.items()},
        }

    def set_scale(self, scale: float) -> None:
        """See `theme.scale_for`."""
        self.setFixedHeight(round(_HEIGHT * scale))
        self.play.setFixedWidth(round(170 * scale))
        for button in (self.record, self.prime, self.reset, self.panic):
            button.setFixedWidth(round(138 * scale))


def _button(text: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(tip)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
    return button
