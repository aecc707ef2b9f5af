"""The window's keys: what each does is written once, for the shortcut and for the help page."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget


@dataclass(frozen=True)
class Key:
    """Any of `keys`, as Qt spells them, has the `effect`."""

    keys: tuple[str, ...]
    effect: str


class Keys:
    """The keys of one window; off while something is typed into a `ValueEdit`."""

    def __init__(self, window: QWidget) -> None:
        self._window = window
        self.table: list[Key] = []

    def add(self, keys: str | tuple[str, ...], effect: str, action: Callable[[], object]) -> None:
        """Have keys do something, wherever the focus is; a key that is held down does it once."""
        keys = (keys,) if isinstance(keys, str) else keys
        self.table.append(Key(keys, effect))
        for sequence in keys:
            self._connect(sequence, action)

    def add_digits(self, modifier: str, effect: str, action: Callable[[int], object]) -> None:
        """Have a modifier with 1 to 9 do something with 0 to 8."""
        self.table.append(Key((f"{modifier}+1 to 9",), effect))
        for at in range(9):
            self._connect(f"{modifier}+{at + 1}", partial(action, at))

    def _connect(self, sequence: str, action: Callable[[], object]) -> None:
        shortcut = QShortcut(QKeySequence(sequence), self._window)
        shortcut.setAutoRepeat(False)
        shortcut.activated.connect(action)
