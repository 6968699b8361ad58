"""The folders in which visitors' runs, adapters, reports and uploads are stored."""

from dataclasses import dataclass
from pathlib import Path

from lora_demo.service.limits import Limits
from lora_demo.service.retention import Keeper
from lora_demo.service.visitors import NOBODY, visitor_folder


@dataclass(frozen=True)
class VisitorFolders:
    """One folder per visitor key, under one root.

    Args:
        root: the folder that holds all visitors' folders.
        limits: limits of this app, among them its disk space.
    """

    root: Path
    limits: Limits

    def folder(self, visitor: str) -> Path:
        """Return the folder of a visitor, which may not exist yet.

        Args:
            visitor: the visitor's key.

        Raises:
            ValueError: if the key is too short or too long.
        """
        return visitor_folder(self.root, visitor)

    def writable_folder(self, visitor: str) -> Path:
        """Return the folder of a visitor, for storing something new.

        Args:
            visitor: the visitor's key.

        Raises:
            ValueError: if the key is not valid, or the disk limit is reached.
        """
        Keeper(self.root, None, self.limits).check_room()
        return self.folder(visitor)

    @property
    def without_key(self) -> Path:
        """Folder for evaluations of callers without a key, until they have the answer."""
        return self.root / NOBODY
