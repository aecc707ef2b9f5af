"""Choice of the audio output, of its format, and of the delay that safety costs."""

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
from livernn.ui.chooser import Chooser
from livernn.ui.settings import AudioChoice

DEFAULT_OUTPUT = "System default"
DEVICE_DEFAULT = "Device default"
RATES_HZ = (None, 44100.0, 48000.0, 96000.0)
BLOCKS = (None, 64, 128, 256, 512, 1024)
DEPTHS_MS = (20, 30, 40, 60, 80, 100, 150, 200, 300, 500)


class AudioDialog(QDialog):
    """A choice acts at once: while playing, the sound moves to the other output."""

    device_chosen = Signal(object)
    format_chosen = Signal(object, object)
    """Sample rate and block size, None for the device's own."""
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
        self.rate = Chooser()
        self.rate.addItems([f"{rate_hz / 1000:g} kHz" if rate_hz else DEVICE_DEFAULT for rate_hz in RATES_HZ])
        self.block = Chooser()
        self.block.addItems([f"{block} samples" if block else DEVICE_DEFAULT for block in BLOCKS])
        self.ring_depth = Chooser()
        self.ring_depth.addItems([f"{choice} ms" for choice in DEPTHS_MS])
        self.ring_depth.setCurrentIndex(min(range(len(DEPTHS_MS)), key=lambda at: abs(DEPTHS_MS[at] - depth_ms)))
        refresh = QPushButton("Refresh")
        close = QPushButton("Close")
        close.setDefault(True)
        choices = QHBoxLayout()
        choices.setSpacing(18)
        for name, chooser, tip in (
            ("Sample rate", self.rate, "Of the output; the model's sound is converted to it"),
            ("Block size", self.block, "What the output takes at a time: larger is safer, smaller answers quicker"),
            ("Ring depth", self.ring_depth, "Sound rendered ahead: deeper is safer, shallower answers quicker"),
        ):
            chooser.setAccessibleName(name)
            chooser.setToolTip(tip)
            column = QVBoxLayout()
            column.setSpacing(4)
            column.addWidget(QLabel(name))
            column.addWidget(chooser)
            choices.addLayout(column, 1)
        bottom = QHBoxLayout()
        bottom.addStretch()
        bottom.addWidget(refresh)
        bottom.addWidget(close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 18, 18, 18)
        layout.setSpacing(12)
        layout.addWidget(self.state)
        layout.addWidget(self.outputs, 1)
        layout.addLayout(choices)
        layout.addLayout(bottom)
        refresh.clicked.connect(self.refresh_asked)
        close.clicked.connect(self.accept)
        for chooser in (self.rate, self.block):
            chooser.activated.connect(self._choose_format)
        self.ring_depth.activated.connect(lambda at: self.depth_chosen.emit(float(DEPTHS_MS[at])))
        self.outputs.itemClicked.connect(self._choose)
        self.outputs.itemActivated.connect(self._choose)

    def set_scale(self, scale: float) -> None:
        """See `theme.scale_for`."""
        self.resize(round(720 * scale), round(520 * scale))

    def show_audio(self, devices: Sequence[Device], chosen: AudioChoice, output: AudioOpened | None) -> None:
        """The outputs there are, the one asked for and the one that is open."""
        if output is not None:
            self.state.setText(f"Open: <b>{output.device}</b>, {output.host_api}, {output.rate_hz / 1000:g} kHz.")
        else:
            self.state.setText("No output is open." if devices else "No output found. Connect one, then refresh.")
        self.outputs.clear()
        for name, text in [(None, DEFAULT_OUTPUT), *((device.full_name, _describe(device)) for device in devices)]:
            item = QListWidgetItem(text)
            item.setData(Qt.ItemDataRole.UserRole, name)
            self.outputs.addItem(item)
            if name == chosen.device:
                self.outputs.setCurrentItem(item)
        self.rate.setCurrentIndex(RATES_HZ.index(chosen.rate_hz) if chosen.rate_hz in RATES_HZ else 0)
        self.block.setCurrentIndex(BLOCKS.index(chosen.block) if chosen.block in BLOCKS else 0)

    def _choose(self, item: QListWidgetItem) -> None:
        self.device_chosen.emit(item.data(Qt.ItemDataRole.UserRole))

    def _choose_format(self) -> None:
        self.format_chosen.emit(RATES_HZ[self.rate.currentIndex()], BLOCKS[self.block.currentIndex()])


def _describe(device: Device) -> str:
    channels = "1 channel" if device.channels == 1 else f"{device.channels} channels"
    return f"{device.name}   ({device.host_api}, {channels}, {device.default_rate_hz / 1000:g} kHz)"
