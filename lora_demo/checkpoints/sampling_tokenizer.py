"""Texts cut into pieces by chance, so that a model learns words from their parts.

Subword regularisation: Kudo 2018, https://arxiv.org/abs/1804.10959.
"""

import functools
import itertools
import json
from bisect import bisect
from pathlib import Path
from typing import Any

import numpy as np

from lora_demo.language import _

ALPHA = 0.2
"""Exponent of a segmentation's probability; lower is more uniform."""
NBEST = 16
"""Number of segmentations of a word from which one is drawn."""


class SamplingTokenizer:
    """Text to ids without the end token, by the best or by a sampled segmentation.

    Sampling draws each word's segmentation from its NBEST likeliest ones (Kudo 2018, section 3.2).

    Args:
        folder: Has a `tokenizer.json` with a Unigram vocabulary, as T5's.

    Raises:
        ValueError: If it has none.
    """

    def __init__(self, folder: Path) -> None:
        from sentencepiece import SentencePieceProcessor
        from tokenizers import Tokenizer

        file = folder / "tokenizer.json"
        if not file.is_file() or (model := _unigram_model(file)) is None:
            raise ValueError(
                _(
                    "sampled_share needs a base with a tokenizer.json that holds a Unigram "
                    "vocabulary, as T5's does. Set it to 0 for this base."
                )
            )
        self._processor = SentencePieceProcessor(model_proto=model)
        self._normalizer = Tokenizer.from_file(str(file)).normalizer
        self._segmentations = functools.cache(self._find_segmentations)

    def encode(self, text: str) -> list[int]:
        """Return the most probable segmentation of a text.

        Args:
            text: Any text; it is normalised first.
        """
        ids: list[int] = self._processor.encode(self._normalize(text))
        return ids

    def sample(self, text: str, random: np.random.Generator) -> list[int]:
        """Draw a segmentation of each word of a text.

        Args:
            text: Any text; it is normalised first.
            random: One number is drawn from it for each word.
        """
        words = self._normalize(text).split()
        ids: list[int] = []
        for word, chance in zip(words, random.random(len(words)).tolist(), strict=True):
            segmentations, cumulative = self._segmentations(word)
            ids += segmentations[bisect(cumulative, chance)]
        return ids

    def _normalize(self, text: str) -> str:
        return self._normalizer.normalize_str(text) if self._normalizer else text

    def _find_segmentations(self, word: str) -> tuple[list[list[int]], list[float]]:
        """Return a word's likeliest segmentations, and their cumulative probabilities below 1."""
        found = self._processor.nbest_encode(word, nbest_size=NBEST)
        scores = np.array([sum(map(self._processor.get_score, ids)) for ids in found])
        weights = np.exp(ALPHA * (scores - scores.max()))
        return found, list(itertools.accumulate(weights / weights.sum()))[:-1]


def _unigram_model(file: Path) -> bytes | None:
    """Return a `tokenizer.json`'s vocabulary as a SentencePiece model, if it is of that kind."""
    from sentencepiece import sentencepiece_model_pb2 as sentencepiece

    document: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    vocabulary = document["model"]
    if vocabulary.get("type") != "Unigram":
        return None
    special = {token["id"] for token in document.get("added_tokens", []) if token["special"]}
    unknown = vocabulary["unk_id"]
    kind = sentencepiece.ModelProto.SentencePiece
    model = sentencepiece.ModelProto()
    for id, (piece, score) in enumerate(vocabulary["vocab"]):
        type = kind.CONTROL if id in special else kind.NORMAL
        model.pieces.add(piece=piece, score=score, type=kind.UNKNOWN if id == unknown else type)
    model.trainer_spec.model_type = sentencepiece.TrainerSpec.UNIGRAM
    model.trainer_spec.unk_id = unknown
    model.trainer_spec.bos_id = model.trainer_spec.eos_id = model.trainer_spec.pad_id = -1
    model.normalizer_spec.name = "identity"
    return model.SerializeToString()
