"""Reads a lexicon: one line for each entry, or for a noun with several adjectives."""

from pathlib import Path

from lora_demo.assets.corpus.english import english_forms
from lora_demo.assets.corpus.grammar import tables
from lora_demo.assets.corpus.parts_of_speech import Act, Entry, Noun, Phrase, Subject
from lora_demo.assets.corpus.persons import PERSONS

GENDERS = ("m", "f", "n", "p")
"""Masculine, feminine and neuter; plural."""


def read_lexicon(file: Path) -> dict[str, list[list[Entry]]]:
    """Read the tables of a lexicon.

    Args:
        file: A heading for each table, `[name]` or `[name + included tables]`, and its lines.

    Returns:
        For each table, the entries of each of its lines.
    """
    found: dict[str, list[list[Entry]]] = {}
    for heading, lines in tables(file).items():
        name, _, included = heading.partition(" + ")
        found[name] = []
        for other in filter(None, included.split(" + ")):
            found[name] += found[other]
        found[name] += [_entries(line) for line in lines]
    return found


def _entries(line: str) -> list[Entry]:
    """Parse a line: one entry for each adjective of a noun, or one of another kind."""
    words, _, adjectives = line.partition(" : ")
    german, english = words.split(" = ")
    kind, _, rest = german.partition(" ")
    if kind in PERSONS:
        return [Subject(rest, english, kind)]
    if " | " in f" {german}":
        return [_act(f" {german}", english)]
    if kind in GENDERS:
        return _nouns(kind, rest, english, adjectives)
    return [Phrase(german, english)]


def _act(german: str, english: str) -> Act:
    """Parse `object | infinitive/third participle` and `verb rest`."""
    object, verbs = german.split(" | ")
    verb, _, participle = verbs.partition(" ")
    infinitive, _, third = verb.partition("/")
    english_verb, _, rest = english.partition(" ")
    return Act(
        de=object.strip(),
        verb=infinitive,
        third=third,
        participle=participle,
        english_verb=english_forms(english_verb),
        en=rest,
    )


def _nouns(gender: str, german: str, english: str, adjectives: str) -> list[Entry]:
    """Parse a noun with its adjectives, `hoch = high, -`; `-` is the noun without one."""
    nouns: list[Entry] = []
    for choice in (adjectives or "-").split(", "):
        adjective, _, translation = choice.strip("-").partition(" = ")
        nouns.append(Noun(german, f"{translation} {english}".strip(), gender, adjective))
    return nouns
