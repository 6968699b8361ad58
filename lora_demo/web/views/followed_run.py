"""What the Train tab shows of a visitor's runs at a moment, as one value without widgets."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from lora_demo.service.run_history import when
from lora_demo.service.studio import Studio, foremost
from lora_demo.service.visitor_folders import retry_if_deleted
from lora_demo.training.runs import BUSY, Run
from lora_demo.web.views.run_comparison import comparison_html
from lora_demo.web.views.run_view import EMPTY, STATES, run_html

RESUMABLE = ("stopped", "killed", "failed")
ACTIVE = (*BUSY, "waiting")


@dataclass(frozen=True)
class Mark:
    """By what a view differs from the last: the run that is shown, the states of all, and how far it is."""

    shown: str = ""
    states: dict[str, str] = field(default_factory=dict)
    progress: str = ""


@dataclass(frozen=True)
class View:
    """The list of runs, the one that is shown, and what can be done with it.

    `made` is the id of an adapter that was finished since the last view, of whichever run; `is_active` says whether it
    is worth looking again soon; a run on Jobs can be resumed as long as there is its Job.
    """

    choices: list[tuple[str, str]]
    chosen: str | None
    state: str
    html: str
    mark: Mark
    made: str = ""
    is_active: bool = False
    can_resume: bool = False


@retry_if_deleted
def look(
    studio: Studio, visitor: str, chosen: str | None, seen: Mark | None = None, anyway: bool = False
) -> View | None:
    """The view of now; None if nothing is new since the view whose mark was `seen`, but not if it is wanted anyway.

    Args:
        chosen: id of the run to show; None or an unknown one: the one that goes on, else the newest. When a run of a
            sweep has ended, the next one of it is shown.
    """
    runs = studio.runs(visitor)
    states = {run.id: run.state for run in runs}
    ended = [
        run
        for run in runs
        if seen and seen.states.get(run.id) in ACTIVE and states[run.id] not in ACTIVE
    ]
    shown = next((run for run in runs if run.id == chosen), None)
    run = (_next_of_sweep(shown, runs, states) if shown in ended else shown) or foremost(runs)
    if run is None:
        return None if seen == Mark() and not anyway else View([], None, "none", EMPTY, Mark())
    state = states[run.id]
    waiting = studio.waits(run) if state == "waiting" else ""
    together = [other for other in runs if other.id in run.sweep]
    mark = Mark(run.id, states, f"{[r.length for r in together or [run]]} {waiting}")
    if mark == seen and not anyway:
        return None
    active = any(s in ACTIVE for s in states.values())
    going = any(states[other.id] in ACTIVE for other in together)
    sweep = (
        comparison_html(
            sorted(together, key=lambda r: r.config.rank),
            "The sweep so far" if going else "The sweep",
        )
        if together
        else ""
    )
    resumable = state in RESUMABLE and "id" in (run.job or {"id": ""})
    made = next(
        (
            f"run-{run.id}"
            for run in ended
            if run.adapter and (seen.states[run.id] != "waiting" or states[run.id] == "done")
        ),
        "",
    )
    return View(
        [(_label(r, states[r.id]), r.id) for r in runs],
        run.id,
        state,
        sweep + run_html(run, waiting, studio.is_at_home),
        mark,
        made,
        active,
        resumable,
    )


def _next_of_sweep(run: Run, runs: Sequence[Run], states: dict[str, str]) -> Run:
    going = [other for other in runs if other.id in run.sweep and states[other.id] in ACTIVE]
    return min(going, key=lambda other: other.config.rank, default=run)


def _label(run: Run, state: str) -> str:
    return " · ".join(
        part for part in (run.config.adapter_name, when(run), STATES[state].lower()) if part
    )
