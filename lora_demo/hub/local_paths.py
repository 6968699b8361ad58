"""Remove paths of this machine, and with them user names, from what is sent to the Hub."""

import re
from collections.abc import Collection
from typing import Any

PATH_START = re.compile(r"~[\w.-]*[/\\]|\.{1,2}[/\\]|/|[A-Za-z]:[\\/]|\\\\|file:/")
"""The beginning of a path as POSIX, Windows or a network share spells it."""
REST = r"""[^\s'"`,;<>()]*"""
EMBEDDED_PATH = re.compile(
    rf"(?<![\w/\\.~-])(?:~[\w.-]*[/\\]{REST}|/[^\s/'\"`,;<>()]+/{REST}|[A-Za-z]:[\\/]{REST}"
    rf"|\\\\[^\s\\]+\\{REST}|file:/{REST})"
)
"""A path in a longer text. An address such as https://host/path is none."""
QUOTED_PATH = re.compile(rf"(['\"`])((?:{PATH_START.pattern})[^'\"`\n]*)\1")
ROOTS = (
    "Users|Volumes|content|data|export|gpfs|home|kaggle|lustre|media|mnt|nfs|opt|private|projects"
    "|root|scratch|share|srv|storage|tmp|usr|var|work|workspace"
)
PATH_IN_PROSE = re.compile(
    rf"(?<![\w/\\.~-])(?:~[\w.-]*/{REST}|/(?:{ROOTS})/{REST}|[A-Za-z]:\\{REST}"
    rf"|\\\\[^\s\\]+\\{REST}|file:/{REST})"
)
"""A path in a text by a person, where a slash can mean many things."""
UNNAMED = "local"
MAX_HUB_SLASHES = 2
"""Slashes of `user/name/folder`, this package's id of a base in a folder of a repository."""


def is_local_path(text: str) -> bool:
    """Check whether a text is a path of some machine, not an id on the Hub.

    Args:
        text: A base's id, or a source of data.
    """
    return bool(PATH_START.match(text)) or "\\" in text


def last_part(path: str) -> str:
    """Return the name at the end of a path; commas separate several paths.

    Args:
        path: A path in any spelling.
    """
    parts = path.split(",")
    if len(parts) > 1 and all(map(is_local_path, parts)):
        return ",".join(map(last_part, parts))
    names = [name for name in re.split(r"[\\/]+", path) if name.strip(".~")]
    is_only_a_place = not names or re.fullmatch(r"[A-Za-z]:|file:", names[-1])
    return UNNAMED if is_only_a_place else names[-1]


def base_name(id: str) -> str:
    """Return a base's id as others may see it: a Hub id, or the name of a folder.

    Args:
        id: A Hub id, `mini`, or a path of some machine.
    """
    is_path = is_local_path(id) or id.count("/") > MAX_HUB_SLASHES
    return last_part(id) if is_path else id


def without_local_paths(document: Any, known: Collection[str] = ()) -> Any:
    """Replace each path in a JSON document by its last part.

    Args:
        document: Any JSON value.
        known: Paths that may be parts of its texts, also with spaces in them.
    """
    if isinstance(document, dict):
        return {key: without_local_paths(value, known) for key, value in document.items()}
    if isinstance(document, list):
        return [without_local_paths(value, known) for value in document]
    if not isinstance(document, str):
        return document
    if PATH_START.match(document) and "\n" not in document:
        return last_part(document)
    text = _replace_known(document, known)
    text = QUOTED_PATH.sub(lambda match: match[1] + last_part(match[2]) + match[1], text)
    return EMBEDDED_PATH.sub(lambda match: last_part(match[0]), text)


def _replace_known(text: str, known: Collection[str]) -> str:
    for path in sorted(known, key=len, reverse=True):
        text = text.replace(path, last_part(path))
        text = text.replace(path.replace("\\", "\\\\"), last_part(path))
    return text


def local_paths(document: Any) -> set[str]:
    """Collect the texts of a JSON document that are paths of some machine.

    Args:
        document: Any JSON value.
    """
    if isinstance(document, dict):
        document = list(document.values())
    if isinstance(document, list):
        return set().union(*map(local_paths, document))
    is_path = isinstance(document, str) and PATH_START.match(document) and "\n" not in document
    is_long = is_path and len(document) > len(last_part(document)) + 1
    return {document} if is_long else set()


def clean_prose(text: str, known: Collection[str]) -> str:
    """Replace the paths in a text that a person or another program wrote.

    Args:
        text: A model card.
        known: Paths that may appear in it, also with spaces in them.
    """
    text = _replace_known(text, known)
    return PATH_IN_PROSE.sub(lambda match: last_part(match[0]), text)
