"""Choice of the audio output and of the delay that safety costs."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from livernn.engine.client import AudioOpened, Device
from livernn.ui.header import Chooser

DEFAULT_OUTPUT = "System default"
DEPTHS_MS = (20, 30, 40, 60, 80, 100, 150, 200, 300, 500)


def device_id(device: Device) -> str:
    """What an output is found again by, in settings and commands."""
    return f"{device.name}, {device.host_api}"


class AudioDialog(QDialog):
    """A choice acts at once: while playing, the sound moves to the other output."""

    device_chosen = Signal(object)
    depth_chosen = Signal(float)
    refresh_asked = Signal()

    def __init__(self, depth_ms: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Audio")
        self.outputs = QListWidget()
        self.outputs.setAccessibleName("Audio outputs")
        self.outputs.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.outputs.setWordWrap(True)
        self.state = QLabel()
        self.state.setWordWrap(True)
        self.ring_depth = Chooser()
        self.ring_depth.addItems([f"{choice} ms" for choice in DEPTHS_MS])
        self.ring_depth.setCurrentIndex(min(range(len(DEPTHS_MS)), key=lambda at: abs(DEPTHS_MS[at] - depth_ms)))
        self.ring_depth.setAccessibleName("Ring depth")
        self.ring_depth.setToolTip("Sound rendered ahead: deeper is safer, shallower answers quicker")
        refresh = QPushButton("Refresh")
        close = QPushButton("Close")
        close.setDefault(True)
        bottom = QHBoxLayout()
        for widget in (QLabel("Ring depth"), self.ring_depth):
            bottom.addWidget(widget)
        bottom.addStretch()
        bottom.addWidget(refresh)
        bottom.addWidget(close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 18, 18, 18)
        layout.setSpacing(12)
        layout.addWidget(self.state)
        layout.addWidget(self.outputs, 1)
        layout.addLayout(bottom)
        refresh.clicked.connect(self.refresh_asked)
        close.clicked.connect(self.accept)
        self.ring_depth.activated.connect(lambda at: self.depth_chosen.emit(float(DEPTHS_MS[at])))
        self.outputs.itemClicked.connect(self._choose)
        self.outputs.itemActivated.connect(self._choose)

    def set_scale(self, scale: float) -> None:
        """See `theme.scale_for`."""
        self.resize(round(720 * scale), round(460 * scale))

    def show_audio(self, devices: Sequence[Device], chosen: str | None, output: AudioOpened | None) -> None:
        """The outputs there are, the one asked for and the one that is open."""
        if output is not None:
            self.state.setText(f"Open: <b>{output.device}</b>, {output.host_api}, {output.rate_hz / 1000:g} kHz.")
        else:
            self.state.setText("No output is open." if devices else "No output found. Connect one, then refresh.")
        self.outputs.clear()
        for identity, text in [(None, DEFAULT_OUTPUT), *((device_id(device), _describe(device)) for device in devices)]:
            item = QListWidgetItem(text)
            item.setData(Qt.ItemDataRole.UserRole, identity)
            self.outputs.addItem(item)
            if identity == chosen:
                self.outputs.setCurrentItem(item)

    def _choose(self, item: QListWidgetItem) -> None:
        self.device_chosen.emit(item.data(Qt.ItemDataRole.UserRole))


def _describe(device: Device) -> str:
    channels = "1 channel" if device.channels == 1 else f"{device.channels} channels"
    return f"{device.name}   ({device.host_api}, {channels}, {device.default_rate_hz / 1000:g} kHz)"
