"""The level meter shows what it is told, whatever it showed before."""

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from livernn.engine.client import Metrics
from livernn.ui.meter import LevelMeter
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
