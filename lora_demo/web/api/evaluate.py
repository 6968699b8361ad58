"""What the Evaluate tab can do, as functions for `gradio_client` and MCP clients."""

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import gradio as gr

from lora_demo.service import evaluation_requests
from lora_demo.service.adapter_storage import check_name
from lora_demo.service.data_sources import parse_source
from lora_demo.service.evaluation_queue import Kept
from lora_demo.service.evaluation_requests import Request, check_outputs, chosen
from lora_demo.service.studio import Studio
from lora_demo.service.visitor_folders import WITHOUT_KEY, visitor_folder
from lora_demo.web.events import in_turn
from lora_demo.web.validation import for_clients

AT_ONCE = {"concurrency_id": "evaluation", "concurrency_limit": 64}
"""So many clients may wait for their evaluations, which go on one at a time; more of them wait in the queue."""


def build(studio: Studio, acting: str = "public"):
    """Registers every function under its name; those that stop or delete with the visibility `acting`."""
    gr.api(for_clients(_evaluate(studio)), api_name="evaluate", **AT_ONCE)
    gr.api(for_clients(_status(studio)), api_name="evaluate_status", concurrency_limit=None)
    gr.api(for_clients(_list(studio)), api_name="evaluate_list", concurrency_limit=None)
    gr.api(
        for_clients(_stop(studio)),
        api_name="evaluate_stop",
        concurrency_limit=None,
        api_visibility=acting,
    )
    gr.api(
        for_clients(_delete(studio)),
        api_name="evaluate_delete",
        concurrency_limit=None,
        api_visibility=acting,
    )
    with gr.Row(visible=False):
        id, visitor, report = (
            gr.Textbox(label="evaluation"),
            gr.Textbox(label="visitor"),
            gr.File(file_count="multiple"),
        )
        gr.Button().click(
            in_turn(studio.work_queue, for_clients(_report(studio))),
            [visitor, id],
            report,
            api_name="evaluate_report",
            concurrency_limit=None,
        )


def _evaluate(studio: Studio):
    def evaluate(
        adapters: list[str] = [],
        data: str = "builtin",
        sentences: int = 500,
        beams: int = 1,
        visitor: str = "",
        words: bool = False,
        randomisation: bool = False,
        own_data: bool = False,
        also: str = "",
        outputs: dict[str, list[str]] = {},
        wait: bool = True,
    ) -> dict:
        """Scores the base and adapters on a set: BLEU, chrF and TER with intervals, signatures and p-values against the base.

        Args:
            adapters: ids as the function `adapters` gives them; the base is always there.
            data: `builtin`, `builtin:weather`, `builtin:recipes`, what `train_upload` returned, or a Hub data set as `owner/name:config:split`.
            sentences: the first so many, 1 to 2000.
            beams: 1 (greedy) to 8.
            visitor: your secret key, if adapters or files of your own are among them; the report is then kept on your page.
            words: chrF++ instead of chrF2.
            randomisation: p-values of paired approximate randomisation, too.
            own_data: each adapter on parts of its own training data, too.
            also: another set to score beside, as `data`.
            outputs: translations made elsewhere: by a name, one text for each sentence; a megabyte in all.
            wait: until it is done; else follow it with `evaluate_status`, for which you need a key.
        """
        if not (visitor or wait):
            raise ValueError(
                "visitor: without your secret key nobody could find this evaluation again; give one, or wait for it."
            )
        folder = visitor_folder(studio.root, visitor) if visitor else studio.root / WITHOUT_KEY
        data, also = parse_source(data, folder), also and parse_source(also, folder)
        with _written(outputs) as files:
            job = evaluation_requests.start(
                studio,
                Request(
                    tuple(adapters),
                    data,
                    sentences,
                    beams,
                    files,
                    words,
                    randomisation,
                    own_data,
                    also,
                ),
                visitor,
            )
        if not wait:
            return _told(chosen(studio, visitor, job.folder.name))
        job.ended.wait()
        if not visitor:
            shutil.rmtree(job.folder)
        if job.error:
            raise ValueError(job.error)
        evaluation = job.evaluation
        return evaluation.summary() | {
            "verdicts": evaluation.verdicts(),
            "alarms": evaluation.alarms(),
        }

    return evaluate


@contextmanager
def _written(outputs: Mapping[str, Sequence[str]]) -> Iterator[tuple[Path, ...]]:
    """Files of translations, named after their systems, a text a line."""
    check_outputs(len(outputs))
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for name, texts in outputs.items():
            check_name(name)
            if any("\n" in text or "\r" in text for text in texts):
                raise ValueError(
                    f"outputs: a text of {name} has more than one line; give one text for each sentence."
                )
            files.append(Path(folder, f"{name}.txt"))
            files[-1].write_text(
                "".join(f"{text}\n" for text in texts), encoding="utf-8", errors="replace"
            )
        yield tuple(files)


def _told(kept: Kept | None) -> dict:
    """An evaluation as clients see it."""
    if kept is None:
        return {"evaluation": None, "title": "", "state": "none", "message": "", "share": 0.0}
    return {
        "evaluation": kept.id,
        "title": kept.title,
        "state": kept.state,
        "message": kept.message,
        "share": kept.share,
    }


def _status(studio: Studio):
    def evaluate_status(visitor: str, evaluation: str = "") -> dict:
        """Tells how an evaluation goes: its state, how far it is, and the verdict once it is done.

        Args:
            visitor: your secret key.
            evaluation: its id; empty for the one that goes on, or the newest.
        """
        return _told(chosen(studio, visitor, evaluation))

    return evaluate_status


def _list(studio: Studio):
    def evaluate_list(visitor: str) -> list[dict]:
        """Lists your evaluations, the newest first.

        Args:
            visitor: your secret key.
        """
        return [
            _told(kept)
            for kept in studio.evaluation_queue.kept(visitor_folder(studio.root, visitor))
        ]

    return evaluate_list


def _stop(studio: Studio):
    def evaluate_stop(visitor: str, evaluation: str) -> dict:
        """Ends an evaluation, and what is done is scored; or gives up its place in line.

        Args:
            visitor: your secret key; evaluation: its id.
        """
        evaluation_requests.stop(studio, evaluation, visitor)
        return {"stopped": evaluation}

    return evaluate_stop


def _delete(studio: Studio):
    def evaluate_delete(visitor: str, evaluation: str) -> dict:
        """Removes an evaluation that is not going on, with its report.

        Args:
            visitor: your secret key; evaluation: its id.
        """
        evaluation_requests.delete(studio, evaluation, visitor)
        return {"deleted": evaluation}

    return evaluate_delete


def _report(studio: Studio):
    def evaluate_report(visitor: str, evaluation: str) -> list[str]:
        """The report of an evaluation that is done: a page, everything as JSON, the sentences as CSV."""
        kept = chosen(studio, visitor, evaluation)
        if kept is None or not kept.has_report:
            raise ValueError("There is no report yet: wait until the evaluation is done.")
        return [str(path) for path in kept.report]

    return evaluate_report
