"""A choice of how something is shown, which is remembered."""

from collections.abc import Callable, Mapping

from livernn.ui.chooser import Chooser
from livernn.ui.settings import Settings


class ViewChooser(Chooser):
    """Applies the remembered choice at once, and each new one."""

    def __init__(
        self,
        name: str,
        tip: str,
        choices: Mapping[float, str],
        default: float,
        settings: Settings,
        apply: Callable[[float], None],
    ) -> None:
        super().__init__()
        self.setObjectName("small")
        self.setAccessibleName(name)
        self.setToolTip(tip)
        self._values = list(choices)
        self.addItems(list(choices.values()))
        remembered = settings.view(name)
        value = remembered if remembered is not None and remembered in choices else default
        self.setCurrentIndex(self._values.index(value))
        apply(value)

        def choose(at: int) -> None:
            settings.set_view(name, self._values[at])
            apply(self._values[at])

        self.activated.connect(choose)
