"""The list of a visitor's evaluations and the one that is shown, as HTML that is new only where something has changed."""

from dataclasses import dataclass
from html import escape
from pathlib import Path

from lora_demo.service.evaluation_queue import ACTIVE, Kept
from lora_demo.service.evaluation_requests import foremost
from lora_demo.service.run_history import when
from lora_demo.service.studio import Studio
from lora_demo.service.visitor_folders import retry_if_deleted, visitor_folder

STATES = {
    "waiting": "In line",
    "running": "Evaluating",
    "stopping": "Stopping",
    "done": "Done",
    "partial": "Partial",
    "stopped": "Stopped",
    "failed": "Failed",
    "interrupted": "Interrupted",
}
EMPTY = '<div class="blank"><b>Nothing evaluated yet.</b><p>Choose adapters and a set with known translations. The verdict says whether an adapter is better than the base, and whether that is more than chance. It goes on when you close the page.</p></div>'


@dataclass(frozen=True)
class View:
    """The list of evaluations, the one that is shown, and what can be done with it.

    `mark` changes when there is something new to show; `is_active` says whether it is worth looking again soon.
    """

    choices: list[tuple[str, str]]
    chosen: str | None
    state: str
    html: str
    report: list[Path]
    mark: str
    is_active: bool = False


@retry_if_deleted
def look(
    studio: Studio, visitor: str, chosen: str | None, seen: str = "", anyway: bool = False
) -> View | None:
    """The view of now; None if nothing is new since the view whose mark was `seen`, but not if it is wanted anyway.

    Args:
        chosen: id of the evaluation to show; None or an unknown one: the one that goes on, else the newest.
    """
    found = studio.evaluation_queue.kept(visitor_folder(studio.root, visitor)) if visitor else []
    active = any(kept.state in ACTIVE for kept in found)
    shown = next((kept for kept in found if kept.id == chosen), None) or foremost(found)
    if shown is None:
        return None if seen == "none" and not anyway else View([], None, "none", EMPTY, [], "none")
    message = (
        "The model is still loading; this is next."
        if shown.state == "running" and studio.engine.state == "loading"
        else shown.message
    )
    mark = f"{shown.id} {shown.state} {message} {[(kept.id, kept.state) for kept in found]}"
    if mark == seen and not anyway:
        return None
    html = shown.html if shown.has_report else _progress_html(shown, message)
    return View(
        [(_label(kept), kept.id) for kept in found],
        shown.id,
        shown.state,
        html,
        shown.report,
        mark,
        active,
    )


def _label(kept: Kept) -> str:
    return " · ".join(part for part in (kept.title, when(kept), STATES[kept.state].lower()) if part)


def _progress_html(kept: Kept, message: str) -> str:
    busy, percent = kept.state in ACTIVE, 100 * kept.share
    bar = f'<div class="progress {"" if percent else "indefinite"}" role="progressbar" aria-label="Evaluation" aria-valuemin="0" aria-valuemax="100" aria-valuenow="{percent:.0f}"><i style="width:{percent:.1f}%"></i></div>'
    return f'<div class="evaluation" data-state="{kept.state}"><header><span class="state {kept.state}">{STATES[kept.state]}</span><b>{escape(kept.title)}</b><span class="what">{escape(message)}</span></header>{bar if busy else ""}</div>'
