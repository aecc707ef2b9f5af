import subprocess
import sys
from pathlib import Path

from livernn.claim import claimed, is_claimed
from livernn.engine.child import child_environment

HOLDER = """
import sys
from pathlib import Path
from livernn.claim import claimed
with claimed(Path(sys.argv[1])) as held:
    print(held, flush=True)
    input()
"""


def test_one_holds_it_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "claim"
    assert not is_claimed(path)
    assert not path.exists()
    with claimed(path) as first:
        assert first
        assert is_claimed(path)
        with claimed(path, patience_s=0.0) as second:
            assert not second
    assert not is_claimed(path)


def test_a_killed_process_holds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "claim"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, path],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=child_environment(),
    )  # fmt: skip
    assert holder.stdout is not None
    assert holder.stdout.readline() == "True\n"
    assert is_claimed(path)
    holder.kill()
    holder.communicate()
    assert not is_claimed(path)
    with claimed(path, patience_s=0.0) as held:
        assert held
