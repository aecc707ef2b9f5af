"""Last row: whether the machine keeps up."""

from PySide6.QtWidgets import QFrame, QHBoxLayout

from livernn.engine.client import AudioOpened, EngineState, Metrics
from livernn.ui.analysis import Counted, Lamp
from livernn.ui.cell import NO_VALUE, Cell

ALARM_S = 3.0
"""How long a cell stays red after something was missed."""


class StatusStrip(QFrame):
    """Figures of the engine, its output and its model."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.speed = Cell("Real time", "Sound rendered per time spent; below 1 it cannot keep up", "88.8 ×")
        self.gpu = Cell("GPU", "Time that the GPU takes for a block of 64 of the model's samples", "88.8 ms")
        self.gpu.hide()
        self.ring = Cell("Ring", "Sound rendered ahead, and how much is aimed at", "888 / 888 ms")
        self.touch = Cell("Touch", "From the move of a control to the ear, the output's delay included", "888 ms")
        self.late = Cell(
            "Late", "Times that a move was heard a moment later, because it was not rendered in time", "8888"
        )
        self.guard = Cell(
            "Guard",
            "Times that the sound had died and went on from a healthy moment, and of what it had died last",
            "88 silence",
        )
        self.underruns = Cell("Underruns", "Times that the engine was too late", "8888")
        self.xruns = Cell("Xruns", "Times that the audio device missed a block", "8888")
        self.output = Cell("Output", "Audio output and its sample rate", "")
        self.model = Cell("Model", "Sample rate of the model", "88.8 kHz")
        self._counts = (Counted(), Counted(), Counted())
        self._alarms = (Lamp(ALARM_S), Lamp(ALARM_S), Lamp(ALARM_S))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(18, 6, 18, 6)
        layout.setSpacing(14)
        self._figures = (
            self.speed, self.gpu, self.ring, self.touch, self.late, self.guard, self.underruns, self.xruns,
        )  # fmt: skip
        for cell in self._figures:
            layout.addWidget(cell)
        layout.addWidget(self.output, 1)
        layout.addWidget(self.model)

    def set_scale(self, scale: float) -> None:
        """See `theme.scale_for`; after the style sheet has been set."""
        self.setFixedHeight(round(72 * scale))
        for cell in (*self._figures, self.model):
            cell.value.ensurePolished()
            cell.hold_width()

    def show_metrics(self, metrics: Metrics, passed_s: float) -> None:
        """Figures, `passed_s` after the last."""
        playing = metrics.state is EngineState.PLAYING
        factor = metrics.real_time_factor
        self.speed.show_value(f"{factor:.1f} ×" if factor > 0.0 else NO_VALUE, alarm=0.0 < factor < 1.0)
        self.gpu.setVisible(metrics.gpu_ms > 0.0)
        self.gpu.show_value(f"{metrics.gpu_ms:.1f} ms")
        depth = f"{metrics.depth_ms:.0f}" if playing else NO_VALUE
        self.ring.show_value(
            f"{depth} / {metrics.target_depth_ms:.0f} ms" if metrics.target_depth_ms > 0.0 else NO_VALUE
        )
        self.touch.show_value(f"{metrics.touch_ms:.0f} ms" if playing and metrics.touch_ms > 0.0 else NO_VALUE)
        died_of = f" {metrics.guard_trouble.value}" if metrics.guard_trouble is not None else ""
        self.guard.show_value(f"{metrics.guard_returns}{died_of}")
        missed = (metrics.late_renders, metrics.underruns, metrics.device_xruns)
        for cell, count, counted, alarm in zip(
            (self.late, self.underruns, self.xruns), missed, self._counts, self._alarms, strict=True
        ):
            alarm.feed(counted.grew(count), passed_s)
            cell.show_value(str(count), alarm=alarm.lit)

    def show_audio(self, output: AudioOpened | None, model_rate_hz: int, *, lost: bool) -> None:
        """Which output is open, whether it was `lost`, and what rate the model has."""
        text = f"{output.device}  {_khz(output.rate_hz)}" if output is not None else "none"
        self.output.show_value(text, alarm=lost)
        self.output.value.setToolTip(text)
        self.model.show_value(_khz(model_rate_hz) if model_rate_hz > 0 else NO_VALUE)


def _khz(rate_hz: float) -> str:
    return f"{rate_hz / 1000:.4g} kHz"
