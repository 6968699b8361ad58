"""The folders in which visitors' runs, adapters, reports and uploads are stored.

A visitor is known by a key that their browser made and that cannot be guessed. Without the key,
the folder cannot be found, because its name is a hash of the key.
"""

import functools
import hashlib
import math
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import ParamSpec, TypeVar

from lora_demo.language import _
from lora_demo.service.disk_usage import recent_size
from lora_demo.service.limits import Limits

MIN_KEY_LENGTH = 16
MAX_KEY_LENGTH = 200
WITHOUT_KEY = "without-key"
"""The folder for evaluations of callers without a key, until they have their answer."""
LAST_USED = "used"
"""A file in a visitor's folder; its time says when the visitor was last here."""
LOOKUP_ATTEMPTS = 4

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class VisitorFolders:
    """One folder per visitor key, under one root.

    Args:
        root: The folder that holds all visitors' folders.
        limits: Limits of this app, among them its disk space.
    """

    root: Path
    limits: Limits

    def folder(self, visitor: str) -> Path:
        """Return the folder of a visitor, which may not exist yet.

        Args:
            visitor: The visitor's key.

        Raises:
            ValueError: If the key is too short or too long.
        """
        return visitor_folder(self.root, visitor)

    def writable_folder(self, visitor: str) -> Path:
        """Return the folder of a visitor, for storing something new.

        Args:
            visitor: The visitor's key.

        Raises:
            ValueError: If the key is not valid, or the disk limit is reached.
        """
        self.check_room()
        return self.folder(visitor)

    @property
    def without_key(self) -> Path:
        """Folder for evaluations of callers without a key, until they have the answer."""
        return self.root / WITHOUT_KEY

    def all(self) -> list[Path]:
        """List the folders of all visitors; other folders under the root are not theirs."""
        return [path for path in self.root.glob("*") if re.fullmatch("[0-9a-f]{16}", path.name)]

    def check_room(self) -> None:
        """Check that the disk limit is not reached.

        Raises:
            ValueError: If it is reached.
        """
        if self.limits.disk_gb and recent_size(self.root) > self.limits.disk_gb * 1e9:
            raise ValueError(
                _(
                    "The disk space for visitors is used up. Delete what you no longer need, "
                    "try again in an hour, or run this on your own machine."
                )
            )


def visitor_folder(root: Path, key: str) -> Path:
    """Return the folder of a visitor and record that it is in use now.

    Args:
        root: The folder that holds all visitors' folders.
        key: The visitor's key. The folder's name does not disclose it.

    Raises:
        ValueError: If the key is so short that it could be guessed, or too long.
    """
    if not isinstance(key, str) or not MIN_KEY_LENGTH <= len(key) <= MAX_KEY_LENGTH:
        raise ValueError(
            _(
                "visitor must be a text of {min_key_length} to {max_key_length} characters "
                "that only you know. Your runs and adapters are stored under it.",
                min_key_length=MIN_KEY_LENGTH,
                max_key_length=MAX_KEY_LENGTH,
            )
        )
    digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
    folder = root / digest[:16]
    if folder.is_dir():
        with suppress(OSError):
            (folder / LAST_USED).touch()
    return folder


def retry_if_deleted(lookup: Callable[P, R]) -> Callable[P, R]:
    """Repeat a lookup in a visitor's folder if what it found was deleted meanwhile.

    The visitor may delete it in another tab between two steps of the lookup.

    Args:
        lookup: The lookup, which raises FileNotFoundError or ValueError in that case.
    """

    @functools.wraps(lookup)
    def call(*values: P.args, **named: P.kwargs) -> R:
        for _attempt in range(LOOKUP_ATTEMPTS - 1):
            with suppress(FileNotFoundError, ValueError):
                return lookup(*values, **named)
        return lookup(*values, **named)

    return call


def modified_at(path: Path) -> float:
    """Return when a file or folder was changed; infinity if it was removed meanwhile.

    Args:
        path: A file or folder, which another thread may remove at any time.
    """
    with suppress(FileNotFoundError):
        return path.stat().st_mtime
    return math.inf
