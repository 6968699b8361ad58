"""Files that visitors upload: checked, stored in their folder, removed when refused.

`uploads/HASH/NAME` is a file under the name that its visitor knows; `.columns` beside it has the
names of its columns, if they were chosen. Older versions stored `uploads/NAME-HASH.tsv`.
"""

import hashlib
import re
import shutil
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lora_demo.data.pairs import Pair, read_file
from lora_demo.data.preview import look_swapped
from lora_demo.data.readers import whole_suffix
from lora_demo.data.readers.columns import SWAPPED, ColumnsNotFoundError, swap_columns
from lora_demo.files import atomic_write, write_text
from lora_demo.language import N_, _
from lora_demo.service.disk_usage import discard
from lora_demo.service.limits import NO_LIMITS, Limits
from lora_demo.service.traces import TRACES
from lora_demo.service.visitor_folders import VisitorFolders, modified_at

MAX_UPLOADS = 20
"""Files of pairs that are stored for one visitor."""
MAX_PAIRS = 300_000
MAX_STEM_BYTES = 120
"""Length of the name of a file without its suffix."""
MAX_CHECKED = 500
"""Pairs from the start of a file that decide whether its sides look swapped."""
HASH_BEFORE_SUFFIX = r"-[0-9a-f]{8}(?=(\.\w+){1,2}$)"
"""The part that older versions added to the name of an upload."""
UPLOADS, COLUMNS = "uploads", ".columns"
"""The folder of a visitor's files, and the file with the names of an upload's columns."""
UPLOAD_AGAIN = N_("The uploaded file has expired. Upload it again.")


@dataclass(frozen=True)
class Reading:
    """The way to read an upload.

    Args:
        name: Name of the file.
        columns: The names of its columns, if they were chosen.
        looks_swapped: True if English seems to be in the place of German.
    """

    name: str
    columns: str
    looks_swapped: bool

    @property
    def can_swap(self) -> bool:
        """True if a visitor may want to exchange German and English, or did so."""
        return self.looks_swapped or self.columns == SWAPPED


@dataclass(frozen=True)
class PairUploads:
    """Stores the files of pairs that visitors upload.

    Args:
        visitors: The visitors' folders.
        sources_in_use: Returns the paths of files that runs and evaluations in a visitor's folder
            still read.
    """

    visitors: VisitorFolders
    sources_in_use: Callable[[Path], Collection[str]]

    def keep(
        self, file: str, visitor: str, min_pairs: int = 2, columns: str = ""
    ) -> tuple[str, list[Pair]]:
        """Check an uploaded file and store it in the visitor's folder.

        Args:
            file: The path at which Gradio stored the upload.
            visitor: The visitor's key.
            min_pairs: Number of pairs that are needed; training holds one of them out.
            columns: Names of its columns such as `de=Deutsch,en=Englisch`; empty to find them.

        Returns:
            The name of the stored file, for `find_upload`, and its pairs.

        Raises:
            ColumnsNotFoundError: If its columns are not found; the file stays for a further call.
            ValueError: If the file is gone, too large or has too few pairs.
        """
        with received_files(file) as (path,):
            folder = self.visitors.writable_folder(visitor)
            TRACES.record(folder, path)
            limits = self.visitors.limits
            in_use = self.sources_in_use(folder)
            return keep_pairs(path, folder, limits, min_pairs, in_use, columns)

    def swap(self, upload: str, visitor: str) -> str:
        """Store a file again with German and English exchanged.

        Args:
            upload: Its name.
            visitor: The visitor's key.

        Returns:
            The name of the new upload; of the first one, if the file was swapped before.

        Raises:
            ValueError: If the file is gone, or the disk is full.
        """
        folder = self.visitors.writable_folder(visitor)
        path = find_upload(folder, upload)
        columns = swap_columns(columns_of(folder, str(path))) or ""
        in_use = [*self.sources_in_use(folder), str(path)]
        return keep_pairs(path, folder, self.visitors.limits, 1, in_use, columns)[0]

    def reading(self, upload: str, visitor: str) -> Reading:
        """Return how a file is read.

        Args:
            upload: Its name.
            visitor: The visitor's key.

        Raises:
            ValueError: If the file is gone.
        """
        folder = self.visitors.folder(visitor)
        path = find_upload(folder, upload)
        columns = columns_of(folder, str(path))
        pairs = read_file(path, MAX_CHECKED, columns)
        return Reading(original_name(path), columns or "", look_swapped(pairs))


@contextmanager
def received_files(*files: str) -> Iterator[list[Path]]:
    """Give the paths of uploaded files, and remove them if the block refuses them.

    A file whose columns are not found stays, since its columns can be given next.

    Args:
        *files: The paths at which Gradio stored the uploads.

    Raises:
        ValueError: If one is missing, since Gradio removes uploads after a day.
    """
    paths = [Path(file or "") for file in files]
    if not all(path.is_file() for path in paths):
        raise ValueError(_(UPLOAD_AGAIN))
    try:
        yield paths
    except ColumnsNotFoundError:
        raise
    except ValueError:
        for path in paths:
            path.unlink(missing_ok=True)
        raise


def keep_pairs(
    file: Path,
    folder: Path,
    limits: Limits = NO_LIMITS,
    min_pairs: int = 2,
    in_use: Collection[str] = (),
    columns: str = "",
) -> tuple[str, list[Pair]]:
    """Check a file of pairs and copy it to a visitor's folder; the oldest files make room.

    Args:
        file: The file; it stays where it is.
        folder: The visitor's folder.
        limits: Limits of this app.
        min_pairs: Number of pairs that are needed; training holds one of them out.
        in_use: Paths of files that are never removed.
        columns: Names of its columns, which `columns_of` returns later; empty to find them.

    Returns:
        The name of the copy, for `find_upload`, and its pairs.

    Raises:
        ValueError: If the file is too large or has too few or too many pairs; nothing is stored.
    """
    limits.check_upload(file.stat().st_size)
    pairs = read_file(file, MAX_PAIRS + 1, columns or None)
    _check_count(file.name, len(pairs), min_pairs)
    uploads = folder / UPLOADS
    stored = uploads / _hash(file, columns) / plain_name(file.name)
    if columns:
        write_text(stored.parent / COLUMNS, columns)
    with atomic_write(stored) as partial:
        shutil.copyfile(file, partial)
    _make_room(folder, in_use)
    return upload_name(stored), pairs


def _make_room(folder: Path, in_use: Collection[str]) -> None:
    """Remove the oldest uploads that nothing reads until MAX_UPLOADS others are left."""
    used = {place for path in in_use for place in (Path(path), Path(path).parent)}
    removable = [entry for entry in (folder / UPLOADS).glob("[!.]*") if entry not in used]
    for old in sorted(removable, key=modified_at)[:-MAX_UPLOADS]:
        discard(old, folder)


def _check_count(name: str, count: int, min_pairs: int) -> None:
    if count > MAX_PAIRS:
        raise ValueError(
            _(
                "{name} has more than {max_pairs:,} pairs, the limit of this page. Upload a "
                "part of it, or use the command line.",
                name=name,
                max_pairs=MAX_PAIRS,
            )
        )
    if count < min_pairs:
        if min_pairs == 1:
            raise ValueError(
                _("{name} has no usable pairs. Add at least one to the file.", name=name)
            )
        raise ValueError(
            _(
                "{name} has too few usable pairs: {usable}. At least {count} are needed, because "
                "one is held out. Add pairs to the file.",
                name=name,
                usable=count,
                count=min_pairs,
            )
        )


def _hash(file: Path, columns: str) -> str:
    """Return a hash of name, columns and contents, so that no two uploads collide."""
    content = hashlib.sha256(file.read_bytes()).hexdigest()
    return hashlib.sha256(
        f"{file.name}\n{columns}\n{content}".encode("utf-8", "replace")
    ).hexdigest()[:8]


def plain_name(name: str) -> str:
    """Return the name under which a file is stored: letters, digits and a few safe signs.

    Args:
        name: As the visitor's machine has it.
    """
    suffix = whole_suffix(Path(name))
    stem = re.sub(r"[^\w ().+-]+", "-", name[: len(name) - len(suffix)])
    short = stem.strip(" .-").encode()[:MAX_STEM_BYTES].decode(errors="ignore")
    return f"{short.rstrip() or 'pairs'}{suffix}"


def stored_uploads(folder: Path) -> list[Path]:
    """List the files of pairs of a visitor.

    Args:
        folder: The visitor's folder.
    """
    uploads = folder / UPLOADS
    paths = [*uploads.glob("[!.]*/[!.]*"), *uploads.glob("[!.]*.*")]
    return [path for path in paths if path.is_file()]


def original_name(path: Path) -> str:
    """Return the name that an upload had on its visitor's machine.

    Args:
        path: Path of an upload, or of any other file, whose name it returns.
    """
    is_old = path.parent.name == UPLOADS
    return re.sub(HASH_BEFORE_SUFFIX, "", path.name) if is_old else path.name


def upload_name(path: Path) -> str:
    """Return the name by which `find_upload` finds a file.

    Args:
        path: One of `stored_uploads`.
    """
    is_old = path.parent.name == UPLOADS
    return path.name if is_old else f"{path.parent.name}/{path.name}"


def find_upload(folder: Path, name: str) -> Path:
    """Find a visitor's upload by name; the name is compared, and never used as a path.

    Args:
        folder: The visitor's folder.
        name: As `keep_pairs` returned it.

    Raises:
        ValueError: If the upload is not found.
    """
    for path in stored_uploads(folder):
        if upload_name(path) == name:
            return path
    raise ValueError(_(UPLOAD_AGAIN))


def columns_of(folder: Path, source: str) -> str | None:
    """Return the names of the columns that were chosen for an upload.

    Args:
        folder: The visitor's folder.
        source: The path of an upload, or any other source; it is compared, and never opened.

    Returns:
        Names such as `de=Vorn,en=Hinten`; None to find them.
    """
    for path in stored_uploads(folder):
        columns = path.parent / COLUMNS
        if str(path) == source and columns.is_file():
            return columns.read_text(encoding="utf-8")
    return None
