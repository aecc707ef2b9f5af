"""A choice among values of which another may be set all the same."""

from collections.abc import Callable, Sequence

from livernn.ui.chooser import Chooser


class ValueChooser(Chooser):
    """Offers `values`, None before numbers, and the one that is set if it is none of them."""

    def __init__(
        self,
        name: str,
        tip: str,
        values: Sequence[float | None],
        describe: Callable[[float | None], str],
    ) -> None:
        super().__init__()
        self._usual = tuple(values)
        self._values = self._usual
        self._describe = describe
        self.setAccessibleName(name)
        self.setToolTip(tip)

    @property
    def value(self) -> float | None:
        """The one that is chosen."""
        return self._values[self.currentIndex()]

    def show_value(self, value: float | None) -> None:
        """Choose it."""
        self._values = tuple(sorted({*self._usual, value}, key=lambda one: one or 0.0))
        self.offer([self._describe(one) for one in self._values])
        self.setCurrentIndex(self._values.index(value))
