"""Names that devices keep from one start of the computer to the next."""

import re
from collections import Counter
from collections.abc import Iterable


def stable_names(full_names: Iterable[str], changing: re.Pattern[str]) -> list[str]:
    """In the same order, without the part that changes; of equal ones all but the first are counted."""
    seen: Counter[str] = Counter()
    names = []
    for full_name in full_names:
        name = changing.sub("", full_name)
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name} #{seen[name]}")
    return names
