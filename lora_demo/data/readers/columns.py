"""Columns of German and English text, found by their names; a name is never guessed."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from lora_demo.data.readers.languages import (
    find_paired,
    language_of_code,
    language_of_column,
    plain_name,
)
from lora_demo.language import _

SWAPPED = "de=en,en=de"
"""Names of columns for a file with English in the place of German, whatever its columns are."""
SWAP = {"de": "en", "en": "de"}
MAX_SHOWN_CHARACTERS = 200
"""Characters of the column names in a message."""
MAX_CHOICES = 100
MAX_NAME_CHARACTERS = 100
"""Columns to choose from, and characters of their names."""
MIN_SENTENCE_WORDS = 6
SOURCE, TARGET = "source", "target"
SOURCE_LANGUAGE, TARGET_LANGUAGE = "source_lang", "target_lang"
SIDES = {
    SOURCE: frozenset(["source", "src", "source_text", "src_text", "source_sentence"]),
    TARGET: frozenset(
        ["target", "tgt", "trg", "target_text", "tgt_text", "target_sentence", "translation"]
    ),
    SOURCE_LANGUAGE: frozenset(
        ["source_lang", "source_language", "src_lang", "srclang", "sourcelang"]
    ),
    TARGET_LANGUAGE: frozenset(
        [
            "target_lang",
            "target_language",
            "tgt_lang",
            "tgtlang",
            "trglang",
            "trg_lang",
            "targetlang",
        ]
    ),
}
"""Names of columns whose languages are in columns of their own."""


class ColumnsNotFoundError(ValueError):
    """The German and the English column are not found.

    Attributes:
        found: The names of the columns that a caller can choose from.
    """

    def __init__(self, message: str, found: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.found = [name for name in found if len(name) <= MAX_NAME_CHARACTERS][:MAX_CHOICES]


@dataclass(frozen=True)
class Columns:
    """The columns that a caller requests.

    Args:
        pattern: Matches their whole names.
        required: Names that a file must have.
        given: Name of the column in the file, by requested name; empty to find the columns.
    """

    pattern: re.Pattern[str]
    required: tuple[str, ...]
    given: Mapping[str, str] = field(default_factory=dict)

    def named(self, text: str | None) -> "Columns":
        """Return the same columns with their names in the file, as `parse_columns` takes them.

        Args:
            text: For example `de=Deutsch,en=Englisch`. None: find the columns by their names.

        Raises:
            ValueError: If `text` is written in another way.
        """
        return replace(self, given=parse_columns(text)) if text else self

    @property
    def is_swap(self) -> bool:
        """True if the caller says that each of the two languages is in the other's place."""
        return dict(self.given) == SWAP and len(self.languages) > 1

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that a unit must have: `de`, and `en` unless only German is requested."""
        return tuple(name for name in ("de", "en") if self.pattern.fullmatch(name))

    def find(self, names: Sequence[str], where: str) -> dict[int, str]:
        """Find the requested columns.

        Args:
            names: Names of all columns in the file.
            where: The file, and the line if each line has its own names.

        Returns:
            Requested name by position. The names SOURCE, TARGET, SOURCE_LANGUAGE and
            TARGET_LANGUAGE mean that the languages are in columns of their own.

        Raises:
            ColumnsNotFoundError: If a required column is missing, or two could be meant.
            ValueError: If two columns have the same name.
        """
        if self.given:
            return self._find_given(names, where)
        found = self._find_exact(names, where)
        for language in ("de", "en"):
            if not self._has(found, language):
                found |= self._find_language(names, language, where)
        if set(self.required) <= set(found.values()):
            return found
        sides = self._find_sides(names) if "de" in self.required else {}
        pairs = find_paired(names) if self.languages and not found else {}
        chosen = sides or {i: name for i, name in pairs.items() if self.pattern.fullmatch(name)}
        if chosen:
            return chosen
        raise self._not_found(
            _("{where} has no columns for {wanted}", where=where, wanted=self._wanted), names
        )

    @property
    def _wanted(self) -> str:
        return _(" and ").join(self.required)

    def _find_given(self, names: Sequence[str], where: str) -> dict[int, str]:
        found = {}
        for wanted, given in self.given.items():
            if self.pattern.fullmatch(wanted):
                position = _position(names, given)
                if position is None:
                    raise self._not_found(
                        _("{where} does not have the column {given!r}", where=where, given=given),
                        names,
                    )
                self._refuse_second(names.count(names[position]) > 1, given, where)
                found[position] = wanted
        if not set(self.required) <= set(found.values()):
            raise self._not_found(
                _("{where}: --columns does not name {wanted}", where=where, wanted=self._wanted),
                names,
            )
        return found

    def _find_exact(self, names: Sequence[str], where: str) -> dict[int, str]:
        """Find columns with exactly the requested names, in any case."""
        found: dict[int, str] = {}
        for position, name in enumerate(names):
            plain = name.strip().lower()
            if self.pattern.fullmatch(plain):
                self._refuse_second(plain in found.values(), name, where)
                found[position] = plain
        return found

    def _refuse_second(self, is_second: bool, name: str, where: str) -> None:
        if is_second:
            raise ValueError(
                _(
                    "{where} has two columns named {name!r}. Rename or remove one.",
                    where=where,
                    name=name,
                )
            )

    def _has(self, found: Mapping[int, str], language: str) -> bool:
        """Check whether a language needs no further search; en2 is English as well."""
        is_requested = self.pattern.fullmatch(language) is not None
        return not is_requested or any(name.startswith(language) for name in found.values())

    def _find_language(self, names: Sequence[str], language: str, where: str) -> dict[int, str]:
        positions = [i for i, name in enumerate(names) if language_of_column(name) == language]
        if len(positions) > 1 and language not in self.required:
            return {}
        if len(positions) > 1:
            both = _(" and ").join(repr(names[i]) for i in positions[:2])
            raise self._not_found(
                _(
                    "{where} has the columns {both} for {language}",
                    where=where,
                    both=both,
                    language=language,
                ),
                names,
            )
        return dict.fromkeys(positions, language)

    def _find_sides(self, names: Sequence[str]) -> dict[int, str]:
        """Find columns such as source and target, if columns for their languages exist."""
        plain = [plain_name(name) for name in names]
        found = {}
        for side, spellings in SIDES.items():
            positions = [i for i, name in enumerate(plain) if name in spellings]
            if len(positions) != 1:
                return {}
            found[positions[0]] = side
        return found

    def _not_found(self, problem: str, names: Sequence[str]) -> ColumnsNotFoundError:
        listed = list_names(names)
        advice = _("Rename columns to {wanted}", wanted=self._wanted)
        is_pair = len(self.languages) > 1
        if is_pair and len(names) < 2:
            advice = _(
                "Each row needs de and en; a .tsv file has tabs between its columns, a .csv file "
                "commas or semicolons, and a record of JSON has both names"
            )
        elif is_pair and any(map(is_sentence, names)):
            advice = _(
                "If these are sentences, put a line with the names de and en above them. "
                "Otherwise name the columns with --columns de=NAME,en=NAME"
            )
        elif self.required == ("de",):
            advice = _("Rename a column to de, or name it with --columns de=NAME")
        elif "de" in self.required:
            advice = _(
                "Rename two columns to de and en, or name them with --columns de=NAME,en=NAME"
            )
        return ColumnsNotFoundError(
            _(
                "{problem}. It has {listed}. {advice}.",
                problem=problem,
                listed=repr(listed) if listed else _("no columns"),
                advice=advice,
            ),
            names,
        )

    def cells(self, found: Mapping[int, str], row: Sequence[str], where: str) -> dict[str, str]:
        """Return the requested cells of a row.

        Args:
            found: Positions, as `find` returns them.
            row: The cells of the row.
            where: The file and line, for messages.

        Raises:
            ValueError: If the row names other languages than German and English.
        """
        cells = {name: row[position] for position, name in found.items()}
        if SOURCE_LANGUAGE not in cells:
            return cells
        languages = {
            language_of_code(cells[SOURCE_LANGUAGE]): cells[SOURCE],
            language_of_code(cells[TARGET_LANGUAGE]): cells[TARGET],
        }
        if set(languages) != {"de", "en"}:
            raise ValueError(
                _(
                    "{where}: the languages are {source!r} and {target!r}, not German and "
                    "English. Remove the row.",
                    where=where,
                    source=cells[SOURCE_LANGUAGE][:20],
                    target=cells[TARGET_LANGUAGE][:20],
                )
            )
        return {str(name): text for name, text in languages.items()}


PAIR_COLUMNS = Columns(re.compile("de|en"), ("de", "en"))
"""The columns of a file of pairs."""


def parse_columns(text: str) -> dict[str, str]:
    """Parse names of columns such as `de=Deutsch,en=Englisch`.

    Args:
        text: Requested names with the names in the file; these may contain commas.

    Returns:
        Name in the file by requested name.

    Raises:
        ValueError: If it is written in another way.
    """
    parts = re.split(r",\s*(?=(?:de|en\d{0,2}|term_de|term_en)=)", text.strip())
    names = dict(part.strip().split("=", 1) for part in parts if "=" in part)
    is_valid = len(names) == len(parts) and all(names.values()) and "de" in names
    if not is_valid or len(set(names.values())) < len(names):
        raise ValueError(
            _(
                "--columns {given!r} (must be de=NAME,en=NAME, with the names of two columns of "
                "the file).",
                given=text[:80],
            )
        )
    return names


def swap_columns(text: str | None) -> str | None:
    """Return the names of the columns with German and English exchanged.

    Args:
        text: Names such as `de=Deutsch,en=Englisch`; None to find them.

    Returns:
        The new names; None if the columns are in their right places again.
    """
    if text is None:
        return SWAPPED
    names = parse_columns(text)
    if names == SWAP:
        return None
    return f"de={names['en']},en={names['de']}"


def list_names(names: Sequence[str]) -> str:
    """Join the names of columns for a message, which shows only the first ones of many.

    Args:
        names: The names.
    """
    return ", ".join(" ".join(name.split()) for name in names)[:MAX_SHOWN_CHARACTERS]


def is_sentence(name: str) -> bool:
    """Check whether the name of a column looks like a sentence of a file without names.

    Args:
        name: The text of a cell.
    """
    return name.rstrip().endswith((".", "!", "?")) or len(name.split()) >= MIN_SENTENCE_WORDS


def _position(names: Sequence[str], wanted: str) -> int | None:
    """Position of a name: exactly as given, else without regard to case and spaces."""
    if wanted in names:
        return names.index(wanted)
    plain = [name.strip().casefold() for name in names]
    folded = wanted.strip().casefold()
    return plain.index(folded) if folded in plain else None
