"""Sources of pairs as visitors name them. No path that a visitor names is ever opened."""

import re
from pathlib import Path, PureWindowsPath

from lora_demo.data.readers import supported_formats, whole_suffix
from lora_demo.language import _
from lora_demo.service.uploads import (
    columns_of,
    find_upload,
    original_name,
    plain_name,
    stored_uploads,
    upload_name,
)
from lora_demo.service.visitor_folders import modified_at

UPLOAD_PREFIX = "upload:"
MAX_SOURCE_LENGTH = 200


def resolve_source(kind: str, folder: Path, upload: str = "", hub: str = "") -> str:
    """Return the source that the form of the page describes, as `TrainConfig.data` takes it.

    Args:
        kind: `builtin`, `builtin:NAME`, `upload` or `hub`.
        folder: The visitor's folder.
        upload: The name of an uploaded file, for the kind `upload`.
        hub: A data set on the Hub, for the kind `hub`.

    Raises:
        ValueError: If the kind is unknown, or what it needs is missing.
    """
    if kind == "upload":
        if not upload:
            raise ValueError(
                _(
                    "Upload a {supported_formats} file first, or choose the built-in corpus.",
                    supported_formats=supported_formats(),
                )
            )
        return str(find_upload(folder, upload))
    if kind == "hub":
        return parse_hub_source(hub)
    if not re.fullmatch(r"builtin(:\w{1,40})?", kind):
        raise ValueError(
            _(
                "data = {kind!r} is not a data source. Use builtin, builtin:NAME, "
                "{upload_prefix}NAME for a file that you uploaded, or a Hub data set such "
                "as wmt/wmt16:de-en:train[:1%].",
                kind=kind[:60],
                upload_prefix=UPLOAD_PREFIX,
            )
        )
    return kind


def parse_source(data: str, folder: Path) -> str:
    """Return the source that a client names, as `TrainConfig.data` takes it.

    Args:
        data: `builtin`, `builtin:NAME`, `upload:NAME` or `owner/name:config:split`.
        folder: The visitor's folder.

    Raises:
        ValueError: If the source is not found.
    """
    if data.startswith(UPLOAD_PREFIX):
        return resolve_source("upload", folder, upload=data.removeprefix(UPLOAD_PREFIX))
    if "/" in data:
        return parse_hub_source(data)
    return resolve_source(data, folder)


def parse_hub_source(text: str) -> str:
    """Return a Hub data set as `owner/name:config:split`; a path of this machine is refused.

    Args:
        text: The text that a visitor typed.

    Raises:
        ValueError: If it is not written like that.
    """
    text = text.strip()
    pattern = r"[\w-][\w.-]*/[\w-][\w.-]*:[\w.-]*(:[\w\[\]:%,. -]+)?"
    is_valid = (
        len(text) <= MAX_SOURCE_LENGTH
        and text.isascii()
        and re.fullmatch(pattern, text) is not None
        and not Path(text.split(":")[0]).exists()
    )
    if not is_valid:
        raise ValueError(
            _(
                "{source!r} is not a Hub data set. Write owner/name:config:split, such as "
                "wmt/wmt16:de-en:train[:1%].",
                source=text[:80],
            )
        )
    return text


def public_name(source: str) -> str:
    """Return the name of a source that others may see: of an upload, its original file name.

    Args:
        source: The source of the pairs, as `resolve_source` returns it; a full path for an upload.
    """
    if not _is_upload(source):
        return source
    return original_name(Path(source))


def find_stored(folder: Path, path: str, columns: str | None = None) -> str:
    """Find the upload that a settings file names; the path is compared, and never opened.

    Args:
        folder: The visitor's folder.
        path: A path on any machine, or the name of a file.
        columns: The names of the columns that the upload must have.

    Returns:
        The name of the upload at this path, else of the newest one whose file had this name when
        it was uploaded; empty if there is none.
    """
    file = PureWindowsPath(path).name  # it knows both kinds of slashes
    uploads = sorted(stored_uploads(folder), key=modified_at, reverse=True)
    fitting = [upload for upload in uploads if columns_of(folder, str(upload)) == columns]
    same = [upload for upload in fitting if str(upload) == path]
    same += [upload for upload in fitting if upload.name == file]
    same += [upload for upload in fitting if public_name(str(upload)) == plain_name(file)]
    return upload_name(same[0]) if same else ""


def default_name(source: str, rank: int | float | str) -> str:
    """Return a name for an adapter: weather-r8, or my-file-r8 for an upload.

    Args:
        source: The source of its pairs, as `resolve_source` returns it.
        rank: The adapter's rank.
    """
    if _is_upload(source):
        name = public_name(source)
        stem = name[: len(name) - len(whole_suffix(Path(name)))]
    else:
        stem = source.split("[")[0].rsplit("/", 1)[-1].removeprefix("builtin:")
    name = re.sub(r"[^\w]+", "-", stem).strip("-_")[:40]
    return f"{name or 'pairs'}-r{rank}"


def _is_upload(source: str) -> bool:
    return source.startswith("/")
