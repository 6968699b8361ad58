"""A small grammar of cookbook sentences: draws German-English pairs to train on and to evaluate with.

`python -m lora_demo.assets.corpus.recipes` rewrites `recipes/train.tsv` and `recipes/eval.tsv`: pairs of the
grammar, mixed with those written by hand (`recipes/written.tsv`), none of them near to a test or probe sentence.

A slot of a pattern (`recipes/patterns.txt`) draws an entry of the lexicon (`recipes/lexicon.txt`) or a job, acts
that are done to a food (`recipes/jobs.txt`). Each takes the form that the slot asks for: `{soup:zu dat}` declines a
noun, `{prep:passive}` says that the food "is peeled and diced".
"""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

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
"""Acts after which no salt and spices come."""


def join(*words: str | None) -> str:
    """The words that are there, with spaces between."""
    return " ".join(filter(None, words))


def finite(forms: str, many: bool) -> str:
    """The singular or plural of "ist/sind"; one form stands for both."""
    return forms.split("/")[-1 if many else 0]


def listing(items: list[str], last: str = " and ") -> str:
    """Joins words as "a, b and c"."""
    return last.join(filter(None, [", ".join(items[:-1]), items[-1]]))


@dataclass(frozen=True)
class Noun:
    """A noun in both languages, in the form that a pattern asks for."""

    de: str
    gender: str
    en: str
    plural: bool

    def german(self, spec: str) -> str:
        if "/" in spec:
            return finite(spec, self.gender == "p")
        if spec in PRONOUNS:
            return PRONOUNS[spec].split()["mfnp".index(self.gender)]
        return self._phrase(spec) if spec else self.de

    def _phrase(self, spec: str) -> str:
        """The noun with preposition, article or adjective in the case named by spec."""
        preposition, case, bare, adjective = re.fullmatch(
            r"(?:(\w+) )?(nom|acc|dat)(~?)(?: (.+))?", spec
        ).groups()
        opening = join(preposition, "" if bare else article("der", self.gender, case))
        noun = dative_plural(self.de) if case == "dat" and self.gender == "p" else self.de
        return join(
            CONTRACTIONS.get(opening, opening),
            adjective and adjective + ending("", self.gender, case),
            noun,
        )

    def english(self, spec: str) -> str:
        if "/" in spec:
            return finite(spec, self.plural)
        return f"the {self.en}" if spec == "the" else self.en


@dataclass(frozen=True)
class Phrase:
    """A fixed expression, the same wherever it stands."""

    de: str
    en: str

    def german(self, _spec: str) -> str:
        return self.de

    def english(self, spec: str) -> str:
        return self.en.replace("for ", "for about ") if spec == "about" else self.en


@dataclass(frozen=True)
class Act:
    """Something done to a food."""

    infinitive: str
    participle: str
    verb: str
    verbed: str
    rest: str = ""

    def german(self, mode: str, food: str = "") -> str:
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
        case = {"bare": ""}.get(mode, "acc" if mode in ("", "zu", "sie") else "nom")
        food = " und ".join(noun.german(case) for noun in self.foods)
        if mode in PASSIVES:
            return self._german_passive(food, PASSIVES[mode])
        if mode == "sie":
            again = "sie" if len(self.foods) > 1 else self.foods[0].german("ihn")
            objects = [food] + [again] * (len(self.acts) - 1)
            return listing(
                [act.german(mode, object) for act, object in zip(self.acts, objects)], last=" und "
            )
        return f"{food} {self._steps('' if mode == 'bare' else mode)}"

    def _german_passive(self, food: str, verbs: str) -> str:
        """ "Die Möhren werden geschält": the finite verb stands second, or last where it follows the participles."""
        many = len(self.foods) > 1 or self.foods[0].gender == "p"
        before, after, _ = verbs.split("|")
        return join(food, finite(before, many), self._steps("passive"), finite(after, many))

    def _steps(self, mode: str) -> str:
        return listing([act.german(mode) for act in self.acts], last=" und ")

    def english(self, mode: str) -> str:
        food = "the " + " and ".join(noun.en for noun in self.foods)
        many = len(self.foods) > 1 or self.foods[0].plural
        pronoun = "them" if many else "it"
        if mode in PASSIVES:
            steps = [join(act.verbed, act.rest) for act in self.acts]
            return f"{food} {finite(PASSIVES[mode].split('|')[2], many)} {listing(steps)}"
        return pronoun if mode == "them" else self._imperative(food, pronoun)

    def _imperative(self, food: str, pronoun: str) -> str:
        """Verbs without complement share their object: "peel and dice the onions"."""
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
    """Shows an item to str.format in one language."""

    item: Item
    language: str

    def __format__(self, spec: str) -> str:
        return getattr(self.item, self.language)(spec)


def entry(line: str) -> Noun | Phrase:
    """An entry of the lexicon."""
    german, english = line.split(" = ")
    gendered = re.fullmatch(r"([mfnp])([ps]?) (.+)", german)
    if not gendered:
        return Phrase(german, english)
    gender, number, noun = gendered.groups()
    return Noun(noun, gender, english, (number or gender) == "p")


def cells(lines: list[str]) -> list[list[str]]:
    """The cells of each line of a table."""
    return [[cell.strip() for cell in line.split(";")] for line in lines]


LEXICON = {
    name: [entry(line) for line in lines] for name, lines in tables(FOLDER / "lexicon.txt").items()
}
WORK = tables(FOLDER / "jobs.txt")
ACTS = {key: Act(*rest) for key, *rest in cells(WORK["acts"])}
FOODS = [
    (entry(noun), *(steps.split() for steps in lists)) for noun, *lists in cells(WORK["foods"])
]


def draw_job(rng: random.Random, kind: str) -> Job | None:
    """A job of one kind (see JOBS), or None when the food drawn does not allow it."""
    noun, start, cuts, cooks = rng.choice(FOODS)
    cut = [rng.choice(cuts)] if cuts else []
    cook = [rng.choice(cooks)] if cooks else []
    keys = {
        "prep": start + cut, "start": start, "full": start + cut + cook if cook else [], "cook": cook,
        "savory": [key for key in cook if key not in PLAIN], "aside": start + cut + ["aside"], "pair": start + cut,
    }[kind]  # fmt: skip
    nouns = [noun]
    if kind == "pair":
        nouns.append(
            rng.choice([food[0] for food in FOODS if food[1] == start and set(cut) <= set(food[2])])
        )
    return Job(tuple(nouns), tuple(ACTS[key] for key in keys)) if keys else None


def slots(template: str) -> list[str]:
    """Names of the slots of a template, in order, without repetition."""
    return list(dict.fromkeys(re.findall(r"{(\w+)", template)))


def draw_items(rng: random.Random, template: str) -> dict[str, Item | None]:
    """One item for every slot of a template and of the acts drawn for it."""
    jobs = {name: draw_job(rng, name) for name in slots(template) if name in JOBS}
    acts = [act for job in jobs.values() if job for act in job.acts]
    names = slots(" ".join([template, *(act.infinitive for act in acts)]))
    return jobs | {
        name: rng.choice(LEXICON[name.rstrip("23")]) for name in names if name not in jobs
    }


def sane(items: dict[str, Item | None], template: str) -> bool:
    """No slot empty, no noun twice, no passive of an act that has none."""
    jobs = [item for item in items.values() if isinstance(item, Job)]
    nouns = [item for item in items.values() if isinstance(item, Noun)] + [
        noun for job in jobs for noun in job.foods
    ]
    active = all(act.participle for job in jobs for act in job.acts)
    passive = any(f":{mode}}}" in template for mode in PASSIVES)
    distinct = len({noun.de for noun in nouns}) == len({noun.en for noun in nouns}) == len(nouns)
    return None not in items.values() and distinct and (active or not passive)


def fill(template: str, items: dict[str, Item], language: str) -> str:
    """Fills a template; the second pass fills the slots inside the acts."""
    views = {name: View(item, language) for name, item in items.items()}
    return sentence(template.format_map(views).format_map(views))


def draws(rng: random.Random) -> Iterator[Pair]:
    """Sentence pairs, drawn from all patterns in turn, without end."""
    for block in cycle(blocks(FOLDER / "patterns.txt")):
        german, english = block[0], block[-1]
        items = draw_items(rng, german)
        if sane(items, german):
            yield fill(german, items, "german"), fill(english, items, "english")


DOMAIN = Domain(FOLDER, seed=7, size=2000, draws=draws)

if __name__ == "__main__":
    DOMAIN.write()
