import pytest

from livernn.engine.messages import Device
from livernn.engine.refusal import refusal

DEVICE = Device("Stage interface", "ALSA", 2, 48000.0, True)


@pytest.mark.parametrize(
    ("code", "why", "remedy"),
    [
        (-9997, "does not run at 12345 Hz", "sample rate"),
        (-9985, "another program uses it", "Close that program"),
        (-9996, "no longer there", "Connect it"),
        (-9999, "driver refused", "another output"),
        (-1, "refused it at 12345 Hz", "another output"),
    ],
)
def test_a_refusal_says_what_why_and_what_to_do(code: int, why: str, remedy: str) -> None:
    raw = "Error opening OutputStream: Unanticipated host error"
    error = refusal(DEVICE, 12345.0, RuntimeError(raw, code, (0, -1, "failed to\nconnect")), "output")
    text = str(error)
    assert text.startswith("audio output Stage interface, ALSA: ")
    assert why in error.why
    assert remedy in error.remedy
    assert "\n" not in text
    for machine_word in ("PaErrorCode", "-99", "OutputStream", "host error"):
        assert machine_word not in text


def test_a_setting_that_python_refuses_is_told_the_same_way() -> None:
    assert "refused it at 48000 Hz" in str(refusal(DEVICE, 48000.0, ValueError("no"), "output"))


def test_a_refused_input_is_not_called_an_output() -> None:
    error = refusal(DEVICE, 48000.0, RuntimeError("no", -9985), "input")
    assert str(error).startswith("audio input Stage interface, ALSA: another program uses it")
    assert error.remedy.endswith("choose another input.")
