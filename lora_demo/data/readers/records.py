"""Records of JSON and Parquet, each with its values by name: the requested cells of one."""

from collections.abc import Iterator
from typing import Any

from lora_demo.data.readers.columns import SOURCE, TARGET, Columns, ColumnsNotFoundError
from lora_demo.data.readers.languages import ABOUT_TEXTS, plain_name
from lora_demo.data.readers.missing import MISSING
from lora_demo.data.readers.rows import NumberedRow
from lora_demo.language import _

NESTED = "translation"
"""Key under which Hub data sets hold the two texts."""
LANGUAGES, TEXTS = "language", "translation"
"""Keys of two lists under NESTED, where each row may have other languages."""


def as_record(value: Any) -> Any:
    """Return texts by language as one record.

    Args:
        value: A record, a map of Parquet as pairs, or a list of languages with one of texts, as
            the feature `TranslationVariableLanguages` of `datasets` holds them.

    Returns:
        The record, in which the first text of a language counts; anything else as it is.
    """
    pairs = None
    if isinstance(value, list) and value and all(isinstance(pair, tuple) for pair in value):
        pairs = value
    elif isinstance(value, dict) and set(value) == {LANGUAGES, TEXTS}:
        languages, texts = value[LANGUAGES], value[TEXTS]
        if isinstance(languages, list) and isinstance(texts, list):
            pairs = list(zip(languages, texts, strict=False))
    if pairs is None:
        return value
    record: dict[str, Any] = {}
    for language, text in pairs:
        record.setdefault(str(language), text)
    return record


def record_row(number: int, record: Any, columns: Columns, where: str) -> Iterator[NumberedRow]:
    """Yield the requested cells of a record, with MISSING for a null.

    Args:
        number: Line or number of the record.
        record: Names and values, or the same under `translation`, as `as_record` takes them.
        columns: The requested columns.
        where: The file and line, for messages.

    Raises:
        ValueError: If the record is not an object, or its values are not text.
    """
    if not isinstance(record, dict):
        raise ValueError(
            _('{where}: expected a record such as {{"de": "...", "en": "..."}}.', where=where)
        )
    nested = as_record(record.get(NESTED))
    if nested is None and NESTED in record and not has_columns(record, columns):
        nested = dict.fromkeys(columns.required)
    if not isinstance(nested, dict) and (name := find_nested(record, columns)):
        nested = as_record(record[name])
    if isinstance(nested, dict):
        try:
            yield from _row(number, nested, columns, where)
            return
        except ColumnsNotFoundError:
            if not has_columns(record, columns):
                raise
    yield from _row(number, record, columns, where)


def find_nested(record: dict[str, Any], columns: Columns) -> str | None:
    """Find texts under another name, as in `{"id": 1, "pair": {"de": ..., "en": ...}}`.

    Args:
        record: Names and values.
        columns: The requested columns.

    Returns:
        The name of the only record inside that has the columns; None if the record has them
        itself. A name such as `speaker` says that a record describes the texts.
    """
    records = {name: as_record(value) for name, value in record.items() if _may_nest(name, value)}
    names = [
        name
        for name, nested in records.items()
        if isinstance(nested, dict) and has_columns(nested, columns)
    ]
    return names[0] if len(names) == 1 and not has_columns(record, columns) else None


def _may_nest(name: str, value: Any) -> bool:
    if not isinstance(value, (dict, list)):
        return False
    return ABOUT_TEXTS.isdisjoint(plain_name(name).split("_"))


def has_columns(record: dict[str, Any], columns: Columns) -> bool:
    """Check whether a record has the requested columns.

    Args:
        record: Values by the names of their columns.
        columns: The requested columns.
    """
    try:
        columns.find(list(record), "")
    except ValueError:  # also for two columns of one name
        return False
    return True


def _row(
    number: int, record: dict[str, Any], columns: Columns, where: str
) -> Iterator[NumberedRow]:
    found = columns.find(list(record), where)
    row = list(record.values())
    for position, name in found.items():
        row[position] = _text(
            row[position], _("{where}: the value of {name}", where=where, name=name)
        )
    texts = {name: row[position] for position, name in found.items()}
    lacks_text = MISSING in (texts.get(SOURCE), texts.get(TARGET))
    if lacks_text and len(columns.languages) > 1:  # such a row need not name its languages
        yield number, dict.fromkeys(columns.languages, MISSING)
    else:
        yield number, columns.cells(found, row, where)


def _is_null(value: Any) -> bool:
    """Check for a null, and for NaN, which pandas writes for it."""
    return value is None or value != value


def _text(value: Any, what: str) -> str:
    """Return a value as text."""
    if _is_null(value):
        return MISSING
    if isinstance(value, bytes):  # a column of Parquet that does not say that it is text
        try:
            return value.decode()
        except UnicodeDecodeError:
            raise ValueError(_("{what} is not UTF-8 text. Correct it.", what=what)) from None
    if not isinstance(value, str):
        raise ValueError(
            _("{what} is {kind}, not text. Correct it.", what=what, kind=_kind_of(value))
        )
    # JSON can hold lone surrogates, which no UTF-8 file can.
    return value.encode("utf-8", "replace").decode()


def _kind_of(value: Any) -> str:
    """Name the kind of a value that is not text."""
    if isinstance(value, (int, float)):
        return _("a number")
    if isinstance(value, (list, dict)):
        return _("a list or a record")
    return _("a value of another kind")
