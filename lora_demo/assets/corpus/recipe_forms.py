"""Parts of cookbook sentences in both languages: nouns, acts, and jobs that consist of acts."""

import re
from dataclasses import dataclass

from lora_demo.assets.corpus.german import article, dative_plural, ending

PRONOUNS = {
    "er": "er sie es sie",
    "ihn": "ihn sie es sie",
    "sein": "sein ihr sein ihr",
    "keine": "keinen keine kein keine",
}
"""Forms for the genders m, f, n and for the plural."""
PASSIVES = {
    "passive": "wird/werden||is/are",
    "should": "sollte/sollten|werden|should be",
    "done": "|ist/sind|is/are",
}
"""German verb in second place | at the end | English verb, each singular/plural."""
CONTRACTIONS = {"in dem": "im", "zu dem": "zum", "zu der": "zur", "in das": "ins"}


def join(*words: str | None) -> str:
    """Join the words that are not empty with spaces."""
    return " ".join(filter(None, words))


def finite(forms: str, many: bool) -> str:
    """Choose the singular or plural of "ist/sind"; a form without a slash is both.

    Args:
        forms: Singular and plural of a verb, separated by a slash.
        many: True for the plural.
    """
    return forms.split("/")[-1 if many else 0]


def listing(items: list[str], last: str = " and ") -> str:
    """Join words as "a, b and c".

    Args:
        items: At least one word or phrase.
        last: Text before the last item, with its spaces.
    """
    return last.join(filter(None, [", ".join(items[:-1]), items[-1]]))


@dataclass(frozen=True)
class Noun:
    """A noun in both languages.

    Args:
        de: German, in the nominative.
        gender: m, f, n, or p for plural.
        en: English, without an article.
        plural: True if its English verb is in the plural.
    """

    de: str
    gender: str
    en: str
    plural: bool

    def german(self, spec: str) -> str:
        """Decline the noun, or choose a pronoun or a verb that agrees with it.

        Args:
            spec: A declension such as `acc`, `zu dat` or `dat~ frisch` (`~`: without an article),
                a key of `PRONOUNS`, or a verb such as `ist/sind`. Empty: the noun as it is.

        Raises:
            ValueError: If the spec has none of these forms.
        """
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
        the = "" if bare else article("der", self.gender, case)
        opening = join(preposition, the)
        if adjective:
            adjective += ending("", self.gender, case)
        is_dative_plural = case == "dat" and self.gender == "p"
        noun = dative_plural(self.de) if is_dative_plural else self.de
        return join(CONTRACTIONS.get(opening, opening), adjective, noun)

    def english(self, spec: str) -> str:
        """Return the noun with an article, or a verb that agrees with it.

        Args:
            spec: `the` for the noun with its article, singular and plural of a verb such as
                `is/are`, or anything else for the noun alone.
        """
        if "/" in spec:
            return finite(spec, self.plural)
        return f"the {self.en}" if spec == "the" else self.en


@dataclass(frozen=True)
class Phrase:
    """A fixed expression that does not change."""

    de: str
    en: str

    def german(self, _spec: str) -> str:
        """Return the expression.

        Args:
            _spec: Not used; the German expression has one form.
        """
        return self.de

    def english(self, spec: str) -> str:
        """Return the expression; `about` makes "for about 5 minutes" of "for 5 minutes".

        Args:
            spec: `about`, or anything else for the expression as it is.
        """
        return self.en.replace("for ", "for about ") if spec == "about" else self.en


@dataclass(frozen=True)
class Act:
    """Something that is done to a food.

    Args:
        infinitive: German, with words before it; a bar follows a separable prefix, as in
            `kalt ab|spülen`.
        participle: German; empty if the act has no passive.
        verb: English verb.
        verbed: English participle.
        rest: English words after the object.
    """

    infinitive: str
    participle: str
    verb: str
    verbed: str
    rest: str = ""

    def german(self, mode: str, food: str = "") -> str:
        """Return the infinitive, with or without zu, the participle, or the polite imperative.

        Args:
            mode: Empty for the infinitive, `zu` for the infinitive with zu, `passive` for the
                participle, or `sie` for the imperative.
            food: Object of the imperative; the other forms have none.
        """
        manner, _, verb = self.infinitive.rpartition(" ")
        prefix, _, stem = verb.rpartition("|")
        if mode == "sie":
            return join(stem, "Sie", food, manner, prefix)
        forms = {
            "": prefix + stem,
            "passive": self.participle,
            "zu": f"{prefix}zu{stem}" if prefix else f"zu {stem}",
        }
        return join(manner, forms[mode])


@dataclass(frozen=True)
class Job:
    """A chain of acts on one food or two.

    Args:
        foods: The foods; two are used together.
        acts: The acts in their order.
    """

    foods: tuple[Noun, ...]
    acts: tuple[Act, ...]

    def german(self, mode: str) -> str:
        """Return the job as infinitives, in the passive, or as a polite imperative.

        Args:
            mode: Empty or `zu` for infinitives, `bare` for infinitives with foods that have no
                article, a key of `PASSIVES`, or `sie` for the imperative.
        """
        if mode in PASSIVES:
            return self._german_passive(PASSIVES[mode])
        if mode == "sie":
            return self._german_imperative()
        food = self._german_foods("" if mode == "bare" else "acc")
        return f"{food} {self._steps('' if mode == 'bare' else mode)}"

    def _german_foods(self, case: str) -> str:
        return " und ".join(noun.german(case) for noun in self.foods)

    def _german_imperative(self) -> str:
        """Return the polite imperative: "Schälen Sie die Möhren und würfeln Sie sie"."""
        again = "sie" if len(self.foods) > 1 else self.foods[0].german("ihn")
        first, *others = self.acts
        steps = [first.german("sie", self._german_foods("acc"))]
        steps += [act.german("sie", again) for act in others]
        return listing(steps, last=" und ")

    def _german_passive(self, verbs: str) -> str:
        """Return the passive: "Die Möhren werden geschält".

        The finite verb is second, or last if it follows the participles.
        """
        many = len(self.foods) > 1 or self.foods[0].gender == "p"
        before, after, _ = verbs.split("|")
        food, steps = self._german_foods("nom"), self._steps("passive")
        return join(food, finite(before, many), steps, finite(after, many))

    def _steps(self, mode: str) -> str:
        return listing([act.german(mode) for act in self.acts], last=" und ")

    def english(self, mode: str) -> str:
        """Return the job as an imperative or in the passive, or the pronoun of its foods.

        Args:
            mode: `them` for the pronoun, a key of `PASSIVES`, or anything else for the imperative.
        """
        many = len(self.foods) > 1 or self.foods[0].plural
        pronoun = "them" if many else "it"
        if mode == "them":
            return pronoun
        food = "the " + " and ".join(noun.en for noun in self.foods)
        if mode in PASSIVES:
            verbs = PASSIVES[mode].split("|")[2]
            steps = [join(act.verbed, act.rest) for act in self.acts]
            return f"{food} {finite(verbs, many)} {listing(steps)}"
        return self._imperative(food, pronoun)

    def _imperative(self, food: str, pronoun: str) -> str:
        """Return the imperative; the first verbs without complement share their object.

        For example "peel and dice the onions".
        """
        shared = next((i for i, act in enumerate(self.acts) if act.rest), len(self.acts))
        clauses = [join(act.verb, pronoun, act.rest) for act in self.acts[shared:]]
        if not shared:
            clauses[0] = f"{self.acts[0].verb} {food} {self.acts[0].rest}"
            return listing(clauses)
        clauses.insert(0, f"{listing([act.verb for act in self.acts[:shared]])} {food}")
        return listing(clauses, last=", then " if shared > 1 or len(clauses) > 2 else " and ")
