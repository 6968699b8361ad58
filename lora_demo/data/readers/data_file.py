"""A file of sentences: opened with its encoding, unpacked from .gz, and of bounded size."""

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO, TextIO, cast

MAX_FILE_BYTES = 200_000_000
"""Size of a file, and of the content of a .gz file."""
GZIP = ".gz"
LFS_POINTER = b"version https://git-lfs.github.com/spec/"
BYTE_ORDER_MARKS = (
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
"""Marks of the encodings that spreadsheets write besides UTF-8."""


def data_suffix(path: Path) -> str:
    """Return the suffix that names a format, in lower case: `.tsv` of `a.TSV.gz`."""
    name = Path(path.stem) if path.suffix.lower() == GZIP else path
    return name.suffix.lower()


def whole_suffix(path: Path) -> str:
    """Return the suffix with `.gz`, in lower case: `.tsv.gz` of `a.TSV.gz`."""
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
                f"{self.name} holds more than {MAX_FILE_BYTES // 10**6} MB. Use a part of it."
            )
        buffer[: len(data)] = data
        return len(data)


@dataclass(frozen=True)
class DataFile:
    """A file of sentences, packed or not.

    Args:
        path: the file; the suffix `.gz` means that it is packed.
    """

    path: Path

    @property
    def name(self) -> str:
        """The name for messages, without folders."""
        return self.path.name

    @contextmanager
    def open_bytes(self) -> Iterator[BinaryIO]:
        """Open the unpacked content.

        Raises:
            ValueError: if it is too large, not a complete gzip file, or a Git LFS pointer.
        """
        try:
            with self._unpack() as stream:
                content = io.BufferedReader(_Bounded(stream, self.name))
                if content.peek(len(LFS_POINTER)).startswith(LFS_POINTER):
                    raise ValueError(
                        f"{self.name} is a Git LFS pointer, not the data. "
                        "Fetch the data with `git lfs pull`, or download the file again."
                    )
                yield content
        except (gzip.BadGzipFile, EOFError, zlib.error):
            raise ValueError(
                f"{self.name} is not a complete gzip file. Pack or download it again."
            ) from None

    def _unpack(self) -> IO[bytes]:
        if self.path.suffix.lower() == GZIP:
            return cast(IO[bytes], gzip.open(self.path, "rb"))
        return open(self.path, "rb")

    @contextmanager
    def open_text(self, newline: str = "") -> Iterator[TextIO]:
        """Open the unpacked content as text, with or without a byte-order mark.

        Args:
            newline: as for `open`: "" for every kind of line end, a line feed for only that.

        Raises:
            ValueError: if it is not UTF-8, or UTF-16 or UTF-32 with a byte-order mark.
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
            return (
                f"{self.name} is not UTF-8 text, nor complete {encoding.upper()} text after its "
                "byte-order mark. Save it as UTF-8."
            )
        return (
            f"{self.name}, line {self._find_bad_line()}: the line is not UTF-8 text. "
            "Save the file as UTF-8 (in Excel: CSV UTF-8)."
        )

    def _find_bad_line(self) -> int:
        number = 1
        with self.open_bytes() as stream:
            for line in stream:
                try:
                    line.decode()
                except UnicodeDecodeError:
                    return number
                number += 1
        return number
