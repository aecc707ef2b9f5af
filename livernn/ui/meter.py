"""Level meter: what was heard, and in red what the limiter had to take away and what was lost."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QWidget

from livernn.engine.client import Metrics
from livernn.ui.analysis import Ballistics, Counted, Lamp
from livernn.ui.theme import painted_font
from livernn.units import SILENCE_DB

TOP_DB, FLOOR_DB = 12.0, -60.0
LIMITING_DB = -0.5
"""Limiter gain below which its lamp is lit."""

HOLD_S = 2.0
"""How long a mark or a lamp stays after what it tells of."""

_MARKS_DB = (0, -60, 12, -24, -48, -12, -36, 6, -6)
"""The most wanted first: those that would touch one before them are left out."""
_SHOWN_STEP_DB = 0.25


class LevelMeter(QWidget):
    """Peak level before the limiter, so that going over 0 dBFS shows although it is never heard."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Level")
        self.setToolTip(
            "Peak level in dBFS. Red is above 0 dBFS: the limiter holds it back, turn the gain down. "
            "Drop: sound came too late or the device missed some."
        )
        self._scale = 1.0
        self._bar = Ballistics(fall_db_per_s=40.0, hold_s=HOLD_S)
        self._limit, self._drop = Lamp(HOLD_S), Lamp(HOLD_S)
        self._dropped = Counted()
        self._shown: tuple[int, int, bool, bool] | None = None

    @property
    def limiting(self) -> bool:
        """Whether the limiter is or was a moment ago at work."""
        return self._limit.lit

    @property
    def dropping(self) -> bool:
        """Whether sound was lost just now."""
        return self._drop.lit

    @property
    def over(self) -> bool:
        """Whether the level is or was a moment ago above 0 dBFS."""
        return self._bar.held_db > 0.0

    def set_scale(self, scale: float) -> None:
        """See `theme.scale_for`."""
        self._scale = scale
        self.setFixedWidth(round(108 * scale))

    def sizeHint(self) -> QSize:
        return QSize(108, 320)

    def feed(self, metrics: Metrics, passed_s: float) -> None:
        """What was heard, `passed_s` after the last."""
        peak_db, limiter_gain_db = metrics.peak_db, metrics.limiter_gain_db
        before_limiter_db = peak_db - min(limiter_gain_db, 0.0) if peak_db > SILENCE_DB else SILENCE_DB
        self._bar.feed(before_limiter_db, passed_s)
        self._limit.feed(limiter_gain_db < LIMITING_DB, passed_s)
        self._drop.feed(self._dropped.grew(metrics.underruns + metrics.device_xruns), passed_s)
        shown = (_step(self._bar.level_db), _step(self._bar.held_db), self.limiting, self.dropping)
        if shown != self._shown:
            if self._shown is None or shown[2:] != self._shown[2:]:
                self._describe()
            self._shown = shown
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colour, role, scale = self.palette().color, QPalette.ColorRole, self._scale
        for row, (name, lit) in enumerate((("LIMIT", self.limiting), ("DROP", self.dropping))):
            lamp = QRectF(8 * scale, (10 + 34 * row) * scale, self.width() - 16 * scale, 28 * scale)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour(role.BrightText if lit else role.Button))
            painter.drawRoundedRect(lamp, 6 * scale, 6 * scale)
            painter.setPen(colour(role.Base if lit else role.PlaceholderText))
            painter.setFont(painted_font(16 * scale, bold=True))
            painter.drawText(lamp, Qt.AlignmentFlag.AlignCenter, name)

        bar = self._bar_rect()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour(role.AlternateBase))
        painter.drawRoundedRect(bar, 4 * scale, 4 * scale)
        zero = self._y(0.0)
        top = self._y(self._bar.level_db)
        painter.fillRect(QRectF(bar.left(), max(top, zero), bar.width(), bar.bottom() - max(top, zero)),
                         colour(role.Highlight))  # fmt: skip
        if top < zero:
            painter.fillRect(QRectF(bar.left(), top, bar.width(), zero - top), colour(role.BrightText))
        if self._bar.held_db > FLOOR_DB:
            mark = role.BrightText if self.over else role.WindowText
            painter.fillRect(
                QRectF(bar.left(), self._y(self._bar.held_db) - scale, bar.width(), 3 * scale), colour(mark)
            )

        painter.setFont(painted_font(15 * scale))
        high, marked = 18 * scale, [float("-inf")]
        for mark_db in _MARKS_DB:
            y = self._y(mark_db)
            if min(abs(y - other) for other in marked) < high:
                continue
            marked.append(y)
            painter.setPen(colour(role.BrightText if mark_db > 0 else role.PlaceholderText))
            box = QRectF(bar.right() + 8 * scale, y - high / 2, 46 * scale, high)
            text = f"{mark_db:+d}" if mark_db else "0"
            painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
            painter.drawLine(QPointF(bar.right() + 2 * scale, y), QPointF(bar.right() + 5 * scale, y))

        painter.setPen(colour(role.BrightText if self.over else role.WindowText))
        painter.setFont(painted_font(21 * scale, bold=True))
        held = f"{self._bar.held_db:+.1f}" if self._bar.held_db > FLOOR_DB else "-∞"
        painter.drawText(
            QRectF(0, self.height() - 34 * scale, self.width(), 28 * scale), Qt.AlignmentFlag.AlignCenter, held
        )
        painter.end()

    def _describe(self) -> None:
        lit = [word for word, on in (("limiting", self.limiting), ("dropping sound", self.dropping)) if on]
        self.setAccessibleDescription(" and ".join(lit) or "in order")

    def _bar_rect(self) -> QRectF:
        scale = self._scale
        return QRectF(18 * scale, 86 * scale, 30 * scale, self.height() - 132 * scale)

    def _y(self, level_db: float) -> float:
        bar = self._bar_rect()
        share = (TOP_DB - min(max(level_db, FLOOR_DB), TOP_DB)) / (TOP_DB - FLOOR_DB)
        return bar.top() + share * bar.height()


def _step(level_db: float) -> int:
    return round(max(level_db, FLOOR_DB - 1.0) / _SHOWN_STEP_DB)
