"""The Compare tab's functions for `gradio_client` and MCP clients."""

from typing import Any

from lora_demo.evaluation.scores import sentence_scores
from lora_demo.service.comparison import DEFAULT_TOKENS
from lora_demo.service.references import split_references
from lora_demo.service.two_bases import compare_bases
from lora_demo.web.api.group import FunctionGroup


class CompareApi(FunctionGroup):
    """The functions `compare`, `compare_ranks` and `compare_tokens`."""

    def register(self, visibility: str = "public") -> None:
        """Register the functions with Gradio; they are always public.

        Args:
            visibility: Ignored here; other groups restrict some of their functions with it.
        """
        self._add(self.compare, self.services.model_queue)
        self._add(self.compare_ranks, self.services.model_queue)
        self._add(self.compare_tokens, self.services.model_queue)

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
        base: str = "",
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
            base: Name of a base model of the page's menu. The page's own if left out. Another one
                is loaded by the first call, which asks you to try again.
        """
        comparison = compare_bases(
            self.services.bases,
            text,
            adapters,
            visitor,
            base=base,
            strengths=strengths,
            beams=beams,
            max_tokens=most_tokens,
            together=together,
        )
        references = split_references(reference, len(comparison.texts))
        document = {"base": self.services.bases.find(base).name} | comparison.to_json()
        if references:
            for column in document["columns"]:
                column["sentence_scores"] = _sentence_scores(column["texts"], references)
        return document

    def compare_ranks(
        self,
        text: str,
        adapter: str,
        visitor: str = "",
        strength: float = 1.0,
        beams: int = 1,
        most_tokens: int = DEFAULT_TOKENS,
        base: str = "",
    ) -> dict[str, Any]:
        """Translate German to English with one LoRA adapter cut to each of its ranks.

        At each rank, the adapter's update is cut to its largest singular values.

        Args:
            text: German, one sentence per line, at most 8 lines.
            adapter: Id of an adapter from the function `adapters`.
            visitor: Your secret key, if the adapter is your own.
            strength: From 0 (the base) to 2.
            beams: 1 (greedy) to 8.
            most_tokens: Limit for the length of one translation, 1 to 256 tokens.
            base: Name of a base model of the page's menu. The page's own if left out. Another one
                is loaded by the first call, which asks you to try again.

        Returns:
            The adapter's id; `steps`, each with its rank, the kept share of the update's squared
            norm, and the translation of each line; and the mean singular values.
        """
        (served,) = self.services.bases.ready(base)
        ladder = served.comparisons.at_ranks(
            text, adapter, visitor, strength=strength, beams=beams, max_tokens=most_tokens
        )
        return {"base": served.name} | ladder.to_json()

    def compare_tokens(
        self,
        text: str,
        adapter: str,
        visitor: str = "",
        strength: float = 1.0,
        beams: int = 1,
        most_tokens: int = DEFAULT_TOKENS,
        base: str = "",
    ) -> dict[str, Any]:
        """Find where base and adapter diverge, and the five likeliest next tokens of each.

        Args:
            text: One German sentence.
            adapter: Id of an adapter from the function `adapters`.
            visitor: Your secret key, if the adapter is your own.
            strength: From 0 (the base) to 2.
            beams: 1 (greedy) to 8.
            most_tokens: Limit for the length of one translation, 1 to 256 tokens.
            base: Name of a base model of the page's menu. The page's own if left out. Another one
                is loaded by the first call, which asks you to try again.

        Returns:
            `differs`, which is false for equal translations; `prefix`, the words that both
            translations begin with; `base_next` and `adapter_next`, each a list of tokens with
            `text` and `probability`. The text `</s>` is the end of a translation.
        """
        (served,) = self.services.bases.ready(base)
        tokens = served.comparisons.compare_tokens(
            text, adapter, visitor, strength=strength, beams=beams, max_tokens=most_tokens
        )
        return {"base": served.name} | tokens.to_json()


def _sentence_scores(texts: list[str], references: list[str]) -> dict[str, Any]:
    return {
        metric: {"scores": scores, "signature": signature}
        for metric, (scores, signature) in sentence_scores(texts, references).items()
    }
