"""What a run reports: a progress bar for people, its log for programs."""

from pathlib import Path

from tqdm import tqdm

from trainer.log import Entry, RunLog
from trainer.trend import verdict


class Progress:
    """Writes RUN/log.jsonl, whose lines `log.py` describes, and the bar."""

    def __init__(self, log_path: Path, *, first_step: int, total_steps: int | None) -> None:
        self.log = RunLog(log_path, first_step)
        tqdm.monitor_interval = 0  # no thread of its own: it would outlive the bar
        self._bar = tqdm(total=total_steps, initial=first_step, unit="step", dynamic_ncols=True)

    def step(self, entry: Entry) -> None:
        """One training step: `entry` is logged, its loss shown."""
        self.log.write(entry)
        self._bar.set_postfix(
            {
                "bits": f"{entry['bits']:.3f}",
                "samples/s": f"{entry['samples_per_s']:,.0f}",
                "left": tqdm.format_interval(max(entry["left_s"], 0.0)),
            },
            refresh=False,
        )
        self._bar.update()

    def validation(self, entry: Entry) -> None:
        """A validation: logged, and printed above the bar with what it says of the run's end."""
        self.log.write(entry)
        self._bar.write(
            f"step {entry['step']}: valid {entry['valid_bits']:.4f} bits/sample{verdict(entry['gain_bits'])}"
        )

    def notice(self, step: int, text: str) -> None:
        """Something to act on: logged, and printed above the bar."""
        self.log.write({"step": step, "notice": text})
        self._bar.write(f"step {step}: {text}")

    def rewind(self, step: int) -> None:
        """Go on after `step`, as if what came after it had not been."""
        self.log.rewind(step)
        self._bar.n = step
        self._bar.refresh()

    def close(self) -> None:
        """Release the log and leave the bar as it stands."""
        self._bar.close()
        self.log.close()
