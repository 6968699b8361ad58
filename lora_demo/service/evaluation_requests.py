"""Evaluations as visitors ask for them: start, stop, delete and find them."""

import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lora_demo.checks import check_whole
from lora_demo.evaluation.evaluate import EvaluationConfig, Evaluator
from lora_demo.service.adapter_entries import AdapterEntry
from lora_demo.service.comparison import MAX_BEAMS
from lora_demo.service.data_sources import public_name
from lora_demo.service.evaluation_queue import ACTIVE, Job, Kept
from lora_demo.service.studio import Studio
from lora_demo.service.visitor_folders import WITHOUT_KEY, visitor_folder

MOST_SENTENCES = 2000
MOST_TOKENS = 2_000_000
"""Of the sources, times systems, times beams: about what 2,000 sentences of news and six adapters have with four beams."""
MOST_WORK = 2_000_000_000
"""Of counting TER's edits: about 20 minutes of a core."""
MOST_OUTPUTS = 6


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

    def config(self, studio: Studio, entries: Sequence[AdapterEntry]) -> EvaluationConfig:
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
            beams=check_whole("beams", self.beams, 1, MAX_BEAMS),
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
        studio.room_of(visitor) if visitor else studio.root / WITHOUT_KEY,
        studio.training_queue.limits,
    )
    entries = studio.library.choose(request.adapters, visitor)
    own = (
        sum(kept.state in ACTIVE for kept in studio.evaluation_queue.kept(folder)) if visitor else 0
    )
    limits.check_queue(len(studio.evaluation_queue.waiting()), own, 1, "evaluations")
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
    studio.evaluation_queue.enter(job)
    return job


def _given(request: Request, job: Job) -> list[Path]:
    """Where the files of translations are kept until the job's turn."""
    return [job.folder / f"given-{i}" / file.name for i, file in enumerate(request.outputs)]


def _evaluator(
    studio: Studio, request: Request, entries: Sequence[AdapterEntry], job: Job
) -> Evaluator:
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


def _title(request: Request, entries: Sequence[AdapterEntry]) -> str:
    names = [entry.name for entry in entries] + [file.stem for file in request.outputs]
    return f"{public_name(request.data)}: {', '.join(names) or 'the base alone'}"[:120]


def stop(studio: Studio, id: str, visitor: str):
    """Ends the visitor's evaluation, and what is done is scored; or gives up its place in line."""
    kept = _find(studio, id, visitor)
    if kept.job is None:
        raise ValueError("This evaluation is not going on, so there is nothing to stop.")
    if not studio.evaluation_queue.leave(kept.job):
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
            for kept in studio.evaluation_queue.kept(visitor_folder(studio.root, visitor))
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
        else foremost(studio.evaluation_queue.kept(visitor_folder(studio.root, visitor)))
    )


def foremost(found: Sequence[Kept]) -> Kept | None:
    """The evaluation to look at first: the one that goes on, or came first of those in line, else the newest."""
    active = [kept for kept in found if kept.state in ACTIVE]
    return next(iter([*active[::-1], *found]), None)
