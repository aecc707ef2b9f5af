"""Level meter: what was heard left and right, and in red what the limiter had to take away and what was lost."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QPixmap
from PySide6.QtWidgets import QWidget

from livernn.engine.client import Metrics
from livernn.ui.analysis import Ballistics, Counted, Lamp
from livernn.ui.theme import painted_font
from livernn.units import SIDES, SILENCE_DB

TOP_DB, FLOOR_DB = 12.0, -60.0
LIMITING_DB = -0.5
"""Limiter gain below which its lamp is lit."""

HOLD_S = 2.0
"""How long a mark or a lamp stays after what it tells of."""

_MARKS_DB = (0, -60, 12, -24, -48, -12, -36, 6, -6)
"""The most wanted first: those that would touch one before them are left out."""
_SHOWN_STEP_DB = 0.25
_GAP = 2


class LevelMeter(QWidget):
    """Peak levels before the limiter, so that going over 0 dBFS shows although it is never heard."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Level")
        self.setToolTip(
            "Peak level in dBFS, left and right. Red is above 0 dBFS: the limiter holds it back, turn the gain down. "
            "Drop: sound came too late or the device missed some."
        )
        self._scale = 1.0
        self._bars = [Ballistics(fall_db_per_s=40.0, hold_s=HOLD_S) for _ in range(SIDES)]
        self._limit, self._drop = Lamp(HOLD_S), Lamp(HOLD_S)
        self._dropped = Counted()
        self._levels_shown: list[int] = []
        self._lamps_shown: tuple[bool, bool] | None = None
        self._number_shown = ""
        self._face = QPixmap()
        self._face_of: tuple[object, ...] = ()

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
        return self._held_db > 0.0

    def set_scale(self, scale: float) -> None:
        """See `theme.scale_for`."""
        self._scale = scale
        self.setFixedWidth(round(108 * scale))

    def sizeHint(self) -> QSize:
        return QSize(108, 320)

    def feed(self, metrics: Metrics, passed_s: float) -> None:
        """What was heard, `passed_s` after the last."""
        limiter_gain_db = metrics.limiter_gain_db
        for bar, peak_db in zip(self._bars, metrics.peaks_db, strict=True):
            bar.feed(peak_db - min(limiter_gain_db, 0.0) if peak_db > SILENCE_DB else SILENCE_DB, passed_s)
        self._limit.feed(limiter_gain_db < LIMITING_DB, passed_s)
        self._drop.feed(self._dropped.grew(metrics.underruns + metrics.device_xruns), passed_s)
        levels = [_step(level_db) for bar in self._bars for level_db in (bar.level_db, bar.held_db)]
        lamps, number = (self.limiting, self.dropping), self._held_text
        if lamps != self._lamps_shown:
            self._describe()
            self.update()
        if levels != self._levels_shown:
            self.update(self._bars_rect().adjusted(0, -self._scale, 0, self._scale).toAlignedRect())
        if number != self._number_shown:
            self.update(self._number_rect().toAlignedRect())
        self._lamps_shown, self._levels_shown, self._number_shown = lamps, levels, number

    def paintEvent(self, event: QPaintEvent) -> None:
        role, scale = QPalette.ColorRole, self._scale
        self._draw_face()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.drawPixmap(0, 0, self._face)
        bars = self._bars_rect()
        width = (bars.width() - (SIDES - 1) * _GAP * scale) / SIDES
        for side, bar in enumerate(self._bars):
            left = bars.left() + side * (width + _GAP * scale)
            self._paint_bar(painter, bar, QRectF(left, bars.top(), width, bars.height()))
        if self._number_rect().intersects(QRectF(event.rect())):
            painter.setPen(self.palette().color(role.BrightText if self.over else role.WindowText))
            painter.setFont(painted_font(21 * scale, bold=True))
            painter.drawText(self._number_rect(), Qt.AlignmentFlag.AlignCenter, self._held_text)
        painter.end()

    def _draw_face(self) -> None:
        """Lamps and marks, once for as long as they stay as they are: they take longer than the bars."""
        colour, role, scale = self.palette().color, QPalette.ColorRole, self._scale
        ratio = self.devicePixelRatioF()
        wanted = (self.size(), ratio, scale, self.palette().cacheKey(), self.limiting, self.dropping)
        if wanted == self._face_of:
            return
        self._face_of = wanted
        self._face = QPixmap((self.size().toSizeF() * ratio).toSize())
        self._face.setDevicePixelRatio(ratio)
        self._face.fill(Qt.GlobalColor.transparent)
        painter = QPainter(self._face)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for row, (name, lit) in enumerate((("LIMIT", self.limiting), ("DROP", self.dropping))):
            lamp = QRectF(8 * scale, (10 + 34 * row) * scale, self.width() - 16 * scale, 28 * scale)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour(role.BrightText if lit else role.Button))
            painter.drawRoundedRect(lamp, 6 * scale, 6 * scale)
            painter.setPen(colour(role.Base if lit else role.PlaceholderText))
            painter.setFont(painted_font(16 * scale, bold=True))
            painter.drawText(lamp, Qt.AlignmentFlag.AlignCenter, name)

        bars = self._bars_rect()
        painter.setFont(painted_font(15 * scale))
        high, marked = 18 * scale, [float("-inf")]
        for mark_db in _MARKS_DB:
            y = self._y(mark_db)
            if min(abs(y - other) for other in marked) < high:
                continue
            marked.append(y)
            painter.setPen(colour(role.BrightText if mark_db > 0 else role.PlaceholderText))
            box = QRectF(bars.right() + 8 * scale, y - high / 2, 46 * scale, high)
            text = f"{mark_db:+d}" if mark_db else "0"
            painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
            painter.drawLine(QPointF(bars.right() + 2 * scale, y), QPointF(bars.right() + 5 * scale, y))
        painter.end()

    def _paint_bar(self, painter: QPainter, bar: Ballistics, place: QRectF) -> None:
        colour, role, scale = self.palette().color, QPalette.ColorRole, self._scale
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour(role.AlternateBase))
        painter.drawRoundedRect(place, 4 * scale, 4 * scale)
        zero, top = self._y(0.0), self._y(bar.level_db)
        lower = max(top, zero)
        painter.fillRect(QRectF(place.left(), lower, place.width(), place.bottom() - lower), colour(role.Highlight))
        if top < zero:
            painter.fillRect(QRectF(place.left(), top, place.width(), zero - top), colour(role.BrightText))
        if bar.held_db > FLOOR_DB:
            mark = role.BrightText if bar.held_db > 0.0 else role.WindowText
            line = QRectF(place.left(), self._y(bar.held_db) - scale, place.width(), 3 * scale)
            painter.fillRect(line, colour(mark))

    @property
    def _held_db(self) -> float:
        return max(bar.held_db for bar in self._bars)

    @property
    def _held_text(self) -> str:
        return f"{self._held_db:+.1f}" if self._held_db > FLOOR_DB else "-∞"

    def _describe(self) -> None:
        lit = [word for word, on in (("limiting", self.limiting), ("dropping sound", self.dropping)) if on]
        self.setAccessibleDescription(" and ".join(lit) or "in order")

    def _bars_rect(self) -> QRectF:
        scale = self._scale
        return QRectF(18 * scale, 86 * scale, 30 * scale, self.height() - 132 * scale)

    def _number_rect(self) -> QRectF:
        return QRectF(0, self.height() - 34 * self._scale, self.width(), 28 * self._scale)

    def _y(self, level_db: float) -> float:
        bars = self._bars_rect()
        share = (TOP_DB - min(max(level_db, FLOOR_DB), TOP_DB)) / (TOP_DB - FLOOR_DB)
        return bars.top() + share * bars.height()


def _step(level_db: float) -> int:
    return round(max(level_db, FLOOR_DB - 1.0) / _SHOWN_STEP_DB)
