"""What the Parameters tab can do, as a function for `gradio_client` and MCP clients."""

import gradio as gr

from lora_demo.service.parameter_counts import as_json, count_all, parse_ranks, with_memory
from lora_demo.service.studio import Studio
from lora_demo.web.events import in_turn
from lora_demo.web.validation import for_clients


def build(studio: Studio):
    """Registers the function under its name."""
    gr.api(
        in_turn(studio.hub_queue, for_clients(_parameters(studio))),
        api_name="parameters",
        concurrency_limit=None,
    )


def _parameters(studio: Studio):
    def parameters(
        base: str = "google/flan-t5-base", targets: str = "q,v", ranks: list[int] = [4, 8, 16]
    ) -> dict:
        """Counts exactly how many parameters LoRA adapters of some ranks train, and about how much memory that takes, beside a full fine-tune.

        Args:
            base: `mini`, `google/flan-t5-small|base|large|xl|xxl` or another T5 on the Hub.
            targets: `q,v`, `attention`, `all-linear`, or T5's names with commas between them.
            ranks: whole numbers.
        """
        config, counts = count_all(studio.geometry(base), targets, parse_ranks(ranks))
        return with_memory(as_json(base, config, counts), config, counts)

    return parameters
