"""What a sound can be dead of. Known to who reads what the guard did, as well: so it stands where no compiler is."""

from enum import Enum


class Trouble(Enum):
    """What a dead second is; the value is what the performer reads."""

    SILENT = "silence"
    NOISY = "noise"
    LOOPING = "loop"
