"""The functions of the Evaluate tab for `gradio_client` and MCP clients."""

import csv
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import zip_longest
from pathlib import Path
from typing import Any

import gradio as gr

from lora_demo.evaluation.report.narrative import alarms, verdicts
from lora_demo.evaluation.report.serialisation import summary
from lora_demo.service.adapter_storage import check_name
from lora_demo.service.data_sources import parse_source
from lora_demo.service.evaluation_job import EvaluationJob
from lora_demo.service.evaluation_record import EvaluationRecord
from lora_demo.service.evaluation_request import EvaluationRequest, check_outputs
from lora_demo.web.api.group import FunctionGroup

CONCURRENCY: dict[str, Any] = {"concurrency_id": "evaluation", "concurrency_limit": 64}
"""Up to 64 clients wait for their evaluations, which run one at a time; the others queue."""

NO_EVALUATION = {"evaluation": None, "title": "", "state": "none", "message": "", "share": 0.0}


CLIENT_FILES = ("report.html", "report.json", "sentences.csv")
"""The files of a report that clients get; those of the first release."""


class EvaluateApi(FunctionGroup):
    """The function `evaluate` and the functions whose names begin with `evaluate_`."""

    def register(self, visibility: str = "public") -> None:
        """Register the functions with Gradio.

        Args:
            visibility: `api_visibility` of the functions that stop or delete.
        """
        self._add(self.evaluate, **CONCURRENCY)
        for reading in (self.evaluate_status, self.evaluate_list):
            self._add(reading)
        for acting in (self.evaluate_stop, self.evaluate_delete):
            self._add(acting, api_visibility=visibility)
        with gr.Row(visible=False):
            evaluation = gr.Textbox(label="evaluation")
            visitor = gr.Textbox(label="visitor")
            self._add_with_files(
                self.evaluate_report,
                self.services.work_queue,
                [visitor, evaluation],
                gr.File(file_count="multiple"),
            )

    def evaluate(
        self,
        adapters: list[str] = [],  # noqa: B006 (clients read the default from the signature)
        data: str = "builtin",
        sentences: int = 500,
        beams: int = 1,
        visitor: str = "",
        words: bool = False,
        randomisation: bool = False,
        own_data: bool = False,
        also: str = "",
        outputs: dict[str, list[str]] = {},  # noqa: B006 (as above)
        wait: bool = True,
        glossary: dict[str, str] = {},  # noqa: B006 (as above)
        segment_scores: dict[str, dict[str, list[float]]] = {},  # noqa: B006 (as above)
        lower_is_better: list[str] = [],  # noqa: B006 (as above)
        comet: bool = False,
        base: str = "",
    ) -> dict:
        """Score the base and adapters on a test set with BLEU, chrF and TER.

        The result has confidence intervals, signatures, and p-values against the base.

        Args:
            adapters: Ids of adapters, as `adapters` returns them; the base is always included.
            data: `builtin`, `builtin:weather`, a `train_upload`, or `owner/name:config:split`.
            sentences: Number of sentences from the start of the set, 1 to 2000.
            beams: Beam size, 1 (greedy) to 8.
            visitor: Your secret key, needed for your own adapters and files.
            words: Score chrF++ instead of chrF2.
            randomisation: Add p-values of paired approximate randomisation.
            own_data: Evaluate each adapter also on parts of its own training data.
            also: A second test set, as `data`.
            outputs: Translations by other systems, by name, one text per sentence; up to 1 MB.
            wait: Wait for the result; otherwise use `evaluate_status`, which needs your key.
            glossary: German terms with their wanted translations, to count those hit and missed.
            segment_scores: Scores from elsewhere by metric and system, one number per sentence.
            lower_is_better: Those of these metrics that count errors.
            comet: Also score with COMET, if the page offers it.
            base: Name of a base model of the page's menu; empty for the page's own.

        Raises:
            ValueError: If a value is not allowed, the evaluation fails, or you neither give a key
                nor wait.

        Returns:
            Scores of all systems with verdicts and alarms; with `wait` false, the status.
        """
        if not (visitor or wait):
            raise ValueError(
                "visitor: without your secret key you cannot find this evaluation again. "
                "Give a key, or wait for the result."
            )
        visitors = self.services.visitors
        folder = visitors.folder(visitor) if visitor else visitors.without_key
        sources = parse_source(data, folder), also and parse_source(also, folder)
        with (
            _output_files(outputs) as files,
            _glossary_file(glossary) as terms,
            _score_files(segment_scores) as scores,
        ):
            request = EvaluationRequest(
                adapters=tuple(adapters),
                data=sources[0],
                sentences=sentences,
                beams=beams,
                outputs=files,
                words=words,
                randomisation=randomisation,
                own_data=own_data,
                also=sources[1],
                glossary=terms,
                segment_scores=scores,
                lower_is_better=tuple(lower_is_better),
                comet=comet,
                base=base,
            )
            job = self.services.evaluations.start(request, visitor)
        if not wait:
            return _status(self.services.evaluations.latest(visitor, job.folder.name))
        return _result(job, keep=bool(visitor))

    def evaluate_status(self, visitor: str, evaluation: str = "") -> dict:
        """Return the state of an evaluation, its progress, and its verdict once it is done.

        Args:
            visitor: Your secret key.
            evaluation: Id of the evaluation; empty for the active or the newest one.
        """
        return _status(self.services.evaluations.latest(visitor, evaluation))

    def evaluate_list(self, visitor: str) -> list[dict]:
        """List your evaluations, newest first.

        Args:
            visitor: Your secret key.
        """
        self.services.visitors.folder(visitor)  # refuses an empty key
        return [_status(record) for record in self.services.evaluations.records(visitor)]

    def evaluate_stop(self, visitor: str, evaluation: str) -> dict:
        """Stop an evaluation, so that the translations so far are scored, or leave the queue.

        Args:
            visitor: Your secret key.
            evaluation: Id of the evaluation.
        """
        self.services.evaluations.stop(evaluation, visitor)
        return {"stopped": evaluation}

    def evaluate_delete(self, visitor: str, evaluation: str) -> dict:
        """Delete an evaluation that is not active, with its report.

        Args:
            visitor: Your secret key.
            evaluation: Id of the evaluation.
        """
        self.services.evaluations.delete(evaluation, visitor)
        return {"deleted": evaluation}

    def evaluate_report(self, visitor: str, evaluation: str) -> list[str]:
        """Return the report of an evaluation: a web page, all data as JSON, sentences as CSV.

        Args:
            visitor: Your secret key.
            evaluation: Id of the evaluation.

        Raises:
            ValueError: If the evaluation has no report yet, or is unknown.
        """
        record = self.services.evaluations.latest(visitor, evaluation)
        if record is None or not record.has_report:
            raise ValueError("The report is not ready. Wait until the evaluation is done.")
        return [str(path) for path in record.report if path.name in CLIENT_FILES]


def _result(job: EvaluationJob, keep: bool) -> dict[str, Any]:
    """Wait for a job and return its scores."""
    job.ended.wait()
    if not keep:
        shutil.rmtree(job.folder)
    if job.evaluation is None or job.error:
        raise ValueError(job.error)
    return summary(job.evaluation) | {
        "verdicts": verdicts(job.evaluation),
        "alarms": alarms(job.evaluation),
    }


def _status(record: EvaluationRecord | None) -> dict[str, Any]:
    """Describe an evaluation as JSON for clients."""
    if record is None:
        return dict(NO_EVALUATION)
    return {
        "evaluation": record.id,
        "title": record.title,
        "state": record.state,
        "message": record.message,
        "share": record.share,
    }


@contextmanager
def _output_files(outputs: Mapping[str, Sequence[str]]) -> Iterator[tuple[Path, ...]]:
    """Write translations by other systems to temporary files, one text per line."""
    check_outputs(len(outputs))
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for name, texts in outputs.items():
            check_name(name)
            _check_lines(name, texts)
            file = Path(folder, f"{name}.txt")
            lines = "".join(f"{text}\n" for text in texts)
            file.write_text(lines, encoding="utf-8", errors="replace")
            files.append(file)
        yield tuple(files)


@contextmanager
def _glossary_file(glossary: Mapping[str, str]) -> Iterator[Path | None]:
    """Write a glossary to a temporary file; None if it is empty."""
    if not glossary:
        yield None
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "glossary.jsonl")
        records = [{"term_de": str(de), "term_en": str(en)} for de, en in glossary.items()]
        file.write_text("".join(f"{json.dumps(record)}\n" for record in records))
        yield file


@contextmanager
def _score_files(
    scores: Mapping[str, Mapping[str, Sequence[float]]],
) -> Iterator[tuple[Path, ...]]:
    """Write scores from elsewhere to temporary tables, one for each metric."""
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for metric, by_system in scores.items():
            check_name(metric)
            file = Path(folder, f"{metric}.csv")
            with open(file, "w", encoding="utf-8", newline="") as table:
                rows = zip_longest(*by_system.values(), fillvalue="")
                csv.writer(table).writerows([by_system, *rows])
            files.append(file)
        yield tuple(files)


def _check_lines(name: str, texts: Sequence[str]) -> None:
    if any("\n" in text or "\r" in text for text in texts):
        raise ValueError(
            f"outputs: a text of {name} has more than one line. Give one text per sentence."
        )
