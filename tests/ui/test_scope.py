import numpy as np
import pytest
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QApplication

from livernn.ui.analysis import SPECTRUM_SAMPLES, TRIGGER_OFF
from livernn.ui.scope import ScopeView
from livernn.ui.spectrum import SpectrumView
from livernn.ui.theme import THEMES, palette
from livernn.ui.trace import Trace
from livernn.ui.waveform import WaveformView

RATE_HZ = 48000.0
FRAME_S = 1 / 60
SETTLE_FRAMES = 10
"""It takes pyqtgraph some to have all of a plot in its place."""


@pytest.fixture
def waveform(qtbot: object) -> WaveformView:
    view = WaveformView()
    qtbot.addWidget(view)
    view.set_scale(1.0)
    view.resize(600, 300)
    view.show()
    qtbot.waitExposed(view)
    return view


@pytest.fixture
def spectrum(qtbot: object) -> SpectrumView:
    view = SpectrumView()
    qtbot.addWidget(view)
    view.resize(600, 300)
    view.show()
    qtbot.waitExposed(view)
    return view


def tone(amplitude: float, count: int = SPECTRUM_SAMPLES, frequency_hz: float = 440.0) -> np.ndarray:
    return (amplitude * np.sin(2 * np.pi * frequency_hz * np.arange(count) / RATE_HZ)).astype(np.float32)


def inked(view: ScopeView) -> np.ndarray:
    """Rows, from 0 at the top of the plot to 1, in which the trace is."""
    QApplication.processEvents()
    image = view.grab().toImage()
    plot = view.plot.getViewBox().sceneBoundingRect().toRect()
    accent = view.palette().color(QPalette.ColorRole.Highlight)
    rows = [
        y
        for y in range(plot.top(), plot.bottom())
        if any(image.pixelColor(x, y) == accent for x in range(plot.left(), plot.right()))
    ]
    return (np.array(rows) - plot.top()) / plot.height()


def picture(view: ScopeView) -> np.ndarray:
    """Of the inside of the plot, `[height, width, 4]`."""
    QApplication.processEvents()
    image = view.foreground.grab().toImage()
    return np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4).copy()


def traces(view: ScopeView) -> list[Trace]:
    """The lowest first."""
    return [layer for layer in view.foreground._layers if isinstance(layer, Trace)]


def scale_top(view: WaveformView) -> float:
    return max(float(label) for _, label in view.rows)


def show(view: WaveformView, amplitude: float, frames: int) -> None:
    for _ in range(frames):
        view.show_samples(tone(amplitude, view.wanted_samples(RATE_HZ)), RATE_HZ, FRAME_S)


def test_waveform_is_drawn_at_its_height(waveform: WaveformView) -> None:
    show(waveform, 0.8, 1)
    rows = inked(waveform)
    assert rows.min() == pytest.approx(0.1, abs=0.03)
    assert rows.max() == pytest.approx(0.9, abs=0.03)


def test_quiet_sound_is_shown_larger_and_loud_sound_at_once_whole(waveform: WaveformView) -> None:
    show(waveform, 0.08, 1)
    assert scale_top(waveform) == 1.0
    show(waveform, 0.08, round(10 / FRAME_S))
    assert scale_top(waveform) == 0.1
    assert inked(waveform).min() == pytest.approx(0.1, abs=0.05)
    show(waveform, 0.7, 1)
    assert scale_top(waveform) == 1.0


def test_another_scale_paints_no_grid_anew(waveform: WaveformView) -> None:
    show(waveform, 0.8, 1)
    for _ in range(SETTLE_FRAMES):
        picture(waveform)
    grid = waveform.foreground._grid
    show(waveform, 0.08, round(10 / FRAME_S))
    assert inked(waveform).min() == pytest.approx(0.1, abs=0.03)
    assert waveform.foreground._grid is grid


def test_the_trigger_is_drawn_at_its_level_whatever_the_scale(waveform: WaveformView) -> None:
    for amplitude, height in ((0.8, 0.05), (0.08, 0.5)):
        show(waveform, amplitude, round(10 / FRAME_S))
        waveform.set_trigger(TRIGGER_OFF)
        without = picture(waveform)
        waveform.set_trigger(0.05)
        changed = np.flatnonzero((picture(waveform) != without).any(axis=(1, 2)))
        assert changed.mean() / without.shape[0] == pytest.approx(0.5 - height / 2, abs=0.01)


def test_silence_changes_no_scale(waveform: WaveformView) -> None:
    show(waveform, 0.0, round(10 / FRAME_S))
    assert scale_top(waveform) == 1.0


def test_over_full_scale_is_cut_off_not_lost(waveform: WaveformView) -> None:
    show(waveform, 3.0, 1)
    assert inked(waveform).min() == pytest.approx(0.0, abs=0.02)


def test_spectrum_falls_back_and_settles(spectrum: SpectrumView) -> None:
    spectrum.show_samples(tone(1.0), RATE_HZ, FRAME_S)
    assert inked(spectrum).min() < 0.08
    assert not spectrum.settled
    silence = np.zeros(SPECTRUM_SAMPLES, np.float32)
    spectrum.show_samples(silence, RATE_HZ, 0.5)
    assert 0.3 < inked(spectrum).min() < 0.7
    spectrum.show_samples(silence, RATE_HZ, 10.0)
    assert spectrum.settled


@pytest.mark.parametrize("high_hz", [4000.0, 8000.0, 20000.0])
@pytest.mark.parametrize("tone_hz", [100.0, 1000.0])
def test_a_tone_stands_above_its_label(spectrum: SpectrumView, high_hz: float, tone_hz: float) -> None:
    spectrum.set_high_hz(high_hz)
    spectrum.show_samples(tone(1.0, frequency_hz=tone_hz), RATE_HZ, FRAME_S)
    level = traces(spectrum)[0]
    label = "100" if tone_hz == 100.0 else "1k"
    labelled = {text: place for place, text in spectrum.columns}
    assert level.values.argmax() / level.values.size == pytest.approx(labelled[label], abs=0.01)


@pytest.mark.parametrize("high_hz", [4000.0, 8000.0, 20000.0])
def test_frequency_axis_ends_where_the_model_does(spectrum: SpectrumView, high_hz: float) -> None:
    spectrum.set_high_hz(high_hz)
    shares = [share for share, _ in spectrum.columns]
    assert {"50", "100", "200"} <= {label for _, label in spectrum.columns}
    assert min(shares) > 0.0
    assert max(shares) <= 1.0


@pytest.mark.parametrize(("span_s", "last"), [(0.02, "20 ms"), (1.0, "1 s")])
def test_time_axis_ends_at_the_span(waveform: WaveformView, span_s: float, last: str) -> None:
    waveform.set_span_s(span_s)
    assert (1.0, last) in waveform.columns


@pytest.mark.parametrize("span_s", [0.02, 1.0])
def test_a_click_shows_at_any_span(waveform: WaveformView, span_s: float) -> None:
    waveform.set_span_s(span_s)
    samples = np.zeros(waveform.wanted_samples(RATE_HZ), np.float32)
    samples[-samples.size // 4] = 0.9
    waveform.show_samples(samples, RATE_HZ, FRAME_S)
    assert inked(waveform).min() == pytest.approx(0.05, abs=0.02)


def test_a_change_of_theme_repaints_the_grid(waveform: WaveformView) -> None:
    waveform.setPalette(palette(THEMES["dark"]))
    dark = waveform.grab().toImage()
    waveform.setPalette(palette(THEMES["light"]))
    assert waveform.grab().toImage() != dark


def test_a_change_of_size_between_two_frames_is_no_failure(waveform: WaveformView, spectrum: SpectrumView) -> None:
    for size in ((600, 300), (300, 150), (1000, 500)):
        for view in (waveform, spectrum):
            view.resize(*size)
            view.grab()
        show(waveform, 0.5, 1)
        spectrum.show_samples(tone(0.5), RATE_HZ, FRAME_S)
        waveform.grab()
        spectrum.grab()


@pytest.mark.parametrize("level", [0.0, 0.3])
def test_the_trigger_level_is_where_the_trace_begins(waveform: WaveformView, level: float) -> None:
    waveform.set_span_s(0.01)
    waveform.set_trigger(level)
    show(waveform, 0.8, 1)
    assert traces(waveform)[0].values[0] == pytest.approx(level, abs=0.06)


def test_without_a_trigger_the_latest_is_shown(waveform: WaveformView) -> None:
    waveform.set_span_s(0.01)
    samples = tone(0.8, waveform.wanted_samples(RATE_HZ))
    waveform.set_trigger(TRIGGER_OFF)
    waveform.show_samples(samples, RATE_HZ, FRAME_S)
    shown = traces(waveform)[0].values
    np.testing.assert_array_equal(shown, samples[-shown.size :])


@pytest.mark.parametrize("floor_db", [-40.0, -120.0])
def test_the_range_of_the_spectrum_is_what_was_chosen(spectrum: SpectrumView, floor_db: float) -> None:
    spectrum.set_floor_db(floor_db)
    spectrum.show_samples(tone(0.1), RATE_HZ, FRAME_S)
    low, high = spectrum.plot.viewRange()[1]
    assert (low, high) == (floor_db, 0.0)
    assert traces(spectrum)[0].values.min() >= floor_db


@pytest.mark.parametrize("decay_db_per_s", [20.0, 90.0, 360.0])
def test_the_spectrum_falls_as_fast_as_was_chosen(spectrum: SpectrumView, decay_db_per_s: float) -> None:
    spectrum.set_floor_db(-120.0)
    spectrum.set_decay_db_per_s(decay_db_per_s)
    spectrum.show_samples(tone(1.0), RATE_HZ, FRAME_S)
    level, peak = (trace.values.max() for trace in traces(spectrum))
    spectrum.show_samples(np.zeros_like(tone(1.0)), RATE_HZ, 0.25)
    fallen, peak_fallen = (trace.values.max() for trace in traces(spectrum))
    assert level - fallen == pytest.approx(0.25 * decay_db_per_s, abs=0.01)
    assert 0.0 < peak - peak_fallen < 0.25 * (level - fallen)


def test_labels_that_would_touch_are_left_out(spectrum: SpectrumView) -> None:
    axis = spectrum.plot.getAxis("bottom")
    spectrum.resize(900, 300)
    QApplication.processEvents()
    many = {label for level in axis._tickLevels for _, label in level}
    spectrum.resize(260, 300)
    QApplication.processEvents()
    few = {label for level in axis._tickLevels for _, label in level}
    assert {"100", "1k"} <= few < many
