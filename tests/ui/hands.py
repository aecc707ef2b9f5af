"""A performer's hands on a window of another process, by xdotool."""

import subprocess

import psutil
from PySide6.QtCore import QPoint

from tests.fixtures.patience import wait_for


def xdotool(*words: object) -> str:
    return subprocess.run(["xdotool", *map(str, words)], capture_output=True, text=True, check=True, timeout=30).stdout


class Hands:
    """Mouse and keyboard on the window of that title; places are within it."""

    def __init__(self, title: str, program: psutil.Popen) -> None:
        wait_for(lambda: self._find(title) or program.poll() is not None)
        assert program.poll() is None, f"the program ended with code {program.poll()}"
        self.window = self._find(title)[-1]
        self._process_id = program.pid
        xdotool("windowfocus", "--sync", self.window)

    @staticmethod
    def _find(title: str) -> list[str]:
        found = subprocess.run(
            ["xdotool", "search", "--onlyvisible", "--name", f"^{title}$"], capture_output=True, text=True
        )
        return found.stdout.split()

    @property
    def place(self) -> QPoint:
        """Of the window on the display."""
        lines = dict(line.split("=") for line in xdotool("getwindowgeometry", "--shell", self.window).splitlines())
        return QPoint(int(lines["X"]), int(lines["Y"]))

    def press(self, *keys: str) -> None:
        xdotool("key", "--delay", 60, *keys)

    def write(self, text: str) -> None:
        xdotool("type", "--delay", 30, text)

    def click(self, at: QPoint, button: int = 1, times: int = 1) -> None:
        at = self.place + at
        xdotool("mousemove", at.x(), at.y(), "click", "--repeat", times, "--delay", 60, button)

    def open_list(self, at: QPoint) -> None:
        """A click that shows one, which is a window of its own."""
        before = self._windows()
        self.click(at)
        wait_for(lambda: self._windows() - before)

    def _windows(self) -> set[str]:
        return set(xdotool("search", "--onlyvisible", "--pid", self._process_id).split())

    def drag(self, start: QPoint, up_px: int) -> None:
        start = self.place + start
        xdotool("mousemove", start.x(), start.y(), "mousedown", 1)
        for step in range(10, up_px + 1, 10):
            xdotool("mousemove", start.x(), start.y() - step)
        xdotool("mouseup", 1)

    def drag_finely(self, start: QPoint, up_px: int) -> None:
        xdotool("keydown", "shift")
        self.drag(start, up_px)
        xdotool("keyup", "shift")
