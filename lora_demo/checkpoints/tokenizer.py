"""Text to ids and back, by the tokenizer that transformers makes of the base's files."""

from collections.abc import Callable, Sequence
from pathlib import Path


class Tokenizer:
    """The base's own tokenizer.

    Raises:
        ValueError: if the folder holds none that transformers can read without running code.
    """

    def __init__(self, folder: Path):
        from transformers import AutoTokenizer

        if not any((folder / name).is_file() for name in ("tokenizer.json", "spiece.model")):
            raise ValueError(f"{folder} has no tokenizer.json and no spiece.model.")
        try:
            self._tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        except Exception as error:  # a tokenizer file can be wrong in as many ways as the library has readers
            raise ValueError(f"The tokenizer in {folder} cannot be read ({str(error).splitlines()[0][:200]}).") from None
        self._tokenizer.model_max_length = 10**9
        self.unknown_id = self._tokenizer.unk_token_id

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Ids of each text, with T5's end token, never cut."""
        return self._tokenizer(list(texts))["input_ids"] if texts else []

    def decode(self, ids: Sequence[Sequence[int]]) -> list[str]:
        """Texts of rows of ids, without special tokens."""
        return [self._tokenizer.decode(row, skip_special_tokens=True) for row in ids]


def quick_encoder(folder: Path) -> Callable[[Sequence[str]], list[list[int]]]:
    """`Tokenizer.encode` without the seconds that importing transformers takes, where the folder has a tokenizer.json."""
    if not (folder / "tokenizer.json").is_file():
        return Tokenizer(folder).encode
    from tokenizers import Tokenizer as Plain

    plain = Plain.from_file(str(folder / "tokenizer.json"))
    plain.no_truncation()
    plain.no_padding()
    return lambda texts: [encoding.ids for encoding in plain.encode_batch(list(texts))]
