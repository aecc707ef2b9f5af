"""What the page of trainings says."""

import html

from livernn.training.findings import Findings
from livernn.training.run_log import RunLog

WELCOME = (
    "<p>Teach a network your own sound: press <b>New…</b> and choose a folder of recordings, or drop one here.</p>"
    "<p>Twenty minutes or more of one instrument are a good start. The longer it trains, the better it gets: an hour "
    "tells whether it is worth a night.</p>"
)

STARTING = "<p>Getting ready: the first figures come in some seconds, the first sound in some minutes.</p>"

_LEFT_OUT_NAMED = 3
_SHORT_MINUTES = 9.95
_DONE_BITS = 0.005
"""A gain as small as this is not heard."""


def looking(done: int, total: int) -> str:
    """While recordings are looked through."""
    where = f": {done} of {total} files" if total else ""
    return f"<p>Looking through the recordings{where}…</p>"


def found(findings: Findings | None) -> str:
    """What there is, and what is wrong with it."""
    if findings is None:
        return "<p>The recordings have not been looked through yet.</p>"
    files = "1 recording" if findings.recordings == 1 else f"{findings.recordings} recordings"
    wrong = "".join(f"<li>{html.escape(sentence)}</li>" for sentence in findings.advice)
    verdict = f"<ul>{wrong}</ul>" if wrong else "<p>Nothing is wrong with them.</p>"
    return f"<p><b>{length(findings.minutes)}</b> of sound in {files}.</p>{verdict}{_left_out(findings)}"


def so_far(log: RunLog) -> str:
    """What the trainer has to say of the run; empty where that is nothing."""
    told = f"<p><b>{html.escape(log.notice)}</b></p>" if log.notice else ""
    if log.gain_bits is None:
        return told
    if log.gain_bits < _DONE_BITS:
        return f"{told}<p>It is done: training as long again would not be heard.</p>"
    return f"{told}<p>As long again would gain about {log.gain_bits:.3f} bits.</p>"


def length(minutes: float) -> str:
    """`40 s`, `1.5 min`, `21 min`, `2 h 5 min`."""
    if minutes < 1.0:
        return f"{60.0 * minutes:.0f} s"
    if minutes < _SHORT_MINUTES:
        return f"{round(minutes, 1):g} min"
    whole = round(minutes)
    if whole < 60:
        return f"{whole} min"
    return f"{whole // 60} h {whole % 60} min" if whole % 60 else f"{whole // 60} h"


def _left_out(findings: Findings) -> str:
    if not findings.left_out:
        return ""
    named = [html.escape(f"{name} ({why})") for name, why in findings.left_out[:_LEFT_OUT_NAMED]]
    others = len(findings.left_out) - len(named)
    return f"<p>Left out: {', '.join(named)}{f' and {others} more' if others else ''}.</p>"
