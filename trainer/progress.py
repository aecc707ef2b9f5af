"""What a run reports: a progress bar for people, its log for programs, a board where one is asked for."""

from pathlib import Path

from tqdm import tqdm

from trainer.board import Board
from trainer.log import Entry, RunLog
from trainer.trend import verdict


class Progress:
    """Writes RUN/log.jsonl, whose lines `log.py` describes, and the bar; nothing unless `shown`."""

    def __init__(
        self,
        log_path: Path,
        *,
        first_step: int,
        total_steps: int | None,
        board: Board | None = None,
        shown: bool = True,
    ) -> None:
        self.log = RunLog(log_path, first_step, writes=shown)
        self._shown = shown
        self._board = board
        tqdm.monitor_interval = 0  # no thread of its own: it would outlive the bar
        # None: not where nobody looks, as in the file that a window has the output written to.
        hidden = None if shown else True
        self._bar = tqdm(total=total_steps, initial=first_step, unit="step", dynamic_ncols=True, disable=hidden)

    def step(self, entry: Entry) -> None:
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

    def validation(self, entry: Entry, heard: Path) -> None:
        """A validation, and a WAV of what it sounds like: logged, and printed above the bar with its verdict."""
        self._note(entry)
        if self._board is not None:
            self._board.sound(heard, entry["step"])
        self._say(f"step {entry['step']}: valid {entry['valid_bits']:.4f} bits/sample{verdict(entry['gain_bits'])}")

    def notice(self, step: int, text: str) -> None:
        """Something to act on: logged, and printed above the bar."""
        self.log.write({"step": step, "notice": text})
        self._say(f"step {step}: {text}")

    def rewind(self, step: int) -> None:
        """Go on after `step`, as if what came after it had not been."""
        self.log.rewind(step)
        if self._board is not None:
            self._board.rewind(step)
        self._bar.n = step
        self._bar.refresh()

    def close(self) -> None:
        """Release the files and leave the bar as it stands."""
        self._bar.close()
        self.log.close()
        if self._board is not None:
            self._board.close()

    def _say(self, line: str) -> None:
        if self._shown:
            self._bar.write(line)

    def _note(self, entry: Entry) -> None:
        self.log.write(entry)
        if self._board is not None:
            self._board.figures(entry)
