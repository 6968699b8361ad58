"""A small grammar of cookbook sentences that writes German-English training pairs.

`python -m lora_demo.assets.corpus.recipes` rewrites `recipes/train.tsv` and `recipes/eval.tsv`:
pairs of the grammar, mixed with pairs written by hand (`recipes/written.tsv`). None of them is
nearly equal to a test or probe sentence.

A slot of a pattern (`recipes/patterns.txt`) draws an entry of the lexicon (`recipes/lexicon.txt`)
or a job, which is a chain of acts on a food (`recipes/jobs.txt`). Each takes the form that the slot
names: `{soup:zu dat}` declines a noun, `{prep:passive}` gives "is peeled and diced".
"""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import NamedTuple

from lora_demo.assets.corpus import Pair
from lora_demo.assets.corpus.grammar import Domain, blocks, sentence, tables
from lora_demo.assets.corpus.recipe_forms import PASSIVES, Act, Job, Noun, Phrase

FOLDER = Path(__file__).parent / "recipes"
JOBS = {"prep", "start", "full", "cook", "savory", "aside", "pair"}
PLAIN = {"lemon", "sugar", "brief", "tender", "blanch"}
"""Acts that no salt and spices follow."""


Item = Noun | Phrase | Job


@dataclass(frozen=True)
class View:
    """Adapt an item to `str.format` in one language.

    Args:
        item: The item of a slot.
        language: `german` or `english`.
    """

    item: Item
    language: str

    def __format__(self, spec: str) -> str:
        text: str = getattr(self.item, self.language)(spec)
        return text


def entry(line: str) -> Noun | Phrase:
    """Parse an entry of the lexicon.

    Args:
        line: `German = English`. A noun starts with its gender, and with p or s if its number
            differs in English: `ps Nudeln = pasta`.
    """
    german, english = line.split(" = ")
    gendered = re.fullmatch(r"([mfnp])([ps]?) (.+)", german)
    if not gendered:
        return Phrase(german, english)
    gender, number, noun = gendered.groups()
    return Noun(noun, gender, english, (number or gender) == "p")


def cells(lines: list[str]) -> list[list[str]]:
    """Split each line of a table into cells.

    Args:
        lines: Lines whose cells are separated by semicolons.
    """
    return [[cell.strip() for cell in line.split(";")] for line in lines]


LEXICON = {
    name: [entry(line) for line in lines] for name, lines in tables(FOLDER / "lexicon.txt").items()
}
WORK = tables(FOLDER / "jobs.txt")
ACTS = {key: Act(*rest) for key, *rest in cells(WORK["acts"])}


class Food(NamedTuple):
    """A food and the keys of the acts that suit it."""

    noun: Noun
    start: list[str]
    cuts: list[str]
    cooks: list[str]


def food(cells: list[str]) -> Food:
    """Parse a line of the table of foods.

    Args:
        cells: A noun as `entry` takes it, then three lists of keys, separated by spaces: first
            steps, cuts, and ways of cooking.

    Raises:
        ValueError: If the first cell is not a noun with its gender.
    """
    noun, start, cuts, cooks = cells
    parsed = entry(noun)
    if not isinstance(parsed, Noun):
        raise ValueError(f"{noun!r} is not a noun.")
    return Food(parsed, start.split(), cuts.split(), cooks.split())


FOODS = [food(line) for line in cells(WORK["foods"])]


def draw_job(rng: random.Random, kind: str) -> Job | None:
    """Draw a job of a kind in `JOBS`; None if the drawn food does not allow it.

    Args:
        rng: Makes the random choices.
        kind: One of `JOBS`.
    """
    noun, start, cuts, cooks = rng.choice(FOODS)
    cut = [rng.choice(cuts)] if cuts else []
    cook = [rng.choice(cooks)] if cooks else []
    keys = {
        "prep": start + cut,
        "start": start,
        "full": start + cut + cook if cook else [],
        "cook": cook,
        "savory": [key for key in cook if key not in PLAIN],
        "aside": [*start, *cut, "aside"],
        "pair": start + cut,
    }[kind]
    nouns = [noun]
    if kind == "pair":
        similar = [
            other.noun for other in FOODS if other.start == start and set(cut) <= set(other.cuts)
        ]
        nouns.append(rng.choice(similar))
    return Job(tuple(nouns), tuple(ACTS[key] for key in keys)) if keys else None


def slots(template: str) -> list[str]:
    """List the slots of a template, in order, without repetition.

    Args:
        template: Text with slots in braces, such as `{soup:zu dat}`.
    """
    return list(dict.fromkeys(re.findall(r"{(\w+)", template)))


def draw_items(rng: random.Random, template: str) -> dict[str, Item | None]:
    """Draw an item for every slot of a template and of the acts drawn for it.

    Args:
        rng: Makes the random choices.
        template: The German line of a pattern.
    """
    jobs = {name: draw_job(rng, name) for name in slots(template) if name in JOBS}
    acts = [act for job in jobs.values() if job for act in job.acts]
    names = slots(" ".join([template, *(act.infinitive for act in acts)]))
    drawn: dict[str, Item | None] = dict(jobs)
    for name in names:
        if name not in jobs:
            table = name.rstrip("23")  # `soup2` is a second soup
            drawn[name] = rng.choice(LEXICON[table])
    return drawn


def are_valid(items: dict[str, Item], template: str) -> bool:
    """Check that no noun is used twice, and that every passive exists.

    Args:
        items: An item for each slot.
        template: The German template.
    """
    jobs = [item for item in items.values() if isinstance(item, Job)]
    nouns = [item for item in items.values() if isinstance(item, Noun)]
    nouns += [noun for job in jobs for noun in job.foods]
    count = len(nouns)
    if len({noun.de for noun in nouns}) < count or len({noun.en for noun in nouns}) < count:
        return False
    is_passive = any(f":{mode}}}" in template for mode in PASSIVES)
    have_passives = all(act.participle for job in jobs for act in job.acts)
    return have_passives or not is_passive


def fill(template: str, items: dict[str, Item], language: str) -> str:
    """Fill a template; the second pass fills the slots in the acts.

    Args:
        template: The German or English line of a pattern.
        items: An item for each slot of the template and of its acts.
        language: `german` or `english`, the language of the template.
    """
    views = {name: View(item, language) for name, item in items.items()}
    return sentence(template.format_map(views).format_map(views))


def draws(rng: random.Random) -> Iterator[Pair]:
    """Draw sentence pairs from all patterns in turn, without end.

    Args:
        rng: Makes all random choices; equal seeds draw equal pairs.
    """
    for block in cycle(blocks(FOLDER / "patterns.txt")):
        german, english = block[0], block[-1]
        drawn = draw_items(rng, german)
        items = {name: item for name, item in drawn.items() if item is not None}
        if len(items) == len(drawn) and are_valid(items, german):
            yield fill(german, items, "german"), fill(english, items, "english")


DOMAIN = Domain(FOLDER, seed=7, size=2000, draws=draws)

if __name__ == "__main__":
    DOMAIN.write()
