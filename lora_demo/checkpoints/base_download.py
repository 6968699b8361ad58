"""Download base models from the Hub into its cache."""

import errno
import os
import re
from collections.abc import Sequence
from pathlib import Path

from lora_demo.checkpoints.download import Progress
from lora_demo.checkpoints.embedded import EMBEDDED
from lora_demo.checkpoints.hub_advice import ACCEPT_TERMS, CHECK_SPELLING, advice
from lora_demo.checkpoints.hub_errors import (
    UNREADABLE_ANSWERS,
    CorruptDownloadError,
    describe_hub_error,
)
from lora_demo.checkpoints.repository_names import without_address
from lora_demo.checkpoints.snapshot import fetch_snapshot
from lora_demo.errors import is_disk_full
from lora_demo.files import expand_home
from lora_demo.language import _

FILES = (
    "config.json",
    "generation_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "spiece.model",
    "model.safetensors",
    "model.safetensors.index.json",
    "model-*-of-*.safetensors",
)
FOLDER_NAME = re.compile(r"[\w-][\w.-]*")


def download_base(
    id: str,
    revision: str | None,
    patterns: Sequence[str] = FILES,
    token: bool | None = None,
    progress: Progress | None = None,
) -> Path:
    """Download a base from the Hub, or find it in the cache.

    Args:
        id: `user/name`, or `user/name/folder` for a base in a folder of an adapter's repository.
        revision: Branch, tag or commit. None: the main branch.
        patterns: The files to download.
        token: False: public repositories only, without a token. None: the user's token.
        progress: Called with the bytes present and the bytes of the whole download.

    Returns:
        The base's folder in the cache.

    Raises:
        ValueError: If the base is not found, or the Hub cannot be reached. The message says what
            to do.
    """
    from huggingface_hub import errors

    if token is not False:  # an answer to a stranger must not reveal which files exist
        _refuse_file(id)
    try:
        repo, inner = _split_id(id)
        prefix = f"{inner}/" if inner else ""
        files = [prefix + pattern for pattern in patterns]
        return fetch_snapshot(repo, revision, files, token, progress) / inner
    except errors.HFValidationError:
        raise ValueError(
            _(
                "{id!r} is neither a folder nor a Hub id. Use '{base}', a folder, or an id such "
                "as google/flan-t5-small.",
                id=id,
                base=EMBEDDED,
            )
        ) from None
    except errors.RevisionNotFoundError:
        raise ValueError(
            _("The Hub's {id!r} has no revision {revision!r}.", id=id, revision=revision)
        ) from None
    except errors.GatedRepoError:
        gated = _("The Hub's {id!r} is gated.", id=id)
        raise ValueError(f"{gated} {advice(ACCEPT_TERMS)}") from None
    except errors.RepositoryNotFoundError:
        raise ValueError(_no_such_model(id)) from None
    except (
        OSError,
        errors.HTTPError,
        errors.EntryNotFoundError,
        RuntimeError,
        *UNREADABLE_ANSWERS,
    ) as error:
        raise ValueError(_describe_failure(id, error)) from None


def _refuse_file(id: str) -> None:
    if expand_home(id).is_file():
        raise ValueError(
            _(
                "{id!r} is a file. Unpack it if it is a zip, and give the folder of the "
                "checkpoint, with config.json and model.safetensors.",
                id=id,
            )
        )


def _split_id(id: str) -> tuple[str, str]:
    """Split an id into the repository and the folder in it, or ""."""
    from huggingface_hub import errors
    from huggingface_hub.utils import validate_repo_id

    path = without_address(id)
    if path != id:
        raise ValueError(
            _(
                "{id!r} is an address. Give the id of the model, {name!r}.",
                id=id,
                name="/".join(path.split("/")[:2]),
            )
        )
    if id.startswith((".", "/", "~")) or id.count("/") > 2 or os.sep * 2 in id:
        raise ValueError(
            _(
                "The folder {id!r} was not found. Use a folder with config.json and "
                "model.safetensors, '{base}', or a Hub id such as google/flan-t5-small.",
                id=id,
                base=EMBEDDED,
            )
        )
    parts = id.split("/")
    repo = "/".join(parts[:2])
    inner = parts[2] if len(parts) == 3 else ""
    validate_repo_id(repo)
    if inner and not FOLDER_NAME.fullmatch(inner):
        raise errors.HFValidationError
    return repo, inner


def _no_such_model(id: str) -> str:
    missing = _(
        "{id!r} was not found, neither as a folder nor as a public model on the Hub.", id=id
    )
    return f"{missing} {advice(CHECK_SPELLING)}"


def _describe_failure(id: str, error: Exception) -> str:
    """Describe a failed download in one sentence."""
    if is_disk_full(error):
        return _(
            "The disk is full, so {id!r} could not be stored. Free some space, or set HF_HOME "
            "to a folder on a larger disk.",
            id=id,
        )
    if getattr(error, "errno", None) in (errno.EACCES, errno.EROFS):
        return _(
            "{id!r} could not be stored, because the cache is not writable. Set HF_HOME to a "
            "folder of your own.",
            id=id,
        )
    if os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE"):
        return _(
            "HF_HUB_OFFLINE is set, and {id!r} is neither a folder nor completely cached. Correct "
            "the path of the folder, unset HF_HUB_OFFLINE to download the Hub's model, or use "
            "--base {base}, which is embedded.",
            id=id,
            base=EMBEDDED,
        )
    response = getattr(error, "response", None)
    status = getattr(response, "status_code", None)
    if response is not None and status == 404 and "/api/models/" in response.request.url.path:
        return _no_such_model(id)
    is_known = status is not None and status != 404
    if is_known or isinstance(error, (CorruptDownloadError, *UNREADABLE_ANSWERS)):
        return _(
            "{problem} Or use --base {base}, which is embedded.",
            problem=describe_hub_error(error, id),
            base=EMBEDDED,
        )
    return _(
        "The Hub cannot be reached for {id!r}, which is neither a folder nor completely cached. "
        "Correct the path of the folder, check the connection to download the Hub's model, or "
        "use --base {base}, which is embedded.",
        id=id,
        base=EMBEDDED,
    )
