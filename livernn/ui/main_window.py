"""The window: puts the panels together and connects them to the session."""

import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QKeyEvent, QMoveEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QFrame,
    QHBoxLayout,
    QMainWindow,
    QVBoxLayout,
    QWidget,
)

from livernn import heap
from livernn.engine.client import EngineState
from livernn.ui import theme as themes
from livernn.ui.banner import Banner
from livernn.ui.control_lamp import ControlLamp
from livernn.ui.control_page import ControlPage
from livernn.ui.controllers import Controllers
from livernn.ui.dialogs import Dialogs
from livernn.ui.header import Header
from livernn.ui.keys import Keys
from livernn.ui.learnables import Learnables
from livernn.ui.meter import LevelMeter
from livernn.ui.notice import Notice, Remedy
from livernn.ui.pages import Pages
from livernn.ui.prime_panel import PrimePanel
from livernn.ui.scope_panel import ScopePanel
from livernn.ui.session import Session
from livernn.ui.shortcuts import add_shortcuts
from livernn.ui.status_strip import StatusStrip
from livernn.ui.takes_panel import TakesPanel
from livernn.ui.training_panel import TrainingPanel
from livernn.ui.trainings import Trainings
from livernn.ui.transport import Transport

FRAME_MS = 16
STATUS_MS = 200
SETTLED_MS = 500
"""How long a window stands still before its place is written down, so that a crash loses none."""
SMALLEST = (1080, 700)


class MainWindow(QMainWindow):
    """A view of one session, which it ends when it is closed."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self._settings = session.settings
        self._theme = themes.THEMES.get(self._settings.theme or "", themes.THEMES[themes.DEFAULT_THEME])
        self._scale = 0.0
        self._settled = self._timer(SETTLED_MS, self._remember_place, Qt.TimerType.CoarseTimer)
        self.keys = Keys(self)
        self.header = Header()
        self.banner = Banner()
        self.scopes = ScopePanel(self._settings)
        self.meter = LevelMeter()
        self.pages = Pages()
        self.transport = Transport()
        self.status = StatusStrip()
        self.dialogs = Dialogs(self, session, self.keys)
        self.controllers = Controllers(session)
        self.control = ControlPage(self.controllers)
        self.takes = TakesPanel(session.recordings)
        self.primes = PrimePanel(session.priming)
        self.trainings = Trainings(session)
        self.training = TrainingPanel(self.trainings)
        self._may_close = False
        self.control_lamp = ControlLamp(self.controllers)
        self.learnables = Learnables(self.controllers, {**self.transport.targets(), **self.primes.targets()})
        self.setWindowTitle("liveRNN")
        self.setAcceptDrops(True)
        self.setCentralWidget(self._lay_out())
        self.setMinimumSize(*SMALLEST)
        self._dress(1.0)
        self._connect_session()
        self._connect_panels()
        add_shortcuts(self)
        if self._settings.geometry is None or not self.restoreGeometry(self._settings.geometry):
            self.resize(themes.BASE_WIDTH, themes.BASE_HEIGHT)
        self.setFocus()
        self._frame_at = self._status_at = time.monotonic()
        self._timer(FRAME_MS, self._draw_frame, Qt.TimerType.PreciseTimer).start()
        self._timer(STATUS_MS, self._draw_status, Qt.TimerType.CoarseTimer).start()
        self._timer(round(1000.0 * heap.TRIM_EVERY_S), heap.trim, Qt.TimerType.VeryCoarseTimer).start()

    def _lay_out(self) -> QWidget:
        frame = QFrame()
        frame.setObjectName("panel")
        inside = QVBoxLayout(frame)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(self.meter)
        scopes = QHBoxLayout()
        scopes.setSpacing(12)
        self.pages.dock(self.scopes, "Scopes", "What is heard")
        self.pages.dock(self.primes, "Primes", "Sounds to continue, and the microphone (Ctrl+I)")
        self.pages.dock(self.control, "Control", "MIDI, OSC, and what they move (Ctrl+M)")
        self.pages.dock(self.takes, "Takes", "What was recorded (Ctrl+E)")
        self.pages.dock(self.training, "Train", "Teach a network your own recordings (Ctrl+N)")
        scopes.addWidget(self.pages, 1)
        scopes.addWidget(frame)
        body = QWidget()
        layout = QVBoxLayout(body)
        layout.setContentsMargins(14, 12, 14, 14)
        layout.setSpacing(10)
        self.header.dock(self.control_lamp)
        layout.addWidget(self.header)
        layout.addWidget(self.banner)
        layout.addLayout(scopes, 1)
        layout.addWidget(self.transport)
        layout.addWidget(self.status)
        return body

    def _connect_session(self) -> None:
        session = self.session
        session.presets_changed.connect(self._show_presets)
        session.patch_changed.connect(lambda: self.transport.panel.show_patch(session.patch))
        session.state_changed.connect(self._show_state)
        session.audio_changed.connect(self._show_audio)
        session.notice_changed.connect(self._show_notice)
        priming = session.priming
        priming.state_changed.connect(lambda: self.banner.show_listening(priming.listening is not None))
        self._show_presets()
        self._show_state()
        self._show_audio()
        self._show_notice(session.notice)
        self.transport.panel.show_patch(session.patch)

    def _connect_panels(self) -> None:
        session, dialogs, header, transport = self.session, self.dialogs, self.header, self.transport
        header.preset_chosen.connect(session.load)
        header.preset_stepped.connect(session.step_preset)
        header.open_asked.connect(dialogs.ask_for_file)
        header.audio_asked.connect(dialogs.show_audio)
        header.help_asked.connect(dialogs.show_help)
        header.favourite_marked.connect(session.mark_favourite)
        header.save_asked.connect(dialogs.save)
        header.menu.undo_asked.connect(session.undo)
        header.menu.save_as_asked.connect(dialogs.ask_for_title)
        header.menu.theme_chosen.connect(self.choose_theme)
        header.menu.full_screen_asked.connect(self.toggle_full_screen)
        header.menu.about_asked.connect(dialogs.show_about)
        self.banner.remedy_asked.connect(self._apply_remedy)
        self.banner.device_chosen.connect(session.outputs.choose)
        self.controllers.told.connect(self._show_notice)
        self.control_lamp.clicked.connect(lambda: self.pages.toggle(self.control))
        self.training.folder_asked.connect(lambda: dialogs.ask_for_recordings(self.trainings))
        self.training.save_asked.connect(lambda: dialogs.save_training(self.trainings))
        transport.play_asked.connect(session.toggle_play)
        transport.prime_asked.connect(dialogs.ask_for_prime)
        transport.record_asked.connect(session.toggle_recording)
        transport.reset_asked.connect(session.reset)
        transport.panic_asked.connect(session.panic)
        transport.move_begun.connect(session.begin_move)
        transport.value_changed.connect(session.set_value)

    def choose_theme(self, name: str) -> None:
        """One of `themes.THEMES`, remembered."""
        self._theme = themes.THEMES[name]
        self._settings.theme = name
        self._dress(self._scale)

    def next_theme(self) -> None:
        """The next of the themes."""
        names = list(themes.THEMES)
        self.choose_theme(names[(names.index(self._theme.name) + 1) % len(names)])

    def toggle_full_screen(self) -> None:
        """Full screen and back."""
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            event.acceptProposedAction()
            self.session.open(paths[0])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        # Space is play's, so that Enter presses the button that has the focus.
        focused = self.focusWidget()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and isinstance(focused, QAbstractButton):
            focused.click()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        scale = themes.scale_for(self.width(), self.height())
        if scale != self._scale:
            self._dress(scale)
        self._settled.start()

    def moveEvent(self, event: QMoveEvent) -> None:
        super().moveEvent(event)
        self._settled.start()

    def end(self) -> None:
        """Close without a question: what is being trained goes on."""
        self._may_close = True
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.trainings.unattended is not None and not self._may_close:
            event.ignore()
            self.dialogs.ask_before_closing(self.trainings, self.end)
            return
        self._remember_place()
        self.trainings.close()
        self.controllers.close()
        self.session.close()
        super().closeEvent(event)

    def _dress(self, scale: float) -> None:
        self._scale = scale
        themes.apply_theme(self, self._theme, scale)
        self.header.menu.show_theme(self._theme.name)
        for panel in (self.banner, self.pages, self.meter, self.transport, self.status, self.dialogs):
            panel.set_scale(scale)

    def _timer(self, interval_ms: int, action: Callable[[], None], kind: Qt.TimerType) -> QTimer:
        timer = QTimer(self)
        timer.setInterval(interval_ms)
        timer.setTimerType(kind)
        timer.timeout.connect(action)
        return timer

    def _remember_place(self) -> None:
        self._settled.stop()
        self._settings.geometry = self.saveGeometry()

    def _draw_frame(self) -> None:
        now = time.monotonic()
        passed_s, self._frame_at = now - self._frame_at, now
        metrics = self.session.client.metrics()
        if self.isMinimized():
            return
        self.scopes.refresh(self.session.client, metrics.device_rate_hz, passed_s)
        self.meter.feed(metrics, passed_s)
        for meter in (self.banner.microphone, self.primes.microphone.meter):
            meter.feed(metrics, passed_s)

    def _draw_status(self) -> None:
        now = time.monotonic()
        passed_s, self._status_at = now - self._status_at, now
        metrics = self.session.client.metrics()
        self.status.show_metrics(metrics, passed_s)
        self.transport.record.show_time(metrics.recorded_s)
        self.control.inputs.refresh()
        self.trainings.look()

    def _show_presets(self) -> None:
        session = self.session
        library = session.preset_library
        shown = session.pending or session.preset
        self.header.show_presets(library.presets, library.favourites, shown, dirty=session.dirty)

    def _show_state(self) -> None:
        sounding = self.session.state is EngineState.PLAYING
        self.transport.play.show_state(wanted=self.session.playing, sounding=sounding)

    def _show_audio(self) -> None:
        session, outputs = self.session, self.session.outputs
        self.status.show_audio(outputs.opened, session.model_rate_hz, lost=outputs.trouble is not None)
        self.dialogs.audio.show_audio(outputs.devices, outputs.choice, outputs.opened)
        self.banner.show_devices(outputs.devices, outputs.choice.device)
        if session.model_rate_hz > 0:
            self.scopes.set_model_rate_hz(session.model_rate_hz)

    def _show_notice(self, notice: Notice) -> None:
        self.banner.show_notice(notice)

    def _apply_remedy(self, remedy: Remedy) -> None:
        if remedy is Remedy.RESTART_ENGINE:
            self.session.restart()
        else:
            self.session.outputs.retry()
