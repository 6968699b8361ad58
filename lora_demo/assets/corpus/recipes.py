"""Training corpus of German cookbook sentences: those written by hand and those of a seeded grammar, with their English."""

import random
import re
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

from lora_demo.assets.corpus.german import article, dative_plural, ending
from lora_demo.assets.corpus.grammar import blocks, sentence, tables

SEED, GRAMMAR_SIZE = 7, 2000
EVAL_WRITTEN, EVAL_GRAMMAR = 60, 140
FOLDER = Path(__file__).with_suffix("")
HEADER = "de\ten"

# --- Grammar -------------------------------------------------------------------------------------

PRONOUNS = {"er": "er sie es sie", "ihn": "ihn sie es sie", "sein": "sein ihr sein ihr",
            "keine": "keinen keine kein keine"}
PASSIVES = {  # German verb in second place | at the end | English verb, each singular/plural
    "passive": "wird/werden||is/are", "should": "sollte/sollten|werden|should be",
    "done": "|ist/sind|is/are"}
CONTRACTIONS = {"in dem": "im", "zu dem": "zum", "zu der": "zur", "in das": "ins"}


def by_gender(forms, gender):
    """The one of four forms (m f n p) that belongs to a gender."""
    return forms.split()["mfnp".index(gender)]


def finite(forms, many):
    """The singular or plural of "ist/sind"; one form stands for both."""
    return forms.split("/")[-1 if many else 0]


def listing(items, last=" and "):
    """Join words as "a, b and c"."""
    return last.join(filter(None, [", ".join(items[:-1]), items[-1]]))


@dataclass(frozen=True)
class Noun:
    """A noun in both languages; german() and english() give the form that a pattern asks for."""

    de: str
    gender: str
    en: str
    plural: bool

    def german(self, spec):
        if "/" in spec:
            return spec.split("/")[self.gender == "p"]
        if spec in PRONOUNS:
            return by_gender(PRONOUNS[spec], self.gender)
        return self._phrase(spec) if spec else self.de

    def _phrase(self, spec):
        """The noun with preposition, article or adjective in the case named by spec."""
        prep, case, bare, adjective = re.fullmatch(
            r"(?:(\w+) )?(nom|acc|dat)(~?)(?: (.+))?", spec).groups()
        determiner = "" if bare else article("der", self.gender, case)
        if adjective:
            adjective += ending("", self.gender, case)
        opening = " ".join(filter(None, [prep, determiner]))
        words = [CONTRACTIONS.get(opening, opening), adjective, self._inflected(case)]
        return " ".join(filter(None, words))

    def _inflected(self, case):
        return dative_plural(self.de) if case == "dat" and self.gender == "p" else self.de

    def english(self, spec):
        if "/" in spec:
            return spec.split("/")[self.plural]
        return f"the {self.en}" if spec == "the" else self.en


@dataclass(frozen=True)
class Phrase:
    """A fixed expression, the same wherever it stands."""

    de: str
    en: str

    def german(self, _spec):
        return self.de

    def english(self, spec):
        return self.en.replace("for ", "for about ") if spec == "about" else self.en


@dataclass(frozen=True)
class Act:
    """Something done to a food."""

    infinitive: str
    participle: str
    verb: str
    verbed: str
    rest: str = ""

    def german(self, mode, food=""):
        manner, _, verb = self.infinitive.rpartition(" ")
        prefix, _, stem = verb.rpartition("|")
        words = {"": [manner, prefix + stem], "passive": [manner, self.participle],
                 "zu": [manner, f"{prefix}zu{stem}" if prefix else f"zu {stem}"],
                 "sie": [stem, "Sie", food, manner, prefix]}[mode]
        return " ".join(filter(None, words))


@dataclass(frozen=True)
class Job:
    """A chain of acts on one food or two."""

    foods: tuple
    acts: tuple

    def german(self, mode):
        case = {"": "acc", "zu": "acc", "sie": "acc", "bare": ""}.get(mode, "nom")
        food = " und ".join(noun.german(case) for noun in self.foods)
        if mode in PASSIVES:
            return self._german_passive(food, PASSIVES[mode])
        if mode == "sie":
            again = "sie" if len(self.foods) > 1 else self.foods[0].german("ihn")
            objects = [food] + [again] * (len(self.acts) - 1)
            return listing([a.german(mode, o) for a, o in zip(self.acts, objects)], last=" und ")
        return f"{food} {listing([act.german('' if mode == 'bare' else mode) for act in self.acts], last=' und ')}"

    def _german_passive(self, food, verbs):
        """"Die Möhren werden geschält": the finite verb stands second, or last where it follows the participles."""
        many = len(self.foods) > 1 or self.foods[0].gender == "p"
        before, after, _ = verbs.split("|")
        participles = listing([act.german("passive") for act in self.acts], last=" und ")
        return " ".join(filter(None, [food, finite(before, many), participles, finite(after, many)]))

    def english(self, mode):
        food = "the " + " and ".join(noun.en for noun in self.foods)
        many = len(self.foods) > 1 or self.foods[0].plural
        pronoun = "them" if many else "it"
        if mode in PASSIVES:
            steps = [f"{act.verbed} {act.rest}".strip() for act in self.acts]
            return f"{food} {finite(PASSIVES[mode].split('|')[2], many)} {listing(steps)}"
        return pronoun if mode == "them" else self._imperative(food, pronoun)

    def _imperative(self, food, pronoun):
        """Verbs without complement share their object: "peel and dice the onions"."""
        shared = next((i for i, act in enumerate(self.acts) if act.rest), len(self.acts))
        clauses = [f"{act.verb} {pronoun} {act.rest}".strip() for act in self.acts[shared:]]
        if not shared:
            clauses[0] = f"{self.acts[0].verb} {food} {self.acts[0].rest}"
            return listing(clauses)
        clauses.insert(0, f"{listing([act.verb for act in self.acts[:shared]])} {food}")
        return listing(clauses, last=", then " if shared > 1 or len(clauses) > 2 else " and ")


@dataclass(frozen=True)
class View:
    """Shows an item to str.format in one language."""

    item: object
    language: str

    def __format__(self, spec):
        return getattr(self.item, self.language)(spec)


# --- Drawing sentences ---------------------------------------------------------------------------


def cells(lines):
    """The cells of each line of a table."""
    return [[cell.strip() for cell in line.split(";")] for line in lines]


def entry(line):
    """An entry of the lexicon."""
    german, english = line.split(" = ")
    gendered = re.fullmatch(r"([mfnp])([ps]?) (.+)", german)
    if not gendered:
        return Phrase(german, english)
    gender, number, noun = gendered.groups()
    return Noun(noun, gender, english, (number or gender) == "p")


ITEMS = {name: [entry(line) for line in lines] for name, lines in tables(FOLDER / "lexicon.txt").items()}
WORK = tables(FOLDER / "jobs.txt")
ACT = {key: Act(*rest) for key, *rest in cells(WORK["acts"])}
FOOD = [(entry(noun), *(steps.split() for steps in lists)) for noun, *lists in cells(WORK["foods"])]
JOBS = {"prep", "start", "full", "cook", "savory", "aside", "pair"}
PLAIN = {"lemon", "sugar", "brief", "tender", "blanch"}  # no salt and spices afterwards


def draw_job(rng, kind):
    """A job of one kind (see JOBS), or None when the food drawn does not allow it."""
    noun, start, cuts, cooks = rng.choice(FOOD)
    cut = [rng.choice(cuts)] if cuts else []
    cook = [rng.choice(cooks)] if cooks else []
    keys = {"prep": start + cut, "start": start, "full": start + cut + cook, "cook": cook,
            "savory": [key for key in cook if key not in PLAIN],
            "aside": start + cut + ["aside"], "pair": start + cut}[kind]
    nouns = (noun,)
    if kind == "pair":
        nouns += (rng.choice([row[0] for row in FOOD
                              if row[1] == start and set(cut) <= set(row[2])]),)
    wanted = keys and (cook or kind != "full")
    return Job(nouns, tuple(ACT[key] for key in keys)) if wanted else None


def slots(template):
    """Names of the slots of a template, in order, without repetition."""
    return list(dict.fromkeys(re.findall(r"{(\w+)", template)))


def draw_items(rng, template):
    """One item for every slot of a template and of the acts drawn for it."""
    items = {name: draw_job(rng, name) for name in slots(template) if name in JOBS}
    acts = [act for job in items.values() if job for act in job.acts]
    for name in slots(" ".join([template, *(act.infinitive for act in acts)])):
        items.setdefault(name, rng.choice(ITEMS.get(name.rstrip("23"), [None])))
    return items


def sane(items, template):
    """No slot empty, no noun twice, no passive of an act that has none."""
    jobs = [item for item in items.values() if isinstance(item, Job)]
    nouns = [item for item in items.values() if isinstance(item, Noun)]
    nouns += [noun for job in jobs for noun in job.foods]
    active = all(act.participle for job in jobs for act in job.acts)
    passive = any(f":{mode}}}" in template for mode in PASSIVES)
    return (None not in items.values() and (active or not passive)
            and len({noun.de for noun in nouns}) == len({noun.en for noun in nouns}) == len(nouns))


def render(template, items, language):
    """Fill a template; the second pass fills the slots inside the acts."""
    views = {name: View(item, language) for name, item in items.items()}
    return sentence(template.format_map(views).format_map(views))


def draw_pair(rng, german, english):
    """One sentence pair of a pattern, or None when the draw made no sense."""
    items = draw_items(rng, german)
    if not sane(items, german):
        return None
    return render(german, items, "german"), render(english, items, "english")


def written():
    """The pairs written by hand."""
    lines = (FOLDER / "written.tsv").read_text(encoding="utf-8").splitlines()
    return [tuple(line.split("\t")) for line in lines[1:]]


def grammatical(rng, count, known):
    """Unique (German, English) pairs, drawn from all patterns in turn; no sentence of `known` is among them."""
    patterns = [(block[0], block[-1]) for block in blocks(FOLDER / "patterns.txt")]
    found, seen = [], {sentence for pair in known for sentence in pair}
    for german, english in cycle(patterns):
        pair = draw_pair(rng, german, english)
        if pair and seen.isdisjoint(pair):
            found.append(pair)
            seen.update(pair)
        if len(found) == count:
            return found


def parts(seed):
    """Training and evaluation pairs, both of either kind."""
    rng = random.Random(seed)
    by_hand = written()
    by_grammar = grammatical(rng, GRAMMAR_SIZE + EVAL_GRAMMAR, by_hand)
    rng.shuffle(by_hand)
    rng.shuffle(by_grammar)
    held_out = by_hand[:EVAL_WRITTEN] + by_grammar[:EVAL_GRAMMAR]
    train = by_hand[EVAL_WRITTEN:] + by_grammar[EVAL_GRAMMAR:]
    rng.shuffle(held_out)
    rng.shuffle(train)
    return train, held_out


def write_tsv(path, found):
    """Write pairs as tab-separated lines under a header."""
    text = "\n".join([HEADER, *map("\t".join, found)]) + "\n"
    path.write_text(text, encoding="utf-8", newline="\n")


def main():
    """Rewrite the training and evaluation files."""
    train, held_out = parts(SEED)
    write_tsv(FOLDER / "train.tsv", train)
    write_tsv(FOLDER / "eval.tsv", held_out)


if __name__ == "__main__":
    main()
