"""Deploy the app: the files of this checkout that a Space needs, in one commit."""

import re
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from lora_demo.checkpoints.connection import call_hub, open_hub
from lora_demo.checkpoints.front_matter import split_front_matter
from lora_demo.checkpoints.repository_names import full_name
from lora_demo.hub.commits import Content, Pushed, send
from lora_demo.hub.parcel import Parcel
from lora_demo.hub.repositories import FILES_OF_HUB, find_or_create_repository, list_files

CHECKOUT = Path(__file__).parents[2]
LOCK = ".ci/requirements.lock"
PARTS = (
    "README.md",
    "LICENSE",
    "app.py",
    "requirements.txt",
    LOCK,
    "pyproject.toml",
    "lora_demo",
    "adapters",
)
"""The files and folders of a checkout that a Space needs."""
REQUIRED_FILES = (
    "README.md",
    "app.py",
    "requirements.txt",
    LOCK,
    "lora_demo/__main__.py",
)
REQUIRED_KEYS = ("title", "sdk", "sdk_version", "app_file")
"""Keys of the README's front matter."""
OUR_FILE = "lora_demo/__main__.py"
"""A Space that has this file was deployed with lora_demo."""
PINNED = re.compile(r"^([\w.-]+==[\w.+!-]+)", re.MULTILINE)
"""A version in LOCK; the hashes are on lines of their own."""


def project_files(checkout: Path = CHECKOUT) -> dict[str, Content]:
    """List the tracked files of a checkout that a Space or a Job needs.

    Args:
        checkout: The project's folder.

    Returns:
        Path in the checkout -> the file.

    Raises:
        ValueError: If the folder is not a checkout of this project.
    """
    names = _list_tracked_files(checkout) or _list_visible_files(checkout)
    files: dict[str, Content] = {}
    for name in names:
        path = checkout / name
        if _is_part(name) and path.is_file():
            files[name] = path
    if missing := [name for name in REQUIRED_FILES if name not in files]:
        raise ValueError(
            f"{checkout} lacks {', '.join(missing)}. "
            "Run this from a checkout of the project, not from an installed package."
        )
    return files


def preview_space(space: str, checkout: Path = CHECKOUT) -> Parcel:
    """Build the content of a deployment, without any request to the Hub.

    The Space installs the locked versions: its requirements.txt is made from LOCK.

    Args:
        space: `user/name`.
        checkout: The project's folder.

    Returns:
        The files.

    Raises:
        ValueError: If the folder is not a checkout, or its README lacks the front matter of a
            Space.
    """
    files = project_files(checkout)
    readme = (checkout / "README.md").read_bytes()
    card = front_matter(readme.decode())
    if missing := [key for key in REQUIRED_KEYS if key not in card]:
        raise ValueError(
            f"The front matter of README.md lacks {', '.join(missing)}. Add these keys."
        )
    locked = pinned_requirements((checkout / LOCK).read_text(encoding="utf-8"))
    return Parcel(space, files | {"README.md": readme, "requirements.txt": locked.encode()})


def pinned_requirements(lock: str) -> str:
    """Return the versions of a lock file without their hashes.

    A Space installs its own packages in the same call of pip, and pip refuses packages without a
    hash as soon as one has a hash.

    Args:
        lock: The text of LOCK.

    Raises:
        ValueError: If it names no version.
    """
    pins = PINNED.findall(lock)
    if not pins:
        raise ValueError(f"{LOCK} names no version. Make it again with .ci/lock.")
    return "".join(f"{pin}\n" for pin in pins)


def front_matter(readme: str) -> dict[str, Any]:
    """Parse the front matter of a README.

    Args:
        readme: The text of a README.

    Returns:
        The document; empty if there is none.

    Raises:
        ValueError: If it is not YAML.
    """
    import yaml

    text, _body = split_front_matter(readme)
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        reason = str(error).splitlines()[0]
        raise ValueError(f"The front matter of README.md is not YAML ({reason}).") from None
    return document if isinstance(document, dict) else {}


def deploy_space(
    space: str,
    *,
    hardware: str | None = None,
    private: bool = False,
    overwrite: bool = False,
    token: str | None = None,
    checkout: Path = CHECKOUT,
) -> Pushed:
    """Create or update a Space in one commit; files of ours that are gone here are deleted there.

    Args:
        space: `user/name`, or `name` for the account of the token.
        hardware: The Hub's name of the hardware, such as `t4-small`; None for free hardware on a
            new Space, and no change on an existing one.
        private: Make the Space private if it is new.
        overwrite: Allow writing to a Space that holds something else.
        token: Used once and not stored; None for that of `hf auth login` or HF_TOKEN.
        checkout: The project's folder.

    Returns:
        The place of the Space; its `changed` is False if nothing was sent.

    Raises:
        ValueError: With one sentence on what went wrong and what to do.
    """
    parcel = preview_space(space, checkout)
    hub = open_hub(token)
    space = full_name(space, hub)
    existing = find_or_create_repository(
        hub, space, "space", space_sdk="gradio", space_hardware=hardware, private=private
    )
    names = {file.path for file in list_files(hub, space, "space")} if existing else set()
    if not overwrite:
        _check_ours(space, names)
    if existing and private and existing.private is False:
        raise ValueError(
            f"The Space {space} exists and is public. Make it private in its settings on the Hub, "
            "choose another name, or deploy without --private."
        )
    ours = {name for name in names if name.startswith("lora_demo/")}
    stale = tuple(sorted(ours - parcel.files.keys()))
    deployed = send(hub, space, parcel.files, "Deploy with lora_demo", "space", stale)
    if existing and hardware:
        call_hub(lambda: hub.request_space_hardware(space, hardware), space)
    return deployed


def _check_ours(space: str, names: set[str]) -> None:
    """Raise ValueError if a Space holds something that lora_demo did not deploy."""
    foreign = names - FILES_OF_HUB - {"README.md"}  # the Hub makes a README for a new Space
    if foreign and OUR_FILE not in names:
        raise ValueError(
            f"The Space {space} exists and holds something else, so nothing was sent. "
            "Choose another name, or allow it with --overwrite."
        )


def _list_tracked_files(checkout: Path) -> list[str]:
    """Return the names that git tracks; none if this is not the top of a git repository."""
    if not (checkout / ".git").exists():
        return []
    command = ["git", "-C", str(checkout), "ls-files", "-z"]
    try:
        listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return []
    return [name for name in listed.split("\0") if name]


def _is_part(name: str) -> bool:
    """Check that a file of a checkout belongs to PARTS."""
    return name.split("/")[0] in PARTS or name in PARTS


def _list_visible_files(checkout: Path) -> list[str]:
    """Return the names of all files that a Space needs, except hidden and compiled ones."""
    names = []
    for path in sorted(_walk(checkout / part for part in PARTS)):
        relative = path.relative_to(checkout)
        hidden = [part for part in relative.parts if part.startswith(".") or part == "__pycache__"]
        if not hidden or relative.as_posix() == LOCK:
            names.append(relative.as_posix())
    return names


def _walk(paths: Iterable[Path]) -> Iterable[Path]:
    for path in paths:
        if path.is_file():
            yield path
        else:
            yield from (file for file in path.rglob("*") if file.is_file())
