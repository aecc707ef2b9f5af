"""What performers may call the things that are kept as files."""

import re
from collections.abc import Iterator
from itertools import chain, count

from livernn.errors import BadInputError

FORBIDDEN = frozenset('<>:"/\\|?*')
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")


def is_reserved(name: str) -> bool:
    """Whether Windows keeps it for a device."""
    return _RESERVED.fullmatch(name) is not None


def numbered(name: str) -> Iterator[str]:
    """`name`, then the same with a number: what to try where a name is taken."""
    return chain([name], (f"{name} ({number})" for number in count(2)))


def file_name(name: str) -> str:
    """`name` without the blanks around it.

    Raises:
        BadInputError: it is empty, or not one for a file on every system.
    """
    name = name.strip()
    if not name or name.startswith(".") or FORBIDDEN & set(name) or is_reserved(name) or not name.isprintable():
        raise BadInputError(f"name {name!r}", "no file can be called that on every system", "Use another.")
    return name
