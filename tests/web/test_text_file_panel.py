"""The panel that translates a text file: progress, stop, and the table."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import gradio as gr
import pytest

from lora_demo.service.compared_system import ComparedSystem
from lora_demo.service.comparison import Comparison, split_sentences
from lora_demo.service.fair_queue import FairQueue
from lora_demo.service.text_files import PART_LINES
from lora_demo.web.tabs.text_file_panel import TextFilePanel, _stop

SETTINGS = ("own", "", ["id"], 2, 64, False, 0.5, 1.0)


def compare(text, adapters, visitor, *, strengths, beams, max_tokens, together):
    assert (adapters, strengths, beams, max_tokens, together) == (["id"], (0.5,), 2, 64, False)
    texts = split_sentences(text)
    outputs = [text.upper() for text in texts]
    return Comparison(
        texts,
        [ComparedSystem("base", "base", None, None, 1.0, outputs, [1] * len(texts), [])],
        2,
        1,
    )


@pytest.fixture
def panel(tmp_path):
    own = SimpleNamespace(compare=compare)
    services = SimpleNamespace(
        model_queue=FairQueue(1),
        bases=SimpleNamespace(ready=lambda name: [SimpleNamespace(name=name, comparisons=own)]),
        visitors=SimpleNamespace(folder=lambda visitor: tmp_path / "visitor"),
    )
    with gr.Blocks():
        return TextFilePanel(services, gr.BrowserState(""), [gr.State() for _ in SETTINGS])


def run(panel, file, after_each=lambda control: None) -> list[tuple]:
    async def collect():
        control, answers = {"is_stopped": True}, []
        async for answer in panel.translate(control, str(file), "key", *SETTINGS):
            answers.append(answer)
            after_each(control)
        return answers

    with ThreadPoolExecutor(1) as pool:  # a browser test of the same process has a loop running
        return pool.submit(asyncio.run, collect()).result()


def write(folder, count):
    file = folder / "my lines.txt"
    file.write_text("".join(f"satz {n}\n" for n in range(count)))
    return file


def test_the_table_has_every_line_and_the_file_is_gone(panel, tmp_path):
    file = write(tmp_path, 2 * PART_LINES + 1)
    *progress, (note, _, table, name) = run(panel, file)
    expected = [f"satz {n}\tSATZ {n}" for n in range(2 * PART_LINES + 1)]
    assert table.splitlines() == ["de\tbase", *expected]
    assert name == "my lines.tsv"
    assert "Lines translated: 65 of 65" in note and not file.exists()
    assert [table for _, _, table, _ in progress] == [""] * 4
    assert "Lines translated: 32 of 65" in progress[1][0]


def test_stop_keeps_the_lines_that_are_translated(panel, tmp_path):
    *_, (note, _, table, _) = run(panel, write(tmp_path, 3 * PART_LINES), _stop)
    assert len(table.splitlines()) == 1 + PART_LINES
    assert f"Lines translated: {PART_LINES} of {3 * PART_LINES}" in note


def test_a_wrong_file_is_refused_and_removed(panel, tmp_path):
    file = write(tmp_path, 0)
    with pytest.raises(gr.Error, match="0 lines with text"):
        run(panel, file)
    assert not file.exists()
