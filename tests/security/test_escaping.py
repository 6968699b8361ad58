"""Promise: no text from outside becomes markup on the page or in a report."""

from html.parser import HTMLParser
from types import SimpleNamespace

import gradio as gr
import pytest

from lora_demo.checkpoints.inspecting import inspect_adapter
from lora_demo.data.packing import Shape
from lora_demo.data.preview import Preview
from lora_demo.evaluation.report import plots as report_plots
from lora_demo.evaluation.report import sentence_list
from lora_demo.model.parameters import Adaptation
from lora_demo.next_tokens import Divergence, NextToken
from lora_demo.service.adapter_entries import read_entry
from lora_demo.service.compared_system import ComparedSystem
from lora_demo.service.comparison import Comparison
from lora_demo.service.limits import Limits
from lora_demo.service.token_comparison import TokenComparison
from lora_demo.service.training_queue import TrainingQueue
from lora_demo.training.config import TrainConfig
from lora_demo.training.run import Run
from lora_demo.web.errors import show_errors
from lora_demo.web.status_line import status_html
from lora_demo.web.views import marking, plots
from lora_demo.web.views.adapter_cards import cards_html, details_html
from lora_demo.web.views.comparison import results_html
from lora_demo.web.views.data_preview import preview_html
from lora_demo.web.views.next_tokens import next_tokens_html
from lora_demo.web.views.parameter_tables import coverage_html, formula_html
from lora_demo.web.views.run_comparison import comparison_html
from lora_demo.web.views.run_view import run_html
from tests.security.samples import CONFIG, EVENTS, HOSTILE, SETTINGS, SOUND, as_json, write

FORBIDDEN = {
    "script",
    "img",
    "iframe",
    "object",
    "embed",
    "link",
    "base",
    "form",
    "meta",
    "video",
    "audio",
}


class Seen(HTMLParser):
    """Tags, attributes and text as a browser would find them."""

    def __init__(self, html: str):
        super().__init__()
        self.tags, self.names, self.values, self.text = set(), set(), "", ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.names |= {name for name, _ in attributes}
        self.values += " ".join(value or "" for _, value in attributes)

    def handle_data(self, data):
        self.text += data


def found(folder):
    contents = {
        "adapter_config.json": as_json(SETTINGS | {"base_model_name_or_path": HOSTILE}),
        "adapter_model.safetensors": SOUND,
    }
    return write(
        folder,
        contents
        | {
            "manifest.json": as_json(
                {
                    "data": {"source": HOSTILE},
                    "reduced": {"from": HOSTILE},
                    "scores": {"eval_chrf": HOSTILE, "base_eval_chrf": HOSTILE},
                }
            )
        },
    )


def entry(folder):
    return read_entry(f"upload-{HOSTILE}", HOSTILE, "uploaded", found(folder), CONFIG)


def run(folder) -> Run:
    return Run(
        write(
            folder / "20260101-000000-x",
            {
                "run.json": as_json(
                    TrainConfig(steps=1, data=HOSTILE, base=HOSTILE, revision=HOSTILE).to_json()
                ),
                "events.jsonl": b"\n".join([*map(as_json, EVENTS), b""]),
            },
        )
    )


def answer() -> Comparison:
    return Comparison(
        [HOSTILE, "x"],
        [
            ComparedSystem(HOSTILE, "base", None, None, 1.0, ["base", "x"], [1, 1], []),
            ComparedSystem(HOSTILE, "adapter", HOSTILE, 4, 1.0, [HOSTILE, "x"], [1, 1], []),
        ],
        1,
        0.1,
    )


def preview() -> Preview:
    pair = (HOSTILE, HOSTILE)
    return Preview([pair], 2, 1, 0, 0, 2, [pair], [pair], [3, 4], 0, Shape(4, 8, 8), 1, 0.1)


def message() -> str:
    def refuse():
        raise ValueError(HOSTILE)

    with pytest.raises(gr.Error) as error:
        show_errors(refuse)()
    return error.value.message


def next_tokens() -> TokenComparison:
    tokens = [NextToken(HOSTILE, 0.5)]
    return TokenComparison("id", 1.0, HOSTILE, 1, 128, Divergence(HOSTILE, tokens, tokens))


SHOWN = {
    "cards": lambda folder: cards_html([entry(folder)], None),
    "details": lambda folder: details_html(entry(folder), inspect_adapter(folder, None, CONFIG)),
    "answers": lambda folder: results_html(answer()),
    "answers beside a reference": lambda folder: results_html(
        answer(), "reference", f"{HOSTILE}\ny"
    ),
    "marks": lambda folder: marking.mark(HOSTILE, "x") + marking.mark("x", HOSTILE),
    "right, wrong and missing words": lambda folder: (
        marking.mark_right_and_wrong(HOSTILE, "x") + marking.mark_right_and_wrong("x", HOSTILE)
    ),
    "next tokens": lambda folder: next_tokens_html(next_tokens(), HOSTILE),
    "a run": lambda folder: run_html(run(folder)),
    "a run in line": lambda folder: run_html(run(folder), HOSTILE),
    "runs beside each other": lambda folder: comparison_html([run(folder), run(folder)], HOSTILE),
    "a look into pairs": lambda folder: preview_html(preview(), 128),
    "the status": lambda folder: status_html(
        SimpleNamespace(
            base=HOSTILE,
            config=CONFIG,
            loader=SimpleNamespace(
                state="failed",
                error=HOSTILE,
                message="",
                seconds=0.0,
                note=HOSTILE,
                precision=HOSTILE,
                device=HOSTILE,
                last_end=HOSTILE,
                pid=None,
            ),
            bases=SimpleNamespace(
                pids=list,
                started=lambda: [
                    SimpleNamespace(name=HOSTILE, loader=SimpleNamespace(state="ready"))
                ],
            ),
            training_queue=TrainingQueue(folder, Limits()),
        )
    ),
    "a curve": lambda folder: plots.plot(
        HOSTILE, [plots.Series(HOSTILE, [(0, 1.0), (1, 2.0)], "train", dots=True)]
    ),
    "points": lambda folder: plots.scatter(
        HOSTILE, [(HOSTILE, 10.0, 1.0, "c0"), ("y", 20.0, 2.0, "c1")]
    ),
    "a report's marks": lambda folder: sentence_list.mark(HOSTILE, "x", [HOSTILE]),
    "a report's bars": lambda folder: report_plots.bar_plot(HOSTILE, [HOSTILE], [HOSTILE], [[1.0]]),
    "a report's dots": lambda folder: report_plots.scatter_plot(
        HOSTILE, (HOSTILE, HOSTILE), [1.0], [2.0], {0: 1}
    ),
    "an error": lambda folder: message(),
}


@pytest.mark.parametrize("show", SHOWN.values(), ids=SHOWN)
def test_no_text_becomes_markup(tmp_path, show):
    seen = Seen(show(tmp_path / "x"))
    assert not seen.tags & FORBIDDEN
    assert not any(
        name.startswith("on") or name in ("src", "srcdoc", "formaction") for name in seen.names
    )
    assert "alert(1)" in seen.text + seen.values


@pytest.mark.parametrize("targets", [HOSTILE, "q,<b>"])
def test_hostile_matrix_names_are_refused(targets):
    for html in (
        lambda: formula_html(CONFIG, Adaptation(targets), [4]),
        lambda: coverage_html(CONFIG, Adaptation(targets), "4"),
    ):
        with pytest.raises(ValueError, match="does not match any matrix"):
            html()
