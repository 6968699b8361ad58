"""Where TensorFlow keeps what XLA compiled, so that a second start need not compile again.

Compiled programs are machine code: the folder is the user's alone, and its name tells one processor and one TensorFlow
from the next. `LORA_DEMO_CACHE` moves it; an empty value switches it off.
"""

import hashlib
import os
import platform
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

MAX_BYTES = 1_000_000_000


def enable():
    """Names the folder to TensorFlow; to be called before its import. Where no folder can be made there is no cache."""
    flags, folder = os.environ.get("TF_XLA_FLAGS", ""), cache_folder()
    if folder is None or "persistent_cache" in flags:
        return
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if folder.stat().st_uid != os.getuid() or folder.stat().st_mode & 0o022:
            return
        _prune(folder)
    except OSError:
        return
    os.environ["TF_XLA_FLAGS"] = f"{flags} --tf_xla_persistent_cache_directory={folder}".strip()


def cache_folder() -> Path | None:
    root = os.environ.get(
        "LORA_DEMO_CACHE",
        str(Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "lora_demo"),
    )
    try:
        key = f"{version('tensorflow')} {_processor()}"
    except PackageNotFoundError:
        return None
    return Path(root) / "xla" / hashlib.sha256(key.encode()).hexdigest()[:16] if root else None


def _processor() -> str:
    """The processor's name and its instruction sets."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return " ".join(
        dict.fromkeys(
            line
            for line in lines
            if line.startswith(("model name", "flags", "Features", "CPU part"))
        )
    )


def cpu_has(*flags: str) -> bool:
    """Whether the processor has one of these instruction sets, by Linux's names, where Linux tells them."""
    return not set(flags).isdisjoint(_processor().split())


def cpu_has_bfloat16() -> bool:
    """Whether the processor has instructions for products of bfloat16."""
    return cpu_has("avx512_bf16", "amx_bf16")


def _prune(folder: Path):
    """Drops what was used longest ago once the folder grows too large."""
    files = []
    for file in folder.glob("*.pb"):
        with suppress(FileNotFoundError):  # another process prunes, too
            files.append((file.stat(), file))
    kept = 0
    for stat, file in sorted(files, key=lambda found: found[0].st_atime, reverse=True):
        kept += stat.st_size
        if kept > MAX_BYTES:
            file.unlink(missing_ok=True)
