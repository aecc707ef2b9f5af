"""Small things that several pages are put together from."""

from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget


def row(*widgets: QWidget) -> QHBoxLayout:
    """Side by side."""
    layout = QHBoxLayout()
    layout.setSpacing(6)
    for widget in widgets:
        layout.addWidget(widget)
    return layout


def caption(text: str) -> QLabel:
    """A word before a field."""
    label = QLabel(text)
    label.setObjectName("caption")
    return label


def small_button(text: str, tip: str) -> QPushButton:
    """One of several beside each other."""
    button = QPushButton(text)
    button.setObjectName("small")
    button.setToolTip(tip)
    return button
