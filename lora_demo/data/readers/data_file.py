"""A file of sentences: opened with its encoding, unpacked from .gz, and of bounded size."""

import gzip
import io
import re
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO, Literal, TextIO, cast

from lora_demo.files import LFS_POINTER
from lora_demo.language import N_, _

MAX_FILE_BYTES = 200_000_000
"""Size of a file, and of the content of a .gz file."""
GZIP = ".gz"
GZIP_START = b"\x1f\x8b"
BYTE_ORDER_MARKS = (
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
"""Marks of the encodings that spreadsheets write besides UTF-8."""
Content = Literal["text", "xml", "binary"]
PARQUET = b"PAR1"
BINARY_STARTS = {
    b"PK\x03\x04": N_("a zip archive or an Office document"),
    b"\xd0\xcf\x11\xe0": N_("an Office document"),
    b"%PDF": N_("a PDF"),
    GZIP_START: N_("a gzip file"),
    b"ARROW1": N_("an Arrow file"),
    PARQUET: N_("a Parquet file"),
}
"""First bytes of binary files, and the kind of each file."""
HTML = re.compile(rb"\s*<(!doctype html|html)\b", re.IGNORECASE)
START_BYTES = 4096
MIN_ZERO_SHARE = 0.2
"""Share of zero bytes from which a file is not UTF-8; English or German UTF-16 has a half."""


def data_suffix(path: Path) -> str:
    """Return the suffix that names a format, in lower case: `.tsv` of `a.TSV.gz`.

    Args:
        path: A path or a name; the file is not opened.
    """
    name = Path(path.stem) if path.suffix.lower() == GZIP else path
    return name.suffix.lower()


def whole_suffix(path: Path) -> str:
    """Return the suffix with `.gz`, in lower case: `.tsv.gz` of `a.TSV.gz`.

    Args:
        path: A path or a name; the file is not opened.
    """
    packed = GZIP if path.suffix.lower() == GZIP else ""
    return data_suffix(path) + packed


class _Bounded(io.RawIOBase):
    """A stream of bytes that fails once more than MAX_FILE_BYTES were read from it."""

    def __init__(self, stream: IO[bytes], name: str) -> None:
        self.stream = stream
        self.name = name
        self.size = 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override]
        """Read up to the size of a buffer into it."""
        data = self.stream.read(len(buffer))
        self.size += len(data)
        if self.size > MAX_FILE_BYTES:
            raise ValueError(
                _(
                    "{file} holds more than {limit} MB. Use a part of it.",
                    file=self.name,
                    limit=MAX_FILE_BYTES // 10**6,
                )
            )
        buffer[: len(data)] = data
        return len(data)


@dataclass(frozen=True)
class DataFile:
    """A file of sentences, packed or not.

    Args:
        path: The file.
    """

    path: Path

    @property
    def name(self) -> str:
        """The name for messages, without folders."""
        return self.path.name

    def where(self, line: int) -> str:
        """Name the file and a line, for the beginning of a message about a row.

        Args:
            line: Number of the line, from 1.
        """
        return _("{file}, line {line}", file=self.name, line=line)

    @contextmanager
    def open_bytes(self) -> Iterator[BinaryIO]:
        """Open the unpacked content.

        Raises:
            ValueError: If it is too large, not a complete gzip file, or a Git LFS pointer.
        """
        try:
            with self._unpack() as stream:
                content = io.BufferedReader(_Bounded(stream, self.name))
                if content.peek(len(LFS_POINTER)).startswith(LFS_POINTER):
                    raise ValueError(
                        _(
                            "{file} is a Git LFS pointer, not the data. Fetch the data with `git "
                            "lfs pull`, or download the file again.",
                            file=self.name,
                        )
                    )
                yield content
        except (gzip.BadGzipFile, EOFError, zlib.error):
            raise ValueError(
                _("{file} is not a complete gzip file. Pack or download it again.", file=self.name)
            ) from None

    def _unpack(self) -> IO[bytes]:
        """Open the file, unpacked if it begins as a gzip file, whatever its name says.

        Browsers unpack files that they download as .gz, and some programs do not add that suffix.
        """
        with open(self.path, "rb") as file:
            is_packed = file.read(len(GZIP_START)) == GZIP_START
        return cast(IO[bytes], gzip.open(self.path, "rb")) if is_packed else open(self.path, "rb")

    def check_content(self, content: Content) -> None:
        """Refuse an empty file, and one that does not begin like the content of its format.

        Args:
            content: Content of the format that the suffix names; a binary file is not checked.

        Raises:
            ValueError: If it cannot be opened, is empty, or has another format, which is named.
        """
        try:
            with self.open_bytes() as stream:
                start = stream.read(START_BYTES)
        except OSError as error:
            raise ValueError(
                _(
                    "{file} cannot be opened: {reason}.",
                    file=self.name,
                    reason=error.strerror or error,
                )
            ) from None
        suffix = data_suffix(self.path)
        if not start:
            raise ValueError(_("{file} is empty. Give a file with sentences.", file=self.name))
        kind = None if content == "binary" else _find_kind(start, is_xml=content == "xml")
        if start.startswith(PARQUET) and kind:
            raise ValueError(
                _(
                    "{file} is {kind}, but its suffix says {suffix}. Rename it to .parquet.",
                    file=self.name,
                    kind=kind,
                    suffix=suffix,
                )
            )
        if kind:
            raise ValueError(
                _(
                    "{file} is {kind}, but its suffix says {suffix}. Export the sentences as "
                    "UTF-8 text, for example as CSV UTF-8.",
                    file=self.name,
                    kind=kind,
                    suffix=suffix,
                )
            )

    @contextmanager
    def open_text(self, newline: str = "") -> Iterator[TextIO]:
        """Open the unpacked content as text, with or without a byte-order mark.

        Args:
            newline: As for `open`: "" for every kind of line end, a line feed for only that.

        Raises:
            ValueError: If it is not UTF-8, or UTF-16 or UTF-32 with a byte-order mark.
        """
        with self.open_bytes() as stream:
            start = stream.peek(4)[:4]  # type: ignore[attr-defined]
            encoding = next((e for mark, e in BYTE_ORDER_MARKS if start.startswith(mark)), "")
            try:
                yield io.TextIOWrapper(stream, encoding or "utf-8-sig", newline=newline)
            except UnicodeDecodeError:
                raise ValueError(self._describe_encoding(encoding)) from None

    def _describe_encoding(self, encoding: str) -> str:
        if encoding:
            return _(
                "{file} is not UTF-8 text, nor complete {encoding} text after its byte-order "
                "mark. Save it as UTF-8.",
                file=self.name,
                encoding=encoding.upper(),
            )
        return _(
            "{file}, line {line}: the line is not UTF-8 text. Save the file as UTF-8 (in "
            "Excel: CSV UTF-8).",
            file=self.name,
            line=self._find_bad_line(),
        )

    def _find_bad_line(self) -> int:
        with self.open_bytes() as stream:
            return find_bad_line(stream)


def _find_kind(start: bytes, is_xml: bool) -> str | None:
    """Name the format that the first bytes of a file show; None for text.

    An XML file may be UTF-16 without a mark, since it declares its encoding.
    """
    for mark, kind in BINARY_STARTS.items():
        if start.startswith(mark):
            return _(kind)
    if HTML.match(start):
        return _("a web page")
    has_mark = any(start.startswith(mark) for mark, _encoding in BYTE_ORDER_MARKS)
    if not has_mark and not is_xml and start.count(0) > MIN_ZERO_SHARE * len(start):
        return _("UTF-16 without a byte-order mark or a binary file")
    return None


def find_bad_line(lines: Iterable[bytes]) -> int:
    """Return the number of the first line that is not UTF-8, from 1; 0 if all lines are.

    Args:
        lines: All lines of a file, with or without their ends.
    """
    for number, line in enumerate(lines, 1):
        try:
            line.decode()
        except UnicodeDecodeError:
            return number
    return 0
