"""The scopes in their frames, fed from the tap."""

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from livernn.engine.client import EngineClient
from livernn.ui.analysis import SPECTRUM_SAMPLES
from livernn.ui.scope import ScopeView, SpectrumView, WaveformView
from livernn.ui.settings import Settings

SPANS_S = (0.02, 0.05, 0.2, 1.0)
DEFAULT_SPAN_S = 0.05

_HIGHEST_HZ = 20000.0


class ScopePanel(QWidget):
    """Waveform and spectrum side by side; a click on Freeze holds both."""

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self.waveform = WaveformView()
        self.spectrum = SpectrumView()
        self.freeze = _small("Freeze", "Hold the picture; the sound goes on (F)")
        self._spans = QButtonGroup(self)
        self._silent = False
        span_row = [self._span_button(span) for span in SPANS_S]
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        layout.addWidget(_framed("Waveform", self.waveform, span_row), 1)
        layout.addWidget(_framed("Spectrum", self.spectrum, [self.freeze]), 1)
        span_s = settings.view("waveform_span_s")
        self._choose(span_s if span_s in SPANS_S else DEFAULT_SPAN_S)
        self._spans.idClicked.connect(lambda index: self._choose(SPANS_S[index]))

    def set_scale(self, scale: float) -> None:
        """See `theme.scale_for`."""
        self.waveform.set_scale(scale)
        self.spectrum.set_scale(scale)

    def set_model_rate_hz(self, rate_hz: float) -> None:
        """End the frequency axis where the model's sound ends."""
        self.spectrum.set_high_hz(min(rate_hz / 2, _HIGHEST_HZ))

    def refresh(self, client: EngineClient, rate_hz: float, passed_s: float) -> None:
        """Show what was heard, `passed_s` after the last time; costs nothing during silence."""
        if self.freeze.isChecked() or rate_hz <= 0.0:
            return
        samples = client.scope(max(SPECTRUM_SAMPLES, self.waveform.wanted_samples(rate_hz)))
        silent = not np.any(samples)
        if silent and self._silent and self.spectrum.settled:
            return
        self._silent = silent
        self.waveform.show_samples(samples[-self.waveform.wanted_samples(rate_hz) :], rate_hz, passed_s)
        self.spectrum.show_samples(samples[-SPECTRUM_SAMPLES:], rate_hz, passed_s)

    def _span_button(self, span_s: float) -> QPushButton:
        text = f"{span_s:g} s" if span_s >= 1.0 else f"{span_s * 1000:g} ms"
        button = _small(text, f"Show {text} of the waveform")
        button.setAccessibleName(f"Waveform span {text}")
        self._spans.addButton(button, SPANS_S.index(span_s))
        return button

    def _choose(self, span_s: float) -> None:
        self._spans.button(SPANS_S.index(span_s)).setChecked(True)
        self.waveform.set_span_s(span_s)
        self._settings.set_view("waveform_span_s", span_s)


def _small(text: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setObjectName("small")
    button.setCheckable(True)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setToolTip(tip)
    return button


def _framed(title: str, view: ScopeView, buttons: list[QPushButton]) -> QFrame:
    frame = QFrame()
    frame.setObjectName("panel")
    caption = QLabel(title)
    caption.setObjectName("caption")
    top = QHBoxLayout()
    top.setSpacing(6)
    top.addWidget(caption)
    top.addStretch()
    for button in buttons:
        top.addWidget(button)
    layout = QVBoxLayout(frame)
    layout.setContentsMargins(14, 8, 8, 6)
    layout.setSpacing(2)
    layout.addLayout(top)
    layout.addWidget(view, 1)
    return frame
