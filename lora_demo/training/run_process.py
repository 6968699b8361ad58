"""The process of a run: start it, tie it to this one, record its end."""

import logging
import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

from lora_demo.files import write_text
from lora_demo.language import ENGLISH, LANGUAGE_VARIABLE, _, in_language
from lora_demo.processes import lower_priority, package_environment
from lora_demo.training.run_files import ENDED_FILE, LANGUAGE_FILE, LOG_FILE, RUN_FILE, STARTED_FILE

LOG = logging.getLogger("lora_demo")


def launch(folder: Path, label: str, on_jobs: bool = False, token: str | None = None) -> None:
    """Start `python -m lora_demo train` on a run folder and return at once.

    The process ends when this one does, because its standard input closes then.

    Args:
        folder: The run folder.
        label: Name of the run in the log.
        on_jobs: Follow the run's Job instead of training here.
        token: Token of the Hub; it goes into the environment of the process and nowhere else.
    """
    (folder / ENDED_FILE).unlink(missing_ok=True)
    (folder / STARTED_FILE).touch()
    settings = str((folder / RUN_FILE).resolve())
    command = [sys.executable, "-m", "lora_demo", "train", "--tethered", "--config", settings]
    if on_jobs:
        command += ["--on", "hf-jobs"]
    with open(folder / LOG_FILE, "ab") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=True,
            env=_environment(token) | {LANGUAGE_VARIABLE: _language(folder)},
        )
    with suppress(OSError):
        (folder / STARTED_FILE).write_text(str(process.pid))
    lower_priority(process.pid)
    LOG.info("run %s started, process %d", label, process.pid)
    threading.Thread(target=_wait, args=(process, folder, label), daemon=True).start()


def find_process(folder: Path) -> int | None:
    """Return the id of the process that an app has started for a run, if it still exists.

    The command of the process names the run folder, so a newer process of the same id is not taken
    for it. This works where /proc exists.

    Args:
        folder: The run folder.
    """
    settings = os.fsencode((folder / RUN_FILE).resolve())
    try:
        pid = int((folder / STARTED_FILE).read_text())
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (OSError, ValueError):
        return None
    return pid if settings in command.split(b"\0") else None


def send_signal(folder: Path, number: int) -> bool:
    """Send a signal to the process of a run and to all processes that it has started.

    Args:
        folder: The run folder.
        number: The signal.

    Returns:
        False if the process does not exist.
    """
    pid = find_process(folder)
    if pid is None:
        return False
    with suppress(ProcessLookupError):
        os.killpg(pid, number)  # it leads a session of its own, see `launch`
    return True


def describe_signal(number: int) -> str:
    """Describe the end of a process by the number of its signal.

    Args:
        number: The signal, such as 9 for SIGKILL.
    """
    if number in (signal.SIGKILL, signal.SIGABRT):
        return _(
            "The system ended the training process, most likely because memory ran out. "
            "Resume to continue from the last checkpoint. If it happens again, use a smaller "
            "batch or shorter sentences."
        )
    return _(
        "The training process was ended from outside ({signal}). Resume to continue from the last "
        "checkpoint.",
        signal=signal.strsignal(number) or number,
    )


def _language(folder: Path) -> str:
    path = folder / LANGUAGE_FILE
    return path.read_text(encoding="utf-8") if path.is_file() else ENGLISH


def _environment(token: str | None) -> dict[str, str]:
    """This process's environment, with this package on the path and the token, if there is one.

    numpy starts no threads when it is imported, since only a process with one thread can leave the
    network (`sandbox.leave_network`). TensorFlow has its own threads.
    """
    environment = package_environment() | {"OPENBLAS_NUM_THREADS": "1"}
    return environment | {"HF_TOKEN": token} if token else environment


def _wait(process: "subprocess.Popen[bytes]", folder: Path, label: str) -> None:
    """Wait for the end of a process, and hold its standard input open until then."""
    status = process.wait()
    if process.stdin:
        process.stdin.close()
    if status < 0 and folder.is_dir() and not (folder / ENDED_FILE).exists():
        with suppress(OSError), in_language(_language(folder)):
            write_text(folder / ENDED_FILE, describe_signal(-status))
    LOG.info("run %s ended with status %d", label, status)
    (folder / STARTED_FILE).unlink(missing_ok=True)
