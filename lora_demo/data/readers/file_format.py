"""The properties of a file format that are known from its suffix."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lora_demo.data.readers.columns import Columns
from lora_demo.data.readers.data_file import Content, DataFile
from lora_demo.data.readers.rows import NumberedRow

Reader = Callable[[DataFile, Columns], Iterator[NumberedRow]]
"""Yields the line number and the requested texts of each row, such as `{"de": ..., "en": ...}`.

It opens the file with `DataFile.open_text` or `open_bytes`, which bound its size. A `ValueError`
names the file and the line.
"""


@dataclass(frozen=True)
class FileFormat:
    """A format of files with sentences.

    Args:
        read: The reader.
        content: The content that a file must begin with.
        has_columns: False if a text has a language instead of a column. Such a format holds only
            German and English, and its reader yields a text for each of `Columns.languages`.
        is_listed: False for a further suffix of a format, which messages leave out.
    """

    read: Reader
    content: Content = "text"
    has_columns: bool = True
    is_listed: bool = True
