"""Under which name JACK's patch bays show a process that plays or listens; PipeWire's show the same."""

import ctypes
import ctypes.util
import sys

OUTPUT = b"liveRNN output"
INPUT = b"liveRNN input"
AUDITION = b"liveRNN audition"


def set_client_name(name: bytes) -> None:
    """Has to come before PortAudio is initialised; without JACK it changes nothing.

    `name` has to live as long as the process: PortAudio keeps its address (pa_jack.h).
    """
    library = ctypes.util.find_library("portaudio") if sys.platform == "linux" else None
    if library is None:
        return
    portaudio = ctypes.CDLL(library)
    if hasattr(portaudio, "PaJack_SetClientName"):
        portaudio.PaJack_SetClientName(ctypes.c_char_p(name))
