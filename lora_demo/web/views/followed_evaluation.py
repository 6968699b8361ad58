"""The view of a visitor's evaluations in the Evaluate tab at one moment, without widgets."""

from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from lora_demo.language import N_, _
from lora_demo.service.evaluation_record import EvaluationRecord, most_relevant
from lora_demo.service.evaluations import Evaluations
from lora_demo.service.run_history import time_of
from lora_demo.service.visitor_folders import retry_if_deleted
from lora_demo.web.views.elements import blank_html, progress_bar

STATES = {
    "waiting": N_("Waiting"),
    "running": N_("Evaluating"),
    "stopping": N_("Stopping"),
    "done": N_("Done"),
    "partial": N_("Partial"),
    "stopped": N_("Stopped"),
    "failed": N_("Failed"),
    "interrupted": N_("Interrupted"),
}
EMPTY = (
    N_("No evaluation yet."),
    N_(
        "Choose adapters and a test set with reference translations. The verdict says whether an "
        "adapter is better than the base, and whether the difference is more than chance. You can "
        "close this page while an evaluation runs."
    ),
)


@dataclass(frozen=True)
class EvaluationsView:
    """The list of evaluations, the shown evaluation, and what can be done with it.

    Args:
        choices: Label and id of each evaluation.
        chosen: Id of the shown evaluation.
        state: Its state; "none" without an evaluation.
        html: Its report or its progress.
        report: Files of its report.
        mark: Differs between two views if something is new.
        is_active: True if an evaluation waits or runs, so that the page should refresh soon.
    """

    choices: list[tuple[str, str]] = field(default_factory=list)
    chosen: str | None = None
    state: str = "none"
    html: str = field(default_factory=lambda: blank_html(*EMPTY))
    report: list[Path] = field(default_factory=list)
    mark: str = "none"
    is_active: bool = False

    @property
    def can_stop(self) -> bool:
        """True if the shown evaluation waits or runs."""
        return self.state in ("waiting", "running")

    @property
    def can_delete(self) -> bool:
        """True if there is an evaluation that has ended."""
        return bool(self.chosen) and not self.can_stop and self.state != "stopping"


@retry_if_deleted
def view_evaluations(
    evaluations: Evaluations,
    visitor: str,
    chosen: str | None,
    seen: str = "",
    force: bool = False,
) -> EvaluationsView | None:
    """View the evaluations of a visitor.

    Args:
        evaluations: The evaluations of all visitors.
        visitor: The visitor's key.
        chosen: Id of the evaluation to show. If it is None or unknown, the active or the newest
            one is shown.
        seen: Mark of the view before.
        force: Return a view even if nothing is new.

    Returns:
        The view, or None if it has the mark `seen`.
    """
    records = evaluations.records(visitor)
    shown = next((record for record in records if record.id == chosen), None)
    shown = shown or most_relevant(records)
    if shown is None:
        return None if seen == "none" and not force else EvaluationsView()
    message = evaluations.message(shown)
    states = [(record.id, record.state) for record in records]
    mark = f"{shown.id} {shown.state} {message} {states}"
    if mark == seen and not force:
        return None
    return EvaluationsView(
        choices=[(_label(record), record.id) for record in records],
        chosen=shown.id,
        state=shown.state,
        html=shown.html if shown.has_report else _progress_html(shown, message),
        report=shown.report,
        mark=mark,
        is_active=any(record.is_active for record in records),
    )


def _label(record: EvaluationRecord) -> str:
    parts = (record.title, time_of(record.id), _(STATES[record.state]).lower())
    return " · ".join(part for part in parts if part)


def _progress_html(record: EvaluationRecord, message: str) -> str:
    percent = 100 * record.share
    bar = progress_bar(_("Evaluation"), percent, is_indefinite=not percent)
    return (
        f'<div class="evaluation" data-state="{record.state}"><header>'
        f'<span class="state {record.state}">{_(STATES[record.state])}</span>'
        f"<b>{escape(record.title)}</b>"
        f'<span class="what">{escape(message)}</span></header>'
        f"{bar if record.is_active else ''}</div>"
    )
