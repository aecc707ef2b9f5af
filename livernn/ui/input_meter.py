"""How loud the microphone is, and in red that it was too loud for its converter."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QSizePolicy, QWidget

from livernn.ui.analysis import Ballistics, Counted, Lamp
from livernn.ui.theme import painted_font

FLOOR_DB = -60.0
HOLD_S = 2.0
_LAMP_SHARE = 0.2
_SHOWN_STEP_DB = 0.5


class InputMeter(QWidget):
    """A bar from -60 to 0 dBFS; the lamp stays lit for two seconds."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Microphone level")
        self.setToolTip("Peak level of the microphone, -60 to 0 dBFS. CLIP: too loud, turn its preamplifier down")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._bar = Ballistics(fall_db_per_s=40.0, hold_s=HOLD_S)
        self._clip = Lamp(HOLD_S)
        self._counted = Counted()
        self._shown: tuple[int, int, bool] | None = None

    @property
    def clipping(self) -> bool:
        """Whether it is or was a moment ago too loud."""
        return self._clip.lit

    def sizeHint(self) -> QSize:
        return QSize(240, 24)

    def feed(self, level_db: float, clipped: int, passed_s: float) -> None:
        """Its level and how many samples have clipped ever, `passed_s` after the last."""
        self._bar.feed(level_db, passed_s)
        self._clip.feed(self._counted.grew(clipped), passed_s)
        shown = (round(self._bar.level_db / _SHOWN_STEP_DB), round(self._bar.held_db / _SHOWN_STEP_DB), self.clipping)
        if shown != self._shown:
            self._shown = shown
            self.setAccessibleDescription("too loud" if self.clipping else "in order")
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colour, role = self.palette().color, QPalette.ColorRole
        whole = QRectF(self.rect())
        lamp = QRectF(whole.width() * (1.0 - _LAMP_SHARE), 0.0, whole.width() * _LAMP_SHARE, whole.height())
        bar = QRectF(0.0, 0.0, lamp.left() - 6.0, whole.height())
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
        painter.setBrush(colour(role.BrightText if self.clipping else role.Button))
        painter.drawRoundedRect(lamp, 4, 4)
        painter.setPen(colour(role.Base if self.clipping else role.PlaceholderText))
        painter.setFont(painted_font(min(lamp.height() * 0.62, lamp.width() * 0.3), bold=True))
        painter.drawText(lamp, Qt.AlignmentFlag.AlignCenter, "CLIP")
        painter.end()


def _share(level_db: float) -> float:
    return min(max(1.0 - level_db / FLOOR_DB, 0.0), 1.0)
