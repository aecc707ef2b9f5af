"""Choice of the audio output, of its format, of the delay that safety costs, and of what the model runs on."""

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
from livernn.ui.processors import TITLES
from livernn.ui.settings import AudioChoice
from livernn.ui.value_chooser import ValueChooser

ALL_HOST_APIS = "All host APIs"
DEFAULT_OUTPUT = "System default"
DEVICE_DEFAULT = "Device default"
RATES_HZ = (None, 44100.0, 48000.0, 88200.0, 96000.0, 176400.0, 192000.0)
BLOCKS = (None, 64, 128, 256, 512, 1024)
DEPTHS_MS = (20.0, 30.0, 40.0, 60.0, 80.0, 100.0, 150.0, 200.0, 300.0, 500.0)


class AudioDialog(QDialog):
    """A choice acts at once: while playing, the sound moves to the other output."""

    device_chosen = Signal(object)
    format_chosen = Signal(object, object)
    """Sample rate and block size, None for the device's own."""
    depth_chosen = Signal(float)
    processor_chosen = Signal(str)
    """One of `commandline.DEVICES`."""
    refresh_asked = Signal()

    def __init__(self, depth_ms: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Audio")
        self._devices: tuple[Device, ...] = ()
        self._chosen = AudioChoice()
        self.host_api = Chooser()
        self.host_api.setAccessibleName("Host API")
        self.host_api.setToolTip("Which of the computer's audio systems to list the outputs of")
        self.outputs = QListWidget()
        self.outputs.setAccessibleName("Audio outputs")
        self.outputs.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.outputs.setWordWrap(True)
        self.state = QLabel()
        self.state.setWordWrap(True)
        self.rate = ValueChooser(
            "Sample rate",
            "Of the output; the model's sound is converted to it",
            RATES_HZ,
            lambda rate_hz: f"{rate_hz / 1000:g} kHz" if rate_hz else DEVICE_DEFAULT,
        )
        self.block = ValueChooser(
            "Block size",
            "What the output takes at a time: larger is safer, smaller answers quicker",
            BLOCKS,
            lambda block: f"{block} samples" if block else DEVICE_DEFAULT,
        )
        self.ring_depth = ValueChooser(
            "Ring depth",
            "Sound rendered ahead: deeper is safer, shallower answers quicker",
            DEPTHS_MS,
            lambda depth_ms: f"{depth_ms:g} ms",
        )
        self.ring_depth.show_value(depth_ms)
        self.processor = Chooser()
        self.processor.setAccessibleName("Model runs on")
        self.processor.offer([*TITLES.values()])
        refresh = QPushButton("Refresh")
        close = QPushButton("Close")
        close.setDefault(True)
        choices = QHBoxLayout()
        choices.setSpacing(18)
        for chooser in (self.rate, self.block, self.ring_depth, self.processor):
            column = QVBoxLayout()
            column.setSpacing(4)
            column.addWidget(QLabel(chooser.accessibleName()))
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
        layout.addWidget(self.host_api)
        layout.addWidget(self.outputs, 1)
        layout.addLayout(choices)
        layout.addLayout(bottom)
        refresh.clicked.connect(self.refresh_asked)
        close.clicked.connect(self.accept)
        for chooser in (self.rate, self.block):
            chooser.activated.connect(self._choose_format)
        self.ring_depth.activated.connect(lambda _: self.depth_chosen.emit(self.ring_depth.value))
        self.processor.activated.connect(lambda at: self.processor_chosen.emit([*TITLES][at]))
        self.host_api.activated.connect(self._list_outputs)
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
        self._devices, self._chosen = tuple(devices), chosen
        self._list_outputs()
        self.rate.show_value(chosen.rate_hz)
        self.block.show_value(chosen.block)

    def show_processor(self, choice: str, name: str | None) -> None:
        """What the model is to run on, and the name of what it does run on."""
        self.processor.setCurrentIndex([*TITLES].index(choice))
        present = f"\nNow: {name}" if name is not None else ""
        self.processor.setToolTip(f"The sound goes on when you change it; Automatic takes the faster one{present}")

    def _list_outputs(self) -> None:
        host_apis = sorted({device.host_api for device in self._devices})
        wanted = self.host_api.currentText()
        self.host_api.offer([ALL_HOST_APIS, *host_apis])
        self.host_api.setCurrentIndex(max(self.host_api.findText(wanted), 0))
        self.host_api.setVisible(len(host_apis) > 1)
        listed = [device for device in self._devices if self.host_api.currentText() in (ALL_HOST_APIS, device.host_api)]
        self.outputs.clear()
        for name, text in [(None, DEFAULT_OUTPUT), *((device.full_name, _describe(device)) for device in listed)]:
            item = QListWidgetItem(text)
            item.setData(Qt.ItemDataRole.UserRole, name)
            self.outputs.addItem(item)
            if name == self._chosen.device:
                self.outputs.setCurrentItem(item)

    def _choose(self, item: QListWidgetItem) -> None:
        self.device_chosen.emit(item.data(Qt.ItemDataRole.UserRole))

    def _choose_format(self) -> None:
        self.format_chosen.emit(self.rate.value, self.block.value)


def _describe(device: Device) -> str:
    channels = "1 channel" if device.channels == 1 else f"{device.channels} channels"
    return f"{device.name}   ({device.host_api}, {channels}, {device.default_rate_hz / 1000:g} kHz)"
