"""What the window's keys do."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

from livernn.ui.hold import HeldKey

if TYPE_CHECKING:
    from livernn.ui.main_window import MainWindow


def add_shortcuts(window: "MainWindow") -> None:
    """All of them, in the order of the help page."""
    add, session, dialogs, pages = window.keys.add, window.session, window.dialogs, window.pages

    add("Space", "Play or stop", session.toggle_play)
    window.keys.add_everywhere(
        Qt.Key.Key_Escape, "Esc", "Panic: silence at once, whatever else it closes or leaves", session.panic
    )
    add(("Ctrl+O", "Ctrl+L"), "Open a preset, a checkpoint or a sound file", dialogs.ask_for_file)
    add("Ctrl+PgUp", "Previous preset", lambda: session.step_preset(-1))
    add("Ctrl+PgDown", "Next preset", lambda: session.step_preset(1))
    add("Ctrl+S", "Save the preset", dialogs.save)
    add("Ctrl+Shift+S", "Save as a new preset", dialogs.ask_for_title)
    add("Ctrl+B", "Mark the preset as a favourite, or no longer", window.header.favourite.click)
    add("Ctrl+P", "Prime: continue a sound file", dialogs.ask_for_prime)
    listen = HeldKey(window, Qt.Key.Key_L, session.priming.hold, session.priming.let_go)
    add("L", "Hold: listen to the microphone; let go: continue what was played", listen.press)
    add("Ctrl+I", "Primes, and the microphone", lambda: pages.toggle(window.primes))
    add("Ctrl+R", "Start over with a new random seed", session.reset)
    add("F", "Freeze the scopes", window.scopes.freeze.toggle)
    add("Ctrl+D", "Audio output", dialogs.show_audio)
    add("R", "Record, the last minute included, or end the take", session.toggle_recording)
    add("Ctrl+E", "Takes: what was recorded", lambda: pages.toggle(window.takes))
    add("Ctrl+Z", "Undo: a move of a knob, a change of presets or mappings, a deletion", session.undo)
    add("Ctrl+N", "Train: teach a network your own recordings", lambda: pages.toggle(window.training))
    add("Ctrl+M", "Controllers, and what they move", lambda: pages.toggle(window.control))
    add("M", "Learn mode: touch a knob or a button, then move a controller", window.controllers.toggle_learn_mode)
    add("Ctrl+T", "Dark, light, high contrast", window.next_theme)
    add("Ctrl+Tab", "Next page: scopes, and what else there is", pages.turn)
    window.keys.add_digits("Ctrl", "Load that one of the favourites", session.load_favourite)
    add("F11", "Full screen", window.toggle_full_screen)
    add("F1", "This page", dialogs.show_help)
    window.keys.act_in(dialogs.audio)
