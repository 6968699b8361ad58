"""Remove paths of this machine, and with them user names, from what is sent to the Hub."""

import re
from collections.abc import Collection
from typing import Any

VARIABLE = r"(?:%[A-Z_]{3,}%|\$[A-Z_]{3,}|\$\{[A-Z_]{3,}\})[/\\]"
"""A folder of the user's settings, such as `$HOME/` or `%USERPROFILE%`."""
HOST = r"(?!git@)[\w.-]+@[\w.-]+:(?=[^\s:])"
"""A user on another machine, as `scp` spells it."""
FILE_SERVER = r"(?:file:/|(?:smb|s?ftps?|ssh|scp|nfs|afp|rsync)://)"
PATH_START = re.compile(
    rf"~[\w.-]*[/\\]|\.{{1,2}}[/\\]|/|[A-Za-z]:[\\/]|\\\\|{FILE_SERVER}|{VARIABLE}|{HOST}"
)
"""The beginning of a path as POSIX, Windows, a network share or a tool for copies spells it."""
REST = r"""[^\s'"`,;<>()]*"""
USERS = r"(?:/home|/Users|[A-Za-z]:[\\/]Users)[\\/]"
NAMED_HOME = rf"{USERS}[^\s/\\'\"`,;<>()]+(?: [A-ZÄÖÜ][^\s/\\'\"`,;<>()]*){{1,2}}[\\/]{REST}"
"""A path below the folder of a user whose name has spaces."""
HOME = re.compile(rf"(?:/mnt/[a-z])?{USERS}[^\\/]+[\\/]*|/root/*|~[\w.-]*/*", re.IGNORECASE)
"""The folder of a user itself, whose last part is a name."""
SNAPSHOT = re.compile(
    r".*[\\/]models--(?:(?P<owner>[\w.-]+?)--)?(?P<name>[\w.-]+)[\\/]snapshots[\\/][^\\/]+[\\/]*"
)
"""A folder of the Hub client's cache, by which PEFT names a base that was loaded from there."""
HUB_ADDRESS = re.compile(r"(?:https?://(?:huggingface\.co|hf\.co)/|hf://)")
HUB_ID = re.compile(r"[\w.-]+(?:/[\w.-]+){0,2}", re.ASCII)
"""An id on the Hub, or `user/name/folder`, this package's id of a base in a repository's folder."""
HUB_SOURCE = re.compile(r"[\w-][\w.-]*(?:/[\w.-]+)?:[^/\\]*", re.ASCII)
"""A data set on the Hub with config and split."""
EMBEDDED_PATH = re.compile(
    rf"(?<![\w/\\.~-])(?:{NAMED_HOME}|~[\w.-]*[/\\]{REST}|/[^\s/'\"`,;<>()]+/{REST}"
    rf"|[A-Za-z]:[\\/]{REST}"
    rf"|\\\\[^\s\\]+\\{REST}|(?<!:)//[\w.$-]+/{REST}|\.{{1,2}}[/\\]{REST}"
    rf"|(?:{FILE_SERVER}|{VARIABLE}|{HOST}){REST})"
)
"""A path in a longer text. An address such as https://host/path is not one."""
QUOTED_PATH = re.compile(rf"(['\"`])((?:{PATH_START.pattern})[^'\"`\n]*)\1")
ROOTS = (
    "Users|Volumes|afs|beegfs|ceph|cluster|content|cygdrive|data|dbfs|disk|export|gpfs|homes?|hpc"
    "|kaggle|lustre|media|mnt|nas|net|nfs|opt|private|projects|raid|root|run|scratch|share|srv|ssd"
    "|storage|teamspace|tmp|users|usr|var|vol|work|workspace"
)
PATH_IN_PROSE = re.compile(
    rf"(?<![\w/\\.~:(\"'=-])//[\w.$-]+/{REST}|(?<![\w/\\.~-])\.\.?\\{REST}"
    rf"|(?<![\w/\\.~-])(?:{NAMED_HOME}|~[\w.-]*/{REST}|/(?:{ROOTS})\d*/{REST}"
    rf"|[A-Za-z]:(?:\\|/(?!/)){REST}"
    rf"|\\\\[^\s\\]+\\{REST}|(?:{FILE_SERVER}|{VARIABLE}|{HOST}){REST})"
)
"""A path in a text by a person, where a slash can mean many things."""
OPTIONS = (
    "adapter|also|base|config|data|file|from|glossary|output|outputs|reference|replay-data|resume"
    "|save-config|test|watch"
)
OPTION = re.compile(
    rf"""(?P<option>(?<![\w-])--(?:{OPTIONS})(?:=|[ \t]+))(?P<quote>['"]?)(?!(?:https?|hf)://)"""
    r"""(?P<value>(?<=['"])[^'"`\n]*[/\\][^'"`\n]*|[^\s'"`]*[/\\][^\s'"`]*)(?P=quote)"""
)
"""An option of a command with a relative path, which has no beginning that shows what it is."""
UNNAMED = "local"


def is_local_path(text: str) -> bool:
    """Check whether a text is a path of some machine, not an id on the Hub.

    Args:
        text: A base's id, or a source of data.
    """
    return bool(PATH_START.match(text)) or "\\" in text


def last_part(path: str) -> str:
    """Return the name at the end of a path; commas separate several paths.

    A folder of the Hub client's cache has the id of its model.

    Args:
        path: A path in any spelling.
    """
    if HOME.fullmatch(path):
        return UNNAMED
    on_hub = snapshot_id(path)
    if on_hub:
        return on_hub
    parts = path.split(",")
    if len(parts) > 1 and all(map(is_local_path, parts)):
        return ",".join(map(last_part, parts))
    path = re.sub(rf"^{HOST}", "", path)
    names = [name for name in re.split(r"[\\/]+", path) if name.strip(".~")]
    is_only_a_place = not names or re.fullmatch(r"[A-Za-z]+:|%\w+%|\$\{?\w+\}?", names[-1])
    return UNNAMED if is_only_a_place else names[-1]


def base_name(id: str) -> str:
    """Return a base's id as others may see it: a Hub id, or the name of a folder.

    Args:
        id: A Hub id, `mini`, or a path of some machine.
    """
    id = HUB_ADDRESS.sub("", id, count=1)
    is_path = is_local_path(id) or ("/" in id and not HUB_ID.fullmatch(id))
    return last_part(id) if is_path else id


def snapshot_id(path: str) -> str:
    """Return the id of the model in a folder of the Hub client's cache; "" for another path.

    Args:
        path: A path in any spelling.
    """
    match = SNAPSHOT.fullmatch(path)
    if match is None:
        return ""
    return f"{match['owner']}/{match['name']}" if match["owner"] else match["name"]


def without_local_paths(document: Any, known: Collection[str] = ()) -> Any:
    """Replace each path in a JSON document by its last part.

    Args:
        document: Any JSON value.
        known: Paths that may be parts of its texts, also with spaces in them.
    """
    if isinstance(document, dict):
        return {
            without_local_paths(key, known): without_local_paths(value, known)
            for key, value in document.items()
        }
    if isinstance(document, list):
        return [without_local_paths(value, known) for value in document]
    if not isinstance(document, str):
        return document
    if PATH_START.match(document) and "\n" not in document:
        return last_part(document)
    text = _replace_known(document, known)
    text = QUOTED_PATH.sub(lambda match: match[1] + last_part(match[2]) + match[1], text)
    text = EMBEDDED_PATH.sub(lambda match: last_part(match[0]), text)
    return OPTION.sub(_shorten_option, text)


def _shorten_option(match: re.Match[str]) -> str:
    """Shorten the paths in an option's value, but not a model or a data set on the Hub."""
    takes_model = match["option"].startswith(("--adapter", "--base", "--from"))
    on_hub = HUB_ID if takes_model else HUB_SOURCE
    parts = match["value"].split(",")
    is_id = [on_hub.fullmatch(part) and not is_local_path(part) for part in parts]
    shown = [part if keep else last_part(part) for part, keep in zip(parts, is_id, strict=True)]
    return f"{match['option']}{match['quote']}{','.join(shown)}{match['quote']}"


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
    text = PATH_IN_PROSE.sub(lambda match: last_part(match[0]), text)
    return OPTION.sub(_shorten_option, text)
