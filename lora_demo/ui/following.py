"""What the Train tab shows of a visitor's runs at a moment, as one value without widgets."""

from dataclasses import dataclass

from lora_demo.training.runs import Run
from lora_demo.ui.line import BUSY
from lora_demo.ui.run_view import EMPTY, STATES, run_html, waiting_html
from lora_demo.ui.studio import Studio

RESUMABLE = ("stopped", "killed", "failed")


@dataclass(frozen=True)
class View:
    """The list of runs, the one that is shown, and what can be done with it.

    `mark` changes when there is something new to show; `made` is the id of an adapter that has just been finished.
    """

    choices: list[tuple[str, str]]
    chosen: str | None
    state: str
    html: str
    mark: str
    made: str = ""

    @property
    def is_active(self) -> bool:
        """Whether it is worth looking again soon."""
        return self.state in BUSY or self.state == "waiting"


def look(studio: Studio, visitor: str, chosen: str | None, seen: str = "") -> View | None:
    """The view of now; None if nothing is new since the view whose mark was `seen`.

    Args:
        chosen: id of the run to show; None or an unknown one: the one that goes on, else the newest.
    """
    runs, waiting = studio.runs(visitor), studio.waiting(visitor)
    run = next((run for run in runs if run.id == chosen), None)
    if run is None and not waiting:
        run = next((run for run in runs[:3] if run.state in BUSY), runs[0] if runs else None)
    state = run.state if run else "waiting" if waiting else "none"
    mark = f"{run.id} {state} {len(run.events())}" if run else f"- {state} {waiting}"
    if mark == seen:
        return None
    html = run_html(run) if run else waiting_html(waiting) if waiting else EMPTY
    return View([(_label(r), r.id) for r in runs], run.id if run else None, state, html, mark, _made(run, state, seen))


def _made(run: Run | None, state: str, seen: str) -> str:
    """The adapter of a run that was busy when last seen and is no longer."""
    was = seen.rsplit(" ", 2) if seen else ["", "", ""]
    finished = run is not None and was[0] == run.id and was[1] in BUSY and state not in BUSY
    return f"run-{run.id}" if finished and run.adapter else ""


def _label(run: Run) -> str:
    """20251121-203015-mini-r8 -> 20:30 · mini-r8 · done"""
    day, clock, name = (run.id.split("-", 2) + ["", ""])[:3]
    when = f"{day[6:8]}.{day[4:6]}. {clock[:2]}:{clock[2:4]}" if len(clock) == 6 else ""
    return " · ".join(part for part in (name, when, STATES[run.state].lower()) if part)
