"""The window's keys: what each does is written once, for the shortcut and for the help page."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut, QWindow
from PySide6.QtWidgets import QApplication, QWidget


@dataclass(frozen=True)
class Key:
    """Any of `keys`, as Qt spells them, has the `effect`."""

    keys: tuple[str, ...]
    effect: str


class Keys:
    """The keys of one window; off while something is typed, and in lists and menus that are open."""

    def __init__(self, window: QWidget) -> None:
        self._window = window
        self._actions: list[tuple[str, Callable[[], object]]] = []
        self.table: list[Key] = []

    def add(self, keys: str | tuple[str, ...], effect: str, action: Callable[[], object]) -> None:
        """Have keys do something, wherever the focus is; a key that is held down does it once."""
        keys = (keys,) if isinstance(keys, str) else keys
        self.table.append(Key(keys, effect))
        for sequence in keys:
            self._add(sequence, action)

    def add_everywhere(self, key: Qt.Key, name: str, effect: str, action: Callable[[], object]) -> None:
        """Have a key do something in every window, whatever has the focus, besides what it does there."""
        self.table.append(Key((name,), effect))
        _Everywhere(self._window, key, action)

    def add_digits(self, modifier: str, effect: str, action: Callable[[int], object]) -> None:
        """Have a modifier with 1 to 9 do something with 0 to 8."""
        self.table.append(Key((f"{modifier}+1 to 9",), effect))
        for at in range(9):
            self._add(f"{modifier}+{at + 1}", partial(action, at))

    def act_in(self, dialog: QWidget) -> None:
        """Have all keys that there are by now act there as well."""
        for sequence, action in self._actions:
            _connect(dialog, sequence, action)

    def _add(self, sequence: str, action: Callable[[], object]) -> None:
        self._actions.append((sequence, action))
        _connect(self._window, sequence, action)


def _connect(window: QWidget, sequence: str, action: Callable[[], object]) -> None:
    shortcut = QShortcut(QKeySequence(sequence), window)
    shortcut.setAutoRepeat(False)
    shortcut.activated.connect(action)


class _Everywhere(QObject):
    """A shortcut would be off in text fields and beside modal dialogs, and take the key from what has the focus.

    A dialog of the system's would keep the key to itself: from here on all are Qt's.
    """

    def __init__(self, window: QWidget, key: Qt.Key, action: Callable[[], object]) -> None:
        super().__init__(window)
        self._key = key
        self._action = action
        application = QApplication.instance()
        assert application is not None
        application.setAttribute(Qt.ApplicationAttribute.AA_DontUseNativeDialogs)
        application.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        # A press comes to a QWindow once, and from there to one widget after another.
        if isinstance(event, QKeyEvent) and isinstance(watched, QWindow) and self._is_press(event):
            self._action()
        return False

    def _is_press(self, event: QKeyEvent) -> bool:
        return event.type() is QEvent.Type.KeyPress and event.key() == self._key and not event.isAutoRepeat()
