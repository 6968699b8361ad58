"""The place of an adapter on the Hub: its repository, revision and folder, read from an id."""

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import unquote

from lora_demo.checkpoints.adapter_files import CARD, CONFIG, MANIFEST, WEIGHTS
from lora_demo.checkpoints.repository_names import without_address
from lora_demo.language import _

PULLED_FILES = (WEIGHTS, CONFIG, MANIFEST, CARD)
"""Names of the files that a pull downloads."""
NAME = r"[A-Za-z0-9_][\w.-]*"
FOLDERS = r"[\w][\w .=+-]*(?:/[\w][\w .=+-]*){0,8}"
ID = re.compile(
    rf"(?!(?:datasets|spaces)/)(?P<repo>{NAME}/{NAME})"
    rf"(?:/(?:tree|blob|resolve)/(?P<branch>refs/\w+/\w+|[\w.-]+)(?:/(?P<below>{FOLDERS}))?"
    rf"|(?:/(?P<folder>{FOLDERS}))?(?:@(?P<revision>[\w./-]{{1,200}}))?)/?(?:\?.*)?",
    re.ASCII,
)
"""An id, or the path of a page; `blob` and `resolve` are pages of a file."""
PAGE = re.compile(r"([^/]+/[^/]+)/(?:raw|commits?)/")
"""The start of the path of a further page, which has the revision at the same place."""


@dataclass(frozen=True)
class Place:
    """The place of an adapter on the Hub.

    Args:
        repo: `user/name`.
        revision: Branch, tag or commit; None for the default one.
        folder: A folder of the repository; "" for its top.
    """

    repo: str
    revision: str | None
    folder: str

    @property
    def name(self) -> str:
        """The id of the adapter, as in a message."""
        return f"{self.repo}/{self.folder}" if self.folder else self.repo


def parse_place(text: str) -> Place:
    """Parse `user/name`, `user/name/folder`, either `@revision`, or the address of a page.

    Args:
        text: The id or address as a user wrote it; spaces around it are ignored.

    Raises:
        ValueError: If the text is none of these.
    """
    path = without_address(text.strip())
    if path != text.strip():
        path = PAGE.sub(r"\1/tree/", unquote(path), count=1)
    match = ID.fullmatch(path)
    if match is None or ".." in path:
        raise ValueError(
            _(
                "{given!r} is not the id of an adapter on the Hub. Write user/name, "
                "user/name@revision, or user/name/folder for an adapter in a folder.",
                given=text[:100],
            )
        )
    folder = match["below"] or match["folder"] or ""
    if PurePosixPath(folder).name in PULLED_FILES:
        folder = str(PurePosixPath(folder).parent).removeprefix(".")
    return Place(match["repo"], match["branch"] or match["revision"], folder)
