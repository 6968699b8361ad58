"""The comparison that Compare opens with: made beforehand, then replaced by a live one.

`python -m lora_demo.service.first_comparison` makes the shipped file again.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lora_demo.assets import ASSETS
from lora_demo.checkpoints.adapter_files import WEIGHTS
from lora_demo.checkpoints.base import Base, find_base, fingerprint
from lora_demo.checkpoints.download import sha256_of
from lora_demo.checkpoints.embedded import EMBEDDED
from lora_demo.files import read_json_or_empty, write_json
from lora_demo.service.adapter_entries import list_adapters
from lora_demo.service.adapter_library import AdapterLibrary
from lora_demo.service.compared_system import ComparedSystem
from lora_demo.service.comparison import Comparison, Comparisons
from lora_demo.service.examples import EXAMPLES

if TYPE_CHECKING:
    from lora_demo.translator import Translator

FILE = ASSETS / "first_comparison.json"
COMMAND = "python -m lora_demo.service.first_comparison"


class FirstComparison:
    """The first example, translated by the base and the general adapters.

    Args:
        base: Id of the page's base.
        library: The adapters.
        comparisons: Translates with the base and adapters.
        file: The result that was made beforehand.
    """

    def __init__(
        self, base: str, library: AdapterLibrary, comparisons: Comparisons, file: Path = FILE
    ) -> None:
        self.library = library
        self.comparisons = comparisons
        self.shipped = _read(file, library) if base == EMBEDDED else None
        self._live: Comparison | None = None
        self._lock = threading.Lock()

    def live(self) -> Comparison:
        """Translate the example with the loaded model; all visitors share the result.

        Raises:
            ValueError: If the model could not be loaded.
        """
        with self._lock:
            if self._live is None:
                sentence, _ = EXAMPLES[0]
                self._live = self.comparisons.compare(sentence, self.library.general_ids(), "")
            return self._live


def _read(file: Path, library: AdapterLibrary) -> Comparison | None:
    """Read the shipped result; None if it is of other adapters or of another example."""
    document = read_json_or_empty(file)
    entries = library.entries("")
    ids = library.general_ids()
    present = {id: sha256_of([entries[id].folder / WEIGHTS]) for id in ids}
    sentence, _ = EXAMPLES[0]
    if not ids or document.get("adapters") != present or document.get("text") != sentence:
        return None
    systems = [_system(column) for column in document["columns"]]
    return Comparison([sentence], systems, beams=1, seconds=0.0, made_beforehand=True)


def _system(column: Mapping[str, Any]) -> ComparedSystem:
    return ComparedSystem(
        name=column["name"],
        kind="adapter" if column["adapter"] else "base",
        id=column["adapter"],
        rank=column["rank"],
        strength=1.0,
        texts=column["texts"],
        tokens=column["tokens"],
        layers=[],
    )


def make_document(base: Base, translator: Translator) -> dict[str, Any]:
    """Translate the first example with the embedded base and the general shipped adapters.

    Args:
        base: The embedded base.
        translator: Translates with it.

    Returns:
        The content of the shipped file.
    """
    sentence, _ = EXAMPLES[0]
    entries = list_adapters(None, base.config).values()
    folders = [entry.folder for entry in entries if entry.is_general]
    columns = translator.compare([sentence], folders)
    names = [None, *(folder.name for folder in folders)]
    return {
        "command": COMMAND,
        "base": {"id": base.id, "sha256": fingerprint(base)},
        "adapters": {folder.name: sha256_of([folder / WEIGHTS]) for folder in folders},
        "text": sentence,
        "columns": [
            {
                "name": name or "base",
                "adapter": name,
                "rank": column.rank,
                "texts": column.texts,
                "tokens": column.tokens,
            }
            for name, column in zip(names, columns, strict=True)
        ],
    }


def main() -> None:
    """Write the shipped file."""
    from lora_demo.translator import Translator

    base = find_base()
    write_json(FILE, make_document(base, Translator(base)))
    print(f"Wrote {FILE}")


if __name__ == "__main__":
    main()
