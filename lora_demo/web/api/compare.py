"""The Compare tab's function for `gradio_client` and MCP clients."""

from typing import Any

from lora_demo.evaluation.scores import sentence_scores
from lora_demo.service.comparison import DEFAULT_TOKENS, split_references
from lora_demo.web.api.group import FunctionGroup
from lora_demo.web.views.gallery import base_name


class CompareApi(FunctionGroup):
    """The function `compare`."""

    def register(self, visibility: str = "public") -> None:
        """Register the function with Gradio; it is always public."""
        self._add(self.compare, self.services.model_queue)

    def compare(
        self,
        text: str,
        adapters: list[str] = [],  # noqa: B006  (clients read the default in the API's description)
        beams: int = 1,
        visitor: str = "",
        strengths: list[float] = [],  # noqa: B006
        most_tokens: int = DEFAULT_TOKENS,
        reference: str = "",
        together: bool = False,
    ) -> dict[str, Any]:
        """Translate German to English with the base model and with LoRA adapters, side by side.

        Args:
            text: German, one sentence per line.
            adapters: Ids of adapters from the function `adapters`, at most 6.
            beams: 1 (greedy) to 8.
            visitor: Your secret key, if one of the adapters is your own.
            strengths: One number for each adapter, from 0 (the base) to 2. All 1 if left out.
            most_tokens: Limit for the length of one translation, 1 to 256 tokens.
            reference: A known translation of each line, to get sentence-level chrF2 and BLEU.
            together: Also translate with the sum of 2 to 6 adapters, each at its strength; the
                column's `adapter` is "together".
        """
        comparison = self.services.comparisons.compare(
            text,
            adapters,
            visitor,
            strengths=strengths,
            beams=beams,
            max_tokens=most_tokens,
            together=together,
        )
        references = split_references(reference, len(comparison.texts))
        document = {"base": base_name(self.services.base)} | comparison.to_json()
        if references:
            for column in document["columns"]:
                column["sentence_scores"] = _sentence_scores(column["texts"], references)
        return document


def _sentence_scores(texts: list[str], references: list[str]) -> dict[str, Any]:
    return {
        metric: {"scores": scores, "signature": signature}
        for metric, (scores, signature) in sentence_scores(texts, references).items()
    }
