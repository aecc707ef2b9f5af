"""The state of a voice as JSON."""

import base64
import binascii
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livernn.synth.generator import Snapshot
from livernn.synth.voice import VoiceSnapshot

_TYPES = ("<f4", "<f8", "<i4", "<i8", "|u1", "<u8")


def encode_state(snapshot: VoiceSnapshot) -> dict[str, Any]:
    """What `decode_state` reads; arrays as base64 of their bytes."""
    generator = snapshot.generator
    return {
        "position": int(generator.position),
        "seed": int(generator.seed),
        "network": encode_array(generator.state),
        "history": encode_array(generator.history),
        "chain": [encode_array(array) for array in snapshot.chain],
    }


def decode_state(content: Any) -> VoiceSnapshot:
    """The snapshot. Whether it fits a voice shows when it is restored.

    Raises:
        ValueError: this is no state.
    """
    try:
        generator = Snapshot(
            state=decode_array(content["network"]),
            history=decode_array(content["history"]),
            position=_whole(content["position"]),
            seed=_whole(content["seed"]),
        )
        return VoiceSnapshot(generator, tuple(decode_array(array) for array in content["chain"]))
    except (KeyError, TypeError, binascii.Error) as error:
        raise ValueError(f"it holds no state of a voice ({error})") from error


def _whole(value: Any) -> int:
    if type(value) is not int or not 0 <= value < 1 << 63:
        raise ValueError(f"{value!r} is no count")
    return value


def encode_array(array: NDArray[Any]) -> dict[str, Any]:
    """Type, shape, and base64 of the bytes in little-endian order."""
    little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    data = base64.b64encode(little.tobytes()).decode("ascii")
    return {"type": little.dtype.str, "shape": list(array.shape), "data": data}


def decode_array(content: Any) -> NDArray[Any]:
    """What `encode_array` wrote; KeyError, TypeError or ValueError for what it did not."""
    if content["type"] not in _TYPES:
        raise ValueError(f"{content['type']!r} is no type of a state's array")
    data = base64.b64decode(content["data"], validate=True)
    return np.frombuffer(data, content["type"]).reshape([int(size) for size in content["shape"]])
