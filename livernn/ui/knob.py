"""A rotary knob for one parameter."""

import math
import time

from PySide6.QtCore import QPointF, QRectF, QRegularExpression, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleValueChangeEvent,
    QColor,
    QKeyEvent,
    QLinearGradient,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QRegularExpressionValidator,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from livernn.control.params import OFF, Law, ParamSpec
from livernn.ui.theme import painted_font
from livernn.ui.value_edit import ValueEdit

FULL_TURN_PX = 220
"""Vertical drag from one end of the range to the other."""

FINE = 0.1
"""Share of the normal speed while Shift is held."""

BURST_S = 1.0
"""Turns by wheel or keys that are not further apart are one move."""

_WHEEL_STEP, _ARROW_STEP, _PAGE_STEP = 0.02, 0.01, 0.1
_NOTCH = 120
_NUMBER = r"-?\d*[.,]?\d*"
_TYPED, _TYPED_OR_OFF = QRegularExpression(_NUMBER), QRegularExpression(f"{_NUMBER}|{OFF}")
_START_DEG, _SWEEP_DEG = 225.0, -270.0
_LABEL_SHARE, _VALUE_SHARE = 0.15, 0.19


class Knob(QWidget):
    """Drag, Shift-drag, wheel, arrows, page keys, Home and End; Enter or a double click on the number to type.

    A double click on the dial, or Delete, resets. A switch flips at a click or Enter.
    """

    begun = Signal(str)
    """The performer is about to change it, by a drag, a burst of wheel or keys, a typed value or a reset: one move."""
    changed = Signal(str, float)
    """Name and value, on a change by the performer only."""

    def __init__(self, spec: ParamSpec, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.spec = spec
        self._value = spec.default
        self._position = spec.to_position(spec.default)
        self._drag_y: float | None = None
        self._dragged = False
        self._nudged_s = -math.inf
        self._begins = True
        """Whether the next change begins another move."""
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(80, 84)
        self.setToolTip(f"<b>{spec.label}</b><br>{spec.help}")
        self.setAccessibleName(spec.label)
        self._edit = ValueEdit(self)
        self._edit.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._edit.setValidator(QRegularExpressionValidator(_TYPED if spec.off is None else _TYPED_OR_OFF, self))
        self._edit.hide()
        self._edit.setAccessibleName(f"{spec.label}, typed")
        self._edit.taken.connect(self._take_text)
        self._tell()

    @property
    def value(self) -> float:
        """The parameter's value."""
        return self._value

    def set_value(self, value: float) -> None:
        """Show a value that came from elsewhere; `changed` is not emitted, and a drag under way goes on from it."""
        value = self.spec.clamp(value)
        if value != self._value:
            self._value = value
            self._position = self.spec.to_position(value)
            self._begins = True
            self._tell()

    def start_typing(self) -> None:
        """Open the entry field on the number."""
        self._edit.setText(self.spec.format(self._value).removesuffix(self.spec.unit).rstrip())
        self._edit.setGeometry(self._value_rect().toRect().adjusted(4, 0, -4, 0))
        self._edit.setFont(painted_font(self._value_size()))
        self._edit.show()
        self._edit.selectAll()
        self._edit.setFocus()

    def reset(self) -> None:
        """Back to the default."""
        self._begins = True
        self._take(self.spec.default, self.spec.to_position(self.spec.default))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._drag_y, self._dragged, self._begins = event.position().y(), False, True

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._drag_y is not None:
            moved = self._drag_y - event.position().y()
            self._drag_y, self._dragged = event.position().y(), True
            self._turn(moved / FULL_TURN_PX * _speed(event.modifiers()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._drag_y is not None and not self._dragged and self.spec.law is Law.SWITCH:
            self._flip()
        self._drag_y = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self.spec.law is Law.SWITCH:
            self.mousePressEvent(event)
        elif self._value_rect().contains(event.position()):
            self.start_typing()
        else:
            self.reset()

    def wheelEvent(self, event: QWheelEvent) -> None:
        # Shift turns a vertical wheel into a horizontal one on some systems.
        notches = (event.angleDelta().y() or event.angleDelta().x()) / _NOTCH
        self._nudge(notches * _WHEEL_STEP, event.modifiers())
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {
            Qt.Key.Key_Up: _ARROW_STEP,
            Qt.Key.Key_Right: _ARROW_STEP,
            Qt.Key.Key_Down: -_ARROW_STEP,
            Qt.Key.Key_Left: -_ARROW_STEP,
            Qt.Key.Key_PageUp: _PAGE_STEP,
            Qt.Key.Key_PageDown: -_PAGE_STEP,
            Qt.Key.Key_Home: -math.inf,
            Qt.Key.Key_End: math.inf,
        }
        key = Qt.Key(event.key())
        if key in steps:
            self._nudge(steps[key], event.modifiers())
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self.spec.law is Law.SWITCH:
                self._flip()
            else:
                self.start_typing()
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.reset()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_dial(painter)
        painter.setPen(self._colour(QPalette.ColorRole.PlaceholderText))
        painter.setFont(painted_font(self._label_size()))
        painter.drawText(self._label_rect(), Qt.AlignmentFlag.AlignCenter, self.spec.label)
        painter.setPen(self._colour(QPalette.ColorRole.WindowText))
        painter.setFont(painted_font(self._value_size(), bold=True))
        painter.drawText(self._value_rect(), Qt.AlignmentFlag.AlignCenter, self.spec.format(self._value))
        painter.end()

    def _paint_dial(self, painter: QPainter) -> None:
        dial = self._dial_rect()
        width = dial.width() * 0.085
        arc = dial.adjusted(width / 2, width / 2, -width / 2, -width / 2)
        start = round(_START_DEG * 16)
        painter.setPen(self._pen(QPalette.ColorRole.Button, width))
        painter.drawArc(arc, start, round(_SWEEP_DEG * 16))
        painter.setPen(self._pen(QPalette.ColorRole.Highlight, width))
        painter.drawArc(arc, start, round(_SWEEP_DEG * 16 * self._position))

        cap = dial.adjusted(width * 2, width * 2, -width * 2, -width * 2)
        shade = QLinearGradient(cap.topLeft(), cap.bottomLeft())
        raised = self._colour(QPalette.ColorRole.Button)
        shade.setColorAt(0.0, raised.lighter(122))
        shade.setColorAt(1.0, raised.darker(108))
        focus = self.hasFocus() or self.underMouse()
        rim = QPalette.ColorRole.Highlight if focus else QPalette.ColorRole.Mid
        painter.setPen(self._pen(rim, max(1.5, width * (0.35 if self.hasFocus() else 0.2))))
        painter.setBrush(shade)
        painter.drawEllipse(cap)

        painter.setPen(self._pen(QPalette.ColorRole.WindowText, width * 0.75))
        painter.drawLine(self._at(cap, self._position, 0.45), self._at(cap, self._position, 0.8))
        painter.setPen(self._pen(QPalette.ColorRole.Mid, width * 0.5))
        rest = self.spec.to_position(self.spec.default)
        painter.drawPoint(self._at(cap, rest, 1.0 + 3.0 * width / cap.width()))

    def _at(self, circle: QRectF, position: float, radius_share: float) -> QPointF:
        angle = math.radians(_START_DEG + _SWEEP_DEG * position)
        radius = circle.width() / 2 * radius_share
        return circle.center() + QPointF(math.cos(angle) * radius, -math.sin(angle) * radius)

    def _unit(self) -> float:
        """What label, dial and number are measured in: they are 1.44 high together."""
        return min(self.width() / 1.1, self.height() / 1.44)

    def _label_size(self) -> float:
        return self._unit() * _LABEL_SHARE

    def _value_size(self) -> float:
        return self._unit() * _VALUE_SHARE

    def _label_rect(self) -> QRectF:
        return QRectF(0, self.height() / 2 - self._unit() * 0.72, self.width(), self._unit() * 0.2)

    def _dial_rect(self) -> QRectF:
        side = self._unit() * 0.92
        return QRectF((self.width() - side) / 2, self._label_rect().bottom() + self._unit() * 0.03, side, side)

    def _value_rect(self) -> QRectF:
        return QRectF(0, self._dial_rect().bottom() - self._unit() * 0.02, self.width(), self._unit() * 0.31)

    def _colour(self, role: QPalette.ColorRole) -> QColor:
        return self.palette().color(role)

    def _pen(self, role: QPalette.ColorRole, width: float) -> QPen:
        return QPen(self._colour(role), width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap)

    def _nudge(self, amount: float, modifiers: Qt.KeyboardModifier) -> None:
        """A turn by key or wheel: at least one whole number where the parameter has no others."""
        now_s = time.monotonic()
        if now_s - self._nudged_s > BURST_S:
            self._begins = True
        self._nudged_s = now_s
        amount *= _speed(modifiers)
        if self.spec.is_whole:
            amount = math.copysign(max(abs(amount), 1.0 / (self.spec.maximum - self.spec.minimum)), amount)
        self._turn(amount)

    def _flip(self) -> None:
        position = 1.0 - self._position
        self._begins = True
        self._take(self.spec.from_position(position), position)

    def _turn(self, amount: float) -> None:
        position = min(max(self._position + amount, 0.0), 1.0)
        self._take(self.spec.from_position(position), position)

    def _take_text(self, text: str) -> None:
        try:
            value = self.spec.parse(text)
        except ValueError:
            return
        self._begins = True
        self._take(value, self.spec.to_position(value))
        self.setFocus()

    def _take(self, value: float, position: float) -> None:
        # The position is kept beside the value: a slow drag must not get stuck between two whole numbers.
        self._position = position
        self.update()
        if value != self._value:
            if self._begins:
                self._begins = False
                self.begun.emit(self.spec.name)
            self._value = value
            self._tell()
            self.changed.emit(self.spec.name, value)

    def _tell(self) -> None:
        self.update()
        self.setAccessibleDescription(f"{self.spec.format(self._value)}. {self.spec.help}")
        if QAccessible.isActive():
            QAccessible.updateAccessibility(QAccessibleValueChangeEvent(self, self._value))


def _speed(modifiers: Qt.KeyboardModifier) -> float:
    return FINE if modifiers & Qt.KeyboardModifier.ShiftModifier else 1.0
