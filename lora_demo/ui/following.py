"""What the Train tab shows of a visitor's runs at a moment, as one value without widgets."""

from collections.abc import Sequence
from dataclasses import dataclass

from lora_demo.training.runs import BUSY, Run
from lora_demo.ui.history import comparison_html, when
from lora_demo.ui.run_view import EMPTY, STATES, run_html
from lora_demo.ui.studio import Studio, foremost

RESUMABLE = ("stopped", "killed", "failed")
ACTIVE = (*BUSY, "waiting")


@dataclass(frozen=True)
class View:
    """The list of runs, the one that is shown, and what can be done with it.

    `mark` changes when there is something new to show; `made` is the id of an adapter that has just been finished;
    `is_active` says whether it is worth looking again soon; a run on Jobs can be resumed as long as there is its Job.
    """

    choices: list[tuple[str, str]]
    chosen: str | None
    state: str
    html: str
    mark: str
    made: str = ""
    is_active: bool = False
    can_resume: bool = False


def look(studio: Studio, visitor: str, chosen: str | None, seen: str = "") -> View | None:
    """The view of now; None if nothing is new since the view whose mark was `seen`.

    Args:
        chosen: id of the run to show; None or an unknown one: the one that goes on, else the newest. When a run of a
            sweep has ended, the next one of it is shown.
    """
    runs = studio.runs(visitor)
    states = {run.id: run.state for run in runs}
    shown = next((run for run in runs if run.id == chosen), None)
    made = _made(shown, states, seen)
    run = _next_of_sweep(shown, runs, states) if made else shown
    run = run or foremost(runs)
    if run is None:
        return None if seen == "none" else View([], None, "none", EMPTY, "none")
    state = states[run.id]
    waiting = studio.waits(run) if state == "waiting" else ""
    together = [other for other in runs if other.id in run.sweep]
    mark = f"{run.id} {state} " + ",".join(f"{states[r.id]}{r.length}" for r in together or [run]) + f" {waiting} {sorted(states.items())}"
    if mark == seen:
        return None
    active = any(s in ACTIVE for s in states.values())
    going = any(states[other.id] in ACTIVE for other in together)
    sweep = comparison_html(sorted(together, key=lambda r: r.config.rank), "The sweep so far" if going else "The sweep") if together else ""
    resumable = state in RESUMABLE and "id" in (run.job or {"id": ""})
    return View([(_label(r, states[r.id]), r.id) for r in runs], run.id, state, sweep + run_html(run, waiting, studio.is_at_home), mark, made, active, resumable)


def _made(run: Run | None, states: dict[str, str], seen: str) -> str:
    """The adapter of a run that was busy when last seen and is no longer."""
    was = (seen.split(" ", 2) + ["", ""])[:2]
    ended = run is not None and was[0] == run.id and was[1] in BUSY and states[run.id] not in BUSY
    return f"run-{run.id}" if ended and run.adapter else ""


def _next_of_sweep(run: Run, runs: Sequence[Run], states: dict[str, str]) -> Run:
    going = [other for other in runs if other.id in run.sweep and states[other.id] in ACTIVE]
    return min(going, key=lambda other: other.config.rank, default=run)


def _label(run: Run, state: str) -> str:
    return " · ".join(part for part in (run.config.adapter_name, when(run), STATES[state].lower()) if part)
