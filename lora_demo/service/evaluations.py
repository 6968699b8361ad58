"""The evaluations of visitors: start, stop, delete and find them."""

import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from lora_demo.evaluation.analysis.glossary import read_glossary
from lora_demo.evaluation.comet.scorer import CometScorer
from lora_demo.evaluation.comet.step import check_name
from lora_demo.evaluation.config import EvaluationConfig
from lora_demo.evaluation.evaluate import Evaluator
from lora_demo.language import N_, _
from lora_demo.service.adapter_entries import AdapterEntry
from lora_demo.service.bases import Bases, ServedBase
from lora_demo.service.data_sources import public_name
from lora_demo.service.evaluation_job import INPUTS, EvaluationJob
from lora_demo.service.evaluation_queue import EvaluationQueue
from lora_demo.service.evaluation_record import EvaluationRecord, most_relevant
from lora_demo.service.evaluation_request import MAX_TOKENS, MAX_WORK, EvaluationRequest
from lora_demo.service.limits import EVALUATIONS, Limits
from lora_demo.service.traces import TRACES
from lora_demo.service.uploads import columns_of, stored_uploads
from lora_demo.service.visitor_folders import VisitorFolders

LOADING = N_("Loading the model. This evaluation starts next.")


@dataclass(frozen=True)
class Evaluations:
    """Evaluations on the bases of the page, with one queue for all.

    Args:
        bases: The bases with their adapters.
        visitors: The folders of the visitors.
        limits: Limits of an evaluation and of the queue.
        queue: Runs evaluations one at a time.
        comet: The COMET that the page offers; None: none.
    """

    bases: Bases
    visitors: VisitorFolders
    limits: Limits
    queue: EvaluationQueue
    comet: CometScorer | None = None

    def start(self, request: EvaluationRequest, visitor: str) -> EvaluationJob:
        """Queue an evaluation.

        Args:
            request: The visitor's choices.
            visitor: The visitor's key; without one the caller deletes the folder at the end.

        Returns:
            The queued job.

        Raises:
            ValueError: If a value is out of range, the base does not fit into memory, or the queue
                is full.
        """
        base = self.bases.find(request.base)
        folder = self.visitors.writable_folder(visitor) if visitor else self.visitors.without_key
        entries = base.library.choose(request.adapters, visitor)
        self._check_queue(folder if visitor else None)
        config = request.config(base.id, base.revision, entries)
        if request.comet:
            self._check_comet(config)
        self._check_files(request.files)
        TRACES.record(folder, *request.files)
        if request.glossary:
            read_glossary(request.glossary)
        self.bases.load(base.name)
        job = EvaluationJob(
            folder,
            self._title(request, base, entries),
            lambda job: self._evaluator(request, entries, job),
            self.limits.minutes,
            (request.data, request.also),
            base.name,
        )
        for source, target in zip(request.files, _input_files(request, job), strict=True):
            target.parent.mkdir(parents=True)
            shutil.copyfile(source, target)
        self.queue.enter(job)
        return job

    def stop(self, id: str, visitor: str) -> None:
        """Stop an evaluation, so that the translations so far are scored, or take it out.

        Args:
            id: Id of the evaluation.
            visitor: The visitor's key.

        Raises:
            ValueError: If the evaluation is unknown, or not active.
        """
        record = self.find(id, visitor)
        if record.job is None:
            raise ValueError(_("This evaluation is not active, so it cannot be stopped."))
        if not self.queue.leave(record.job):
            record.job.stopping.set()

    def delete(self, id: str, visitor: str) -> None:
        """Delete an evaluation with its report.

        Args:
            id: Id of the evaluation.
            visitor: The visitor's key.

        Raises:
            ValueError: If the evaluation is unknown, or active.
        """
        record = self.find(id, visitor)
        if record.job:
            raise ValueError(_("This evaluation is active. Stop it first."))
        shutil.rmtree(record.folder, ignore_errors=True)

    def records(self, visitor: str) -> list[EvaluationRecord]:
        """List the evaluations of a visitor, newest first.

        Args:
            visitor: The visitor's key; empty for a visitor without one.
        """
        return self.queue.records(self.visitors.folder(visitor)) if visitor else []

    def find(self, id: str, visitor: str) -> EvaluationRecord:
        """Find an evaluation of a visitor. The id is compared and never used as a path.

        Args:
            id: Id of the evaluation.
            visitor: The visitor's key.

        Raises:
            ValueError: If the visitor has no such evaluation.
        """
        records = self.queue.records(self.visitors.folder(visitor))
        found = next((record for record in records if record.id == id), None)
        if found is None:
            raise ValueError(
                _("Evaluation {id!r} was not found. Choose one of your evaluations.", id=id[:80])
            )
        return found

    def latest(self, visitor: str, id: str = "") -> EvaluationRecord | None:
        """Return an evaluation by its id, or the most relevant evaluation of a visitor.

        Args:
            visitor: The visitor's key.
            id: Id of the evaluation; empty for the active one, else the newest.

        Raises:
            ValueError: If the visitor has no evaluation of that id.
        """
        if id:
            return self.find(id, visitor)
        return most_relevant(self.queue.records(self.visitors.folder(visitor)))

    def message(self, record: EvaluationRecord) -> str:
        """Return the message of an evaluation, or that it waits for the model.

        Args:
            record: An evaluation.
        """
        job = record.job
        if job is None or record.state != "running":
            return record.message
        is_loading = self.bases.find(job.base).loader.state == "loading"
        return _(LOADING) if is_loading else record.message

    def _title(
        self, request: EvaluationRequest, base: ServedBase, entries: Sequence[AdapterEntry]
    ) -> str:
        """Name the set and the systems, after the base if it is not the page's own."""
        title = request.title(entries)
        return title if base is self.bases.own else f"{base.name} · {title}"

    def _check_queue(self, folder: Path | None) -> None:
        own = (
            [record for record in self.queue.records(folder) if record.is_active] if folder else []
        )
        self.limits.check_queue(len(self.queue.waiting()), len(own), 1, EVALUATIONS)

    def _check_comet(self, config: EvaluationConfig) -> None:
        if self.comet is None:
            raise ValueError(
                _(
                    "This page does not offer COMET. Upload segment scores of COMET, or use the "
                    "command line."
                )
            )
        check_name(config.segment_files)

    def _check_files(self, files: Sequence[Path]) -> None:
        for file in files:
            if not file.is_file():
                raise ValueError(
                    _("{name} did not arrive or has expired. Upload it again.", name=file.name)
                )
            self.limits.check_upload(file.stat().st_size)

    def _evaluator(
        self, request: EvaluationRequest, entries: Sequence[AdapterEntry], job: EvaluationJob
    ) -> Evaluator:
        """Make an evaluator that reads only the visitor's files and shows no server paths."""

        def may_read(source: str) -> bool:
            is_builtin = re.fullmatch(r"builtin(:\w+)?", source) is not None
            return is_builtin or source in map(str, stored_uploads(job.visitor))

        copied = request.with_files(_input_files(request, job))
        (base,) = self.bases.load(job.base)
        return Evaluator(
            copied.config(base.id, base.revision, entries),
            base.loader.translator(),
            names=[entry.name for entry in entries],
            label=public_name(request.data),
            may_read=may_read,
            columns_of=partial(columns_of, job.visitor),
            max_tokens=MAX_TOKENS,
            max_work=MAX_WORK,
            comet=self.comet if request.comet else None,
        )


def _input_files(request: EvaluationRequest, job: EvaluationJob) -> list[Path]:
    """Return where the visitor's files are stored until the job runs."""
    return [
        job.folder / INPUTS.format(number) / file.name for number, file in enumerate(request.files)
    ]
