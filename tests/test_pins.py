"""The lock files pin what pyproject.toml asks for, and nothing in them belongs to one machine."""

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
LOCKS = sorted(ROOT.glob("requirements*.lock"))


def pins(path: Path) -> dict[str, list[Requirement]]:
    """Requirements of a lock file by canonical name; one name may have a pin per Python version."""
    found: dict[str, list[Requirement]] = {}
    for line in path.read_text("utf-8").splitlines():
        if re.match(r"[A-Za-z0-9]", line):
            requirement = Requirement(line.rstrip(" \\"))
            found.setdefault(canonicalize_name(requirement.name), []).append(requirement)
    return found


def test_every_dependency_is_pinned_within_its_range() -> None:
    pinned = {name: found for path in LOCKS for name, found in pins(path).items()}
    wanted = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"]]
    for requirement in map(Requirement, wanted):
        for pin in pinned[canonicalize_name(requirement.name)]:
            (specifier,) = pin.specifier
            assert Version(specifier.version) in requirement.specifier, f"{pin} is outside {requirement}"


def test_every_pin_is_exact() -> None:
    for path in LOCKS:
        for pin in (pin for found in pins(path).values() for pin in found):
            assert [specifier.operator for specifier in pin.specifier] == ["=="], f"{path.name}: {pin}"


def test_all_but_torch_have_hashes() -> None:
    text = (ROOT / "requirements.lock").read_text("utf-8")
    blocks = re.split(r"\n(?=[a-z0-9])", text)[1:]
    assert len(blocks) == sum(map(len, pins(ROOT / "requirements.lock").values()))
    assert all("--hash=sha256:" in block for block in blocks)


def test_no_lock_names_a_host_or_a_folder() -> None:
    for path in LOCKS:
        assert not re.search(r"://|--(extra-)?index-url|--find-links|@ |\.whl", path.read_text("utf-8")), path.name
