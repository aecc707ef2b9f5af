"""What becomes of a training when the window closes."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget


class UnattendedDialog(QDialog):
    """Accepted once the window may close; rejected if it shall stay."""

    stop_chosen = Signal()

    def __init__(self, name: str, scale: float, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("A training is under way")
        self.resize(round(620 * scale), round(200 * scale))
        question = QLabel(
            f"{name} is being trained. It can go on without the window, which will show it again at the next start; "
            "or it stops here, and nothing that it has learnt is lost."
        )
        question.setTextFormat(Qt.TextFormat.PlainText)
        question.setWordWrap(True)
        self.leave = QPushButton("Let it go on")
        self.leave.setDefault(True)
        self.stop = QPushButton("Stop it")
        self.stay = QPushButton("Do not close")
        bottom = QHBoxLayout()
        bottom.addWidget(self.stay)
        bottom.addStretch()
        bottom.addWidget(self.stop)
        bottom.addWidget(self.leave)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 18, 18, 18)
        layout.setSpacing(12)
        layout.addWidget(question, 1)
        layout.addLayout(bottom)
        self.leave.clicked.connect(self.accept)
        self.stop.clicked.connect(self.stop_chosen)
        self.stop.clicked.connect(self.accept)
        self.stay.clicked.connect(self.reject)
