"""Text to ids and back, by the tokenizer that transformers makes of the base's files."""

from collections.abc import Callable, Sequence
from pathlib import Path

from lora_demo.checkpoints.tensors import read_json


class Tokenizer:
    """The base's own tokenizer.

    Raises:
        ValueError: if the folder holds none that transformers can read without running code.
    """

    def __init__(self, folder: Path):
        if not any((folder / name).is_file() for name in ("tokenizer.json", "spiece.model")):
            raise ValueError(f"{folder} has no tokenizer.json and no spiece.model.")
        try:
            self.unknown_id, self._encode, self._decode = _plain(folder) or _by_transformers(folder)
        except (
            Exception
        ) as error:  # a tokenizer file can be wrong in as many ways as the library has readers
            raise ValueError(
                f"The tokenizer in {folder} cannot be read ({str(error).splitlines()[0][:200]})."
            ) from None

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Ids of each text, with T5's end token, never cut."""
        return self._encode(list(texts)) if texts else []

    def decode(self, ids: Sequence[Sequence[int]]) -> list[str]:
        """Texts of rows of ids, without special tokens."""
        return [self._decode(row) for row in ids]


def _by_transformers(folder: Path):
    """The unknown token's id, an encoder and a decoder."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(
        folder, local_files_only=True, trust_remote_code=False
    )
    tokenizer.model_max_length = 10**9
    return (
        tokenizer.unk_token_id,
        lambda texts: tokenizer(texts)["input_ids"],
        lambda row: tokenizer.decode(row, skip_special_tokens=True),
    )


def _plain(folder: Path):
    """As `_by_transformers`, without the seconds of its import, where it would add nothing to tokenizer.json; else None."""
    file = folder / "tokenizer_config.json"
    config = read_json(file) if file.is_file() else {}
    if config.get("tokenizer_class") != "TokenizersBackend" or config.get(
        "clean_up_tokenization_spaces"
    ):
        return None
    plain, tokens = (
        _read_plain(folder),
        [config.get(f"{name}_token") for name in ("unk", "eos", "pad")],
    )
    special = {
        token.content for token in plain.get_added_tokens_decoder().values() if token.special
    }
    if not special.issuperset(tokens):
        return None
    return (
        plain.token_to_id(tokens[0]),
        _encoder(plain),
        lambda row: plain.decode(row, skip_special_tokens=True),
    )


def _read_plain(folder: Path):
    from tokenizers import Tokenizer as Plain

    plain = Plain.from_file(str(folder / "tokenizer.json"))
    plain.no_truncation()
    plain.no_padding()
    return plain


def _encoder(plain) -> Callable[[Sequence[str]], list[list[int]]]:
    return lambda texts: [encoding.ids for encoding in plain.encode_batch(list(texts))]


def quick_encoder(folder: Path) -> Callable[[Sequence[str]], list[list[int]]]:
    """`Tokenizer.encode` without the seconds that importing transformers takes, where the folder has a tokenizer.json."""
    if not (folder / "tokenizer.json").is_file():
        return Tokenizer(folder).encode
    return _encoder(_read_plain(folder))
