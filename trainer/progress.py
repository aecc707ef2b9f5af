"""What a run reports: a progress bar for people, a JSON line per step for programs, a board where one is asked for."""

import json
from pathlib import Path
from typing import Any

from tqdm import tqdm

from livernn.replacing import replace_text
from trainer.board import Board


class Progress:
    """Writes RUN/log.jsonl and the bar. A resumed run drops the lines after the step that it resumes from."""

    def __init__(self, log_path: Path, *, first_step: int, total_steps: int | None, board: Board | None = None) -> None:
        kept = []
        if log_path.exists():
            for line in log_path.read_text(encoding="utf-8").splitlines():
                try:
                    entry = json.loads(line)
                except json.JSONDecodeError:
                    break  # the line that a killed run was writing
                if entry["step"] > first_step:
                    break
                kept.append(line)
        replace_text(log_path, "".join(f"{line}\n" for line in kept))
        self._log = log_path.open("a", encoding="utf-8", buffering=1)
        self._board = board
        tqdm.monitor_interval = 0  # no thread of its own: it would outlive the bar
        # None: not where nobody looks, as in the file that a window has the output written to.
        self._bar = tqdm(total=total_steps, initial=first_step, unit="step", dynamic_ncols=True, disable=None)

    def step(self, entry: dict[str, Any]) -> None:
        """One training step: `entry` is logged, its loss shown."""
        self._note(entry)
        self._bar.set_postfix(
            {
                "bits": f"{entry['bits']:.3f}",
                "samples/s": f"{entry['samples_per_s']:,.0f}",
                "left": tqdm.format_interval(max(entry["left_s"], 0.0)),
            },
            refresh=False,
        )
        self._bar.update()

    def validation(self, entry: dict[str, Any], heard: Path) -> None:
        """A validation, and a WAV of what it sounds like: logged and printed above the bar."""
        self._note(entry)
        if self._board is not None:
            self._board.sound(heard, entry["step"])
        self._bar.write(f"step {entry['step']}: valid {entry['valid_bits']:.4f} bits/sample")

    def close(self) -> None:
        """Release the files and leave the bar as it stands."""
        self._bar.close()
        self._log.close()
        if self._board is not None:
            self._board.close()

    def _note(self, entry: dict[str, Any]) -> None:
        self._log.write(json.dumps(entry) + "\n")
        if self._board is not None:
            self._board.figures(entry)
