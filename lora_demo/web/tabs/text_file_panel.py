"""The panel of the Compare tab that translates a text file into a table."""

import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.components import Component

from lora_demo.formatting import format_duration
from lora_demo.language import N_, _
from lora_demo.service.comparison import Comparison
from lora_demo.service.comparison_table import comparison_tsv
from lora_demo.service.services import Services
from lora_demo.service.text_files import (
    MAX_LINES,
    join_comparisons,
    read_text_file,
    split_into_parts,
)
from lora_demo.service.traces import TRACES
from lora_demo.service.two_bases import compare_bases
from lora_demo.service.uploads import received_files
from lora_demo.web.errors import page_error
from lora_demo.web.events import QUIET
from lora_demo.web.gradio_internals import caller_address, run_in_thread
from lora_demo.web.scripts import DOWNLOAD_TEXT
from lora_demo.web.tabs.section import Section
from lora_demo.web.views.elements import progress_bar

HEADING = N_("A text file of sentences")
TITLE = N_("Translation of the text file")
INTRODUCTION = N_(
    "One German sentence per line, at most {count:,} lines. The base and the ticked adapters "
    "translate it with the settings above. You get a table: a row for each sentence, a column for "
    "each system. The page keeps neither the file nor the table."
)
PROGRESS = N_("Lines translated: {done:,} of {total:,}, about {left} left.")
WAITING = N_("Waiting for the first lines of {total:,} …")
DONE = N_("Lines translated: {done:,} of {total:,}. The table was downloaded.")


class TextFilePanel(Section):
    """A button for a file, the progress, and a button to stop.

    Args:
        services: The services of the page.
        visitor: The visitor's key.
        settings: The base, the one beside it, the adapters, the beams, the maximum length, the
            choice of a sum, and the sliders for the strengths.
    """

    def __init__(
        self, services: Services, visitor: gr.BrowserState, settings: list[Component]
    ) -> None:
        self.visitor = visitor
        self.settings = settings
        super().__init__(services)

    def layout(self) -> None:
        """Create the widgets."""
        self.control = gr.State({"is_stopped": False})
        with gr.Accordion(_(HEADING), open=False):
            gr.HTML(f'<p class="small">{_(INTRODUCTION, count=MAX_LINES)}</p>')
            with gr.Row(elem_classes="action"):
                self.file = gr.UploadButton(
                    _("Choose a text file"), file_types=[".txt", ".gz"], size="md", min_width=180
                )
                self.stop = gr.Button(_("Stop"), size="md", min_width=100, visible=False)
            self.progress = gr.HTML("")
        self.table = gr.Textbox(visible="hidden", label="Table")
        self.name = gr.Textbox(visible="hidden", label="Name of the table")

    def connect(self) -> None:
        """Connect events to handlers."""
        outputs = [self.progress, self.stop, self.table, self.name]
        translated = self.file.upload(
            self.translate,
            [self.control, self.file, self.visitor, *self.settings],
            outputs,
            **QUIET,
        )
        translated.success(None, [self.table, self.name], None, js=DOWNLOAD_TEXT, **QUIET)
        for ended in (translated.success, translated.failure):
            ended(_reset, None, [self.file, self.stop], **QUIET)
        translated.failure(lambda: "", None, self.progress, **QUIET)
        self.stop.click(_stop, self.control, None, **QUIET)

    async def translate(
        self, control: dict[str, bool], file: str, visitor: str, *settings: Any
    ) -> AsyncIterator[tuple[Any, ...]]:
        """Translate the lines in turns, and show progress; the last values are the table.

        Args:
            control: `is_stopped` becomes True when the visitor stops the translation.
            file: Path of the uploaded file.
            visitor: The visitor's key.
            settings: The values of the widgets `settings`, in their order.

        Raises:
            gr.Error: If the file or a setting is not valid, or too many requests are queued.
        """
        control["is_stopped"] = False
        address = caller_address()
        began = time.monotonic()
        done: list[Comparison] = []
        try:
            name, sentences = await run_in_thread(self._receive, (file, visitor))
            total = len(sentences)
            yield _waiting_html(total), gr.Button(visible=True), "", ""
            for part in split_into_parts(sentences):
                async with self.services.model_queue.turn(str(visitor or address), address):
                    values = ("\n".join(part), visitor, *settings)
                    done.append(await run_in_thread(self._compare, values))
                count = sum(len(comparison.texts) for comparison in done)
                yield _progress_html(count, total, time.monotonic() - began), gr.skip(), "", ""
                if control["is_stopped"]:
                    break
        except ValueError as error:
            raise page_error(error) from None
        note = f'<p class="small" role="status">{_(DONE, done=count, total=total)}</p>'
        yield note, gr.skip(), comparison_tsv(join_comparisons(done)), f"{name}.tsv"

    def _receive(self, file: str, visitor: str) -> tuple[str, list[str]]:
        """Read the uploaded file, which is not kept."""
        with received_files(file) as (path,):
            TRACES.record(self.services.visitors.folder(visitor), path)
            sentences = read_text_file(path)
            path.unlink(missing_ok=True)
        return Path(file).name.split(".")[0], sentences

    def _compare(
        self,
        text: str,
        visitor: str,
        base: str,
        beside: str,
        adapters: list[str],
        beams: int,
        max_tokens: int,
        together: bool,
        *strengths: float,
    ) -> Comparison:
        return compare_bases(
            self.services.bases,
            text,
            adapters,
            visitor,
            base=base,
            beside=beside,
            strengths=strengths[: len(adapters)],
            beams=beams,
            max_tokens=max_tokens,
            together=together,
        )


def _waiting_html(total: int) -> str:
    return progress_bar(_(TITLE), 0, is_indefinite=True) + _note(_(WAITING, total=total))


def _progress_html(done: int, total: int, seconds: float) -> str:
    left = format_duration(seconds / done * (total - done))
    note = _(PROGRESS, done=done, total=total, left=left)
    return progress_bar(_(TITLE), 100 * done / total) + _note(note)


def _note(text: str) -> str:
    return f'<p class="small">{text}</p>'


def _stop(control: dict[str, bool]) -> None:
    control["is_stopped"] = True


def _reset() -> tuple[None, gr.Button]:
    return None, gr.Button(visible=False)
