"""What the Evaluate tab does and shows, as functions without widgets: start, stop and delete evaluations, look at them."""

import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path

from lora_demo.evaluation.evaluate import EvaluationConfig, Evaluator
from lora_demo.service.adapter_library import Entry, choose
from lora_demo.service.comparison import MOST_BEAMS, whole
from lora_demo.service.evaluation_queue import ACTIVE, Job, Kept
from lora_demo.service.run_history import when
from lora_demo.service.studio import Studio
from lora_demo.service.visitors import NOBODY, public_name, steady, visitor_folder

MOST_SENTENCES = 2000
MOST_TOKENS = 2_000_000
"""Of the sources, times systems, times beams: about what 2,000 sentences of news and six adapters have with four beams."""
MOST_WORK = 2_000_000_000
"""Of counting TER's edits: about 20 minutes of a core."""
MOST_OUTPUTS = 6
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
class Request:
    """What a visitor asks for; `data` and `also` as `resolve_source` gives them, `adapters` are ids, `outputs` files of translations."""

    adapters: tuple[str, ...]
    data: str
    sentences: int = 500
    beams: int = 1
    outputs: tuple[Path, ...] = ()
    words: bool = False
    randomisation: bool = False
    own_data: bool = False
    also: str = ""

    def config(self, studio: Studio, entries: Sequence[Entry]) -> EvaluationConfig:
        """The same for the evaluator, with these adapters.

        Raises:
            ValueError: naming what is out of range here.
        """
        if (
            not isinstance(self.sentences, (int, float))
            or not 1 <= self.sentences <= MOST_SENTENCES
        ):
            raise ValueError(
                f"sentences = {self.sentences!r} (wanted: 1 to {MOST_SENTENCES}; the command line takes any number)."
            )
        check_outputs(len(self.outputs))
        return EvaluationConfig(
            base=studio.base,
            revision=studio.revision,
            adapters=tuple(entry.folder for entry in entries),
            data=self.data,
            outputs=tuple((path.stem, path) for path in self.outputs),
            also=(self.also,) if self.also else (),
            own_data=bool(self.own_data),
            beams=whole("beams", self.beams, 1, MOST_BEAMS),
            words=2 * bool(self.words),
            randomisation=bool(self.randomisation),
            max_pairs=int(self.sentences),
        )


def check_outputs(count: int):
    """Raises ValueError for translations of too many systems."""
    if count > MOST_OUTPUTS:
        raise ValueError(
            f"{count} files of translations are chosen, {MOST_OUTPUTS} fit; the command line takes any number."
        )


def start(studio: Studio, request: Request, visitor: str) -> Job:
    """Puts an evaluation in line; without a key its report is nobody's, and whoever asked for it takes it away.

    Raises:
        ValueError: for what cannot be evaluated, or a line that is full.
    """
    folder, limits = (
        studio.room_of(visitor) if visitor else studio.root / NOBODY,
        studio.line.limits,
    )
    entries = choose(studio.adapters(visitor), request.adapters)
    own = sum(kept.state in ACTIVE for kept in studio.evaluations.kept(folder)) if visitor else 0
    limits.check_line(len(studio.evaluations.waiting()), own, 1, "evaluations", "going on")
    request.config(studio, entries)
    for file in request.outputs:
        if not file.is_file():
            raise ValueError(f"{file.name} did not come, or is no longer here: upload it again.")
        limits.check_upload(file.stat().st_size)
    job = Job(
        folder,
        _title(request, entries),
        lambda job: _evaluator(studio, request, entries, job),
        limits.minutes,
        (request.data, request.also),
    )
    for source, target in zip(request.outputs, _given(request, job)):
        target.parent.mkdir(parents=True)
        shutil.copyfile(source, target)
    studio.evaluations.enter(job)
    return job


def _given(request: Request, job: Job) -> list[Path]:
    """Where the files of translations are kept until the job's turn."""
    return [job.folder / f"given-{i}" / file.name for i, file in enumerate(request.outputs)]


def _evaluator(studio: Studio, request: Request, entries: Sequence[Entry], job: Job) -> Evaluator:
    """An evaluation that reads only what the visitor may read, and shows no path of this machine."""
    config = replace(request, outputs=_given(request, job)).config(studio, entries)
    may_read = lambda source: (
        re.fullmatch(r"builtin(:\w+)?", source) is not None
        or Path(source).parent == job.visitor / "uploads"
    )
    return Evaluator(
        config,
        studio.engine.translator(),
        names=[entry.name for entry in entries],
        label=public_name(config.data),
        may_read=may_read,
        most_tokens=MOST_TOKENS,
        most_work=MOST_WORK,
    )


def _title(request: Request, entries: Sequence[Entry]) -> str:
    names = [entry.name for entry in entries] + [file.stem for file in request.outputs]
    return f"{public_name(request.data)}: {', '.join(names) or 'the base alone'}"[:120]


def stop(studio: Studio, id: str, visitor: str):
    """Ends the visitor's evaluation, and what is done is scored; or gives up its place in line."""
    kept = _find(studio, id, visitor)
    if kept.job is None:
        raise ValueError("This evaluation is not going on, so there is nothing to stop.")
    if not studio.evaluations.leave(kept.job):
        kept.job.stopping.set()


def delete(studio: Studio, id: str, visitor: str):
    """Removes an evaluation's report."""
    kept = _find(studio, id, visitor)
    if kept.job:
        raise ValueError("This evaluation is going on: stop it first.")
    shutil.rmtree(kept.folder, ignore_errors=True)


def _find(studio: Studio, id: str, visitor: str) -> Kept:
    """The visitor's evaluation of that id, which is looked up, and never made a path of."""
    found = next(
        (
            kept
            for kept in studio.evaluations.kept(visitor_folder(studio.root, visitor))
            if kept.id == id
        ),
        None,
    )
    if found is None:
        raise ValueError(f"There is no evaluation {id[:80]!r} here.")
    return found


def chosen(studio: Studio, visitor: str, id: str = "") -> Kept | None:
    """The visitor's evaluation of that id; else the one that goes on, else the newest; None if there is none."""
    return (
        _find(studio, id, visitor)
        if id
        else foremost(studio.evaluations.kept(visitor_folder(studio.root, visitor)))
    )


def foremost(found: Sequence[Kept]) -> Kept | None:
    """The evaluation to look at first: the one that goes on, or came first of those in line, else the newest."""
    active = [kept for kept in found if kept.state in ACTIVE]
    return next(iter([*active[::-1], *found]), None)


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


@steady
def look(
    studio: Studio, visitor: str, chosen: str | None, seen: str = "", anyway: bool = False
) -> View | None:
    """The view of now; None if nothing is new since the view whose mark was `seen`, but not if it is wanted anyway.

    Args:
        chosen: id of the evaluation to show; None or an unknown one: the one that goes on, else the newest.
    """
    found = studio.evaluations.kept(visitor_folder(studio.root, visitor)) if visitor else []
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
