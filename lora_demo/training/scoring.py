"""The evaluation inside a run: loss of the held-out pairs, chrF of all scored pairs, probes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lora_demo.checkpoints.tokenizer import Tokenizer
from lora_demo.data.pairs import Pair
from lora_demo.training.events import Probe
from lora_demo.training.examples import RunExamples

if TYPE_CHECKING:
    from lora_demo.evaluation.significance import PairedTest
    from lora_demo.model.batch_decoder import Decoder
    from lora_demo.training.steps import Stepper

PROBES = "probes"
"""Name of the pairs whose translations are shown and not scored."""
EVERYDAY = "everyday_chrf"
"""Name of the score of the everyday sentences."""


@dataclass(frozen=True)
class Scores:
    """The measurements of an evaluation.

    Args:
        eval_loss: Mean loss per target token of the held-out pairs.
        chrf: chrF2 of each scored set, by name.
        probes: The probe sentences with their translations.
        everyday_texts: Translations of the everyday sentences.
    """

    eval_loss: float
    chrf: Mapping[str, float]
    probes: tuple[Probe, ...]
    everyday_texts: tuple[str, ...]


class Scorer:
    """Evaluates the adapter as it is now; all sets are translated in one call.

    Args:
        stepper: Computes the loss.
        decoder: Translates.
        tokenizer: The base's tokenizer.
        sets: Pairs by the name of their score, PROBES and EVERYDAY among them.
        examples: Batches of the held-out pairs, and the sources of all sets.
    """

    def __init__(
        self,
        stepper: "Stepper",
        decoder: "Decoder",
        tokenizer: Tokenizer,
        sets: Mapping[str, Sequence[Pair]],
        examples: RunExamples,
    ) -> None:
        self.stepper = stepper
        self.decoder = decoder
        self.tokenizer = tokenizer
        self.sets = sets
        self.sources = examples.sources
        self.batches = examples.eval

    def warm_up(self) -> None:
        """Compile the evaluation."""
        self._translate(list(self.sources.values())[:1], max_tokens=1)
        self.stepper.evaluate(self.batches[:1])

    def score(self) -> Scores:
        """Translate and score all sets; no translation is longer than the longest source."""
        ids = list(self.sources.values())
        texts = dict(zip(self.sources, self._translate(ids, max(map(len, ids))), strict=True))
        by_set = {name: [texts[de] for de, _ in pairs] for name, pairs in self.sets.items()}
        chrf = {
            name: _chrf(by_set[name], pairs) for name, pairs in self.sets.items() if name != PROBES
        }
        probes = tuple(Probe(de, reference, texts[de]) for de, reference in self.sets[PROBES])
        eval_loss = self.stepper.evaluate(self.batches)
        return Scores(eval_loss, chrf, probes, tuple(by_set[EVERYDAY]))

    def test_everyday(self, before: Sequence[str], after: Sequence[str]) -> "PairedTest":
        """Test by the paired bootstrap whether translations of the everyday sentences differ.

        Args:
            before: Translations at the start of the run.
            after: Translations now.

        Returns:
            The test on chrF2.
        """
        from lora_demo.evaluation import scores

        references = [[english for _, english in self.sets[EVERYDAY]]]
        scorer = scores.Scorer(references, metrics=["chrf"])
        counts = [scorer.count(texts) for texts in (before, after)]
        first, second = (scorer.score(statistics)["chrf"] for statistics in counts)
        return scores.bootstrap_test(first, second, counts[0]["chrf"], counts[1]["chrf"])

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
