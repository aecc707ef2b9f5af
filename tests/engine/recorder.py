"""Program: record DEVICE to FILE.npy, mono, until standard input ends; says its rate, then how many blocks it lost."""

import sys

import numpy as np
import sounddevice


def main(device: str, path: str) -> None:
    blocks: list[np.ndarray] = []
    flaws = 0

    def keep(data: np.ndarray, frames: int, time: object, status: sounddevice.CallbackFlags) -> None:
        nonlocal flaws
        flaws += bool(status)
        blocks.append(data[:, 0].copy())

    with sounddevice.InputStream(device=device, channels=2, dtype="float32", callback=keep) as stream:
        sys.stdout.write(f"{stream.samplerate}\n")
        sys.stdout.flush()
        sys.stdin.buffer.read()
    np.save(path, np.concatenate(blocks))
    sys.stdout.write(f"{flaws}\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
