"""The evaluation inside a run: loss of the held-out pairs, chrF of all scored pairs, probes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from lora_demo.checkpoints.tokenizer import Tokenizer
from lora_demo.data.pairs import Pair
from lora_demo.training.batches import Batch
from lora_demo.training.events import Probe

if TYPE_CHECKING:
    from lora_demo.model.batch_decoder import Decoder
    from lora_demo.training.steps import Stepper

PROBES = "probes"
"""Name of the pairs whose translations are shown and not scored."""


@dataclass(frozen=True)
class Scores:
    """The measurements of an evaluation.

    Args:
        eval_loss: mean loss per target token of the held-out pairs.
        chrf: chrF2 of each scored set, by name.
        probes: the probe sentences with their translations.
    """

    eval_loss: float
    chrf: Mapping[str, float]
    probes: tuple[Probe, ...]


class Scorer:
    """Evaluates the adapter as it is now; all sets are translated in one call.

    Args:
        stepper: for the loss.
        decoder: for the translations.
        tokenizer: of the base.
        sets: pairs by the name of their score, PROBES among them.
        sources: token ids of the sources of all sets, in their order.
        batches: of the held-out pairs, for the loss.
    """

    def __init__(
        self,
        stepper: "Stepper",
        decoder: "Decoder",
        tokenizer: Tokenizer,
        sets: Mapping[str, Sequence[Pair]],
        sources: Sequence[list[int]],
        batches: Sequence[Batch],
    ) -> None:
        self.stepper = stepper
        self.decoder = decoder
        self.tokenizer = tokenizer
        self.sets = sets
        self.sources = sources
        self.batches = batches

    def warm_up(self) -> None:
        """Compile the evaluation."""
        self._translate(self.sources[:1], max_tokens=1)
        self.stepper.evaluate(self.batches[:1])

    def score(self) -> Scores:
        """Translate and score all sets; no translation is longer than the longest source."""
        texts = iter(self._translate(self.sources, max(map(len, self.sources))))
        by_set = {name: list(islice(texts, len(pairs))) for name, pairs in self.sets.items()}
        chrf = {
            name: _chrf(by_set[name], pairs) for name, pairs in self.sets.items() if name != PROBES
        }
        probes = tuple(
            Probe(de, reference, text)
            for (de, reference), text in zip(self.sets[PROBES], by_set[PROBES], strict=True)
        )
        return Scores(self.stepper.evaluate(self.batches), chrf, probes)

    def _translate(self, sources: Sequence[list[int]], max_tokens: int) -> list[str]:
        slots = [0] * len(sources)
        return self.tokenizer.decode(self.decoder.decode(sources, slots, max_new_tokens=max_tokens))


def chrf_signature() -> str:
    """Return sacreBLEU's signature of the chrF2 that runs measure."""
    from sacrebleu import CHRF

    metric = CHRF()
    metric.corpus_score(["a"], [["a"]])  # the signature is complete only after a score
    return str(metric.get_signature())


def _chrf(texts: Sequence[str], pairs: Sequence[Pair]) -> float:
    from sacrebleu import CHRF

    references = [english for _, english in pairs]
    return float(CHRF().corpus_score(texts, [references]).score)
