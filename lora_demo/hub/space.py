"""A Space from this checkout: the files that a Space needs, in one commit, on the hardware that is asked for."""

import subprocess
from pathlib import Path

from lora_demo.checkpoints.connection import ask, open_hub, repository
from lora_demo.hub.push import Content, Parcel, Pushed, find_repository, make_repository, send, tree

CHECKOUT = Path(__file__).parents[2]
PARTS = (
    "README.md",
    "LICENSE",
    "app.py",
    "requirements.txt",
    "pyproject.toml",
    "lora_demo",
    "adapters",
)
"""What a Space gets of the checkout; tests and the like stay here."""
NEEDED = ("README.md", "app.py", "requirements.txt", "lora_demo/__main__.py")
CARD_KEYS = ("title", "sdk", "sdk_version", "app_file")
MADE_BY_HUB = {".gitattributes", "README.md"}


def project_files(checkout: Path = CHECKOUT) -> dict[str, Content]:
    """Every file that is tracked under PARTS, by its name; ValueError if this is no checkout."""
    files: dict[str, Content] = {
        name: checkout / name
        for name in _tracked(checkout)
        if name.split("/")[0] in PARTS and (checkout / name).is_file()
    }
    if missing := [name for name in NEEDED if name not in files]:
        raise ValueError(
            f"{checkout} lacks {', '.join(missing)}: this is done from a checkout of the project, not from an installed package."
        )
    return files


def preview_space(space: str, checkout: Path = CHECKOUT) -> Parcel:
    """The files that a Space would get; asks nobody.

    Raises:
        ValueError: if this is no checkout, or its README has no front matter for a Space.
    """
    files = project_files(checkout)
    files["README.md"] = (checkout / "README.md").read_bytes()
    card = front_matter(files["README.md"].decode())
    if absent := [key for key in CARD_KEYS if key not in card]:
        raise ValueError(
            f"The front matter of README.md has no {', '.join(absent)}, so no Space could be made of it."
        )
    return Parcel(space, files)


def front_matter(readme: str) -> dict:
    """The YAML between the first two lines of dashes; empty if there is none."""
    import yaml

    parts = readme.split("---\n", 2)
    try:
        document = yaml.safe_load(parts[1]) if len(parts) == 3 and not parts[0].strip() else {}
    except yaml.YAMLError as error:
        raise ValueError(
            f"The front matter of README.md is no YAML ({str(error).splitlines()[0]})."
        ) from None
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
    """Creates or updates a Space, in one commit; of our own files, those that are gone here go there, too.

    Args:
        space: `user/name`, or `name` under the token's owner.
        hardware: the Hub's name of it, such as `t4-small`; None: as it is, or the free one.
        private, overwrite, token: as in `push_adapter`.
    Raises:
        ValueError: in one sentence, what went wrong and what to do.
    """
    parcel = preview_space(space, checkout)
    hub = open_hub(token)
    space = repository(space, hub)
    there = find_repository(hub, space, "space") or make_repository(
        hub, space, "space", space_sdk="gradio", space_hardware=hardware, private=private
    )
    present = {entry.path for entry in tree(hub, space, "space")} if there else set()
    if there and not overwrite and "lora_demo/__main__.py" not in present and present - MADE_BY_HUB:
        raise ValueError(
            f"The Space {space} exists and holds something else, so nothing was sent: choose another name, or ask for it with --overwrite."
        )
    if there and private and there.private is False:
        raise ValueError(
            f"The Space {space} exists and is public: make it private in its settings on the Hub, choose another name, or leave --private out."
        )
    stale = tuple(
        sorted(
            name for name in present if name.startswith("lora_demo/") and name not in parcel.files
        )
    )
    deployed = send(hub, space, parcel.files, "Deploy with lora_demo", "space", stale)
    if there and hardware:
        ask(lambda: hub.request_space_hardware(space, hardware), space)
    return deployed


def _tracked(checkout: Path) -> list[str]:
    """The names that git tracks; where there is no git, all files but hidden and compiled ones."""
    try:
        listed = subprocess.run(
            ["git", "-C", str(checkout), "ls-files", "-z"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        names = [name for name in listed.split("\0") if name]
    except (OSError, subprocess.CalledProcessError):
        names = []
    if names and (checkout / ".git").exists():
        return names
    parts = [checkout / part for part in PARTS]
    files = [
        path
        for part in parts
        for path in ([part] if part.is_file() else part.rglob("*"))
        if path.is_file()
    ]
    relative = (path.relative_to(checkout) for path in sorted(files))
    return [
        path.as_posix()
        for path in relative
        if not any(p.startswith(".") or p == "__pycache__" for p in path.parts)
    ]
