"""The scopes in their frames, fed from the tap."""

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from livernn.engine.client import EngineClient
from livernn.ui.analysis import SPECTRUM_SAMPLES, TRIGGER_OFF
from livernn.ui.scope import ScopeView
from livernn.ui.settings import Settings
from livernn.ui.spectrogram import SpectrogramView
from livernn.ui.spectrum import SpectrumView
from livernn.ui.view_chooser import ViewChooser
from livernn.ui.waveform import WaveformView
from livernn.units import SIDES

SPANS_S = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
TRIGGER_LEVELS = (0.0, 0.01, 0.03, 0.1, 0.3)
RANGES_DB = (40, 60, 90, 120)
DECAYS_DB_PER_S = (20, 45, 90, 180, 360)

_HIGHEST_HZ = 20000.0
_MEAN = np.full(SIDES, 1.0 / SIDES, np.float32)


class ScopePanel(QWidget):
    """Waveform, spectrum and spectrogram side by side; a click on Freeze holds them all."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.waveform = WaveformView()
        self.spectrum = SpectrumView()
        self.spectrogram = SpectrogramView()
        self._views = (self.waveform, self.spectrum, self.spectrogram)
        self.span = ViewChooser(
            "Waveform span", "Stretch of time that the waveform shows",
            {span_s: f"{span_s:g} s" if span_s >= 1.0 else f"{span_s * 1000:g} ms" for span_s in SPANS_S},
            0.05, settings, self.waveform.set_span_s,
        )  # fmt: skip
        self.trigger = ViewChooser(
            "Waveform trigger", "Where the waveform begins: where the sound rises through this level, or just anywhere",
            {TRIGGER_OFF: "free", **{level: f"↑ {level:g}" for level in TRIGGER_LEVELS}},
            0.0, settings, self.waveform.set_trigger,
        )  # fmt: skip
        self.range = ViewChooser(
            "Spectrum range", "How far down spectrum and spectrogram show, below full scale",
            {range_db: f"{range_db} dB" for range_db in RANGES_DB}, 90, settings, self._set_range_db,
        )  # fmt: skip
        self.decay = ViewChooser(
            "Spectrum decay", "How fast the spectrum falls where the sound has ended; its upper line falls slower",
            {decay_db: f"{decay_db} dB/s" for decay_db in DECAYS_DB_PER_S}, 90, settings,
            self.spectrum.set_decay_db_per_s,
        )  # fmt: skip
        self.freeze = QPushButton("Freeze")
        self.freeze.setObjectName("small")
        self.freeze.setCheckable(True)
        self.freeze.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.freeze.setToolTip("Hold the pictures; the sound goes on (F)")
        self._silent = False
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        layout.addWidget(_framed("Waveform", self.waveform, self.span, self.trigger), 1)
        layout.addWidget(_framed("Spectrum", self.spectrum, self.decay, self.range), 1)
        layout.addWidget(_framed("Spectrogram", self.spectrogram, self.freeze), 1)

    def set_scale(self, scale: float) -> None:
        """See `theme.scale_for`."""
        for view in self._views:
            view.set_scale(scale)

    def set_model_rate_hz(self, rate_hz: float) -> None:
        """End the frequency axes where the model's sound ends."""
        for view in (self.spectrum, self.spectrogram):
            view.set_high_hz(min(rate_hz / 2, _HIGHEST_HZ))

    def refresh(self, client: EngineClient, rate_hz: float, passed_s: float) -> None:
        """Show what was heard, `passed_s` after the last time; costs nothing during silence or out of sight."""
        if self.freeze.isChecked() or rate_hz <= 0.0 or not self.isVisible():
            return
        shown = [(self.waveform, self.waveform.wanted_samples(rate_hz)), (self.spectrum, SPECTRUM_SAMPLES),
                 (self.spectrogram, self.spectrogram.wanted_samples(rate_hz))]  # fmt: skip
        samples = client.scope(max(count for _, count in shown)) @ _MEAN
        silent = not np.any(samples)
        if silent and self._silent and self.spectrum.settled and self.spectrogram.settled:
            return
        self._silent = silent
        for view, count in shown:
            view.show_samples(samples[-count:], rate_hz, passed_s)

    def _set_range_db(self, range_db: float) -> None:
        for view in (self.spectrum, self.spectrogram):
            view.set_floor_db(-range_db)


def _framed(title: str, view: ScopeView, *controls: QWidget) -> QFrame:
    frame = QFrame()
    frame.setObjectName("panel")
    caption = QLabel(title)
    caption.setObjectName("caption")
    top = QHBoxLayout()
    top.setSpacing(6)
    top.addWidget(caption)
    top.addStretch()
    for control in controls:
        top.addWidget(control)
    layout = QVBoxLayout(frame)
    layout.setContentsMargins(14, 8, 8, 6)
    layout.setSpacing(2)
    layout.addLayout(top)
    layout.addWidget(view, 1)
    return frame
