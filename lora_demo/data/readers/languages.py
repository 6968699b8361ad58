"""Names of the two languages, in columns and in codes; a language is never guessed."""

import re
import unicodedata
from collections.abc import Iterator, Sequence

GERMAN = """
    de deu ger german deutsch deutsche deutscher deutsches hochdeutsch deu_latn tiếng_đức tieng_duc
    allemand alemán aleman alemão alemao tedesco duits niemiecki немецкий almanca němčina tyska tysk
    德语 德文 ドイツ語 독일어
"""
ENGLISH = """
    en eng english englisch englische englischer englisches eng_latn tiếng_anh tieng_anh
    anglais inglés ingles inglês inglese engels angielski английский ingilizce angličtina engelska
    engelsk 英语 英文 英語 영어
"""
LANGUAGE_NAMES = {"de": frozenset(GERMAN.split()), "en": frozenset(ENGLISH.split())}
GERMAN_REGIONS = """
    de at ch li lu be it latn xx germany deutschland austria österreich switzerland schweiz
    liechtenstein luxembourg belgium deu ger
"""
ENGLISH_REGIONS = """
    us gb uk au ca nz ie in za sg latn xx usa united states kingdom great britain australia canada
    new zealand ireland india south africa singapore en eng vereinigte staaten vereinigtes
    königreich großbritannien australien kanada neuseeland irland indien südafrika singapur
"""
REGIONS = {"de": frozenset(GERMAN_REGIONS.split()), "en": frozenset(ENGLISH_REGIONS.split())}
"""Words after a language in names such as de_AT, German (Austria), en_XX and English (en-US)."""
NEUTRAL = """
    text texts sentence sentences segment segments string source target src tgt trg input output
    translation translations reference original satz sätze texte quelle ziel übersetzung
    ausgangssprache quellsprache zielsprache ausgangstext quelltext zieltext ausgangssatz quellsatz
    zielsatz saetze uebersetzung translated язык
"""
NEUTRAL_WORDS = frozenset(NEUTRAL.split())
"""Words of a column's name that say nothing about its language, as in `text_de`."""
SMALL_THEN_CAPITAL = re.compile(r"(?<=[a-zäöüß])(?=[A-ZÄÖÜ])")
"""The beginning of a new word in `germanText`."""
SEPARATORS = ",;|\t"
"""Characters of a line with several names, which the separator of a table has not split."""
ABOUT = """
    author code comment comments confidence context count date description domain file id key
    kommentar lang language length level link notes note num path score speaker status tag tags time
    tokens url user
"""
ABOUT_TEXTS = frozenset(ABOUT.split())
"""Words in names of columns that describe the texts, such as `comment_de`."""


def language_of_column(name: str) -> str | None:
    """Return `de` or `en` if the name of a column says so: German, de_AT, text_en.

    Args:
        name: A column's name as it is in a file.
    """
    if any(separator in name for separator in SEPARATORS):
        return None
    split = SMALL_THEN_CAPITAL.sub(" ", name)
    return _language_of_words(plain_name(name)) or _language_of_words(plain_name(split))


def _language_of_words(plain: str) -> str | None:
    words = [word for word in plain.split("_") if word not in NEUTRAL_WORDS]
    rest = "_".join(words)
    for language, names in LANGUAGE_NAMES.items():
        if rest in names:
            return language
        further = REGIONS[language] | names  # as in "DE (German)"
        if len(words) > 1 and words[0] in names and further.issuperset(words[1:]):
            return language
    return None


def language_of_code(code: str) -> str | None:
    """Return `de` or `en` for a code of a language with or without a region, or its name.

    Args:
        code: For example `de`, `de-AT`, `en_US.UTF-8` or `German`, in any case.
    """
    primary = re.split(r"[-_.@ (]", code.strip().lower())[0]
    for language, names in LANGUAGE_NAMES.items():
        if primary in names:
            return language
    return None


def plain_name(name: str) -> str:
    """The words of a name in lower case, joined by underscores.

    Args:
        name: A column's name as it is in a file.
    """
    return "_".join(re.findall(r"[^\W_]+", unicodedata.normalize("NFC", name).lower()))


def find_paired(names: Sequence[str]) -> dict[int, str]:
    """Find two columns whose names differ only in the language, such as l_de and l_en.

    Args:
        names: Names of all columns.

    Returns:
        `de` and `en` by position; empty if there are none, or further columns could be meant.
    """
    positions: dict[tuple[str, ...], dict[str, int]] = {}
    for position, name in enumerate(names):
        for stem, language in _readings(name):
            if language in positions.setdefault(stem, {}):
                return {}
            positions[stem][language] = position
    pairs = [found for found in positions.values() if len(found) == len(LANGUAGE_NAMES)]
    if len(pairs) != 1:
        return {}
    found = {position: language for language, position in pairs[0].items()}
    others = [plain_name(name).split("_") for i, name in enumerate(names) if i not in found]
    return {} if any(NEUTRAL_WORDS.issuperset(words) for words in others) else found


def _readings(name: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the words of a name before or after its language, and the language."""
    words = plain_name(SMALL_THEN_CAPITAL.sub(" ", name)).split("_")
    parts = [(("", *words[1:]), words[0]), ((*words[:-1], ""), words[-1])]
    for stem, code in parts:
        for language, codes in LANGUAGE_NAMES.items():
            if code in codes and len(words) > 1 and ABOUT_TEXTS.isdisjoint(stem):
                yield stem, language
