"""The loss of a training over time, pauses left out."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette

from livernn.training.curve import averaged, bits_range, ticks
from livernn.training.run_log import RunLog
from livernn.ui.scope import PlotView
from livernn.ui.training_text import length

_LEAST_S = 60.0
_DOT_PX = 9
_POINTS = 4000
"""More than a display has pixels across."""


class LossCurve(PlotView):
    """A line for the steps, a dot for each validation; lower is better."""

    COLUMNS_APART_PX = 96

    def __init__(self) -> None:
        super().__init__("Loss curve")
        self.setMinimumSize(200, 80)
        self.setToolTip(
            "How badly the network guesses the next sample, in bits; lower is better.\n"
            "Line: what it trains on. Dots: recordings that it never trains on"
        )
        self._steps = self.add_curve(QPalette.ColorRole.Highlight, bold=True)
        self._validations = self.plot.plot(pen=None, symbol="o", symbolSize=_DOT_PX, skipFiniteCheck=True)
        self.show_log(None)
        self.dress()

    def show_log(self, log: RunLog | None) -> None:
        """What it says now; an empty plot for None."""
        nothing: Sequence[float] = ()
        seconds, bits = averaged(log.seconds, log.bits) if log is not None else averaged(nothing, nothing)
        valid_s, valid_bits = (log.valid_seconds, log.valid_bits) if log is not None else (nothing, nothing)
        last_s = max([_LEAST_S, *seconds[-1:], *valid_s[-1:]])
        low, high = bits_range(seconds, bits, valid_bits)
        self._steps.set_values(_evenly(seconds / last_s, _share(bits, low, high)))
        self.foreground.update()
        self._validations.setData(np.asarray(valid_s) / last_s, _share(valid_bits, low, high))
        self.set_rows([((tick - low) / (high - low), f"{tick:.3g}") for tick in ticks(low, high, 5)])
        self.set_columns([(at / last_s, length(at / 60.0)) for at in _round_times(last_s)])

    def dress(self) -> None:
        super().dress()
        colour, role = self.palette().color, QPalette.ColorRole
        self._validations.setSymbolBrush(colour(role.WindowText))
        self._validations.setSymbolPen(colour(role.AlternateBase), style=Qt.PenStyle.SolidLine)


def _share(bits: Sequence[float] | NDArray[np.float64], low: float, high: float) -> NDArray[np.float64]:
    share: NDArray[np.float64] = (np.asarray(bits, np.float64) - low) / (high - low)
    return share


def _evenly(places: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The curve through these points at so many places from 0 to 1; NaN beyond its ends."""
    if places.size == 0:
        return np.empty(0)
    return np.interp(np.linspace(0.0, 1.0, _POINTS), places, values, left=np.nan, right=np.nan)


def _round_times(last_s: float) -> list[float]:
    unit_s = next(unit_s for unit_s in (3600.0, 60.0, 1.0) if last_s >= 2.0 * unit_s)
    return [at * unit_s for at in ticks(0.0, last_s / unit_s, 6)]
