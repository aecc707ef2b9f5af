"""A figure and what it is."""

from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from livernn.ui.labels import ElidedLabel

NO_VALUE = "–"


class Cell(QWidget):
    """A caption over a value, as wide as `sample` or, without one, as there is room."""

    def __init__(self, caption: str, tip: str, sample: str) -> None:
        super().__init__()
        self.setToolTip(tip)
        self._sample = sample
        top = QLabel(caption)
        top.setObjectName("caption")
        self.value = QLabel(NO_VALUE) if sample else ElidedLabel(NO_VALUE)
        self.value.setObjectName("value")
        self.value.setAccessibleName(caption)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(top)
        layout.addWidget(self.value)

    def show_value(self, text: str, *, alarm: bool = False) -> None:
        """Set the value, red if it is an `alarm`."""
        if self.value.text() != text:
            self.value.setText(text)
        if bool(self.value.property("alarm")) != alarm:
            self.value.setProperty("alarm", alarm)
            self.value.style().polish(self.value)

    def hold_width(self) -> None:
        """Keep the room of the widest value, so that neighbours do not move."""
        self.value.setMinimumWidth(self.value.fontMetrics().horizontalAdvance(self._sample))
