"""Texts to token ids and back, with the base's own tokenizer."""

import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from lora_demo.files import read_json, refuse_lfs_pointer
from lora_demo.language import _

TOKENIZER_FILES = ("tokenizer.json", "spiece.model")
FURTHER_FILES = ("added_tokens.json", "special_tokens_map.json")
"""Files from which transformers adds tokens to `tokenizer.json`."""
PLAIN_SETTINGS = frozenset(
    [
        "backend",
        "clean_up_tokenization_spaces",
        "eos_token",
        "extra_special_tokens",
        "is_local",
        "local_files_only",
        "model_max_length",
        "pad_token",
        "tokenizer_class",
        "unk_token",
    ]
)
"""Settings that transformers writes, and that change nothing or are checked here."""
Encode = Callable[[Sequence[str]], list[list[int]]]
Decode = Callable[[Sequence[int]], str]
Codec = tuple[int, Encode, Decode]
"""The unknown token's id, an encoder of texts and a decoder of one row."""
BYTE_OFFSET = 3
"""Ids of ByT5 before those of the bytes: padding, end and unknown."""
BYTE_END = 1
BYTE_UNKNOWN = 2
BYTE_VOCABULARY = 384
"""Rows of ByT5's embedding: 259 ids and 125 sentinels."""


class Tokenizer:
    """The base's own tokenizer.

    Args:
        folder: A base model folder.

    Raises:
        ValueError: If the folder has no tokenizer that transformers can read without running code.
    """

    def __init__(self, folder: Path) -> None:
        present = [folder / name for name in TOKENIZER_FILES if (folder / name).is_file()]
        is_bytes = uses_bytes(folder)
        if not present and not is_bytes:
            raise ValueError(
                _(
                    "{folder} has no tokenizer.json and no spiece.model. Add one of them from the "
                    "original model.",
                    folder=folder,
                )
            )
        for path in present:
            refuse_lfs_pointer(path)
        try:
            codec = _byte_codec(folder) if is_bytes else _text_codec(folder)
        except Exception as error:  # the library raises many kinds for damaged files
            reason = (str(error) or type(error).__name__).splitlines()[0][:200]
            raise ValueError(
                _(
                    "The tokenizer in {folder} cannot be read ({reason}). Download it again.",
                    folder=folder,
                    reason=reason,
                )
            ) from None
        self.unknown_id, self._encode, self._decode = codec
        config = folder / "config.json"
        self._rows = read_json(config).get("vocab_size") if config.is_file() else None

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Convert texts to token ids.

        Args:
            texts: Any number of texts.

        Returns:
            The ids of each text, with T5's end token, never truncated.

        Raises:
            ValueError: If a token has no row in the model's embedding.
        """
        encoded = self._encode(list(texts)) if texts else []
        largest = max((id for ids in encoded for id in ids), default=0)
        if isinstance(self._rows, int) and largest >= self._rows:
            raise ValueError(
                _(
                    "The tokenizer gives the token {token}, but the model has only {rows} tokens "
                    "(vocab_size in config.json). Use the tokenizer that the model was saved "
                    "with, or enlarge the model with resize_token_embeddings and save it again.",
                    token=largest,
                    rows=self._rows,
                )
            )
        return encoded

    def decode(self, ids: Sequence[Sequence[int]]) -> list[str]:
        """Convert rows of token ids to texts without special tokens.

        Args:
            ids: One row for each text; rows may have different lengths.
        """
        return [self._decode(row) for row in ids]


def uses_bytes(folder: Path) -> bool:
    """Check whether a base reads bytes, as ByT5 does, so that it needs no tokenizer file.

    Args:
        folder: A base model folder.
    """
    settings = folder / "tokenizer_config.json"
    if settings.is_file():
        name = str(read_json(settings).get("tokenizer_class"))
        return name.startswith("ByT5Tokenizer")
    has_file = any((folder / name).is_file() for name in TOKENIZER_FILES)
    config = folder / "config.json"
    if has_file or not config.is_file():
        return False
    document = read_json(config)
    is_named = str(document.get("tokenizer_class")).startswith("ByT5Tokenizer")
    return is_named or document.get("vocab_size") == BYTE_VOCABULARY


def _encode_bytes(text: str) -> list[int]:
    return [byte + BYTE_OFFSET for byte in text.encode()] + [BYTE_END]


def _decode_bytes(row: Sequence[int]) -> str:
    """Decode ids of ByT5; drop special tokens and bytes that are not UTF-8, as transformers."""
    values = (id - BYTE_OFFSET for id in row)
    return bytes(value for value in values if 0 <= value < 256).decode("utf-8", errors="ignore")


def _byte_codec(folder: Path) -> Codec:
    """Make the tokenizer of ByT5 (Xue et al. 2021, https://arxiv.org/abs/2105.13626).

    A special token in a text, such as `</s>`, is a token, as in transformers. So the tokenizer of
    transformers encodes texts that may hold one. Its import takes seconds, so it waits for the
    first such text.
    """

    @functools.cache
    def transformers_encoder() -> Encode:
        return _transformers_byte_encoder(folder)

    def encode_text(text: str) -> list[int]:
        may_have_special_tokens = "<" in text
        return transformers_encoder()([text])[0] if may_have_special_tokens else _encode_bytes(text)

    def encode(texts: Sequence[str]) -> list[list[int]]:
        return [encode_text(text) for text in texts]

    return BYTE_UNKNOWN, encode, _decode_bytes


def _transformers_byte_encoder(folder: Path) -> Encode:
    from transformers import ByT5Tokenizer

    if (folder / "tokenizer_config.json").is_file():
        return _transformers_codec(folder)[1]
    return _untruncated(ByT5Tokenizer())


def _text_codec(folder: Path) -> Codec:
    """Make a tokenizer without transformers where that gives the same ids, else with it."""
    return _plain_codec(folder) or _transformers_codec(folder)


def _transformers_codec(folder: Path) -> Codec:
    from transformers import AutoTokenizer, T5Tokenizer

    options: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    try:
        tokenizer: Any = AutoTokenizer.from_pretrained(folder, **options)
    except ValueError:  # its config names a class that does not read spiece.model
        if not (folder / "spiece.model").is_file():
            raise
        tokenizer = T5Tokenizer.from_pretrained(folder, **options)

    def decode(row: Sequence[int]) -> str:
        return str(tokenizer.decode(row, skip_special_tokens=True))

    return tokenizer.unk_token_id, _untruncated(tokenizer), decode


def _untruncated(tokenizer: Any) -> Encode:
    """Make an encoder out of a tokenizer of transformers."""
    tokenizer.model_max_length = 10**9

    def encode(texts: Sequence[str]) -> list[list[int]]:
        ids: list[list[int]] = tokenizer(list(texts))["input_ids"]
        return ids

    return encode


def _plain_codec(folder: Path) -> Codec | None:
    """Make the tokenizer of `_transformers_codec` without its import, which takes seconds.

    Returns:
        None if transformers would add something to `tokenizer.json`.
    """
    file = folder / "tokenizer_config.json"
    config = read_json(file) if file.is_file() else {}
    if not (folder / "tokenizer.json").is_file():
        return None
    if config.get("tokenizer_class") != "TokenizersBackend":
        return None
    if config.get("clean_up_tokenization_spaces") or not config.keys() <= PLAIN_SETTINGS:
        return None
    further = config.get("extra_special_tokens") or []
    has_further_file = any((folder / name).is_file() for name in FURTHER_FILES)
    if has_further_file or not isinstance(further, list):
        return None
    tokenizer = _read_plain(folder)
    tokens = [config.get(f"{name}_token") for name in ("unk", "eos", "pad")]
    added = tokenizer.get_added_tokens_decoder().values()
    special = {token.content for token in added if token.special}
    if not special.issuperset([*tokens, *further]):
        return None

    def decode(row: Sequence[int]) -> str:
        return str(tokenizer.decode(row, skip_special_tokens=True))

    return tokenizer.token_to_id(tokens[0]), _encoder(tokenizer), decode


def _read_plain(folder: Path) -> Any:
    from tokenizers import Tokenizer as PlainTokenizer

    tokenizer = PlainTokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _encoder(tokenizer: Any) -> Encode:
    def encode(texts: Sequence[str]) -> list[list[int]]:
        return [encoding.ids for encoding in tokenizer.encode_batch(list(texts))]

    return encode


def quick_encoder(folder: Path) -> Encode:
    """Make an encoder that starts faster than `Tokenizer`, to count tokens.

    It does not import transformers if the folder has a `tokenizer.json`. The ids of rare characters
    differ where transformers changes that file's rules, as it does for the class T5Tokenizer.

    Args:
        folder: A base model folder.

    Raises:
        ValueError: If the folder lacks a readable tokenizer.
    """
    if uses_bytes(folder) or not (folder / "tokenizer.json").is_file():
        return Tokenizer(folder).encode
    return _encoder(_read_plain(folder))
