import numpy as np
import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QGraphicsScene, QGraphicsView

from livernn.ui.trace import Trace

RED = QColor("red")
SIDE_PX = 100


def painted(trace: Trace, low: float, high: float, ratio: float = 1.0) -> np.ndarray:
    """Which pixels are red, from the top left, where the view shows 0 to 1 and `low` to `high`.

    `ratio` of them make up a pixel that windows count in.
    """
    scene = QGraphicsScene()
    scene.addItem(trace)
    view = QGraphicsView(scene)
    view.setFrameShape(QGraphicsView.Shape.NoFrame)
    view.setSceneRect(0.0, low, 1.0, high - low)
    image = QImage(SIDE_PX, SIDE_PX, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    image.fill(QColor("black"))
    painter = QPainter(image)
    place = QRectF(0.0, 0.0, SIDE_PX / ratio, SIDE_PX / ratio)
    painter.translate(0.0, place.height())
    painter.scale(1.0, -1.0)
    scene.render(painter, place, view.sceneRect(), Qt.AspectRatioMode.IgnoreAspectRatio)
    painter.end()
    scene.removeItem(trace)
    return np.array([[image.pixelColor(x, y) == RED for x in range(SIDE_PX)] for y in range(SIDE_PX)])


def made(low: float, high: float, *, bold: bool = False, fill_level: float | None = None) -> Trace:
    trace = Trace(fill_level)
    trace.set_range(low, high)
    trace.set_look(RED, bold=bold)
    return trace


@pytest.fixture(autouse=True)
def application(qapp: object) -> None: ...


@pytest.mark.parametrize(("bold", "width"), [(False, 1), (True, 2)])
@pytest.mark.parametrize("ratio", [1.0, 2.0])
@pytest.mark.parametrize("axis", [0, 1])
def test_a_bold_line_is_two_pixels_wide_up_and_along(bold: bool, width: int, ratio: float, axis: int) -> None:
    trace = made(0.0, 1.0, bold=bold)
    ends, level = np.array([0.0, 1.0]), np.array([0.75, 0.75])
    trace.set_points(*((ends, level) if axis == 1 else (level, ends)))
    places = np.flatnonzero(painted(trace, 0.0, 1.0, ratio).sum(axis=axis) > SIDE_PX // 2)
    assert places.size == width
    assert np.ptp(places) == width - 1
    assert abs(places.mean() - (25 if axis == 1 else 75)) <= 2


def test_an_area_reaches_down_to_its_level() -> None:
    trace = made(-90.0, 0.0, fill_level=-240.0)
    trace.set_points(np.linspace(0.0, 1.0, 50), np.full(50, -45.0))
    pixels = painted(trace, -90.0, 0.0)
    assert pixels[52:].all()
    assert not pixels[:48].any()


@pytest.mark.parametrize("fill_level", [None, -1.0])
def test_without_points_nothing_is_painted(fill_level: float | None) -> None:
    trace = made(-1.0, 1.0, bold=True, fill_level=fill_level)
    trace.set_points(np.array([0.0, 1.0]), np.array([0.5, 0.5]))
    assert painted(trace, -1.0, 1.0).any()
    trace.set_points(np.empty(0), np.empty(0))
    assert not painted(trace, -1.0, 1.0).any()
