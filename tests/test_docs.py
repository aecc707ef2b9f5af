"""What the pages say of names is so."""

import json
import re
from pathlib import Path

from livernn.control.actions import Action
from livernn.control.midimap import ControlKind
from livernn.control.midimap_json import from_json
from livernn.control.params import PARAMS
from livernn.control.response import Curve, Encoding, Takeover
from trainer.config import NAMED

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGE = (DOCS / "midi-and-osc.md").read_text("utf-8")


def test_the_map_in_the_page_can_be_read() -> None:
    (example,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert len(from_json(json.loads(example)).bindings) == 3


def test_the_page_names_every_value_and_every_action() -> None:
    for kind in (ControlKind, Encoding, Curve, Takeover):
        assert [member.value for member in kind if f"`{member.value}`" not in PAGE] == []
    assert [action.value for action in Action if f"`/livernn/{action.value}`" not in PAGE] == []


def test_the_page_names_no_address_that_there_is_not() -> None:
    known = {*PARAMS, *(action.value for action in Action), "preset"}
    assert set(re.findall(r"`/livernn/(\w+)`", PAGE)) <= known


def test_the_page_on_training_names_every_configuration() -> None:
    text = (DOCS / "training.md").read_text("utf-8")
    assert [name for name in NAMED if f"`{name}`" not in text] == []
