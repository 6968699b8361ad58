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
from lora_demo.assets.corpus.german import article, dative_plural, ending
from lora_demo.assets.corpus.grammar import Domain, blocks, sentence, tables

FOLDER = Path(__file__).parent / "recipes"
PRONOUNS = {
    "er": "er sie es sie",
    "ihn": "ihn sie es sie",
    "sein": "sein ihr sein ihr",
    "keine": "keinen keine kein keine",
}
"""By gender: m, f, n, plural."""
PASSIVES = {
    "passive": "wird/werden||is/are",
    "should": "sollte/sollten|werden|should be",
    "done": "|ist/sind|is/are",
}
"""German verb in second place | at the end | English verb, each singular/plural."""
CONTRACTIONS = {"in dem": "im", "zu dem": "zum", "zu der": "zur", "in das": "ins"}
JOBS = {"prep", "start", "full", "cook", "savory", "aside", "pair"}
PLAIN = {"lemon", "sugar", "brief", "tender", "blanch"}
"""Acts that no salt and spices follow."""


def join(*words: str | None) -> str:
    """Join the words that are not empty with spaces."""
    return " ".join(filter(None, words))


def finite(forms: str, many: bool) -> str:
    """Choose the singular or plural of "ist/sind"; a single form is both."""
    return forms.split("/")[-1 if many else 0]


def listing(items: list[str], last: str = " and ") -> str:
    """Join words as "a, b and c"."""
    return last.join(filter(None, [", ".join(items[:-1]), items[-1]]))


@dataclass(frozen=True)
class Noun:
    """A noun in both languages."""

    de: str
    gender: str
    en: str
    plural: bool

    def german(self, spec: str) -> str:
        """Decline the noun, or choose a pronoun or a verb that agrees with it."""
        if "/" in spec:
            return finite(spec, self.gender == "p")
        if spec in PRONOUNS:
            return PRONOUNS[spec].split()["mfnp".index(self.gender)]
        return self._phrase(spec) if spec else self.de

    def _phrase(self, spec: str) -> str:
        """Decline the noun with the preposition, article or adjective of a spec."""
        match = re.fullmatch(r"(?:(\w+) )?(nom|acc|dat)(~?)(?: (.+))?", spec)
        if match is None:
            raise ValueError(f"{spec!r} is not a form of a noun.")
        preposition, case, bare, adjective = match.groups()
        opening = join(preposition, "" if bare else article("der", self.gender, case))
        noun = dative_plural(self.de) if case == "dat" and self.gender == "p" else self.de
        return join(
            CONTRACTIONS.get(opening, opening),
            adjective and adjective + ending("", self.gender, case),
            noun,
        )

    def english(self, spec: str) -> str:
        """Return the noun with an article, or a verb that agrees with it."""
        if "/" in spec:
            return finite(spec, self.plural)
        return f"the {self.en}" if spec == "the" else self.en


@dataclass(frozen=True)
class Phrase:
    """A fixed expression that does not change."""

    de: str
    en: str

    def german(self, _spec: str) -> str:
        """Return the expression."""
        return self.de

    def english(self, spec: str) -> str:
        """Return the expression; `about` makes "for about 5 minutes" of "for 5 minutes"."""
        return self.en.replace("for ", "for about ") if spec == "about" else self.en


@dataclass(frozen=True)
class Act:
    """Something that is done to a food."""

    infinitive: str
    participle: str
    verb: str
    verbed: str
    rest: str = ""

    def german(self, mode: str, food: str = "") -> str:
        """Return the infinitive, with or without zu, the participle, or the polite imperative."""
        manner, _, verb = self.infinitive.rpartition(" ")
        prefix, _, stem = verb.rpartition("|")
        if mode == "sie":
            return join(stem, "Sie", food, manner, prefix)
        zu = f"{prefix}zu{stem}" if prefix else f"zu {stem}"
        return join(manner, {"": prefix + stem, "passive": self.participle, "zu": zu}[mode])


@dataclass(frozen=True)
class Job:
    """A chain of acts on one food or two."""

    foods: tuple[Noun, ...]
    acts: tuple[Act, ...]

    def german(self, mode: str) -> str:
        """Return the job as infinitives, in the passive, or as a polite imperative."""
        case = {"bare": ""}.get(mode, "acc" if mode in ("", "zu", "sie") else "nom")
        food = " und ".join(noun.german(case) for noun in self.foods)
        if mode in PASSIVES:
            return self._german_passive(food, PASSIVES[mode])
        if mode == "sie":
            again = "sie" if len(self.foods) > 1 else self.foods[0].german("ihn")
            objects = [food] + [again] * (len(self.acts) - 1)
            steps = [
                act.german(mode, object) for act, object in zip(self.acts, objects, strict=True)
            ]
            return listing(steps, last=" und ")
        return f"{food} {self._steps('' if mode == 'bare' else mode)}"

    def _german_passive(self, food: str, verbs: str) -> str:
        """Return the passive: "Die Möhren werden geschält".

        The finite verb is second, or last if it follows the participles.
        """
        many = len(self.foods) > 1 or self.foods[0].gender == "p"
        before, after, _ = verbs.split("|")
        return join(food, finite(before, many), self._steps("passive"), finite(after, many))

    def _steps(self, mode: str) -> str:
        return listing([act.german(mode) for act in self.acts], last=" und ")

    def english(self, mode: str) -> str:
        """Return the job as an imperative or in the passive, or the pronoun of its foods."""
        food = "the " + " and ".join(noun.en for noun in self.foods)
        many = len(self.foods) > 1 or self.foods[0].plural
        pronoun = "them" if many else "it"
        if mode in PASSIVES:
            steps = [join(act.verbed, act.rest) for act in self.acts]
            return f"{food} {finite(PASSIVES[mode].split('|')[2], many)} {listing(steps)}"
        return pronoun if mode == "them" else self._imperative(food, pronoun)

    def _imperative(self, food: str, pronoun: str) -> str:
        """Return the imperative; verbs without complement share their object.

        For example "peel and dice the onions".
        """
        shared = next((i for i, act in enumerate(self.acts) if act.rest), len(self.acts))
        clauses = [join(act.verb, pronoun, act.rest) for act in self.acts[shared:]]
        if not shared:
            clauses[0] = f"{self.acts[0].verb} {food} {self.acts[0].rest}"
            return listing(clauses)
        clauses.insert(0, f"{listing([act.verb for act in self.acts[:shared]])} {food}")
        return listing(clauses, last=", then " if shared > 1 or len(clauses) > 2 else " and ")


Item = Noun | Phrase | Job


@dataclass(frozen=True)
class View:
    """Adapt an item to `str.format` in one language."""

    item: Item
    language: str

    def __format__(self, spec: str) -> str:
        text: str = getattr(self.item, self.language)(spec)
        return text


def entry(line: str) -> Noun | Phrase:
    """Parse an entry of the lexicon."""
    german, english = line.split(" = ")
    gendered = re.fullmatch(r"([mfnp])([ps]?) (.+)", german)
    if not gendered:
        return Phrase(german, english)
    gender, number, noun = gendered.groups()
    return Noun(noun, gender, english, (number or gender) == "p")


def cells(lines: list[str]) -> list[list[str]]:
    """Split each line of a table into cells."""
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
    """Parse a line of the table of foods."""
    noun, start, cuts, cooks = cells
    parsed = entry(noun)
    if not isinstance(parsed, Noun):
        raise ValueError(f"{noun!r} is not a noun.")
    return Food(parsed, start.split(), cuts.split(), cooks.split())


FOODS = [food(line) for line in cells(WORK["foods"])]


def draw_job(rng: random.Random, kind: str) -> Job | None:
    """Draw a job of a kind in `JOBS`; None if the drawn food does not allow it."""
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
    """List the slots of a template, in order, without repetition."""
    return list(dict.fromkeys(re.findall(r"{(\w+)", template)))


def draw_items(rng: random.Random, template: str) -> dict[str, Item | None]:
    """Draw an item for every slot of a template and of the acts drawn for it."""
    jobs = {name: draw_job(rng, name) for name in slots(template) if name in JOBS}
    acts = [act for job in jobs.values() if job for act in job.acts]
    names = slots(" ".join([template, *(act.infinitive for act in acts)]))
    return jobs | {
        name: rng.choice(LEXICON[name.rstrip("23")]) for name in names if name not in jobs
    }


def sane(items: dict[str, Item], template: str) -> bool:
    """Check that no noun is used twice, and that every passive exists."""
    jobs = [item for item in items.values() if isinstance(item, Job)]
    nouns = [item for item in items.values() if isinstance(item, Noun)] + [
        noun for job in jobs for noun in job.foods
    ]
    active = all(act.participle for job in jobs for act in job.acts)
    passive = any(f":{mode}}}" in template for mode in PASSIVES)
    distinct = len({noun.de for noun in nouns}) == len({noun.en for noun in nouns}) == len(nouns)
    return distinct and (active or not passive)


def fill(template: str, items: dict[str, Item], language: str) -> str:
    """Fill a template; the second pass fills the slots in the acts."""
    views = {name: View(item, language) for name, item in items.items()}
    return sentence(template.format_map(views).format_map(views))


def draws(rng: random.Random) -> Iterator[Pair]:
    """Draw sentence pairs from all patterns in turn, without end."""
    for block in cycle(blocks(FOLDER / "patterns.txt")):
        german, english = block[0], block[-1]
        drawn = draw_items(rng, german)
        items = {name: item for name, item in drawn.items() if item is not None}
        if len(items) == len(drawn) and sane(items, german):
            yield fill(german, items, "german"), fill(english, items, "english")


DOMAIN = Domain(FOLDER, seed=7, size=2000, draws=draws)

if __name__ == "__main__":
    DOMAIN.write()
