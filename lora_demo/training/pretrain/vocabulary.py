"""The embedded base's tokenizer: a Unigram vocabulary, trained and sampled with SentencePiece."""

import functools
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lora_demo.data.encoding import PREFIX

REVERSE_PREFIX = "translate English to German: "
SENTINELS = 32
"""Tokens `<extra_id_0>` and so on, which stand for spans left out; T5 has 100."""
SPECIAL = 3
"""Pad, end and unknown come first."""
ALPHABET = "0123456789.,:;!?%°€$&/()[]+-–—…'\"„“”‚‘’«»§@#*=_ÄÖÜäöüßéèàâêçñ"
SAMPLING_ALPHA = 0.2
"""Exponent of a segmentation's probability; lower is more uniform."""
NBEST = 16
"""Segmentations that a word's is drawn from."""
SENTENCEPIECE_FILE = "sampling.model"


def train_tokenizer(texts: Sequence[str], vocab: int, folder: Path) -> None:
    """Train a Unigram tokenizer with T5's special ids and write it.

    Unigram: Kudo 2018, https://arxiv.org/abs/1804.10959.

    SentencePiece finds the pieces, since the trainer of the tokenizers library drops frequent
    short words. `tokenizer.json` does not need SentencePiece; `sampling.model` is kept beside it
    for sampled segmentations while pre-training. Digits are single pieces. Sentinels come last
    and count down, as in T5: `<extra_id_0>` has the highest id.

    Raises:
        ValueError: if `vocab` has no room for the alphabet or the texts have too few pieces.
    """
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace("\u200b", "")])
    prefixes = [PREFIX, REVERSE_PREFIX] * 100
    texts = [normalizer.normalize_str(text) for text in [*texts, *prefixes]]
    processor, model = _train_sentencepiece(texts, vocab - SENTINELS)
    pieces = [
        (processor.id_to_piece(i), processor.get_score(i) if i >= SPECIAL else 0.0)
        for i in range(processor.get_piece_size())
    ]
    sentinels = [f"<extra_id_{i}>" for i in reversed(range(SENTINELS))]

    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=2))
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.WhitespaceSplit(),
            pre_tokenizers.Metaspace(),
            pre_tokenizers.Digits(individual_digits=True),
        ]
    )
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s>", special_tokens=[("</s>", 1)]
    )
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<pad>",
        eos_token="</s>",
        unk_token="<unk>",
        additional_special_tokens=sentinels,
        clean_up_tokenization_spaces=False,
    )
    fast.save_pretrained(folder)
    (folder / SENTENCEPIECE_FILE).write_bytes(model)


def _train_sentencepiece(texts: list[str], vocab: int) -> tuple[Any, bytes]:
    from sentencepiece import SentencePieceProcessor, SentencePieceTrainer

    model = io.BytesIO()
    try:
        SentencePieceTrainer.train(
            sentence_iterator=iter(texts),
            model_writer=model,
            vocab_size=vocab,
            model_type="unigram",
            character_coverage=1.0,
            split_digits=True,
            required_chars=ALPHABET,
            normalization_rule_name="identity",
            pad_id=0,
            eos_id=1,
            unk_id=2,
            bos_id=-1,
            pad_piece="<pad>",
            minloglevel=2,
            hard_vocab_limit=False,
        )
    except RuntimeError as error:
        reason = str(error).rpartition("] ")[2].strip()
        raise ValueError(f"--vocab {vocab + SENTINELS}: {reason}") from None
    return SentencePieceProcessor(model_proto=model.getvalue()), model.getvalue()


def write_sampling_model(folder: Path) -> None:
    """Write the SentencePiece model of an exported `tokenizer.json` beside it.

    Args:
        folder: has the `tokenizer.json` of `train_tokenizer`.
    """
    from sentencepiece import sentencepiece_model_pb2 as sentencepiece

    document = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    kind = sentencepiece.ModelProto.SentencePiece
    model = sentencepiece.ModelProto()
    for piece, score in document["model"]["vocab"]:
        model.pieces.add(piece=piece, score=score, type=kind.NORMAL)
    for id, special in enumerate((kind.CONTROL, kind.CONTROL, kind.UNKNOWN)):
        model.pieces[id].type = special
    model.trainer_spec.model_type = sentencepiece.TrainerSpec.UNIGRAM
    model.trainer_spec.pad_id, model.trainer_spec.eos_id, model.trainer_spec.unk_id = range(SPECIAL)
    model.trainer_spec.bos_id = -1
    model.normalizer_spec.name = "identity"
    (folder / SENTENCEPIECE_FILE).write_bytes(model.SerializeToString())


class SamplingTokenizer:
    """Text to ids without the end token, by the best or by a sampled segmentation.

    Sampling draws each word's segmentation from its NBEST likeliest ones (Kudo 2018, section 3.2).
    """

    def __init__(self, folder: Path) -> None:
        from sentencepiece import SentencePieceProcessor

        self._processor = SentencePieceProcessor(model_file=str(folder / SENTENCEPIECE_FILE))
        self._segmentations = functools.cache(self._find_segmentations)

    def encode(self, text: str) -> list[int]:
        """The most probable segmentation."""
        return self._processor.encode(text)

    def sample(self, text: str, random: np.random.Generator) -> list[int]:
        """A sampled segmentation of each word of a text."""
        ids: list[int] = []
        for word in text.split():
            segmentations, probabilities = self._segmentations(word)
            ids += segmentations[random.choice(len(segmentations), p=probabilities)]
        return ids

    def _find_segmentations(self, word: str) -> tuple[list[list[int]], np.ndarray]:
        """A word's likeliest segmentations and their probabilities."""
        found = self._processor.nbest_encode(word, nbest_size=NBEST)
        scores = np.array([sum(map(self._processor.get_score, ids)) for ids in found])
        weights = np.exp(SAMPLING_ALPHA * (scores - scores.max()))
        return found, weights / weights.sum()
