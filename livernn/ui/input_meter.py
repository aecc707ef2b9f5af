"""How loud the microphone is, and in red that it was too loud for its converter or that some of it was lost."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QSizePolicy, QWidget

from livernn.engine.client import Metrics
from livernn.ui.analysis import Ballistics, Counted, Lamp
from livernn.ui.theme import painted_font

FLOOR_DB = -60.0
HOLD_S = 2.0
_LAMP_SHARE = 0.16
_GAP = 6.0
_SHOWN_STEP_DB = 0.5


class InputMeter(QWidget):
    """A bar from -60 to 0 dBFS; lamps stay lit for two seconds."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Microphone level")
        self.setToolTip(
            "Peak level of the microphone, -60 to 0 dBFS. CLIP: too loud, turn its preamplifier down. "
            "DROP: its device missed some"
        )
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._bar = Ballistics(fall_db_per_s=40.0, hold_s=HOLD_S)
        self._clip, self._drop = Lamp(HOLD_S), Lamp(HOLD_S)
        self._clipped, self._dropped = Counted(), Counted()
        self._shown: tuple[int, int, bool, bool] | None = None

    @property
    def clipping(self) -> bool:
        """Whether it is or was a moment ago too loud."""
        return self._clip.lit

    @property
    def dropping(self) -> bool:
        """Whether some of what it hears was lost just now."""
        return self._drop.lit

    def sizeHint(self) -> QSize:
        return QSize(240, 24)

    def feed(self, metrics: Metrics, passed_s: float) -> None:
        """What was heard, `passed_s` after the last."""
        self._bar.feed(metrics.microphone_db, passed_s)
        self._clip.feed(self._clipped.grew(metrics.microphone_clipped), passed_s)
        self._drop.feed(self._dropped.grew(metrics.microphone_xruns), passed_s)
        level, held = (round(level_db / _SHOWN_STEP_DB) for level_db in (self._bar.level_db, self._bar.held_db))
        shown = (level, held, self.clipping, self.dropping)
        if shown != self._shown:
            self._shown = shown
            lit = [word for word, on in (("too loud", self.clipping), ("dropping sound", self.dropping)) if on]
            self.setAccessibleDescription(" and ".join(lit) or "in order")
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        whole = QRectF(self.rect())
        lamp = QRectF(0.0, 0.0, whole.width() * _LAMP_SHARE, whole.height())
        right = whole.right()
        for name, lit in (("DROP", self.dropping), ("CLIP", self.clipping)):
            lamp.moveRight(right)
            self._paint_lamp(painter, lamp, name, lit)
            right = lamp.left() - _GAP
        self._paint_bar(painter, QRectF(0.0, 0.0, right, whole.height()))
        painter.end()

    def _paint_bar(self, painter: QPainter, bar: QRectF) -> None:
        colour, role = self.palette().color, QPalette.ColorRole
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour(role.AlternateBase))
        painter.drawRoundedRect(bar, 4, 4)
        painter.fillRect(
            QRectF(bar.left(), bar.top(), bar.width() * _share(self._bar.level_db), bar.height()),
            colour(role.BrightText if self.clipping else role.Highlight),
        )
        if self._bar.held_db > FLOOR_DB:
            painter.fillRect(
                QRectF(bar.width() * _share(self._bar.held_db) - 2.0, 0.0, 2.0, bar.height()), colour(role.WindowText)
            )

    def _paint_lamp(self, painter: QPainter, lamp: QRectF, name: str, lit: bool) -> None:
        colour, role = self.palette().color, QPalette.ColorRole
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour(role.BrightText if lit else role.Button))
        painter.drawRoundedRect(lamp, 4, 4)
        painter.setPen(colour(role.Base if lit else role.PlaceholderText))
        painter.setFont(painted_font(min(lamp.height() * 0.62, lamp.width() * 0.3), bold=True))
        painter.drawText(lamp, Qt.AlignmentFlag.AlignCenter, name)


def _share(level_db: float) -> float:
    return min(max(1.0 - level_db / FLOOR_DB, 0.0), 1.0)
