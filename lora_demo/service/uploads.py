"""Files that visitors upload: checked, stored in their folder, removed when refused."""

import hashlib
import json
import re
import shutil
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lora_demo.data.pairs import Pair, read_file
from lora_demo.data.readers import whole_suffix
from lora_demo.data.readers.columns import ColumnsNotFoundError
from lora_demo.files import atomic_write
from lora_demo.language import N_, _, ngettext
from lora_demo.service.limits import NO_LIMITS, Limits
from lora_demo.service.traces import TRACES
from lora_demo.service.visitor_folders import VisitorFolders, modified_at

MAX_UPLOADS = 20
"""Files of pairs that are stored for one visitor."""
MAX_PAIRS = 300_000
UPLOAD_AGAIN = N_("The uploaded file has expired. Upload it again.")


@dataclass(frozen=True)
class PairUploads:
    """Stores the files of pairs that visitors upload.

    Args:
        visitors: the visitors' folders.
        sources_in_use: returns the paths of files that runs and evaluations in a visitor's folder
            still read.
    """

    visitors: VisitorFolders
    sources_in_use: Callable[[Path], Collection[str]]

    def keep(
        self, file: str, visitor: str, min_pairs: int = 2, columns: str = ""
    ) -> tuple[str, list[Pair]]:
        """Check an uploaded file and store it in the visitor's folder.

        Args:
            file: the path at which Gradio stored the upload.
            visitor: the visitor's key.
            min_pairs: how many pairs are needed; training holds one of them out.
            columns: names of its columns such as `de=Deutsch,en=Englisch`; empty to find them.

        Returns:
            The name of the stored file, for `find_upload`, and its pairs.

        Raises:
            ColumnsNotFoundError: if its columns are not found; the file stays for a further call.
            ValueError: if the file is gone, too large or has too few pairs.
        """
        with received_files(file) as (path,):
            folder = self.visitors.writable_folder(visitor)
            TRACES.record(folder, path)
            limits = self.visitors.limits
            in_use = self.sources_in_use(folder)
            return keep_pairs(path, folder, limits, min_pairs, in_use, columns)


@contextmanager
def received_files(*files: str) -> Iterator[list[Path]]:
    """Give the paths of uploaded files, and remove them if the block refuses them.

    A file whose columns are not found stays, since its columns can be given next.

    Args:
        *files: the paths at which Gradio stored the uploads.

    Raises:
        ValueError: if one is missing, since Gradio removes uploads after a day.
    """
    paths = [Path(file or "") for file in files]
    if not all(path.is_file() for path in paths):
        raise ValueError(UPLOAD_AGAIN)
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
        file: the file; it stays where it is.
        folder: the visitor's folder.
        limits: limits of this app.
        min_pairs: how many pairs are needed; training holds one of them out.
        in_use: paths of files that are never removed.
        columns: names of its columns; the copy then is a .jsonl file with the columns de and en,
            so that nothing else has to know them. Empty for a copy as it is.

    Returns:
        The name of the copy, for `find_upload`, and its pairs.

    Raises:
        ValueError: if the file is too large or has too few or too many pairs; nothing is stored.
    """
    limits.check_upload(file.stat().st_size)
    pairs = read_file(file, MAX_PAIRS + 1, columns or None)
    _check_count(file.name, len(pairs), min_pairs)
    uploads = folder / "uploads"
    stored = uploads / _stored_name(file, columns)
    with atomic_write(stored) as partial:
        if columns:
            _write_pairs(partial, pairs)
        else:
            shutil.copyfile(file, partial)
    removable = [path for path in uploads.iterdir() if str(path) not in in_use]
    for old in sorted(removable, key=modified_at)[:-MAX_UPLOADS]:
        old.unlink(missing_ok=True)
    return stored.name, pairs


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
        raise ValueError(
            ngettext(
                "{name} has {usable} usable pair(s), but at least {count} is needed. Add pairs to "
                "the file.",
                "{name} has {usable} usable pair(s), but at least {count} are needed, since "
                "training holds one out. Add pairs to the file.",
                min_pairs,
                name=name,
                usable=count,
            )
        )


def _write_pairs(path: Path, pairs: list[Pair]) -> None:
    with open(path, "w", encoding="utf-8") as file:
        for de, en in pairs:
            file.write(json.dumps({"de": de, "en": en}, ensure_ascii=False) + "\n")


def _stored_name(file: Path, columns: str) -> str:
    """Return a safe file name with a hash of the contents, so that no two files collide."""
    digest = hashlib.sha256(file.read_bytes() + columns.encode()).hexdigest()[:8]
    suffix = ".jsonl" if columns else whole_suffix(file)
    return f"{plain_stem(file)}-{digest}{suffix}"


def plain_stem(file: Path) -> str:
    """Return the name of a file without suffix and special characters, as uploads are named."""
    stem = file.name[: len(file.name) - len(whole_suffix(file))]
    return re.sub(r"[^\w-]+", "-", stem).strip("-")[:40] or "pairs"


def find_upload(folder: Path, name: str) -> Path:
    """Find a visitor's upload by name; the name is compared, and never used as a path.

    Args:
        folder: the visitor's folder.
        name: as `keep_pairs` returned it.

    Raises:
        ValueError: if the upload is not found.
    """
    for path in (folder / "uploads").glob("*"):
        if path.name == name:
            return path
    raise ValueError(UPLOAD_AGAIN)
