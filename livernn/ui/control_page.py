"""The page of controllers: what is listened to, and what it moves."""

from PySide6.QtWidgets import QFrame, QHBoxLayout

from livernn.ui.controllers import Controllers
from livernn.ui.inputs_panel import InputsPanel
from livernn.ui.mapping_panel import MappingPanel


class ControlPage(QFrame):
    """Docks among the window's pages."""

    def __init__(self, controllers: Controllers) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.inputs = InputsPanel(controllers)
        self.mappings = MappingPanel(controllers)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 10)
        layout.setSpacing(16)
        layout.addWidget(self.inputs)
        layout.addWidget(self.mappings, 1)

    def set_scale(self, scale: float) -> None:
        """See `theme.scale_for`."""
        self.inputs.set_scale(scale)
        self.mappings.set_scale(scale)
