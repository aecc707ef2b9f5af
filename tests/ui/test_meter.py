"""The level meter shows what it is told, whatever it showed before."""

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject, QPoint
from PySide6.QtGui import QImage, QPaintEvent, QRegion
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from livernn.engine.client import Metrics
from livernn.ui.meter import HOLD_S, LevelMeter
from livernn.ui.theme import THEMES, palette

QUIET = Metrics(peaks_db=(-30.0, -20.0))
LIMITED = Metrics(peaks_db=(-0.1, -0.1), limiter_gain_db=-6.0)
DROPPED = Metrics(peaks_db=(-30.0, -20.0), underruns=3)


@pytest.fixture
def make_meter(qtbot: QtBot) -> Callable[[], LevelMeter]:
    def make() -> LevelMeter:
        meter = LevelMeter()
        qtbot.addWidget(meter)
        meter.setPalette(palette(THEMES["dark"]))
        meter.set_scale(1.0)
        meter.resize(108, 320)
        meter.feed(Metrics(), 0.1)
        return meter

    return make


def picture(meter: LevelMeter) -> np.ndarray:
    image = meter.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    return np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4)[..., :3].copy()


CHANGES: dict[str, Callable[[LevelMeter], None]] = {
    "limiting": lambda meter: meter.feed(LIMITED, 0.1),
    "dropping": lambda meter: meter.feed(DROPPED, 0.1),
    "level": lambda meter: meter.feed(QUIET, 0.1),
    "theme": lambda meter: meter.setPalette(palette(THEMES["light"])),
    "scale": lambda meter: meter.set_scale(1.5),
    "height": lambda meter: meter.resize(108, 500),
}


@pytest.mark.parametrize("what", CHANGES)
def test_one_that_was_drawn_before_looks_like_one_that_was_not(make_meter: Callable[[], LevelMeter], what: str) -> None:
    worn, fresh = make_meter(), make_meter()
    before = picture(worn)
    for meter in (worn, fresh):
        CHANGES[what](meter)
    after = picture(worn)
    assert after.shape != before.shape or (after != before).any()
    assert np.array_equal(after, picture(fresh))


class Regions(QObject):
    """What a widget is asked to paint."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self.painted = QRegion()
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if isinstance(event, QPaintEvent):
            self.painted = self.painted.united(event.region())
        return False


@pytest.mark.parametrize("scale", [1.0, 1.5])
@pytest.mark.parametrize(
    "change", [LIMITED, DROPPED, QUIET, Metrics(peaks_db=(11.9, 11.9)), Metrics(peaks_db=(-40.0, -55.0))]
)
def test_all_that_has_changed_is_painted_anew(
    make_meter: Callable[[], LevelMeter], qtbot: QtBot, change: Metrics, scale: float
) -> None:
    meter = make_meter()
    meter.set_scale(scale)
    meter.feed(Metrics(peaks_db=(-30.0, -30.0)), 0.1)
    meter.show()
    qtbot.waitExposed(meter)
    for metrics, passed_s in ((change, 0.1), (Metrics(peaks_db=(-40.0, -50.0)), 0.1), (Metrics(), HOLD_S)):
        QApplication.processEvents()
        before, regions = picture(meter), Regions(meter)
        meter.feed(metrics, passed_s)
        QApplication.processEvents()
        painted = regions.painted
        rows, columns = np.nonzero((picture(meter) != before).any(axis=2))
        assert rows.size
        assert all(painted.contains(QPoint(x, y)) for x, y in zip(columns.tolist(), rows.tolist(), strict=True))


def test_a_level_alone_has_only_the_bars_painted(make_meter: Callable[[], LevelMeter], qtbot: QtBot) -> None:
    meter = make_meter()
    meter.feed(QUIET, 0.1)
    meter.show()
    qtbot.waitExposed(meter)
    QApplication.processEvents()
    regions = Regions(meter)
    meter.feed(Metrics(peaks_db=(-40.0, -50.0)), 0.1)
    QApplication.processEvents()
    assert 0 < regions.painted.boundingRect().width() < meter.width() / 2
