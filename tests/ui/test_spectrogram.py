import numpy as np
import pytest
from PySide6.QtGui import QImage, QPalette
from PySide6.QtWidgets import QApplication

from livernn.ui.spectrogram import SPAN_S, SpectrogramView
from livernn.ui.theme import THEMES, palette

RATE_HZ = 48000.0
FRAME_S = 1 / 60


@pytest.fixture
def view(qtbot: object) -> SpectrogramView:
    view = SpectrogramView()
    qtbot.addWidget(view)
    view.resize(600, 300)
    view.setPalette(palette(THEMES["dark"]))
    view.show()
    qtbot.waitExposed(view)
    return view


def play(view: SpectrogramView, tone_hz: float, seconds: float, amplitude: float = 1.0) -> None:
    count = view.wanted_samples(RATE_HZ)
    tone = (amplitude * np.sin(2 * np.pi * tone_hz * np.arange(count) / RATE_HZ)).astype(np.float32)
    for _ in range(round(seconds / FRAME_S)):
        view.show_samples(tone, RATE_HZ, FRAME_S)


def picture(view: SpectrogramView) -> QImage:
    QApplication.processEvents()
    return view.grab(view.plot.getViewBox().sceneBoundingRect().toRect()).toImage()


def brightest(image: QImage, x: float) -> float:
    """Where in that column the brightest pixel is, from 0 at the bottom to 1."""
    column = [image.pixelColor(round(x * image.width()), y).lightness() for y in range(image.height())]
    return 1.0 - int(np.argmax(column)) / image.height()


@pytest.mark.parametrize(("tone_hz", "label"), [(100.0, "100"), (1000.0, "1k"), (5000.0, "5k")])
def test_a_tone_lies_at_its_label(view: SpectrogramView, tone_hz: float, label: str) -> None:
    play(view, tone_hz, 1.0)
    places = {text: place for place, text in view.rows}
    assert brightest(picture(view), 0.97) == pytest.approx(places[label], abs=0.03)


def test_it_scrolls_with_time(view: SpectrogramView) -> None:
    play(view, 4000.0, 2.0)
    play(view, 100.0, SPAN_S / 2)
    image = picture(view)
    places = {text: place for place, text in view.rows}
    assert brightest(image, 0.75) == pytest.approx(places["100"], abs=0.05)
    assert brightest(image, 0.4) > 0.7
    background = view.palette().color(QPalette.ColorRole.AlternateBase)
    assert image.pixelColor(round(0.1 * image.width()), image.height() // 2) == background


def test_a_long_pause_between_frames_leaves_no_gap(view: SpectrogramView) -> None:
    count = view.wanted_samples(RATE_HZ)
    view.show_samples(np.ones(count, np.float32), RATE_HZ, 3 * SPAN_S)
    assert view._picture.levels.all(axis=None) or view._picture.levels[-1].all()


def test_what_is_below_the_range_looks_like_silence_at_once(view: SpectrogramView) -> None:
    play(view, 1400.0, SPAN_S, amplitude=0.001)  # away from the lines of the grid
    image = picture(view)
    x, y = round(0.57 * image.width()), round((1.0 - brightest(image, 0.57)) * image.height())
    background = view.palette().color(QPalette.ColorRole.AlternateBase)
    assert image.pixelColor(x, y).lightness() > 2 * background.lightness()
    view.set_floor_db(-40.0)
    assert picture(view).pixelColor(x, y) == background


def test_silence_scrolls_out_and_settles(view: SpectrogramView) -> None:
    assert view.settled
    play(view, 1000.0, 0.5)
    assert not view.settled
    play(view, 1000.0, SPAN_S + 0.1, amplitude=0.0)
    assert view.settled


def test_colours_follow_the_theme(view: SpectrogramView) -> None:
    play(view, 1000.0, 1.0)
    seen = []
    for theme in THEMES.values():
        view.setPalette(palette(theme))
        seen.append(picture(view).pixelColor(3, 3).name())
    assert seen == [theme.window for theme in THEMES.values()]
