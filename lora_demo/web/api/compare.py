"""What the Compare tab can do, as a function for `gradio_client` and MCP clients."""

import gradio as gr

from lora_demo.evaluation.scores import sentence_scores
from lora_demo.service.comparison import USUAL_TOKENS, references
from lora_demo.service.studio import Studio
from lora_demo.web.events import in_turn
from lora_demo.web.validation import for_clients
from lora_demo.web.views.gallery import base_name


def build(studio: Studio):
    """Registers the function under its name."""
    gr.api(
        in_turn(studio.model_queue, for_clients(_compare(studio))),
        api_name="compare",
        concurrency_limit=None,
    )


def _compare(studio: Studio):
    def compare(
        text: str,
        adapters: list[str] = [],
        beams: int = 1,
        visitor: str = "",
        strengths: list[float] = [],
        most_tokens: int = USUAL_TOKENS,
        reference: str = "",
    ) -> dict:
        """Translates German to English with the base model and with LoRA adapters, side by side.

        Args:
            text: German, one sentence a line.
            adapters: ids as the function `adapters` gives them, at most six; the base is always there.
            beams: 1 (greedy) to 8.
            visitor: your secret key, if adapters of your own are among them.
            strengths: of each adapter, 0 (the base) to 2; as trained, 1, if left out.
            most_tokens: of one translation, 1 to 256.
            reference: a known translation of each line; each output then gets its sentence-level chrF2 and BLEU.
        """
        answer = studio.compare(
            text, adapters, visitor, strengths=strengths, beams=beams, most_tokens=most_tokens
        )
        document, lines = (
            {"base": base_name(studio.base)} | answer.to_json(),
            references(reference, len(answer.texts)),
        )
        for column in document["columns"] if lines else ():
            column["sentence_scores"] = {
                name: {"scores": scores, "signature": signature}
                for name, (scores, signature) in sentence_scores(column["texts"], lines).items()
            }
        return document

    return compare
