"""The Parameters tab's function for `gradio_client` and MCP clients."""

from typing import Any

from lora_demo.web.api.group import FunctionGroup


class ParametersApi(FunctionGroup):
    """The function `parameters`."""

    def register(self, visibility: str = "public") -> None:
        """Register the function with Gradio; it is always public.

        Args:
            visibility: Ignored here; other groups restrict some of their functions with it.
        """
        self._add(self.parameters, self.services.hub_queue)

    def parameters(
        self,
        base: str = "google/flan-t5-base",
        targets: str = "q,v",
        ranks: list[int] = [4, 8, 16],  # noqa: B006  (clients read it in the API's description)
        layers: str = "",
        part: str = "all",
        use_dora: bool = False,
    ) -> dict[str, Any]:
        """Count exactly how many parameters LoRA adapters train, and estimate the memory.

        For comparison, full fine-tuning is also counted.

        Args:
            base: `mini`, `google/flan-t5-small|base|large|xl|xxl`, or another T5 on the Hub.
            targets: `q,v`, `attention`, `all-linear`, or T5's names of matrices with commas.
            ranks: Whole numbers, at most 8.
            layers: Numbers of blocks in each stack, from 0, such as `0-3,7`; empty for all.
            part: `all`, `encoder`, `decoder` or `cross-attention`.
            use_dora: Also count the magnitudes of DoRA.
        """
        counts = self.services.parameter_counts.count(
            base, targets, ranks, layers=layers, part=part, use_dora=use_dora
        )
        return counts.to_json()
