"""Bring the catalogues up to date with the code: `python -m lora_demo.language.update`."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import polib

from lora_demo.language import ENGLISH, FOLDER, LANGUAGES, PLURAL_FORMS

PACKAGE = FOLDER.parent
ROOT = PACKAGE.parent
MARKS = {"_": 1, "N_": 1, "ngettext": 2}
"""The functions that mark texts, and their number of texts."""
SCRIPT_TEXT = re.compile(r"\b_\('((?:[^'\\]|\\.)*)'\)")
"""A text in JavaScript."""
PLURAL_RULES = {"de": "nplurals=2; plural=(n != 1);", "vi": "nplurals=1; plural=0;"}
TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
TERM = re.compile(r"\[([A-Za-z][\w -]*)(?=[|\]])")
"""A term of the glossary in a text: `[rank]`, or `[rank|ranks]` to show another form of it."""
MAX_LINE = 100

Key = tuple[str, ...]
"""A text, or singular and plural of a text with a count."""


def marked_texts(package: Path = PACKAGE) -> dict[Key, list[str]]:
    """Return the texts that the code marks, each with the files that use it.

    Args:
        package: A folder with Python and JavaScript.

    Raises:
        ValueError: If a mark holds something else than a literal.
    """
    texts: dict[Key, list[str]] = {}
    for file in sorted([*package.rglob("*.py"), *package.rglob("*.js")]):
        content = file.read_text(encoding="utf-8")
        name = file.relative_to(package.parent).as_posix()
        found = _in_python(content, name) if file.suffix == ".py" else _in_script(content)
        for key in found:
            places = texts.setdefault(key, [])
            if name not in places:
                places.append(name)
    return texts


def _in_python(content: str, name: str) -> Iterator[Key]:
    for node in ast.walk(ast.parse(content)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        mark = node.func.id
        if mark not in MARKS:
            continue
        literals = [part.value for part in node.args if isinstance(part, ast.Constant)]
        texts = [value for value in literals if isinstance(value, str)]
        if len(texts) >= MARKS[mark]:
            yield tuple(texts[: MARKS[mark]])
        elif mark != "_" or not isinstance(node.args[0], ast.expr) or _is_text(node.args[0]):
            raise ValueError(f"{name}, line {node.lineno}: {mark} needs a literal.")


def _is_text(node: ast.expr) -> bool:
    """Check for a text that is put together, which no catalogue can hold."""
    return isinstance(node, ast.JoinedStr | ast.BinOp)


def _in_script(content: str) -> Iterator[Key]:
    for text in SCRIPT_TEXT.findall(content):
        yield (text.replace("\\'", "'"),)


def update(language: str, texts: dict[Key, list[str]], folder: Path = FOLDER) -> None:
    """Write a catalogue again, with new texts without a translation and without obsolete ones.

    Args:
        language: A code.
        texts: The texts of the code and their files.
        folder: The folder of the catalogue.
    """
    path = folder / f"{language}.po"
    old = {entry.msgid: entry for entry in polib.pofile(str(path))} if path.exists() else {}
    catalogue = polib.POFile(wrapwidth=MAX_LINE)
    catalogue.metadata = {
        "Language": language,
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": PLURAL_RULES[language],
    }
    for key, places in texts.items():
        catalogue.append(_entry(key, places, old.get(key[0])))
    catalogue.save(str(path))


def _entry(key: Key, places: list[str], old: polib.POEntry | None) -> polib.POEntry:
    entry = polib.POEntry(msgid=key[0], occurrences=[(place, "") for place in places])
    if len(key) > 1:
        entry.msgid_plural = key[1]
        entry.msgstr_plural = old.msgstr_plural if old and old.msgid_plural else {0: ""}
    elif old:
        entry.msgstr = old.msgstr
    return entry


def problems(language: str, texts: dict[Key, list[str]], folder: Path = FOLDER) -> list[str]:
    """List what is wrong with a catalogue, one sentence each.

    Args:
        language: A code.
        texts: The texts of the code and their files.
        folder: The folder of the catalogue.
    """
    entries = {entry.msgid: entry for entry in polib.pofile(str(folder / f"{language}.po"))}
    keys = {key[0]: key for key in texts}
    found = [f"obsolete: {text!r}" for text in entries if text not in keys]
    for text, key in keys.items():
        translations = _translations(entries.get(text), key)
        forms = 1 if len(key) == 1 else max(map(PLURAL_FORMS[language], range(5))) + 1
        if len(translations) != forms or not all(translations):
            found.append(f"not translated: {text!r}")
            continue
        for translation in translations:
            if _marks(translation) != _marks(key[-1]) and _marks(translation) != _marks(text):
                found.append(f"placeholders, tags or terms differ: {text!r} and {translation!r}")
    return found


def _translations(entry: polib.POEntry | None, key: Key) -> list[str]:
    if entry is None or bool(entry.msgid_plural) != (len(key) > 1) or entry.fuzzy:
        return []
    return list(entry.msgstr_plural.values()) if len(key) > 1 else [entry.msgstr]


def _marks(text: str) -> set[str] | None:
    """Return the placeholders, HTML tags and terms of a text; None if it cannot be parsed."""
    try:
        fields = [part for part in Formatter().parse(text) if part[1] is not None]
    except ValueError:
        return None
    placeholders = {f"{{{name}!{conversion}:{spec}}}" for _, name, spec, conversion in fields}
    terms = {f"[{term}]" for term in TERM.findall(text)}
    return placeholders | set(TAG.findall(text)) | terms


def main() -> None:
    """Update all catalogues, and say how much is translated."""
    texts = marked_texts()
    for language in LANGUAGES:
        if language != ENGLISH:
            update(language, texts)
            missing = problems(language, texts)
            print(f"{language}: {len(texts)} texts, {len(missing)} problems")


if __name__ == "__main__":
    main()
