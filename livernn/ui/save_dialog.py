"""Under which title a preset is saved."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from livernn.control.own_presets import own_folder
from livernn.errors import BadInputError


class SaveDialog(QDialog):
    """Asks for a title that can be used, and says so before it replaces a preset."""

    title_chosen = Signal(str)

    def __init__(self, title: str, scale: float, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Save preset as")
        self.resize(round(520 * scale), round(190 * scale))
        self.title = QLineEdit(title)
        self.title.setAccessibleName("Title of the preset")
        self.title.setMaxLength(80)
        self.title.selectAll()
        self.remark = QLabel()
        self.remark.setWordWrap(True)
        self.save = QPushButton("Save")
        self.save.setDefault(True)
        cancel = QPushButton("Cancel")
        bottom = QHBoxLayout()
        bottom.addStretch()
        bottom.addWidget(cancel)
        bottom.addWidget(self.save)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 18, 18, 18)
        layout.setSpacing(12)
        layout.addWidget(self.title)
        layout.addWidget(self.remark, 1)
        layout.addLayout(bottom)
        self.title.textChanged.connect(self._check)
        self.save.clicked.connect(self._choose)
        cancel.clicked.connect(self.reject)
        self._check()

    def _check(self) -> None:
        try:
            exists = own_folder(self.title.text()).exists()
        except BadInputError:
            self.save.setEnabled(False)
            self.remark.setText("Type a title.")
            return
        self.save.setEnabled(True)
        self.save.setText("Replace" if exists else "Save")
        self.remark.setText("Replaces your preset of this title." if exists else "Model and knobs, as they are now.")

    def _choose(self) -> None:
        self.title_chosen.emit(self.title.text())
        self.accept()
