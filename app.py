"""`python app.py`: the instrument in its window."""

import argparse
import gc
import os
import signal
import sys
from functools import partial
from pathlib import Path

from livernn import heap
from livernn.buglog import log_bug
from livernn.commandline import Parser, add_device, add_inputs, add_threads
from livernn.control.preset import Preset, load_preset
from livernn.errors import DeviceError, LiveRNNError
from livernn.nvidia import gpu_names


def main() -> int:
    """The exit code: 0, 1 for a failure, 2 for bad input."""
    sys.excepthook = lambda _, bug, __: print(f"livernn: {log_bug(bug)}", file=sys.stderr)
    try:
        options = _parse()
        if options.list_devices:
            return _list_devices()
        _check(options)
        return _perform(options)
    except LiveRNNError as error:
        print(f"livernn: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 130


def _parse() -> argparse.Namespace:
    parser = Parser(prog="python app.py", description="liveRNN, the instrument.")
    model = parser.add_mutually_exclusive_group()
    model.add_argument("--preset", metavar="NAME|PATH", help="start with this preset, not the last one used")
    model.add_argument("--checkpoint", type=Path, metavar="PATH", help="start with this .safetensors file")
    add_device(parser)
    parser.set_defaults(device=None)  # what was chosen in the window the last time
    parser.add_argument("--audio-device", metavar="NAME", help="audio output, by its name or an unambiguous part of it")
    add_inputs(parser)
    add_threads(parser)
    parser.add_argument("--list-devices", action="store_true", help="list the audio outputs and end")
    return parser.parse_args()


def _list_devices() -> int:
    from livernn.engine.devices import list_outputs

    devices = list_outputs()
    if not devices:
        raise DeviceError("audio", "there is no output device", "Connect one or start the sound server.")
    for device in devices:
        mark = "*" if device.is_default else " "
        print(f"{mark} {device.name}, {device.host_api} ({device.channels} channels, {device.default_rate_hz:.0f} Hz)")
    return 0


def _check(options: argparse.Namespace) -> None:
    if options.device == "cuda":
        gpu_names()
    display = any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))
    if sys.platform.startswith("linux") and not display:
        raise DeviceError(
            "window", "there is no display", "Start it in a desktop session, or use python -m livernn play."
        )


def _perform(options: argparse.Namespace) -> int:
    try:
        from PySide6.QtCore import QThreadPool, QTimer
        from PySide6.QtWidgets import QApplication
    except ImportError as error:
        raise DeviceError(
            "window", f"Qt cannot be loaded ({error})", "On Debian and Ubuntu make run installs what it needs."
        ) from error

    from livernn.engine.client import EngineClient
    from livernn.ui.lost_display import outlive_display
    from livernn.ui.main_window import MainWindow
    from livernn.ui.session import Session
    from livernn.ui.settings import Settings

    preset = _preset(options)
    heap.keep_little()
    application = QApplication(sys.argv[:1])
    application.setApplicationName("liveRNN")
    outlive_display(application)
    session = Session(partial(EngineClient, threads=options.threads, device=options.device or "auto"), Settings())
    window = MainWindow(session)
    for interrupt in (signal.SIGINT, signal.SIGTERM):
        # By way of the event loop: a window closed before exec() has begun would not end it.
        signal.signal(interrupt, lambda *_: QTimer.singleShot(0, window.end))
    window.show()
    session.start(preset, options.audio_device, options.device)
    window.controllers.start(options.midi, options.osc)
    gc.freeze()  # looking through all that is imported would hold up the window for 30 ms now and then
    code = application.exec()
    if window.isVisible():  # the display went away
        window.end()
    QThreadPool.globalInstance().waitForDone()  # an export is finished, and nothing is told to what is gone
    return code


def _preset(options: argparse.Namespace) -> Preset | None:
    name = options.preset if options.checkpoint is None else str(options.checkpoint.absolute())
    return load_preset(name) if name is not None else None


if __name__ == "__main__":
    sys.exit(main())
