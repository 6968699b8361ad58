"""TensorFlow's cache of compiled programs on disk, so that a second start does not compile again.

Compiled programs are machine code. So the folder belongs to the user alone, and its name depends on
the processor and on TensorFlow's version. `LORA_DEMO_CACHE` moves it; an empty value disables it.
"""

import hashlib
import os
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from lora_demo.model.processor import describe_processor

MAX_BYTES = 1_000_000_000
GROUP_OR_OTHERS_WRITE = 0o022


def enable() -> None:
    """Make TensorFlow use the cache. Call this before TensorFlow is imported.

    The cache is off if no folder is found that only the user can write to.
    """
    flags = os.environ.get("TF_XLA_FLAGS", "")
    folder = cache_folder()
    if folder is None or "persistent_cache" in flags:
        return
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        status = folder.stat()
        if status.st_uid != os.getuid() or status.st_mode & GROUP_OR_OTHERS_WRITE:
            return
        _prune(folder)
    except OSError:
        return
    os.environ["TF_XLA_FLAGS"] = f"{flags} --tf_xla_persistent_cache_directory={folder}".strip()


def cache_folder() -> Path | None:
    """Return the cache's folder; None if it is disabled or TensorFlow is not installed."""
    default = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "lora_demo"
    root = os.environ.get("LORA_DEMO_CACHE", str(default))
    try:
        key = f"{version('tensorflow')} {describe_processor()}"
    except PackageNotFoundError:
        return None
    if not root:
        return None
    return Path(root) / "xla" / hashlib.sha256(key.encode()).hexdigest()[:16]


def _prune(folder: Path) -> None:
    """Delete the least recently used programs once the folder exceeds `MAX_BYTES`."""
    files = []
    for file in folder.glob("*.pb"):
        with suppress(FileNotFoundError):  # another process may prune at the same time
            files.append((file.stat(), file))
    files.sort(key=lambda entry: entry[0].st_atime, reverse=True)
    total = 0
    for status, file in files:
        total += status.st_size
        if total > MAX_BYTES:
            file.unlink(missing_ok=True)
