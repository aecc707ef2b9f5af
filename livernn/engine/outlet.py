"""Which device the sound goes to: opening, changing, losing and listing outputs. All on the engine's thread."""

import time
from collections.abc import Callable

from livernn.engine import messages as msg
from livernn.engine.output import Output
from livernn.engine.sampler import Sampler
from livernn.engine.shared import DEVICE_RATE_HZ, LEVEL, OUTPUT_LATENCY_MS, SharedBlock
from livernn.engine.worker import Worker
from livernn.errors import DeviceError, LiveRNNError

DEFAULT_RATE_HZ = 48000.0
"""What voices are built for while no device has said its rate."""

ListDevices = Callable[[], tuple[msg.Device, ...]]

_FADE_PATIENCE_S = 0.1
_MIN_RATE_HZ, _MAX_RATE_HZ, _MAX_BLOCK = 1000.0, 768_000.0, 8192


class Outlet:
    """Owns the output. `on_open` is called when sound can be played, `on_gone` when it no longer can."""

    def __init__(
        self,
        block: SharedBlock,
        output: Output,
        list_devices: ListDevices,
        sampler: Sampler,
        emit: Callable[[msg.Event], None],
        deliver: Callable[[Callable[[], None]], None],
    ) -> None:
        self._block = block
        self._output = output
        self._list_devices = list_devices
        self._sampler = sampler
        self._emit = emit
        self._worker = Worker("audio", deliver)
        self._settings = msg.SetAudio()
        self._opened: msg.AudioOpened | None = None
        self._opening = 0
        """Openings under way: only the last one's outcome counts."""
        self._proven: msg.SetAudio | None = None
        """The worker's own: settings of the output that is open."""
        self.on_open: Callable[[], None] = _nothing
        self.on_gone: Callable[[], None] = _nothing

    @property
    def is_open(self) -> bool:
        """Whether a device calls back for sound."""
        return self._opened is not None

    @property
    def rate_hz(self) -> float:
        """The device's rate, or the likeliest one."""
        return self._opened.rate_hz if self._opened is not None else DEFAULT_RATE_HZ

    def change(self, settings: msg.SetAudio) -> None:
        """Open another output; if that fails, go back to the one that was open."""
        if settings == self._settings and (self._opened is not None or self._opening):
            if self._opened is not None:
                self._emit(self._opened)
            return
        rate_fits = settings.rate_hz is None or _MIN_RATE_HZ <= settings.rate_hz <= _MAX_RATE_HZ
        if rate_fits and 0 <= (settings.block or 0) <= _MAX_BLOCK:
            self._open(settings)
        else:
            why = f"rates lie in {_MIN_RATE_HZ:g}..{_MAX_RATE_HZ:g} Hz and blocks in 0..{_MAX_BLOCK}"
            self._emit(msg.Failed(msg.Attempt.AUDIO, str(DeviceError("audio settings", why, "Correct them."))))

    def ensure_open(self) -> None:
        """Open what is set unless that is done or under way."""
        if self._opened is None and not self._opening:
            self._open(self._settings)

    def check(self) -> None:
        """Notice a device that no longer calls back; to be called now and then."""
        if self._opened is None or not self._output.is_lost():
            return
        name, why = f"{self._opened.device}, {self._opened.host_api}", "it stopped taking sound"
        self._opened = None
        self._block.doubles[DEVICE_RATE_HZ] = 0.0
        self.on_gone()
        self._emit(msg.DeviceLost(str(DeviceError(f"audio device {name}", why, "Choose a device and play again."))))
        self._worker.submit(self._drop, _nothing, _nothing)
        self.send_devices()

    def send_devices(self) -> None:
        """List the outputs and emit Devices."""
        self._worker.submit(
            self._list_devices,
            lambda devices: self._emit(msg.Devices(devices)),
            lambda error: self._emit(msg.Failed(msg.Attempt.DEVICES, str(error))),
        )

    def close(self, patience_s: float) -> None:
        """Close the output once the sound has faded, for at most about `patience_s`."""
        self._await_fade()
        self._worker.submit(self._output.close, _nothing, _nothing)
        self._worker.close(patience_s)

    def _open(self, settings: msg.SetAudio) -> None:
        self._sampler.stop()
        self._settings = settings
        self._opened = None
        self._opening += 1
        self._worker.submit(lambda: self._exchange(settings), self._on_opened, self._on_refused)

    def _exchange(self, settings: msg.SetAudio) -> tuple[msg.AudioOpened, msg.SetAudio, DeviceError | None]:
        """On the worker: what was opened with which settings, and why not with those asked for."""
        self._await_fade()
        before, self._proven = self._proven, None
        refusal = None
        try:
            opened = self._output.open(settings)
        except DeviceError as error:
            if before is None:
                raise
            refusal, settings = error, before
            opened = self._output.open(settings)
        self._proven = settings
        return opened, settings, refusal

    def _drop(self) -> None:
        self._proven = None
        self._output.close()

    def _on_opened(self, outcome: tuple[msg.AudioOpened, msg.SetAudio, DeviceError | None]) -> None:
        self._opening -= 1
        opened, settings, refusal = outcome
        if refusal is not None:
            self._emit(msg.Failed(msg.Attempt.AUDIO, str(refusal)))
        if self._opening:
            return
        self._opened, self._settings = opened, settings
        self._sampler.set_rate(opened.rate_hz)
        self._block.doubles[DEVICE_RATE_HZ] = opened.rate_hz
        self._block.doubles[OUTPUT_LATENCY_MS] = opened.latency_ms
        self._emit(opened)
        self.on_open()

    def _on_refused(self, error: LiveRNNError) -> None:
        self._opening -= 1
        if self._opening:
            return
        self._block.doubles[DEVICE_RATE_HZ] = 0.0
        self.on_gone()
        self._worker.submit(
            self._list_devices,
            lambda devices: self._emit(msg.NoDevice(str(error), devices)),
            lambda _: self._emit(msg.NoDevice(str(error))),
        )

    def _await_fade(self) -> None:
        deadline = time.monotonic() + _FADE_PATIENCE_S
        while self._block.words[LEVEL] > 0 and time.monotonic() < deadline:
            time.sleep(0.005)


def _nothing(_: object = None) -> None:
    """For outcomes that nobody waits for."""
