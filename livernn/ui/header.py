"""Top row: which preset plays, and the ways to everything else."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from livernn.control.preset import Preset
from livernn.ui.chooser import Chooser
from livernn.ui.icons import ArrowButton, StarButton
from livernn.ui.menu import MainMenu

DIRTY_MARK, FAVOURITE_MARK = " *", "★ "


class Header(QWidget):
    """Emits what was asked for; shows what it is told."""

    preset_chosen = Signal(object)
    preset_stepped = Signal(int)
    favourite_marked = Signal(bool)
    save_asked = Signal()
    open_asked = Signal()
    audio_asked = Signal()
    help_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
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
        self.favourite = StarButton(
            "Favourite", "A favourite stands first in the list, and Ctrl+1 to 9 load it (Ctrl+B)"
        )
        self.save = _button("Save", "Save the knobs with the preset (Ctrl+S)")
        self.open = _button("Open…", "Open a preset, a checkpoint or a sound file to continue (Ctrl+O)")
        self.audio = _button("Audio…", "Choose the audio output, its delay, and CPU or GPU (Ctrl+D)")
        self.help = _button("Help", "Keys and first steps (F1)")
        self.menu_button = _button("Menu", "Undo, save as, themes, full screen, credits")
        self.menu = MainMenu(self)
        self.menu_button.setMenu(self.menu)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(4, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(wordmark)
        layout.addSpacing(8)
        for widget in (self.previous, self.presets, self.next, self.favourite, self.save, self.open):
            layout.addWidget(widget)
        layout.addSpacing(8)
        for widget in (self.audio, self.help, self.menu_button):
            layout.addWidget(widget)
        self._layout = layout
        layout.setStretchFactor(self.presets, 1)
        self._shown: list[Preset] = []
        self.previous.clicked.connect(lambda: self.preset_stepped.emit(-1))
        self.next.clicked.connect(lambda: self.preset_stepped.emit(1))
        self.presets.activated.connect(lambda index: self.preset_chosen.emit(self._shown[index]))
        self.favourite.clicked.connect(self.favourite_marked)
        self.save.clicked.connect(self.save_asked)
        self.open.clicked.connect(self.open_asked)
        self.audio.clicked.connect(self.audio_asked)
        self.help.clicked.connect(self.help_asked)

    def dock(self, button: QPushButton) -> None:
        """Put a button of another panel beside the audio's."""
        self._layout.insertWidget(self._layout.indexOf(self.help), button)

    def show_presets(
        self, presets: Sequence[Preset], favourites: Sequence[Preset], current: Preset | None, *, dirty: bool
    ) -> None:
        """The list, and which of it plays; `dirty` if the knobs have moved since it was loaded."""
        self._shown = list(presets)
        marked = {preset.checkpoint for preset in favourites}
        titles = [FAVOURITE_MARK * (preset.checkpoint in marked) + preset.title for preset in presets]
        checkpoints = [preset.checkpoint for preset in presets]
        index = -1
        if current is not None and current.checkpoint in checkpoints:
            index = checkpoints.index(current.checkpoint)
        if dirty and index >= 0:
            titles[index] += DIRTY_MARK
        self.presets.offer(titles)
        self.presets.setCurrentIndex(index)
        self.favourite.setChecked(current is not None and current.checkpoint in marked)
        for arrow in (self.previous, self.next):
            arrow.setEnabled(len(titles) > 1 or (index < 0 and bool(titles)))
        for action in (self.favourite, self.save, self.menu.save_as):
            action.setEnabled(current is not None)


def _button(text: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(tip)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button
