"""The embedded base's tokenizer: a Unigram vocabulary, trained with SentencePiece."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lora_demo.data.encoding import PREFIX

REVERSE_PREFIX = "translate English to German: "
SENTINELS = 32
"""Tokens `<extra_id_0>` and so on, which stand for spans left out; T5 has 100."""
SPECIAL = 3
"""Pad, end and unknown come first."""
ALPHABET = "0123456789.,:;!?%°€$&/()[]+-–—…'\"„“”‚‘’«»§@#*=_ÄÖÜäöüßéèàâêçñ"


def train_tokenizer(texts: Sequence[str], vocab: int, folder: Path) -> None:
    """Train a Unigram tokenizer with T5's special ids and write it.

    Unigram: Kudo 2018, https://arxiv.org/abs/1804.10959.

    SentencePiece finds the pieces, since the trainer of the tokenizers library drops frequent
    short words. Digits are single pieces. Sentinels come last and count down, as in T5:
    `<extra_id_0>` has the highest id.

    Args:
        texts: Texts of both languages.
        vocab: Number of pieces, sentinels included.
        folder: The tokenizer's folder, which is created.

    Raises:
        ValueError: If `vocab` has no room for the alphabet or the texts have too few pieces.
    """
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace("\u200b", "")])
    prefixes = [PREFIX, REVERSE_PREFIX] * 100
    texts = [normalizer.normalize_str(text) for text in [*texts, *prefixes]]
    processor = _train_sentencepiece(texts, vocab - SENTINELS)
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


def _train_sentencepiece(texts: list[str], vocab: int) -> Any:
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
    return SentencePieceProcessor(model_proto=model.getvalue())
