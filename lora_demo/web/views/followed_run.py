"""The view of a visitor's runs in the Train tab at one moment, as a value without widgets."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from lora_demo.language import _
from lora_demo.service.run_history import time_of
from lora_demo.service.sweeps import read_outcome
from lora_demo.service.trainings import Trainings, most_relevant
from lora_demo.service.visitor_folders import retry_if_deleted
from lora_demo.training.run import BUSY, Run
from lora_demo.web.views.elements import blank_html
from lora_demo.web.views.run_comparison import comparison_html
from lora_demo.web.views.run_steps import seconds_to_show
from lora_demo.web.views.run_view import EMPTY, STATES, run_html
from lora_demo.web.views.sweep_outcome import outcome_html

RESUMABLE = ("stopped", "killed", "failed")
ACTIVE = (*BUSY, "waiting")


@dataclass(frozen=True)
class RunsMark:
    """The values that differ between two views if something is new.

    Args:
        shown: Id of the run that is shown.
        states: States of all runs, by id.
        progress: Length of the events of the shown runs, the waiting message, and the seconds of
            a run that starts.
    """

    shown: str = ""
    states: dict[str, str] = field(default_factory=dict)
    progress: str = ""


@dataclass(frozen=True)
class RunsView:
    """The list of runs, the shown run, and what can be done with it.

    Args:
        choices: Label and id of each run.
        chosen: Id of the shown run.
        state: Its state; "none" without a run.
        html: Its page.
        mark: Compare it with the next view's.
        finished_adapter: Id of an adapter that was finished since the last view, of any run.
        is_active: True if a run waits or trains, so that the page should refresh soon.
        can_resume: True if the shown run can be resumed.
        adapter: Id of the adapter of the shown run once it has ended; empty without one.
    """

    choices: list[tuple[str, str]]
    chosen: str | None
    state: str
    html: str
    mark: RunsMark
    finished_adapter: str = ""
    is_active: bool = False
    can_resume: bool = False
    adapter: str = ""

    @property
    def can_stop(self) -> bool:
        """True if the shown run waits or trains."""
        return self.state in ("starting", "running", "waiting")

    @property
    def can_delete(self) -> bool:
        """True if there is a run that has ended."""
        return bool(self.chosen) and self.state not in ACTIVE


def no_runs() -> RunsView:
    """Return the view of a visitor without runs."""
    return RunsView([], None, "none", blank_html(*EMPTY), RunsMark())


@retry_if_deleted
def view_runs(
    trainings: Trainings,
    visitor: str,
    chosen: str | None,
    seen: RunsMark | None = None,
    force: bool = False,
) -> RunsView | None:
    """View the runs of a visitor.

    Args:
        trainings: The runs of all visitors.
        visitor: The visitor's key.
        chosen: Id of the run to show. If it is None or unknown, the active or the newest run is
            shown. When a run of a sweep ends, the next run of the sweep is shown.
        seen: Mark of the view before.
        force: Return a view even if nothing is new.

    Returns:
        The view, or None if it has the mark `seen`.
    """
    runs = trainings.runs(visitor)
    states = {run.id: run.state for run in runs}
    ended = _ended_since(seen, runs, states)
    run = _shown_run(runs, chosen, ended, states)
    if run is None:
        return None if seen == RunsMark() and not force else no_runs()
    state = states[run.id]
    waiting = trainings.waiting_message(run) if state == "waiting" else ""
    sweep = [other for other in runs if other.id in run.sweep]
    lengths = [each.length for each in sweep or [run]]
    elapsed = seconds_to_show(run, state)
    mark = RunsMark(run.id, states, f"{lengths} {waiting}{elapsed}")
    if mark == seen and not force:
        return None
    return RunsView(
        choices=[
            (_label(each, states[each.id], trainings.other_base(each)), each.id) for each in runs
        ],
        chosen=run.id,
        state=state,
        html=_sweep_html(sweep, states)
        + run_html(run, waiting, trainings.is_local, trainings.other_base(run)),
        mark=mark,
        finished_adapter=_finished_adapter(seen, ended, states),
        is_active=any(each in ACTIVE for each in states.values()),
        can_resume=state in RESUMABLE and _has_place(run),
        adapter=f"run-{run.id}" if run.adapter and state not in ACTIVE else "",
    )


def _ended_since(seen: RunsMark | None, runs: Sequence[Run], states: dict[str, str]) -> list[Run]:
    """Return the runs that were active in the view before and are not active any more."""
    if not seen:
        return []
    before = [run for run in runs if seen.states.get(run.id) in ACTIVE]
    return [run for run in before if states[run.id] not in ACTIVE]


def _shown_run(
    runs: Sequence[Run], chosen: str | None, ended: Sequence[Run], states: dict[str, str]
) -> Run | None:
    run = next((run for run in runs if run.id == chosen), None)
    if run is None:
        return most_relevant(runs)
    return _next_of_sweep(run, runs, states) if run in ended else run


def _next_of_sweep(run: Run, runs: Sequence[Run], states: dict[str, str]) -> Run:
    """Return the active run of the same sweep with the lowest rank, else the run itself."""
    sweep = [other for other in runs if other.id in run.sweep]
    active = [other for other in sweep if states[other.id] in ACTIVE]
    return min(active, key=lambda other: (other.config.rank, other.id), default=run)


def _sweep_html(sweep: Sequence[Run], states: dict[str, str]) -> str:
    if not sweep:
        return ""
    is_active = any(states[run.id] in ACTIVE for run in sweep)
    by_rank = sorted(sweep, key=lambda run: (run.config.rank, sweep[0].sweep.index(run.id)))
    outcome = read_outcome(by_rank)
    shown = comparison_html(by_rank, _("The sweep so far") if is_active else _("The sweep"))
    return (outcome_html(outcome) if outcome else "") + shown


def _finished_adapter(seen: RunsMark | None, ended: Sequence[Run], states: dict[str, str]) -> str:
    """Return the id of an adapter that a run finished since the view before; empty if none did.

    A run that left the queue has no new adapter, unless it trained and finished in between.
    """
    for run in ended:
        was_waiting = seen is not None and seen.states[run.id] == "waiting"
        if run.adapter and (not was_waiting or states[run.id] == "done"):
            return f"run-{run.id}"
    return ""


def _has_place(run: Run) -> bool:
    """Return False for a run on Jobs whose Job is gone."""
    return not run.job or "id" in run.job


def _label(run: Run, state: str, base: str) -> str:
    parts = (run.config.adapter_name, base, time_of(run.id), _(STATES[state]).lower())
    return " · ".join(part for part in parts if part)
