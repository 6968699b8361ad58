"""A translator whose model is in another process."""

from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from lora_demo.checkpoints.base import Base
from lora_demo.checkpoints.tokenizer import Tokenizer
from lora_demo.columns import Column
from lora_demo.next_tokens import Divergence, NextToken
from lora_demo.translator import Translator


class RemoteTranslator(Translator):
    """Call a `Translator` in the process of the model, with its arguments, results and errors.

    Args:
        base: The base that the process has loaded.
        call: Calls a function of the process by its name, as `ModelProcess.call` does.
        precision: Type of the weights, as they were loaded.
        precision_note: A sentence if it is not the requested one.
    """

    def __init__(
        self, base: Base, call: Callable[..., Any], precision: str, precision_note: str
    ) -> None:
        self.base = base
        self.precision = precision
        self.precision_note = precision_note
        self._call = call

    @cached_property
    def tokenizer(self) -> Tokenizer:  # type: ignore[override]
        """The base's tokenizer, which needs no model."""
        return Tokenizer(self.base.folder)

    def compare(
        self, texts: Sequence[str], adapters: Sequence[Path | str] = (), **options: Any
    ) -> list[Column]:
        """Translate, as `Translator.compare` does.

        Args:
            texts: German texts.
            adapters: PEFT folders, at most seven.
            options: The keyword arguments of `Translator.compare`.
        """
        folders = [str(folder) for folder in adapters]
        columns = self._call("compare", texts=list(texts), adapters=folders, **options)
        return [Column(**column) for column in columns]

    def at_ranks(
        self,
        texts: Sequence[str],
        adapter: Path | str,
        ranks: Sequence[int] | None = None,
        **options: Any,
    ) -> list[Column]:
        """Translate at each rank, as `Translator.at_ranks` does.

        Args:
            texts: German texts.
            adapter: A PEFT folder of LoRA.
            ranks: The ranks, from 0 to the adapter's. None: those of `rank_steps`.
            options: The keyword arguments of `Translator.at_ranks`.
        """
        columns = self._call(
            "at_ranks", texts=list(texts), adapter=str(adapter), ranks=ranks, **options
        )
        return [Column(**column) for column in columns]

    def compare_tokens(self, text: str, adapter: Path | str, **options: Any) -> Divergence | None:
        """Find where translations diverge, as `Translator.compare_tokens` does.

        Args:
            text: A German text.
            adapter: A PEFT folder.
            options: The keyword arguments of `Translator.compare_tokens`.
        """
        divergence = self._call("compare_tokens", text=text, adapter=str(adapter), **options)
        if divergence is None:
            return None
        base, adapted = (
            [NextToken(**token) for token in divergence[system]] for system in ("base", "adapter")
        )
        return Divergence(divergence["prefix"], base, adapted)
