"""The Parameters tab's function for `gradio_client` and MCP clients."""

from typing import Any

import gradio as gr

from lora_demo.service.services import Services
from lora_demo.web.events import in_turn
from lora_demo.web.validation import for_clients


class ParametersApi:
    """Registers `parameters`.

    Args:
        services: What the app can do.
    """

    def __init__(self, services: Services) -> None:
        self.services = services

    def register(self) -> None:
        """Register the function under its name."""
        gr.api(
            in_turn(self.services.hub_queue, for_clients(self.parameters)),
            api_name="parameters",
            concurrency_limit=None,
        )

    def parameters(
        self,
        base: str = "google/flan-t5-base",
        targets: str = "q,v",
        ranks: list[int] = [4, 8, 16],  # noqa: B006  (clients read it in the API's description)
    ) -> dict[str, Any]:
        """Count exactly how many parameters LoRA adapters train, and estimate the memory.

        Full fine-tuning is counted too, for comparison.

        Args:
            base: `mini`, `google/flan-t5-small|base|large|xl|xxl`, or another T5 on the Hub.
            targets: `q,v`, `attention`, `all-linear`, or T5's names of matrices with commas.
            ranks: Whole numbers, at most 8.
        """
        return self.services.parameter_counts.count(base, targets, ranks).to_json()
