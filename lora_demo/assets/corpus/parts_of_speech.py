"""Entries of the lexicon: phrases, subjects, nouns and acts, and their forms in both languages.

A form is named by the slot of a pattern; `person` is that of the subject that an
entry agrees with.
"""

import re
from dataclasses import dataclass

from lora_demo.assets.corpus.english import third_person
from lora_demo.assets.corpus.german import (
    CASES,
    DER_ENDINGS,
    article,
    dative_plural,
    ending,
    inflected,
)
from lora_demo.assets.corpus.persons import FORMS, PAST, SUBJUNCTIVE, agree, conjugate, form


@dataclass(frozen=True)
class Phrase:
    """A fixed expression."""

    de: str
    en: str

    def german(self, spec: str, person: str) -> str:
        """Return the expression with the pronouns of a person.

        Args:
            spec: Not used; the German expression has one form.
            person: One of `PERSONS`; `agree` inserts its pronouns.
        """
        return agree(self.de, person)

    def english(self, spec: str, person: str) -> str:
        """Return the expression; `bare` leaves out the preposition of a day.

        Args:
            spec: `bare`, or anything else for the whole expression.
            person: One of `PERSONS`; `agree` inserts its pronouns.
        """
        return agree(self.en.removeprefix("on ") if spec == "bare" else self.en, person)


@dataclass(frozen=True)
class Subject:
    """A person, or a pronoun."""

    de: str
    en: str
    person: str

    def german(self, spec: str, person: str) -> str:
        """Return a case, a pronoun (`er`, `ihn`, `ihm`), or a verb that agrees.

        Args:
            spec: Empty for the nominative, `acc`, `dat`, a pronoun of `FORMS`, SEIN with an ending,
                or a verb as `conjugate` takes it.
            person: Not used; a subject has its own person.
        """
        if not spec:
            return re.sub(r"/\w+", "", self.de)
        if spec in ("acc", "dat"):
            return self._decline(spec)
        if spec == "SEIN" or spec.startswith("SEIN"):
            return agree(spec, self.person)
        return conjugate(spec, self.person)

    def _decline(self, case: str) -> str:
        """Decline a noun with its article, as `mein Kollege/Kollegen`."""
        gender = self.person[1]
        words = re.sub(r"\w+/", "", self.de).split(" ", 1)
        if len(words) == 1 or words[0][0].isupper():
            return " ".join(words)
        determiner, noun = words
        if determiner in ("der", "die"):
            determiner = article("der", gender, case)
        elif gender == "p":
            determiner = determiner[:-1] + DER_ENDINGS["p"].split()[CASES.index(case)]
        else:
            base = determiner.removesuffix("e") if gender == "f" else determiner
            determiner = base + article("ein", gender, case).removeprefix("ein")
        return f"{determiner} {dative_plural(noun) if (gender, case) == ('p', 'dat') else noun}"

    def english(self, spec: str, person: str) -> str:
        """Return the subject, a pronoun, or a verb that agrees: `have/has`.

        Args:
            spec: Empty for the subject, a key of `FORMS` such as `he` or `am`, HIS or HIMSELF, or
                both forms of a verb, the third person singular last.
            person: Not used; a subject has its own person.
        """
        if "/" in spec:
            return spec.split("/")[self.person in ("3m", "3f")]
        return agree(form(spec, self.person) if spec in FORMS else spec or self.en, self.person)


@dataclass(frozen=True)
class Noun:
    """A thing, an animal or a place, with an adjective or without."""

    de: str
    en: str
    gender: str
    adjective: str

    def german(self, spec: str, person: str) -> str:
        """Decline the noun after `der`, `ein`, `kein`, `dies` or `SEIN`, or agree with it.

        Args:
            spec: A determiner and a case (`ein acc`), `rel` and a case for the relative pronoun, a
                pronoun (`er`, `ihn` or `ihm`), or singular and plural of a verb (`ist/sind`).
            person: One of `PERSONS`; SEIN becomes its possessive.
        """
        if "/" in spec:
            return spec.split("/")[self.gender == "p"]
        if spec in ("er", "ihn", "ihm"):
            forms = {"er": "er sie es sie", "ihn": "ihn sie es sie", "ihm": "ihm ihr ihm ihnen"}
            return forms[spec].split()["mfnp".index(self.gender)]
        kind, case = spec.split()
        if kind == "rel":
            return article("der", self.gender, case)
        return self._decline(agree(kind, person), case)

    def _decline(self, kind: str, case: str) -> str:
        number = CASES.index(case)
        plural = self.gender == "p"
        if kind == "der":
            determiner = article("der", self.gender, case)
        elif kind == "dies":
            determiner = kind + DER_ENDINGS[self.gender].split()[number]
        elif plural:
            determiner = "" if kind == "ein" else kind + DER_ENDINGS["p"].split()[number]
        else:
            determiner = kind + article("ein", self.gender, case).removeprefix("ein")
        pattern = "der" if kind in ("der", "dies") or (plural and determiner) else "ein"
        adjective = self.adjective and inflected(self.adjective) + ending(
            pattern if determiner else "", self.gender, case
        )
        determiner = re.sub("^euer(?=e)", "eur", determiner)
        first, _, oblique = self.de.partition("/")
        noun = oblique if oblique and case != "nom" else first
        if plural and case == "dat":
            noun = dative_plural(noun)
        if case == "gen" and self.gender in "mn" and not oblique:
            noun += "es" if noun[-1] in "sßxz" else "s"
        return " ".join(filter(None, (determiner, adjective, noun)))

    def english(self, spec: str, person: str) -> str:
        """Return the noun after `a`, `the`, `no`, `this` or `HIS`, or a verb that agrees.

        Args:
            spec: A determiner, empty for none, or singular and plural of a verb (`is/are`).
            person: One of `PERSONS`; HIS becomes its possessive.
        """
        plural = self.gender == "p" or self.en.endswith("*")
        if "/" in spec:
            return spec.split("/")[plural]
        noun = self.en.removesuffix("*")
        if spec == "a":
            spec = "" if plural else "an" if noun[0] in "aeiou" else "a"
        if spec == "this" and plural:
            spec = "these"
        return f"{agree(spec, person)} {noun}".strip()


@dataclass(frozen=True)
class Act:
    """A predicate: a verb with its object or complement.

    Args:
        de: The German object or complement.
        verb: The infinitive; a dot ends a prefix that separates: `auf.räumen`.
        third: The third person singular of a verb that changes its vowel.
        participle: Starts with + if its auxiliary is `sein`.
        english_verb: Base, past, participle and -ing form.
        en: The words after the verb in English.
    """

    de: str
    verb: str
    third: str
    participle: str
    english_verb: tuple[str, str, str, str]
    en: str

    def german(self, spec: str, person: str) -> str:
        """Return a form of the act.

        `inf`, `zu` and `part` end a clause. `last`, `lastpast` and `lastwould` end a subordinate
        clause, `verb`, `past` and `would` start what `rest` ends. `haben`, `hatte` and `hätte`
        are the auxiliary of the participle.

        Args:
            spec: One of the forms above.
            person: One of `PERSONS`, that of the act's subject.
        """
        prefix, _, stem = self.verb.rpartition(".")
        object = agree(self.de, person)
        finite = {
            "last": stem,
            "verb": stem,
            "lastpast": PAST.get(stem, ""),
            "past": PAST.get(stem, ""),
            "lastwould": SUBJUNCTIVE.get(stem, ""),
            "would": SUBJUNCTIVE.get(stem, ""),
        }
        if spec in ("haben", "hatte", "hätte"):
            moves = {"haben": "sein", "hatte": "war", "hätte": "wäre"}
            return conjugate(moves[spec] if self.participle.startswith("+") else spec, person)
        if spec in finite:
            verb = conjugate(finite[spec], person, self.third)
            return f"{object} {prefix}{verb}".strip() if spec.startswith("last") else verb
        words = {
            "inf": prefix + stem,
            "zu": f"{prefix}zu{stem}" if prefix else f"zu {stem}",
            "part": self.participle.removeprefix("+"),
            "rest": prefix,
        }
        return f"{object} {words[spec]}".strip()

    def english(self, spec: str, person: str) -> str:
        """Return the `base`, `past`, `done` or `ing` form, or the present that agrees (`s`).

        `rest` is what follows the verb.

        Args:
            spec: One of the forms above, or `rest`.
            person: One of `PERSONS`, that of the act's subject.
        """
        base, past, done, ing = self.english_verb
        if base == "be":
            present, past = form("am", person), form("was", person)
        else:
            present = third_person(base) if person in ("3m", "3f") else base
        forms = {"base": base, "past": past, "done": done, "ing": ing, "s": present}
        return f"{forms.get(spec, '')} {agree(self.en, person)}".strip()


Entry = Phrase | Subject | Noun | Act
