"""Texts to token ids and back, with the base's own tokenizer."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from lora_demo.files import read_json

TOKENIZER_FILES = ("tokenizer.json", "spiece.model")
Encode = Callable[[Sequence[str]], list[list[int]]]
Decode = Callable[[Sequence[int]], str]
Codec = tuple[int, Encode, Decode]
"""The unknown token's id, an encoder of texts and a decoder of one row."""


class Tokenizer:
    """The base's own tokenizer.

    Args:
        folder: A base model folder.

    Raises:
        ValueError: If the folder has no tokenizer that transformers can read without running code.
    """

    def __init__(self, folder: Path) -> None:
        if not any((folder / name).is_file() for name in TOKENIZER_FILES):
            raise ValueError(
                f"{folder} has no tokenizer.json and no spiece.model. "
                "Add one of them from the original model."
            )
        try:
            codec = _plain(folder) or _by_transformers(folder)
        except Exception as error:  # the library raises many kinds for damaged files
            reason = (str(error) or type(error).__name__).splitlines()[0][:200]
            raise ValueError(
                f"The tokenizer in {folder} cannot be read ({reason}). Download it again."
            ) from None
        self.unknown_id, self._encode, self._decode = codec

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Convert texts to token ids.

        Args:
            texts: Any number of texts.

        Returns:
            The ids of each text, with T5's end token, never truncated.
        """
        return self._encode(list(texts)) if texts else []

    def decode(self, ids: Sequence[Sequence[int]]) -> list[str]:
        """Convert rows of token ids to texts without special tokens."""
        return [self._decode(row) for row in ids]


def _by_transformers(folder: Path) -> Codec:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(
        folder, local_files_only=True, trust_remote_code=False
    )
    tokenizer.model_max_length = 10**9

    def encode(texts: Sequence[str]) -> list[list[int]]:
        ids: list[list[int]] = tokenizer(texts)["input_ids"]
        return ids

    def decode(row: Sequence[int]) -> str:
        return str(tokenizer.decode(row, skip_special_tokens=True))

    return tokenizer.unk_token_id, encode, decode


def _plain(folder: Path) -> Codec | None:
    """Do the same as `_by_transformers` without its import, which takes seconds.

    Returns:
        None if transformers would add something to `tokenizer.json`.
    """
    file = folder / "tokenizer_config.json"
    config = read_json(file) if file.is_file() else {}
    if config.get("tokenizer_class") != "TokenizersBackend":
        return None
    if config.get("clean_up_tokenization_spaces"):
        return None
    tokenizer = _read_plain(folder)
    tokens = [config.get(f"{name}_token") for name in ("unk", "eos", "pad")]
    added = tokenizer.get_added_tokens_decoder().values()
    special = {token.content for token in added if token.special}
    if not special.issuperset(tokens):
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
    """Make an encoder that gives the same ids as `Tokenizer.encode`, but starts faster.

    It does not import transformers if the folder has a `tokenizer.json`.

    Args:
        folder: A base model folder.

    Raises:
        ValueError: If there is no readable tokenizer.
    """
    if not (folder / "tokenizer.json").is_file():
        return Tokenizer(folder).encode
    return _encoder(_read_plain(folder))
