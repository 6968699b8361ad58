"""A small grammar of weather bulletins that writes German-English training pairs.

`python -m lora_demo.assets.corpus.weather` rewrites `weather/train.tsv` and `weather/eval.tsv`:
pairs of the grammar, mixed with pairs written by hand (`weather/written.tsv`). None of them is
nearly equal to a test or probe sentence.

A pattern (`weather/patterns.txt`) is a German and an English line with the same slots. A slot
draws one entry from the lexicon (`weather/lexicon.txt`): its German half declines itself
(`{front:ein nom}`, `{fog:hat/haben}`), its English half takes an article, a number or the phrase
that it belongs to (`{front:a}`, `{fog:has/have}`, `{spread:{fog}}`). A clause places its verb
(`{foul:first}`, `{foul:second}`, `{foul:last}`).
"""

import random
import re
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

from lora_demo.assets.corpus import Pair
from lora_demo.assets.corpus.german import article, dative_plural, ending
from lora_demo.assets.corpus.grammar import Domain, blocks, sentence, tables

FOLDER = Path(__file__).parent / "weather"

HIGHS = {"w": (2, 9), "p": (10, 20), "s": (20, 34), "a": (9, 18)}
LOWS = {"w": (-11, 0), "p": (-1, 9), "s": (9, 19), "a": (0, 8)}
GUSTS = (
    ("Windböen", "wind gusts", (50, 55, 60)),
    ("stürmische Böen", "gale-force gusts", (65, 70)),
    ("Sturmböen", "storm-force gusts", (75, 80, 85)),
    ("schwere Sturmböen", "severe storm-force gusts", (90, 95, 100)),
)
FROSTS = (
    ("leichter Frost", "light frost", (-4, -1)),
    ("mäßiger Frost", "moderate frost", (-9, -5)),
    ("strenger Frost", "severe frost", (-16, -10)),
)
MEANS = {"w": (2, 6), "p": (8, 14), "s": (18, 22), "a": (9, 15)}
WATER = {"w": (3, 7), "p": (8, 14), "s": (16, 22), "a": (11, 16)}
SUN_HOURS = {"w": (3, 7), "p": (6, 11), "s": (9, 15), "a": (4, 8)}


class German(str):
    """A German phrase with the gender of its noun: `{x:ein acc}` declines it, `{x:a/b}` agrees."""

    gender: str
    adjective: str

    def __new__(cls, noun: object, gender: str = "", adjective: str = "") -> "German":
        """Create a phrase; an empty gender is a phrase that never changes."""
        phrase = super().__new__(cls, noun)
        phrase.gender, phrase.adjective = gender, adjective
        return phrase

    def __format__(self, spec: str) -> str:
        if "/" in spec:
            return spec.split("/")[self.gender == "p"]
        if spec == "adv":
            return self.adjective
        if spec == "rel":
            return article("der", self.gender, "nom")
        if not self.gender:
            return str(self)
        *kind, case = (spec or "nom").split()
        return self._decline("".join(kind), case)

    def _decline(self, kind: str, case: str) -> str:
        adjective = re.sub(
            r"\w+$|\w+(?= bis)", rf"\g<0>{ending(kind, self.gender, case)}", self.adjective
        )
        determiner = article(kind, self.gender, case) if kind else ""
        return " ".join(filter(None, (determiner, adjective, self._noun(case))))

    def _noun(self, case: str) -> str:
        if case == "dat" and self.gender == "p":
            return dative_plural(self)
        if case == "gen" and self.gender in "mn":
            return self + ("es" if self[-1] in "sßxz" else "s")
        return str(self)


class Clause(str):
    """A German clause `subject | verb | middle | end`.

    `{x:first}`, `{x:second}` and `{x:last}` name the place of its verb. `{x:last {when}}` puts an
    adverb before the subject, but after a pronoun (`es`, `sich`).
    """

    def __format__(self, spec: str) -> str:
        subject, verb, middle, end = (part.strip() for part in self.split("|"))
        order, _, adverb = spec.partition(" ")
        apart = end.removesuffix("-")
        if order == "second":
            return " ".join(filter(None, (subject, verb, middle, apart)))
        pronoun = "es" if subject == "es" else "sich" if middle.startswith("sich") else ""
        field = (pronoun, adverb, subject.removeprefix("es"), middle.removeprefix("sich").strip())
        first = (verb, *field, apart)
        last = (*field, apart + verb) if end.endswith("-") else (*field, apart, verb)
        return " ".join(filter(None, first if order == "first" else last))


class English(str):
    """An English phrase: `{x:a}` adds an article, `{x:a/b}` agrees, `~` takes another phrase."""

    def __format__(self, spec: str) -> str:
        if "~" in self:
            return self.replace("~", spec)
        if "/" in spec:
            return spec.split("/")[self.endswith("s") and not self.endswith("stratus")]
        if spec == "adv":
            return self.rsplit(" ", 1)[0]
        if spec == "a":
            return f"{'an' if self[0] in 'aeiou' else 'a'} {self}"
        return str(self)


Entry = tuple[str, str]
"""German and English; their classes decide how a slot formats them."""
Slots = dict[str, Entry]


def entries(line: str) -> list[Entry]:
    """Parse a line of the lexicon: one entry for each adjective of a noun.

    Args:
        line: A line without its seasons, such as `m Regen = rain : -, leicht = light`.
    """
    words, _, adjectives = line.partition(" : ")
    german, english = words.split(" = ")
    if "|" in german:
        return [(Clause(german), English(english))]
    gendered = re.fullmatch(r"([mfnp]) (.+)", german)
    if not gendered:
        return [(German(german), English(english))]
    gender, noun = gendered.groups()
    found: list[Entry] = []
    for choice in (adjectives or "-").split(", "):
        adjective, _, translation = choice.strip("-").partition(" = ")
        found.append((German(noun, gender, adjective), English(f"{translation} {english}".strip())))
    return found


def lexicon(season: str) -> dict[str, list[Entry]]:
    """Read every table of the lexicon, with the entries that suit a season.

    Args:
        season: A key of `HIGHS`: w (winter), p (spring), s (summer) or a (autumn).
    """
    found: dict[str, list[Entry]] = {}
    for heading, lines in tables(FOLDER / "lexicon.txt").items():
        name, _, included = heading.partition(" + ")
        found[name] = [entry for other in included.split() for entry in found[other]]
        for line, _, only in (line.partition(" @") for line in lines):
            if season in (only or season):
                found[name] += entries(line)
    return found


def degrees(value: int) -> Entry:
    """Write a temperature in words: `minus 4 Grad`, `1 degree`.

    Args:
        value: Degrees Celsius.
    """
    text = f"minus {-value}" if value < 0 else str(value)
    return German(f"{text} Grad"), English(f"{text} {'degree' if abs(value) == 1 else 'degrees'}")


def between(low: int, high: int) -> Entry:
    """Write a temperature range in words: `zwischen minus 2 und plus 3 Grad`.

    Args:
        low: The lower limit in degrees Celsius.
        high: The upper limit in degrees Celsius.
    """
    first = f"minus {-low}" if low < 0 else str(low)
    second = f"minus {-high}" if high < 0 else f"plus {high}" if low < 0 < high else str(high)
    return (
        German(f"zwischen {first} und {second} Grad"),
        English(f"between {first} and {second} degrees"),
    )


def temperatures(rng: random.Random, season: str) -> Slots:
    """Draw the temperatures of a season; cool ones are from the lower half of its range.

    Args:
        rng: Makes the random choices.
        season: A key of `HIGHS`.
    """
    slots = {}
    for kind, cold, warm, ends in (("high", "cool", "warm", HIGHS), ("low", "cold", "mild", LOWS)):
        low, high = ends[season]
        middle = (low + high) // 2
        slots[cold + kind] = degrees(rng.randint(low, middle - 1))
        slots[warm + kind] = degrees(rng.randint(middle + 1, high))
        start = rng.randint(low, high - 4)
        slots[kind + "s"] = between(start, start + rng.randint(2, 4))
    return slots


def figure(value: float) -> Entry:
    """Write a number as each language does: `1,5`, `1.5`.

    Args:
        value: The number; an int is written without a decimal point.
    """
    return German(str(value).replace(".", ",")), English(value)


def figures(rng: random.Random, season: str) -> Slots:
    """Draw the slots with plain numbers: amounts, heights, hours.

    Args:
        rng: Makes the random choices.
        season: A key of `HIGHS`.
    """
    values = {
        "severe": rng.randrange(90, 105, 5),
        "hurricane": rng.randrange(120, 150, 5),
        "sunhours": rng.randint(*SUN_HOURS[season]),
        "liters": rng.randrange(15, 60, 5),
        "hot": rng.randint(32, 37),
        "percent": rng.randrange(20, 100, 10),
        "drop": rng.randint(5, 12),
        "uv": rng.randint(5, 7),
        "visibility": rng.choice((50, 100, 150, 200)),
        "snowline": rng.randrange(400, 1300, 100),
        "altitude": rng.randrange(1600, 2800, 100),
        "water": rng.randint(*WATER[season]),
        "warmlow": rng.randint(20, 24),
        "force": rng.randint(3, 6),
        "gale": rng.randint(7, 9),
        "waves": rng.choice((2, 3, 4, 1.5, 2.5, 3.5)),
        "mean": rng.randint(*MEANS[season]) + rng.randint(1, 9) / 10,
        "decimal": HIGHS[season][1] + rng.randint(-9, 9) / 10,
    }
    return {name: figure(value) for name, value in values.items()}


def measures(rng: random.Random) -> Slots:
    """Draw the slots with a phrase that has numbers in it: gusts, frost, rainfall, fresh snow.

    Args:
        rng: Makes the random choices.
    """
    gust, english_gust, speeds = rng.choice(GUSTS)
    speed, rain, snow = rng.choice(speeds), rng.randrange(10, 40, 5), rng.randrange(5, 30, 5)
    frost, english_frost, limits = rng.choice(FROSTS)
    cold, english_cold = degrees(rng.randint(*limits))
    return {
        "gusts": (f"{gust} bis {speed} km/h", f"{english_gust} of up to {speed} km/h"),
        "frost": (
            f"{frost} bei Tiefstwerten um {cold}",
            f"{english_frost} with lows around {english_cold}",
        ),
        "rain": (f"{rain} bis {rain + 10}", f"{rain} to {rain + 10}"),
        "peak": (str(rain + 25), str(rain + 25)),
        "centimeters": (f"{snow} bis {snow + 10}", f"{snow} to {snow + 10}"),
        "icehigh": degrees(rng.randint(-8, -2)),
        "frostlow": degrees(rng.randint(0, 3)),
    }


def places(rng: random.Random, tables: dict[str, list[Entry]]) -> Slots:
    """Draw two places that do not overlap, in either order: `{here}` and `{there}`.

    Args:
        rng: Makes the random choices.
        tables: The lexicon of a season. Entries 0 and 1, 2 and 3, and so on of its table `contrast`
            do not overlap.
    """
    start = rng.randrange(0, len(tables["contrast"]), 2)
    here, there = rng.sample(tables["contrast"][start : start + 2], 2)
    return {"here": here, "there": there}


def fill(template: str, slots: Slots, side: int) -> str:
    """Fill a template with one side of the slots: 0 German, 1 English.

    Args:
        template: The German or English line of a pattern.
        slots: An entry for each slot.
        side: 0 for a German template, 1 for an English one.
    """
    return sentence(template.format(**{name: entry[side] for name, entry in slots.items()}))


def draws(rng: random.Random) -> Iterator[Pair]:
    """Draw sentence pairs from all patterns in turn, without end.

    Args:
        rng: Makes all random choices; equal seeds draw equal pairs.
    """
    lexicons = {season: lexicon(season) for season in HIGHS}
    for seasons, german, english in cycle(blocks(FOLDER / "patterns.txt")):
        season = rng.choice(seasons)
        slots = {name: rng.choice(table) for name, table in lexicons[season].items() if table}
        slots |= places(rng, lexicons[season]) | temperatures(rng, season)
        slots |= figures(rng, season) | measures(rng)
        yield fill(german, slots, 0), fill(english, slots, 1)


DOMAIN = Domain(FOLDER, seed=20, size=3000, draws=draws)

if __name__ == "__main__":
    DOMAIN.write()
