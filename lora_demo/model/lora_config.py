"""The settings of a LoRA adapter, without Keras."""

import math
from dataclasses import dataclass

from lora_demo.model.checks import is_number, is_whole, problem
from lora_demo.model.messages import _
from lora_demo.model.parameters import MAX_RANK

MAX_ALPHA = 1e6


@dataclass(frozen=True)
class LoraConfig:
    """The settings of a LoRA adapter: y = x W + scale * (x A) B.

    Args:
        r: Rank of the update, 1 to 4096.
        lora_alpha: Numerator of the scale; 2 r is the usual choice.
        lora_dropout: Dropout rate of A's input while training.
        target_modules: T5's names of the adapted matrices.
        use_rslora: Divide lora_alpha by sqrt(r) instead of r
            (https://arxiv.org/abs/2312.03732), so that large ranks keep learning.
        use_dora: Also train the length of each output, as `dora` explains.

    Raises:
        ValueError: Naming every field out of range.
    """

    r: int = 8
    lora_alpha: float = 16
    lora_dropout: float = 0.0
    target_modules: tuple[str, ...] = ("q", "v")
    use_rslora: bool = False
    use_dora: bool = False

    def __post_init__(self) -> None:
        problems = []
        if not is_whole(self.r, 1, MAX_RANK):
            problems.append(
                problem("r", self.r, _("a whole number from 1 to {high}", high=MAX_RANK))
            )
        if not is_number(self.lora_alpha, 0, MAX_ALPHA) or self.lora_alpha == 0:
            problems.append(problem("lora_alpha", self.lora_alpha, _("above 0, at most 1e6")))
        if not is_number(self.lora_dropout, 0, 1) or self.lora_dropout == 1:
            problems.append(problem("lora_dropout", self.lora_dropout, _("0 to below 1")))
        if problems:
            raise ValueError(_("LoRA settings: {problems}.", problems="; ".join(problems)))

    @property
    def scale(self) -> float:
        """The factor of the update: lora_alpha / r, or lora_alpha / sqrt(r) with rsLoRA."""
        return self.lora_alpha / (math.sqrt(self.r) if self.use_rslora else self.r)
