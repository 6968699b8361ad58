"""A small grammar of everyday sentences that writes German-English training pairs.

`python -m lora_demo.assets.corpus.general` rewrites `general/train.tsv` and `general/eval.tsv`:
pairs of the grammar, mixed with pairs written by hand (`general/written.tsv`). None of them is
nearly equal to a test or probe sentence of this domain, or to a test sentence of another.

A slot of a pattern (`general/patterns.txt`) draws an entry of the lexicon
(`general/lexicon.txt`): a phrase, a noun, a subject or an act. Each takes the form that the slot
names. A second slot of the same table ends in 2 and draws another entry. An act agrees with the
subject of its sentence (`{who}`, else `{person}`), unless its slot names another one:
`{chore:last person2}`.
"""

import random
import re
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

from lora_demo.assets.corpus import Pair
from lora_demo.assets.corpus.grammar import Domain, blocks
from lora_demo.assets.corpus.lexicon import read_lexicon
from lora_demo.assets.corpus.parts_of_speech import Entry, Subject
from lora_demo.assets.corpus.persons import PERSONS

FOLDER = Path(__file__).parent / "general"
OTHER_TESTS = tuple(
    FOLDER.parent / name / "test.tsv" for name in ("everyday", "recipes", "weather")
)
SENTENCE_START = r"""^[„"]?\w|[.?!]["“]?( –)? [„"]?\w"""


class View:
    """Adapt a drawn entry to `str.format` in one language."""

    def __init__(self, slots: dict[str, Entry], name: str, subject: str, language: str) -> None:
        """Name the entry's slot and the slot of the subject that it agrees with."""
        self.slots, self.name, self.subject, self.language = slots, name, subject, language

    def __format__(self, spec: str) -> str:
        entry = self.slots[self.name]
        start, _, last = spec.rpartition(" ")
        subject = self.slots.get(last)
        named = isinstance(subject, Subject) or last in PERSONS
        if not named:
            subject = self.slots[self.subject]
        person = subject.person if isinstance(subject, Subject) else last
        make = entry.german if self.language == "de" else entry.english
        return make(start if named else spec, person)


def fill(template: str, slots: dict[str, Entry], language: str) -> str:
    """Fill a template in one language.

    Args:
        template: The German or English line of a pattern.
        slots: Name of a slot -> its entry. The slot `who`, or else `person`, is the subject.
        language: `de` or `en`, the language of the template.
    """
    subject = "who" if "{who" in template else "person"
    views = {name: View(slots, name, subject, language) for name in slots}
    text = template.format(**views)
    return re.sub(SENTENCE_START, lambda start: start[0].upper(), text)


def draws(rng: random.Random) -> Iterator[Pair]:
    """Draw sentence pairs from all patterns in turn, without end.

    Args:
        rng: Makes all random choices; equal seeds draw equal pairs.
    """
    words = read_lexicon(FOLDER / "lexicon.txt")
    for german, english in cycle(blocks(FOLDER / "patterns.txt")):
        slots: dict[str, Entry] = {}
        for name, lines in words.items():
            first, second = rng.sample(lines, 2)
            slots[name], slots[f"{name}2"] = rng.choice(first), rng.choice(second)
        yield fill(german, slots, "de"), fill(english, slots, "en")


DOMAIN = Domain(FOLDER, seed=20, size=2100, draws=draws, apart=OTHER_TESTS)

if __name__ == "__main__":
    DOMAIN.write()
