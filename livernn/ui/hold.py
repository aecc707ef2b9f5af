"""Listening is held: with a key, or with a button that a short click latches."""

import time
from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QPushButton, QWidget

LATCH_S = 0.3
"""A press shorter than this keeps it held until the next."""

REPEAT_MS = 8
"""A press that comes as soon after a release is the same key held on."""

_PRESSES = (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress)
_IDLE, _HELD = "Hold to listen", "Listening…"


class HoldButton(QPushButton):
    """Held by the mouse as long as it is pressed; a click, or Enter, holds until the next."""

    held = Signal()
    let_go = Signal()

    def __init__(self) -> None:
        super().__init__(_IDLE)
        self.setAccessibleName("Listen to the microphone")
        self.setToolTip("Hold, play, let go: what you played is continued (L). A click holds until the next")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._since_s = 0.0
        self._latched = False
        self.pressed.connect(self._press)
        self.released.connect(self._release)

    def show_listening(self, listening: bool, *, held: bool) -> None:
        """Whether the microphone is listened to, whoever asked for it; or has been asked for."""
        self.setText(_HELD if listening else _IDLE)
        self.setAccessibleDescription("listening" if listening else "")
        if not held:
            self._latched = False

    def _press(self) -> None:
        if self._latched:
            self._latched = False
            self._since_s = 0.0
            self.let_go.emit()
        else:
            self._since_s = time.monotonic()
            self.held.emit()

    def _release(self) -> None:
        if self._since_s == 0.0:
            return
        if time.monotonic() - self._since_s < LATCH_S:
            self._latched = True
        else:
            self.let_go.emit()
        self._since_s = 0.0


class HeldKey(QObject):
    """A key that acts as it is pressed, and again as it is let go or another window becomes the active one.

    X tells each repetition of a key that is held as a release and a press at one time, and Qt sees through that only
    if both have arrived; so a release counts once no press has followed.
    """

    def __init__(
        self, window: QWidget, key: Qt.Key, pressed: Callable[[], object], released: Callable[[], object]
    ) -> None:
        super().__init__(window)
        self._key = key
        self._pressed = pressed
        self._released = released
        self._release = QTimer(self)
        self._release.setSingleShot(True)
        self._release.setInterval(REPEAT_MS)
        self._release.setTimerType(Qt.TimerType.PreciseTimer)
        self._release.timeout.connect(self._let_go)

    def press(self) -> None:
        """It has been pressed, wherever the focus is."""
        # For no longer than it is held: every event of the program takes the way through Python then.
        _application().installEventFilter(self)
        self._pressed()

    def _let_go(self) -> None:
        _application().removeEventFilter(self)
        self._released()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.key() == self._key:
            if event.type() in _PRESSES:
                self._release.stop()
            elif event.type() is QEvent.Type.KeyRelease and not event.isAutoRepeat():
                self._release.start()
        elif event.type() is QEvent.Type.WindowDeactivate:
            self._let_go()
        return False


def _application() -> QCoreApplication:
    application = QApplication.instance()
    assert application is not None
    return application
