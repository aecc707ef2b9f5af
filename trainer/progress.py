"""What a run reports: a progress bar for people, a JSON line per step for programs."""

import json
from pathlib import Path
from typing import Any

from tqdm import tqdm

from livernn.replacing import replace_text


class Progress:
    """Writes RUN/log.jsonl and the bar. A resumed run drops the lines after the step that it resumes from."""

    def __init__(self, log_path: Path, *, first_step: int, total_steps: int | None) -> None:
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
        tqdm.monitor_interval = 0  # no thread of its own: it would outlive the bar
        self._bar = tqdm(total=total_steps, initial=first_step, unit="step", dynamic_ncols=True)

    def step(self, entry: dict[str, Any], *, samples_per_s: float, left_s: float | None) -> None:
        """One training step: `entry` is logged, its loss shown."""
        self._log.write(json.dumps(entry) + "\n")
        shown = {"bits": f"{entry['bits']:.3f}", "samples/s": f"{samples_per_s:,.0f}"}
        if left_s is not None:
            shown["left"] = tqdm.format_interval(max(left_s, 0.0))
        self._bar.set_postfix(shown, refresh=False)
        self._bar.update()

    def validation(self, entry: dict[str, Any]) -> None:
        """A validation: logged and printed above the bar."""
        self._log.write(json.dumps(entry) + "\n")
        self._bar.write(f"step {entry['step']}: valid {entry['valid_bits']:.4f} bits/sample")

    def close(self) -> None:
        """Release the log file and leave the bar as it stands."""
        self._bar.close()
        self._log.close()
