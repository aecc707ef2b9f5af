"""The instrument without a window."""

import queue
from collections.abc import Callable
from pathlib import Path

from livernn.control.patch import Patch
from livernn.engine.client import EngineClient, Metrics
from livernn.engine.messages import (
    AudioOpened,
    DeviceLost,
    EngineDied,
    Event,
    Failed,
    Loaded,
    NoDevice,
    Tuning,
)

_STATUS_PERIOD_S = 10.0


def run_headless(checkpoint: Path, patch: Patch, audio_device: str | None, on_status: Callable[[str], None]) -> int:
    """Play until interrupted (Ctrl-C), telling `on_status` what happens, one line each. Returns the exit code."""
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    client = EngineClient(events.put)
    client.start()
    try:
        client.set_audio(audio_device)
        client.load(checkpoint, patch)
        client.play()
        return _follow(client, events, on_status)
    except KeyboardInterrupt:
        return 0
    finally:
        client.close()


def _follow(client: EngineClient, events: "queue.SimpleQueue[Event]", on_status: Callable[[str], None]) -> int:
    while True:
        try:
            event = events.get(timeout=_STATUS_PERIOD_S)
        except queue.Empty:
            on_status(_summary(client.metrics()))
            continue
        match event:
            case Tuning(stage, fraction):
                on_status(f"{stage} ({fraction:.0%})")
            case Loaded(checkpoint=path, seed=seed):
                on_status(f"{path}, seed {seed}")
            case AudioOpened(device, host_api, rate_hz, _, latency_ms):
                on_status(f"{device}, {host_api}, {rate_hz:g} Hz, {latency_ms:.0f} ms. Ctrl-C ends.")
            case Failed(_, message) | NoDevice(message) | DeviceLost(message) | EngineDied(_, message):
                on_status(message)
                return 1
            case _:
                continue


def _summary(metrics: Metrics) -> str:
    return (
        f"{metrics.real_time_factor:.1f}x real time, {metrics.depth_ms:.0f} ms ahead, {metrics.peak_db:.0f} dB, "
        f"{metrics.underruns} underruns, {metrics.device_xruns} device xruns"
    )
