"""The line between header and scopes: what is going on, the one click that helps, and what is being listened to."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QPushButton

from livernn.engine.client import Device
from livernn.ui.audio_dialog import DEFAULT_OUTPUT
from livernn.ui.chooser import Chooser
from livernn.ui.input_meter import InputMeter
from livernn.ui.labels import FittedLabel
from livernn.ui.notice import Kind, Notice, Remedy


class Banner(QFrame):
    """Always there, so that nothing moves when it has something to say."""

    remedy_asked = Signal(object)
    device_chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.message = FittedLabel()
        self.message.setObjectName("message")
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName("Progress")
        self.microphone = InputMeter()
        self.devices = Chooser()
        self.devices.setAccessibleName("Audio output")
        self.devices.setToolTip("Play through this output")
        self.remedy = QPushButton()
        self.remedy.setObjectName("primary")
        self.remedy.setToolTip("What helps against what is said beside")
        self.remedy.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._notice = Notice(Kind.HINT, "")
        self._names: list[str | None] = []
        layout = QHBoxLayout(self)
        layout.setContentsMargins(18, 4, 8, 4)
        layout.setSpacing(12)
        layout.addWidget(self.message, 1)
        for widget in (self.progress, self.microphone, self.devices, self.remedy):
            layout.addWidget(widget)
        self.remedy.clicked.connect(lambda: self.remedy_asked.emit(self._notice.remedy))
        self.devices.activated.connect(lambda index: self.device_chosen.emit(self._names[index]))
        self.show_notice(self._notice)
        self.show_listening(False)

    def set_scale(self, scale: float) -> None:
        """See `theme.scale_for`."""
        self.setFixedHeight(round(58 * scale))
        self.progress.setFixedWidth(round(260 * scale))
        self.microphone.setFixedSize(round(260 * scale), round(22 * scale))
        self.devices.setMaximumWidth(round(300 * scale))

    def show_notice(self, notice: Notice) -> None:
        """Say it, until the next."""
        self._notice = notice
        self.message.setText(notice.text)
        self.message.setToolTip(notice.text)
        self.message.setProperty("kind", notice.kind.value)
        self.message.style().polish(self.message)
        self.progress.setVisible(notice.kind is Kind.BUSY)
        known = notice.fraction is not None
        self.progress.setRange(0, 1000 if known else 0)
        self.progress.setValue(round(1000 * (notice.fraction or 0.0)))
        self.devices.setVisible(notice.offers_devices and bool(self._names))
        self.remedy.setVisible(notice.remedy is not None)
        self.remedy.setText(notice.remedy.value if isinstance(notice.remedy, Remedy) else "")

    def show_listening(self, listening: bool) -> None:
        """Whether the microphone is listened to: if so, its level is in sight on any page."""
        self.microphone.setVisible(listening)

    def show_devices(self, devices: Sequence[Device], chosen: str | None) -> None:
        """The outputs to offer."""
        self._names = [None, *(device.full_name for device in devices)] if devices else []
        self.devices.clear()
        self.devices.addItems([name or DEFAULT_OUTPUT for name in self._names])
        self.devices.setCurrentIndex(self._names.index(chosen) if chosen in self._names else -1)
        self.devices.setPlaceholderText("Choose an output")
        self.devices.setVisible(self._notice.offers_devices and bool(self._names))
