import re
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from livernn.engine.stable_names import stable_names

NUMBER = re.compile(r" \d+$")


def test_what_changes_is_left_out_and_equal_names_are_counted() -> None:
    assert stable_names(["Keys 24:0", "Knobs 3", "Knobs 4", "Keys"], NUMBER) == [
        "Keys 24:0",
        "Knobs",
        "Knobs #2",
        "Keys",
    ]


@given(st.lists(st.tuples(st.sampled_from(["Keys", "Knobs"]), st.integers(0, 99)), max_size=8), st.randoms())
def test_other_numbers_give_the_same_names(devices: list[tuple[str, int]], random: Random) -> None:
    renumbered = [(name, random.randrange(100)) for name, _ in devices]
    names = [stable_names((f"{name} {number}" for name, number in one), NUMBER) for one in (devices, renumbered)]
    assert names[0] == names[1]
    assert len(set(names[0])) == len(devices)
