"""What moves is painted over a plot that stands still; what stands still is painted when it changes."""

from itertools import pairwise

import numpy as np
import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QImage, QPalette
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from livernn.ui.analysis import TRIGGER_OFF
from livernn.ui.scope import PlotView
from livernn.ui.theme import THEMES, palette
from livernn.ui.trace import Trace
from livernn.ui.waveform import WaveformView

SETTLE_FRAMES = 10
"""It takes pyqtgraph some to find out how wide its labels are."""
ACCENT = QPalette.ColorRole.Highlight


@pytest.fixture
def view(qtbot: QtBot) -> PlotView:
    view = PlotView("Anything")
    qtbot.addWidget(view)
    view.setPalette(palette(THEMES["dark"]))
    view.dress()
    view.resize(600, 300)
    view.show()
    qtbot.waitExposed(view)
    return view


@pytest.fixture
def level(view: PlotView) -> Trace:
    trace = view.add_curve(ACCENT)
    view.dress()
    trace.set_values(np.array([0.5, 0.5]))
    return trace


def picture(view: PlotView) -> QImage:
    QApplication.processEvents()
    return view.grab().toImage()


def scene_paints(view: PlotView, frames: int) -> int:
    """How often the whole plot is painted while only its foreground has to be."""
    painted = []
    for _ in range(SETTLE_FRAMES):
        picture(view)
    view.plot.scene().sigPrepareForPaint.connect(lambda: painted.append(1))
    for _ in range(frames):
        view.foreground.update()
        QApplication.processEvents()
    return len(painted)


def test_a_foreground_covers_the_inside_of_its_plot_whatever_its_size(view: PlotView) -> None:
    for size in ((600, 300), (300, 150), (900, 500)):
        view.resize(*size)
        QApplication.processEvents()
        assert view.foreground.geometry() == view.plot.getViewBox().sceneBoundingRect().toRect()


def test_frames_do_not_paint_the_plot(view: PlotView, level: Trace) -> None:
    assert scene_paints(view, 20) == 0


def test_the_grid_lies_above_what_moves(view: PlotView) -> None:
    area = view.add_curve(ACCENT, filled=True)
    view.set_vertical_range(0.0, 1.0)
    view.dress()
    view.set_columns([(0.5, "half")])
    area.set_values(np.array([2.0, 2.0]))
    image, middle = picture(view), view.foreground.geometry().center()
    row = [image.pixelColor(view.plot.pos() + QPoint(middle.x() + away, middle.y() + 7)) for away in range(-5, 6)]
    accent = view.palette().color(ACCENT)
    assert row[0] == row[-1] == accent
    assert any(colour != accent for colour in row[3:8])


def test_what_changes_in_the_plot_is_shown_at_once(view: PlotView, level: Trace) -> None:
    seen = [picture(view)]
    view.set_columns([(0.3, "a third")])
    seen.append(picture(view))
    view.set_vertical_range(-2.0, 2.0)
    seen.append(picture(view))
    view.setPalette(palette(THEMES["light"]))
    seen.append(picture(view))
    assert all(one != other for one, other in pairwise(seen))
    assert scene_paints(view, 5) == 0


def test_the_line_of_the_trigger_comes_and_goes(qtbot: QtBot) -> None:
    waveform = WaveformView()
    qtbot.addWidget(waveform)
    waveform.setPalette(palette(THEMES["dark"]))
    waveform.resize(600, 300)
    waveform.show()
    qtbot.waitExposed(waveform)
    without = picture(waveform)
    waveform.set_trigger(0.3)
    assert picture(waveform) != without
    waveform.set_trigger(TRIGGER_OFF)
    assert picture(waveform) == without


def test_a_plot_that_was_resized_looks_like_one_that_never_was(view: PlotView, level: Trace) -> None:
    never = picture(view)
    view.resize(500, 200)
    picture(view)
    view.resize(600, 300)
    assert picture(view) == never
