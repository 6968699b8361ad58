"""What the app can do for a visitor, without a page: compare, train, follow, stop, keep adapters."""

import functools
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from lora_demo.checkpoints.base import find_base
from lora_demo.checkpoints.tokenizer import quick_encoder
from lora_demo.data.pairs import read_file
from lora_demo.data.preview import Preview, look_into
from lora_demo.data.sources import load_dataset
from lora_demo.model.config import T5Config
from lora_demo.model.parameters import resolve_targets, total_parameters
from lora_demo.service.adapter_library import AdapterLibrary
from lora_demo.service.comparison import Comparisons
from lora_demo.service.data_sources import default_name
from lora_demo.service.evaluation_queue import EvaluationQueue
from lora_demo.service.fair_queue import FairQueue
from lora_demo.service.limits import Limits
from lora_demo.service.model_loader import ModelLoader
from lora_demo.service.parameter_counts import ParameterCounts
from lora_demo.service.run_history import public_command
from lora_demo.service.sharing import Sharing
from lora_demo.service.training_queue import TrainingQueue, waiting_sentence
from lora_demo.service.uploads import PairUploads
from lora_demo.service.visitor_folders import VisitorFolders, visitor_folder
from lora_demo.training.config import TrainConfig
from lora_demo.training.request import TrainRequest
from lora_demo.training.runs import BUSY, Run, create, find_run, list_runs, start_sweep
from lora_demo.training.speed import Estimate, estimate, total_bytes

EVALUATIONS = 10
"""In a run, unless `eval_every` says otherwise."""
SHORTEST = 8
"""Tokens of the shortest batch; memory is refused only to what cannot fit even so."""


@dataclass(frozen=True)
class Studio:
    """One base, one folder of runs, one place to train; visitors are told apart by their keys, `account` is as in `sharing`.

    `..._queue`: turns at what is costly, so that no visitor keeps the others waiting.
    """

    base: str
    revision: str | None
    root: Path
    config: T5Config
    engine: ModelLoader
    training_queue: TrainingQueue
    account: str = "visitor"
    evaluation_queue: EvaluationQueue = field(default_factory=EvaluationQueue)
    model_queue: FairQueue = field(default_factory=lambda: FairQueue(2))
    work_queue: FairQueue = field(default_factory=lambda: FairQueue(2))
    hub_queue: FairQueue = field(default_factory=lambda: FairQueue(4))
    merge_queue: FairQueue = field(default_factory=lambda: FairQueue(1))
    admission: threading.Lock = field(default_factory=threading.Lock)

    @property
    def is_at_home(self) -> bool:
        """Whether nobody but who sits at this machine can reach the page."""
        return self.account == "machine"

    @functools.cached_property
    def library(self) -> AdapterLibrary:
        """The adapters of all visitors."""
        return AdapterLibrary(self.config, self.visitors, self.engine)

    @functools.cached_property
    def comparisons(self) -> Comparisons:
        """Comparisons of the base with adapters."""
        return Comparisons(self.library, self.engine)

    @functools.cached_property
    def parameter_counts(self) -> ParameterCounts:
        """Parameter counts of adapters for any base."""
        return ParameterCounts(self.base, self.config, use_token=self.is_at_home)

    @functools.cached_property
    def sharing(self) -> Sharing:
        """Pushes to the Hub and pulls from it."""
        return Sharing(self.account, self.base, self.library)

    @property
    def limits(self) -> Limits:
        """Limits of one visitor's runs and evaluations, and of the queues."""
        return self.training_queue.limits

    @functools.cached_property
    def visitors(self) -> VisitorFolders:
        """The folders of the visitors."""
        return VisitorFolders(self.root, self.limits)

    def room_of(self, visitor: str) -> Path:
        """The visitor's folder, for something new; ValueError where there is no room for it."""
        return self.visitors.writable_folder(visitor)

    @functools.cached_property
    def uploads(self) -> PairUploads:
        """The files of pairs that visitors upload."""
        return PairUploads(self.visitors, self._sources_in_use)

    def _sources_in_use(self, folder: Path) -> set[str]:
        return self.evaluation_queue.reads(folder) | _read_by(list_runs(folder))

    def configs(self, request: TrainRequest, data: str, here: bool = True) -> list[TrainConfig]:
        """The runs that these settings ask for, one for each rank.

        Args:
            here: on this machine, whose limits and memory they must fit.
        Raises:
            ValueError: for settings that cannot be here, with the way out.
        """
        ranks = request.ranks
        name = (request.name or "").strip()
        names = [
            name
            if name and len(ranks) == 1
            else f"{name}-r{rank}"
            if name
            else default_name(data, rank)
            for rank in ranks
        ]
        configs = request.configs(self.base, self.revision, data, names)
        for config in configs:
            resolve_targets(config.targets, self.config)
            if here:
                self.training_queue.limits.check_run(config)
                check_memory(config, self.config)
        return configs

    def train(self, request: TrainRequest, data: str, visitor: str) -> list[Run]:
        """Puts a run, or a sweep of one for each rank, in line; it starts at once where nothing else trains.

        Raises:
            ValueError: for settings that cannot be, or a line that is full.
        """
        configs, folder = self.configs(request, data), self.room_of(visitor)
        with self.admission:
            self._check_queue(folder, len(configs))
            runs = [create(config, folder) for config in configs]
            if len(runs) > 1:
                start_sweep(runs)
            self.training_queue.enter(runs)
        return runs

    def run(self, id: str, visitor: str) -> Run:
        """The visitor's run of that id."""
        return find_run(visitor_folder(self.root, visitor), id)

    def resume(self, id: str, visitor: str, token: str | None = None) -> Run:
        """Goes on with a stopped run, or puts it in line; one on Jobs is followed further, by a token or by that of this machine."""
        folder, run = self.room_of(visitor), self.run(id, visitor)
        with self.admission:
            if run.state in (*BUSY, "waiting"):
                raise ValueError("This run is going on already.")
            if run.job:
                self.follow(run, token)
            else:
                self._check_queue(folder, 1)
                self.training_queue.enter([run])
        return run

    def follow(self, run: Run, token: str | None):
        """Follows a run's Job further, by a token or by that of this machine."""
        if "id" not in run.job:
            raise ValueError("The Job of this run has ended, or never began: start a new one.")
        self.training_queue.limits.check_jobs(len(self.training_queue.followed_jobs()))
        run.resume(token)

    def _check_queue(self, folder: Path, new: int):
        own = sum(not run.job and run.state in (*BUSY, "waiting") for run in list_runs(folder))
        self.training_queue.limits.check_queue(len(self.training_queue.waiting()), own, new)

    def stop(self, id: str, visitor: str):
        """Stops the visitor's run, or gives up its place in line."""
        run = self.run(id, visitor)
        if self.training_queue.leave(run):
            return
        if run.state not in BUSY:
            raise ValueError("This run is not going on, so there is nothing to stop.")
        run.stop()

    def preview(
        self, source: str, batch_size: int = 16, max_length: int = 128, max_pairs: int | None = None
    ) -> Preview:
        """A look into a source of pairs, with the batches that training would make of it."""
        return _preview(*self._asked(source, batch_size, max_length, max_pairs))

    def _asked(self, source: str, *limits) -> tuple:
        path = Path(source)
        return (
            self.base,
            self.revision,
            source,
            path.stat().st_mtime_ns if path.is_file() else 0,
            *limits,
        )

    def estimate(self, config: TrainConfig) -> Estimate | None:
        """What a run will take, by what runs on this machine took; None before the first one."""
        tokens, batches = _batches(
            *self._asked(config.data, config.batch_size, config.max_length, config.max_pairs)
        )
        return estimate(
            config, resolve_targets(config.targets, self.config), tokens, batches, EVALUATIONS
        )

    def waits(self, run: Run) -> str:
        """Where a run stands in line and how long that will take, in words; empty for one that does not wait."""
        return waiting_sentence(self.training_queue, run, self._seconds)

    def _seconds(self, config: TrainConfig) -> float | None:
        """That a whole run takes; pairs on the Hub are not fetched for that."""
        is_here = config.data.partition(":")[0] == "builtin" or Path(config.data).is_file()
        with suppress(ValueError):
            if is_here and (found := self.estimate(config)):
                return found.seconds
        return 60 * config.minutes if config.minutes else None

    def delete_run(self, id: str, visitor: str):
        """Removes a run and its adapter."""
        run = self.run(id, visitor)
        if run.state in BUSY:
            raise ValueError("This run is going on: stop it first.")
        run.delete()

    def runs(self, visitor: str) -> list[Run]:
        """The visitor's runs, newest first."""
        return list_runs(visitor_folder(self.root, visitor)) if visitor else []


def _read_by(runs: Sequence[Run]) -> set[str]:
    """The sources of the runs, which each of them may need once more."""
    sources = set()
    for run in runs:
        with suppress(ValueError):
            sources.add(run.config.data)
    return sources


@functools.lru_cache(16)
def _preview(
    base: str,
    revision: str | None,
    source: str,
    version: int,
    batch_size: int,
    max_length: int,
    max_pairs: int | None,
) -> Preview:
    dataset = load_dataset(source, max_pairs)
    read = read_file(Path(source), max_pairs) if Path(source).is_file() else ()
    return look_into(
        dataset,
        quick_encoder(find_base(base, revision).folder),
        batch_size=batch_size,
        max_length=max_length,
        read=read,
    )


@functools.lru_cache(1024)
def _batches(*asked) -> tuple[int, int]:
    """Tokens that a batch computes, and batches of an epoch: of `_preview`, but kept for as many sources as a line may have."""
    found = _preview(*asked)
    return found.shape.tokens, found.batches


def check_memory(config: TrainConfig, model: T5Config):
    """Raises ValueError for a run that cannot fit: weights, and logits with their gradient, are more than the memory of this machine."""
    tokens = 4 * model.vocab_size * min(config.max_length, SHORTEST)
    room = total_bytes() - 4 * total_parameters(model)
    if 2 * tokens * config.batch_size > room:
        most = max(1, room // (2 * tokens))
        raise ValueError(
            f"batch_size = {config.batch_size}: the logits of a batch alone would fill the memory of this machine ({total_bytes() / 1e9:.0f} GB); take at most {most}, and accumulation for larger updates."
        )


def status_json(studio: Studio, run: Run | None, after: int = 0) -> dict:
    """A run's state and its events from number `after` on."""
    if run is None:
        return {
            "run": None,
            "state": "none",
            "message": "",
            "adapter": None,
            "command": None,
            "events": [],
            "sweep": [],
            "job": None,
        }
    state = run.state
    message = studio.waits(run) if state == "waiting" else run.message
    adapter = f"run-{run.id}" if run.adapter and state not in BUSY else None
    return {
        "run": run.id,
        "state": state,
        "message": message,
        "adapter": adapter,
        "command": public_command(run, studio.is_at_home),
        "events": [event.to_json() for event in run.events(after)],
        "sweep": run.sweep,
        "job": run.job,
    }


def latest(studio: Studio, visitor: str, id: str = "") -> Run | None:
    """The run of that id; else the one that trains, or waits, or is the newest; None if the visitor has none."""
    if id:
        return studio.run(id, visitor)
    return foremost(studio.runs(visitor))


def foremost(runs: Sequence[Run]) -> Run | None:
    """The run to look at first: the one that trains, else the next that waits, else the newest."""
    states = {run.id: run.state for run in runs}
    waiting = [run for run in runs if states[run.id] == "waiting"]
    queued = min(waiting, key=lambda run: (run.folder / "queued").stat().st_mtime_ns, default=None)
    return next((run for run in runs if states[run.id] in BUSY), queued or next(iter(runs), None))


def shelved(shelf: dict, made: str = "") -> dict:
    """The next state of the visitor's shelf of adapters: it differs from the last, and names what is new on it."""
    return {"count": shelf["count"] + 1, "made": made}
