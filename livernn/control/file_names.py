"""What performers may call the things that are kept as files."""

from livernn.errors import BadInputError

_FORBIDDEN = set('<>:"/\\|?*')


def file_name(name: str) -> str:
    """`name` without the blanks around it.

    Raises:
        BadInputError: it is empty, or not one for a file on every system.
    """
    name = name.strip()
    if not name or name.startswith(".") or _FORBIDDEN & set(name) or not name.isprintable():
        raise BadInputError(f"name {name!r}", "no file can be called that on every system", "Use another.")
    return name
