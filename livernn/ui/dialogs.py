"""Everything that opens beside the window."""

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from livernn.control.preset import About, Preset
from livernn.engine.client import DEFAULT_DEPTH_MS
from livernn.ui.audio_dialog import AudioDialog
from livernn.ui.credits import about_to_edit, network_credit
from livernn.ui.file_dialog import ANY_FILTER, SOUND_FILTER, ask_for_file, ask_for_folder
from livernn.ui.keys import Keys
from livernn.ui.save_dialog import SaveDialog
from livernn.ui.session import Session
from livernn.ui.text_dialog import TextDialog, about_dialog, help_dialog
from livernn.ui.trainings import Trainings, preset_of
from livernn.ui.unattended_dialog import UnattendedDialog


class Dialogs:
    """Opens dialogs over a window and does what they are told; the window stays usable."""

    def __init__(self, window: QWidget, session: Session, keys: Keys) -> None:
        self._window = window
        self._session = session
        self._keys = keys
        self._scale = 1.0
        self.audio = AudioDialog(session.settings.depth_ms or DEFAULT_DEPTH_MS, window)
        self.audio.device_chosen.connect(session.outputs.choose)
        self.audio.format_chosen.connect(session.outputs.choose_format)
        self.audio.depth_chosen.connect(session.outputs.set_depth_ms)
        self.audio.refresh_asked.connect(session.outputs.list_devices)
        self.audio.processor_chosen.connect(session.processors.choose)
        session.processors.changed.connect(self._show_processor)
        self._show_processor()

    def set_scale(self, scale: float) -> None:
        """See `theme.scale_for`."""
        self._scale = scale
        self.audio.set_scale(scale)

    def ask_for_file(self) -> None:
        """Let the performer pick something to load or to continue."""
        ask_for_file(self._window, "Open", ANY_FILTER, self._scale, self._session.open)

    def ask_for_prime(self) -> None:
        """Let the performer pick a sound to continue."""
        ask_for_file(self._window, "Continue a sound file", SOUND_FILTER, self._scale, self._session.open)

    def save(self) -> None:
        """Save the preset in place if it is the performer's own, else under a title."""
        if self._session.saves_in_place:
            self._session.save()
        else:
            self.ask_for_title()

    def ask_for_title(self) -> None:
        """Let the performer save the sound as a preset of their own."""
        if self._session.preset is not None:
            self._ask_for_title(self._session.preset.title, self._session.preset, self._session.save_as)

    def ask_for_recordings(self, trainings: Trainings) -> None:
        """Let the performer pick what a network shall learn."""
        ask_for_folder(self._window, "A folder of recordings to learn from", self._scale, trainings.add)

    def save_training(self, trainings: Trainings) -> None:
        """Let the performer save the best that was learnt so far as a preset."""
        if trainings.chosen is not None:
            self._ask_for_title(trainings.chosen.name, preset_of(trainings.chosen), trainings.save)

    def ask_before_closing(self, trainings: Trainings, close: Callable[[], object]) -> None:
        """A training is under way: whether it should go on without the window."""
        if trainings.unattended is not None:
            dialog = UnattendedDialog(trainings.unattended.name, self._scale, self._window)
            dialog.stop_chosen.connect(trainings.stop)
            dialog.accepted.connect(close)
            dialog.open()

    def show_audio(self) -> None:
        """Outputs, depth and processor."""
        self._session.outputs.list_devices()
        self.audio.show()
        self.audio.raise_()

    def show_help(self) -> None:
        """Keys and first steps."""
        self._show(help_dialog(self._window, self._scale, self._keys.table))

    def show_about(self) -> None:
        """Credits of the program and of its presets."""
        presets = self._session.preset_library.presets
        self._show(about_dialog(self._window, self._scale, presets, self._session.preset))

    def _show_processor(self) -> None:
        processors = self._session.processors
        self.audio.show_processor(processors.choice, processors.name)

    def _ask_for_title(self, title: str, source: Preset, save: Callable[[str, About], None]) -> None:
        dialog = SaveDialog(title, about_to_edit(source), network_credit(source), self._scale, self._window)
        dialog.chosen.connect(save)
        dialog.open()

    def _show(self, dialog: TextDialog) -> None:
        self._keys.act_in(dialog)
        dialog.show()
