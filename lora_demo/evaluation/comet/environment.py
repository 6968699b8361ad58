"""The Python that has COMET, in an environment of its own."""

import json
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lora_demo.files import expand_home
from lora_demo.language import _

VARIABLE = "LORA_DEMO_COMET_PYTHON"
"""The environment variable that names the Python."""
INSTALL = "python -m venv comet-env && comet-env/bin/pip install unbabel-comet 'setuptools<81'"
"""The command that makes such an environment.

COMET imports pkg_resources, which newer setuptools do not have.
"""
WORKER = Path(__file__).with_name("worker.py")
CHECK_SECONDS = 300
MIN_TORCH = (2, 6)
"""Older versions run code from a checkpoint in spite of `weights_only` (CVE-2025-32434)."""
KEPT = {
    "CURL_CA_BUNDLE",
    "HOME",
    "HF_HOME",
    "LANG",
    "LD_LIBRARY_PATH",
    "PATH",
    "SYSTEMROOT",
    "TEMP",
    "TMP",
    "TMPDIR",
    "XDG_CACHE_HOME",
}
KEPT_PREFIXES = ("CUDA_", "LC_", "MKL_", "NVIDIA_", "OMP_", "OPENBLAS_")
"""Environment variables that COMET gets. Tokens and passwords are not among them."""


@dataclass(frozen=True)
class CometPython:
    """A Python that has COMET.

    Attributes:
        path: The interpreter.
        versions: The versions of COMET and torch.
    """

    path: Path
    versions: dict[str, str]

    @property
    def loads_safely(self) -> bool:
        """True if its torch can load a checkpoint without running code from it."""
        numbers = re.findall(r"\d+", self.versions["torch"])[:2]
        return tuple(map(int, numbers)) >= MIN_TORCH


def find_python(given: str | Path | None = None) -> CometPython:
    """Find the Python that has COMET, and check it.

    Args:
        given: The interpreter, or the folder of its virtual environment. None: that of VARIABLE.

    Returns:
        The Python.

    Raises:
        ValueError: If none is named, or the named one does not have COMET.
    """
    name = str(given or os.environ.get(VARIABLE, "")).strip()
    if not name:
        raise ValueError(
            _(
                "COMET needs an environment of its own. Make one with `{install}`, and name its "
                "Python with --comet-python comet-env/bin/python or in {variable}.",
                install=INSTALL,
                variable=VARIABLE,
            )
        )
    # A link is not followed: the place of the link makes it the Python of its environment.
    path = expand_home(name).absolute()
    if path.is_dir():
        path = path / "bin" / "python"
    return CometPython(path, _read_versions(path))


def worker_command(python: Path) -> list[str]:
    """Return the command that starts the worker, without the user's settings of Python.

    Args:
        python: The interpreter that has COMET, as in `CometPython.path`.
    """
    return [str(python), "-I", str(WORKER)]


def worker_environment() -> dict[str, str]:
    """Return the environment of the worker: few variables of this process, and no Hub."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in KEPT or name.startswith(KEPT_PREFIXES)
    }
    offline = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
    return kept | offline | {"TOKENIZERS_PARALLELISM": "false", "PYTHONWARNINGS": "ignore"}


def describe_failed_import(path: Path, problem: str) -> str:
    """Say that a Python cannot import COMET, and how to make its environment.

    Args:
        path: The interpreter.
        problem: The error of the import.
    """
    return _(
        "{path} cannot import COMET: {problem}. Make its environment again with `{install}`.",
        path=path,
        problem=problem.rstrip("."),
        install=INSTALL,
    )


def _read_versions(path: Path) -> dict[str, str]:
    """Ask a Python for the versions of COMET and torch."""
    reply = _ask(path)
    versions = reply.get("versions")
    if isinstance(versions, dict) and {"comet", "torch"} <= versions.keys():
        return {name: str(value) for name, value in versions.items()}
    problem = str(reply.get("message") or _("it gives no version"))
    raise ValueError(describe_failed_import(path, problem))


def _ask(path: Path) -> dict[str, Any]:
    try:
        ended = subprocess.run(
            [*worker_command(path), "--check"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=worker_environment(),
            timeout=CHECK_SECONDS,
            check=False,
        )
        reply = json.loads(ended.stdout)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        reply = None
    if not isinstance(reply, dict):
        raise ValueError(
            _(
                "{path} is not a Python that runs. Name the Python of the environment that has "
                "COMET, such as comet-env/bin/python.",
                path=path,
            )
        )
    return reply
