import numpy as np
import pytest
from PySide6.QtGui import QColor

from livernn.ui.trace import Trace

RED = QColor("red")
WIDTH, HEIGHT = 120, 80


def painted(trace: Trace, width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    """Which pixels are red, from the top left."""
    pixels = np.zeros((height, width), np.uint32)
    trace.paint(pixels)
    assert set(np.unique(pixels)) <= {0, RED.rgb()}
    return pixels != 0


def made(low: float, high: float, *, bold: bool = False, filled: bool = False) -> Trace:
    trace = Trace(bold=bold, filled=filled)
    trace.set_range(low, high)
    trace.set_colour(RED)
    return trace


@pytest.mark.parametrize(("bold", "width"), [(False, 1), (True, 2)])
def test_a_bold_line_is_two_pixels_wide_along_and_up(bold: bool, width: int) -> None:
    trace = made(0.0, 1.0, bold=bold)
    trace.set_values(np.array([0.75, 0.75]))
    (rows,) = np.nonzero(painted(trace).all(axis=1))
    assert list(rows) == list(range(HEIGHT // 4, HEIGHT // 4 + width))
    trace.set_values(np.array([0.0] * WIDTH + [1.0] * WIDTH))
    (columns,) = np.nonzero(painted(trace)[10:-10].all(axis=0))
    assert columns.size == width
    assert abs(columns.mean() - WIDTH / 2) <= 1.0


@pytest.mark.parametrize("count", [2, 3, WIDTH - 1, WIDTH, WIDTH + 1, WIDTH + 2, 3 * WIDTH, 10_000])
def test_a_line_has_no_gaps_and_reaches_every_value(count: int) -> None:
    trace = made(-1.0, 1.0)
    trace.set_values(np.random.default_rng(count).uniform(-0.9, 0.9, count))
    pixels = painted(trace)
    assert pixels.any(axis=0).all()
    for column, following in zip(pixels.T, pixels.T[1:], strict=False):
        rows, following_rows = np.flatnonzero(column), np.flatnonzero(following)
        assert np.ptp(rows) == rows.size - 1
        assert max(rows[0], following_rows[0]) <= min(rows[-1], following_rows[-1])
    lowest, highest = ((1.0 - value) / 2.0 * HEIGHT for value in (trace.values.min(), trace.values.max()))
    (rows,) = np.nonzero(pixels.any(axis=1))
    assert rows[0] == pytest.approx(highest, abs=1.0)
    assert rows[-1] == pytest.approx(lowest, abs=1.0)


def test_an_area_reaches_down_to_the_end() -> None:
    trace = made(-90.0, 0.0, filled=True)
    trace.set_values(np.full(50, -45.0))
    pixels = painted(trace)
    assert pixels[HEIGHT // 2 :].all()
    assert not pixels[: HEIGHT // 2].any()


def test_there_is_no_line_through_nan() -> None:
    trace = made(0.0, 1.0, bold=True)
    trace.set_values(np.array([np.nan] * 40 + [0.5] * 40 + [np.nan] * 40))
    (columns,) = np.nonzero(painted(trace).any(axis=0))
    assert columns[0] == pytest.approx(40, abs=2)
    assert columns[-1] == pytest.approx(80, abs=2)


@pytest.mark.parametrize("beyond", [[], [np.inf], [-np.inf]])
def test_what_lies_beyond_both_ends_is_cut_off(beyond: list[float]) -> None:
    trace = made(-1.0, 1.0)
    trace.set_values(np.array([*beyond, -3.0, 3.0]))
    assert painted(trace).any()
    trace.set_values(np.array([-3.0, 3.0]))
    (columns,) = np.nonzero(painted(trace).any(axis=0))
    assert columns[0] == pytest.approx(WIDTH / 3, abs=1)
    assert columns[-1] == pytest.approx(WIDTH * 2 / 3, abs=1)


@pytest.mark.parametrize("filled", [False, True])
def test_without_values_nothing_is_painted(filled: bool) -> None:
    trace = made(-1.0, 1.0, bold=True, filled=filled)
    trace.set_values(np.array([0.5, 0.5]))
    assert painted(trace).any()
    trace.set_values(np.empty(0))
    assert not painted(trace).any()
