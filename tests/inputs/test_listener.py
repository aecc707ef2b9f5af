import pytest

from livernn.inputs.midi_listener import choose


@pytest.mark.parametrize(
    ("wanted", "chosen"),
    [
        (None, ["Keys", "Keys #2", "nanoKONTROL2"]),
        ([], []),
        (["Keys"], ["Keys"]),
        (["keys"], ["Keys", "Keys #2"]),
        (["nano", "Keys #2"], ["Keys #2", "nanoKONTROL2"]),
        (["Pads"], []),
    ],
)
def test_a_port_is_wanted_by_its_name_or_by_a_part_of_it(wanted: list[str] | None, chosen: list[str]) -> None:
    assert choose(["Keys", "Keys #2", "nanoKONTROL2"], wanted) == chosen
