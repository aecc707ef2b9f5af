import pytest

from livernn.training.findings import Findings
from livernn.ui.training_text import found, length


@pytest.mark.parametrize(
    ("minutes", "text"),
    [(0.0, "0 s"), (0.5, "30 s"), (1.0, "1 min"), (1.44, "1.4 min"), (9.96, "10 min"), (59.4, "59 min"), (60.0, "1 h"),
     (125.0, "2 h 5 min"), (1440.0, "24 h")],
)  # fmt: skip
def test_lengths_are_as_people_say_them(minutes: float, text: str) -> None:
    assert length(minutes) == text


def test_findings_are_no_markup() -> None:
    text = found(Findings(21.0, 1, (("<b>.wav", "a & b"),) * 5, ("<i> hums",)))
    assert "1 recording." in text
    assert "<b>.wav" not in text
    assert "&lt;i&gt; hums" in text
    assert "and 2 more" in text
    assert "Nothing is wrong" in found(Findings(21.0, 2, (), ()))
    assert "not been looked through" in found(None)
