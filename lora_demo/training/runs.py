"""Run folders: start a run in a process of its own, follow it, stop it, resume it, list them.

A run's state is derived from its files alone, so that whoever looks, now or after a restart, sees the same:
`run.json` (the settings), `events.jsonl`, `lock` (held by the process that trains), `stop` (asks it to end, and may say
why), `queued` (its turn has not come; the file's time is its place), `asked` (an app has started its process and not yet
seen its end: still there after the app has died, so that the next one goes on with the run), `ended` (the process ended
without a word of its own; holds how), `sweep` (the runs that were started together with it), `job.json` (it is for a machine
of Hugging Face Jobs: which, and once it is started, which Job).
"""

import fcntl
import functools
import logging
import os
import secrets
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from lora_demo.errors import DISK_FULL, describe_error
from lora_demo.files import read_json, remove_partials, write_json, write_text
from lora_demo.processes import lower_priority
from lora_demo.training.board import Board
from lora_demo.training.config import TrainConfig
from lora_demo.training.events import BeginEvent, DoneEvent, Event, FailedEvent, now, parse_event

LOG = logging.getLogger("lora_demo")
STARTING_SECONDS = 60
LEAST_FREE_BYTES = 1_000_000
"""Less is a full disk."""
STATES = ("waiting", "starting", "running", "stopping", "stopped", "done", "failed", "killed")
BUSY = ("starting", "running", "stopping")
"""States in which a run has a process, or is about to."""


@dataclass(frozen=True)
class Run:
    """One run folder."""

    folder: Path

    @property
    def id(self) -> str:
        return self.folder.name

    @property
    def config(self) -> TrainConfig:
        """Its settings; ValueError if `run.json` is not sound."""
        return TrainConfig.from_json(read_json(self.folder / "run.json"))

    @property
    def state(self) -> str:
        """One of STATES: `stopped` and `killed` can be resumed; `killed` means that its process is gone without a word."""
        if self.is_alive():
            return "stopping" if (self.folder / "stop").exists() else "running"
        if (self.folder / "queued").exists():
            return "waiting"
        last = _last_word(self, self.length)
        if self.asked_at > (last.time if last else 0):
            return "starting" if time.time() - self.asked_at < STARTING_SECONDS else "killed"
        if isinstance(last, DoneEvent | FailedEvent):
            return "stopped" if last.reason in ("stopped", "cancelled") else last.kind
        return "killed"

    @property
    def message(self) -> str:
        """Why it failed, was stopped by the app or lost its process, in one sentence; else empty."""
        state = self.state
        if state in ("stopping", "stopped"):
            return self._read("stop")
        if state == "killed":
            return DISK_FULL if _is_full(self.folder) else self._read("ended")
        return (
            next((e.message for e in reversed(self.events()) if isinstance(e, FailedEvent)), "")
            if state == "failed"
            else ""
        )

    @property
    def sweep(self) -> list[str]:
        """Ids of the runs that were started together to be compared, this one among them; empty for a single run."""
        return self._read("sweep").split()

    @property
    def job(self) -> dict | None:
        """For a run on Jobs: machine and price as ordered, and `id` and `url` of the Job once it is started; None for one of this machine."""
        path = self.folder / "job.json"
        return read_json(path) if path.is_file() else None

    @property
    def adapter(self) -> Path | None:
        """The best adapter so far."""
        folder = self.folder / "adapter"
        return folder if (folder / "README.md").is_file() else None

    @property
    def tag(self) -> str:
        """What to call it in a log: whose it is, as a hash, and when it was made, without the name that it was given."""
        return f"{self.folder.parent.name[:8]}/{'-'.join(self.id.split('-')[:2])[:15]}"

    def events(self, after: int = 0) -> list[Event]:
        """Its events from number `after` on; a line that is still being written is left for the next call."""
        try:
            text = (self.folder / "events.jsonl").read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return []
        lines = text.split("\n")[:-1]
        return [event for line in lines[after:] if (event := parse_event(line))]

    @property
    def length(self) -> int:
        """Bytes of its events; grows with each of them."""
        path = self.folder / "events.jsonl"
        return path.stat().st_size if path.is_file() else 0

    @property
    def asked_at(self) -> float:
        """When an app started its process, in seconds since the epoch; 0 if none has, or its end was seen."""
        try:
            return (self.folder / "asked").stat().st_mtime
        except FileNotFoundError:
            return 0.0

    def is_alive(self) -> bool:
        """Whether a process holds the run's lock; the system frees it when the process ends, however it ends."""
        try:
            with open(self.folder / "lock", "rb") as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
                return False
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True

    def stop(self, why: str = ""):
        """Asks the run to end after its present step, keeping the best so far; on a full disk without a reason."""
        try:
            write_text(self.folder / "stop", why)
        except OSError:
            (self.folder / "stop").touch()

    def forget_stop(self):
        """Before it goes on: it was asked to end then, not now."""
        (self.folder / "stop").unlink(missing_ok=True)

    def resume(self, token: str | None = None):
        """Starts its process, anew or from the last checkpoint; for a run on Jobs it starts the Job, or follows it further.

        Args:
            token: for the Hub; it goes into the environment of that process and nowhere else.
        """
        if self.is_alive():
            raise ValueError(f"The run {self.id} is still going on.")
        self.forget_stop()
        self._launch(token)

    def enqueue(self, at_ns: int | None = None):
        """Puts it in line, behind all that are in it or at the place of a time in nanoseconds."""
        if self.is_alive():
            raise ValueError(f"The run {self.id} is still going on.")
        path, at = self.folder / "queued", at_ns or time.time_ns()
        path.touch()
        os.utime(path, ns=(at, at))
        (self.folder / "asked").unlink(missing_ok=True)
        LOG.info("run %s queued", self.tag)

    def dequeue(self) -> bool:
        """Takes it out of the line; False if it was in none, or somebody else was quicker."""
        try:
            (self.folder / "queued").unlink()
            return True
        except FileNotFoundError:
            return False

    def fail(self, message: str):
        """Writes down that it cannot be, in one sentence; a full disk has no room for that, and says so itself."""
        with suppress(OSError):
            _mend(self.folder / "events.jsonl")
            with open(self.folder / "events.jsonl", "a", encoding="utf-8") as events:
                events.write(FailedEvent(time=now(), step=0, message=message).to_line())

    def delete(self):
        """Removes the run and its adapter."""
        if self.is_alive():
            raise ValueError(f"The run {self.id} is still going on; stop it first.")
        if self.state == "killed" and self.job and "id" in self.job:
            raise ValueError(
                "Its Job may still go on, and cost: follow it further and stop it first."
            )
        gone = self.folder.with_name(f".{secrets.token_hex(8)}.partial")
        with suppress(FileNotFoundError):
            self.folder.rename(gone)  # at once: nobody finds a part of it
            shutil.rmtree(gone, ignore_errors=True)

    def _read(self, name: str) -> str:
        try:
            return (self.folder / name).read_text(encoding="utf-8")
        except FileNotFoundError:
            return ""

    def _launch(self, token: str | None = None):
        (self.folder / "ended").unlink(missing_ok=True)
        (self.folder / "asked").touch()
        with open(self.folder / "log.txt", "ab") as log:
            command = [
                sys.executable,
                "-m",
                "lora_demo",
                "train",
                "--tethered",
                "--config",
                str((self.folder / "run.json").resolve()),
            ] + (["--on", "hf-jobs"] if self.job else [])
            environment = (
                os.environ
                | {
                    "PYTHONPATH": os.pathsep.join(
                        [str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")]
                    ).rstrip(os.pathsep)
                }
                | ({"HF_TOKEN": token} if token else {})
            )
            process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env=environment,
            )
        lower_priority(process.pid)
        LOG.info("run %s started, process %d", self.tag, process.pid)
        threading.Thread(target=self._see_off, args=(process,), daemon=True).start()

    def _see_off(self, process: subprocess.Popen):
        """Waits for the process to end, holding its standard input open as long as this one lives."""
        status = process.wait()
        process.stdin.close()
        if status < 0:
            with suppress(OSError):
                write_text(self.folder / "ended", _how(-status))
        LOG.info("run %s ended with status %d", self.tag, status)
        (self.folder / "asked").unlink(missing_ok=True)


@functools.lru_cache(1024)
def _last_word(run: Run, length: int) -> Event | None:
    """How a run's last process began or ended; looked for again only when its events have grown to another `length`."""
    return next(
        (e for e in reversed(run.events()) if isinstance(e, BeginEvent | FailedEvent | DoneEvent)),
        None,
    )


def create(config: TrainConfig, root: Path, folder: Path | None = None) -> Run:
    """Makes the folder of a new run, `root/<time>-<name>` or the given one."""
    if folder is None:
        folder = _new_folder(root, time.strftime("%Y%m%d-%H%M%S") + "-" + config.adapter_name)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        write_json(folder / "run.json", config.to_json())
    except OSError:
        with suppress(OSError):
            folder.rmdir()
        raise
    return Run(folder)


def _new_folder(root: Path, stem: str) -> Path:
    """Makes a folder that nobody else makes at the same time."""
    for number in range(10_000):
        with suppress(FileExistsError):
            (folder := root / (stem + (f"-{number}" if number else ""))).mkdir(parents=True)
            return folder
    raise ValueError(f"There are too many runs named {stem} in {root}: delete some.")


def start(config: TrainConfig, root: Path) -> Run:
    """Starts a run in its own process and returns at once."""
    run = create(config, root)
    run._launch()
    return run


def start_sweep(runs: Sequence[Run]):
    """Notes in each run which others it is to be compared with."""
    for run in runs:
        write_text(run.folder / "sweep", " ".join(other.id for other in runs))


def list_runs(root: Path) -> list[Run]:
    """The runs under a folder, newest first."""
    if not root.is_dir():
        return []
    return [
        Run(folder)
        for folder in sorted(root.glob("[!.]*"), reverse=True)
        if (folder / "run.json").is_file()
    ]


def find_run(root: Path, id: str) -> Run:
    """The run of that id, which is looked up, and never made a path of; ValueError if there is none."""
    found = next((run for run in list_runs(root) if run.id == id), None)
    if found is None:
        raise ValueError(f"There is no run {id[:80]!r} here.")
    return found


def work(run: Run, stop=lambda: False, source=None) -> Iterator[Event]:
    """Does the run in this process: holds its lock, appends its events to `events.jsonl` and yields them.

    Args:
        source: makes the events, `source(run, stop)`; None: training here does.

    Raises:
        ValueError: if another process is at it; and whatever the training raises, after it was written down.
    """
    with open(run.folder / "lock", "ab") as lock:
        _take(lock, run.folder)
        remove_partials(run.folder)
        _mend(run.folder / "events.jsonl")
        written = ""
        try:
            with (
                open(run.folder / "events.jsonl", "a", encoding="utf-8") as events,
                closing(Board(run.folder / "tensorboard")) as board,
            ):
                for event in (source or train_here)(run, stop):
                    events.write(event.to_line())
                    events.flush()
                    written = event.kind
                    board.show(event)
                    yield event
        except OSError as error:
            if written != "failed":
                run.fail(describe_error(error))
            raise


def _take(lock, folder: Path):
    """Locks the run; tries for a moment, since whoever asks for its state holds the lock for an instant."""
    for _ in range(20):
        try:
            return fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.05)
    raise ValueError(f"Another process is training in {folder}.")


def train_here(run: Run, stop) -> Iterator[Event]:
    """The events of a training in this process."""
    from lora_demo.training.trainer import Trainer

    yield BeginEvent(time=now(), step=0, pid=os.getpid())
    trainer = Trainer(run.config, run.folder, lambda: stop() or (run.folder / "stop").exists())
    try:
        yield from trainer.run()
    except Exception as error:
        yield FailedEvent(time=now(), step=trainer.state.step, message=describe_error(error))
        raise


def _is_full(folder: Path) -> bool:
    return shutil.disk_usage(folder).free < LEAST_FREE_BYTES


def _how(number: int) -> str:
    """What ended a process, by the number of its signal."""
    if number in (signal.SIGKILL, signal.SIGABRT):
        return "The system ended its process, most likely because memory ran out. Resume goes on from the last checkpoint; should it happen again, take a smaller batch or shorter sentences."
    return f"Its process was ended from outside ({signal.Signals(number).name}). Resume goes on from the last checkpoint."


def _mend(path: Path):
    """Drops a last line that a killed process left unfinished."""
    if path.is_file() and (data := path.read_bytes()) and not data.endswith(b"\n"):
        with open(path, "r+b") as file:
            file.truncate(data.rfind(b"\n") + 1)
