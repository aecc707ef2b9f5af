"""Under which title a preset is saved, and what it says of itself."""

from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from livernn.control.own_presets import own_folder
from livernn.control.preset import About
from livernn.errors import BadInputError
from livernn.ui.parts import caption

_LONGEST_TITLE, _LONGEST_LINE, _LONGEST_NOTES = 80, 200, 4000


class SaveDialog(QDialog):
    """Asks for a title that can be used, and says so before it replaces a preset.

    `network` is the credit that the preset keeps, whatever is typed.
    """

    chosen = Signal(str, object)
    """Title and About."""

    def __init__(self, title: str, about: About, network: Mapping[str, str], scale: float, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Save preset as")
        self.resize(round(640 * scale), round(460 * scale))
        self.title = _line("Title", title, _LONGEST_TITLE)
        self.title.selectAll()
        self.author = _line("Author", about.author, _LONGEST_LINE)
        self.licence = _line("Licence", about.licence, _LONGEST_LINE)
        self.notes = QPlainTextEdit(about.notes)
        self.notes.setAccessibleName("Notes on the preset")
        self.notes.setTabChangesFocus(True)
        credit = [network[name] for name in ("credit", "licence") if name in network]
        self.network = QLabel("\n".join(credit) or "It tells no credit.")
        self.network.setTextFormat(Qt.TextFormat.PlainText)
        self.network.setWordWrap(True)
        self.network.setToolTip("Stays with the preset, and is shown with it")
        self.remark = QLabel()
        self.remark.setWordWrap(True)
        self.save = QPushButton("Save")
        self.save.setDefault(True)
        cancel = QPushButton("Cancel")
        form = QFormLayout()
        form.setHorizontalSpacing(12)
        for name, field in (
            ("Title", self.title),
            ("Author", self.author),
            ("Licence", self.licence),
            ("Notes", self.notes),
            ("Network", self.network),
        ):
            form.addRow(caption(name), field)
        bottom = QHBoxLayout()
        bottom.addWidget(self.remark, 1)
        bottom.addWidget(cancel)
        bottom.addWidget(self.save)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 18, 18, 18)
        layout.setSpacing(12)
        layout.addLayout(form, 1)
        layout.addLayout(bottom)
        self.title.textChanged.connect(self._check)
        self.notes.textChanged.connect(self._check)
        self.save.clicked.connect(self._choose)
        cancel.clicked.connect(self.reject)
        self._check()

    def _check(self) -> None:
        try:
            exists = own_folder(self.title.text()).exists()
        except BadInputError:
            self._refuse("Type a title.")
            return
        if len(self.notes.toPlainText()) > _LONGEST_NOTES:
            self._refuse(f"Notes have at most {_LONGEST_NOTES} characters.")
            return
        self.save.setEnabled(True)
        self.save.setText("Replace" if exists else "Save")
        self.remark.setText("Replaces your preset of this title." if exists else "Model and knobs, as they are now.")

    def _refuse(self, why: str) -> None:
        self.save.setEnabled(False)
        self.remark.setText(why)

    def _choose(self) -> None:
        typed = (self.author.text(), self.licence.text(), self.notes.toPlainText())
        self.chosen.emit(self.title.text(), About(*(text.strip() for text in typed)))
        self.accept()


def _line(name: str, text: str, longest: int) -> QLineEdit:
    line = QLineEdit()
    line.setAccessibleName(f"{name} of the preset")
    line.setMaxLength(longest)
    line.setText(text)
    return line
