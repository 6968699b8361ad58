"""The training runs of visitors: start, queue, resume, stop, delete and list them."""

import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from lora_demo.checkpoints.adapter_base import check_base
from lora_demo.language import _
from lora_demo.model.parameters import Adaptation
from lora_demo.service.bases import Bases, ServedBase, shown_base
from lora_demo.service.data_sources import default_name
from lora_demo.service.memory_check import check_memory
from lora_demo.service.run_status import NO_RUN, run_status
from lora_demo.service.training_queue import TrainingQueue
from lora_demo.service.uploads import columns_of
from lora_demo.service.visitor_folders import VisitorFolders
from lora_demo.service.waiting_time import waiting_message
from lora_demo.training.config import TrainConfig
from lora_demo.training.request import TrainRequest
from lora_demo.training.run import BUSY, Run
from lora_demo.training.runs import create, find_run, list_runs, start_sweep


class Trainings:
    """Training runs on the bases of the page, with one queue for all.

    Args:
        bases: The bases. A run loads its base itself, so none is loaded here.
        visitors: The folders of the visitors, with the limits of a run.
        queue: Starts queued runs.
        is_local: True if only users of this machine reach the page; they may see its paths.
    """

    def __init__(
        self,
        bases: Bases,
        visitors: VisitorFolders,
        queue: TrainingQueue,
        is_local: bool = False,
    ) -> None:
        self.bases = bases
        self.visitors = visitors
        self.queue = queue
        self.is_local = is_local
        self._admission = threading.Lock()

    def configs(self, request: TrainRequest, data: str, visitor: str = "") -> list[TrainConfig]:
        """Make the settings of each run: one run per rank.

        Args:
            request: The visitor's choices.
            data: Source of the pairs.
            visitor: The visitor's key; empty: runs can only start from shipped adapters.

        Returns:
            One config, or one per rank of a sweep, in rising order of rank.

        Raises:
            ValueError: If a setting is out of range, or the base is not offered.
        """
        base = self.bases.find(request.base)
        parent = None
        if request.parent:
            entry = base.library.find(request.parent, visitor)
            if base.loader.base:  # the run checks it again, once the base is loaded
                check_base(entry.folder, base.loader.base)
            parent = str(entry.folder) if entry.is_own else entry.id
        configs = request.configs(base.id, base.revision, data, parent, base.config)
        for config in configs:
            Adaptation(config.targets, config.layers, config.part).shapes(base.config)
        columns = self.columns_of(data, visitor)
        return [
            replace(config, name=_adapter_name(config, len(configs)), columns=columns)
            for config in configs
        ]

    def columns_of(self, data: str, visitor: str) -> str | None:
        """Return the names of the columns that a visitor chose for an upload.

        Args:
            data: Source of the pairs.
            visitor: The visitor's key; empty for a visitor without uploads.
        """
        return columns_of(self.visitors.folder(visitor), data) if visitor else None

    def local_configs(
        self, request: TrainRequest, data: str, visitor: str = ""
    ) -> list[TrainConfig]:
        """Make the settings of runs on this machine as `configs` does, within limits and memory.

        Args:
            request: The visitor's choices.
            data: Source of the pairs.
            visitor: As for `configs`.

        Raises:
            ValueError: If a setting is out of range or over a limit.
        """
        configs = self.configs(request, data, visitor)
        base = self.bases.find(request.base)
        for config in configs:
            self.queue.limits.check_run(config)
            check_memory(config, base.config, base.name)
        return configs

    def start(self, request: TrainRequest, data: str, visitor: str) -> list[Run]:
        """Queue a run, or a sweep of one run per rank. It starts at once if no other run trains.

        Args:
            request: The visitor's choices.
            data: Source of the pairs.
            visitor: The visitor's key.

        Returns:
            The new runs, in rising order of rank.

        Raises:
            ValueError: If a setting is out of range, or the queue is full.
        """
        return self.start_all([request], data, visitor)

    def configs_of(
        self, requests: Sequence[TrainRequest], data: str, visitor: str
    ) -> list[TrainConfig]:
        """Make the settings of the runs of several requests, as `local_configs` does for one.

        Args:
            requests: The visitor's choices, as `sweep_requests` returns them.
            data: Source of the pairs, the same for all requests.
            visitor: As for `configs`.
        """
        return [config for each in requests for config in self.local_configs(each, data, visitor)]

    def start_all(self, requests: Sequence[TrainRequest], data: str, visitor: str) -> list[Run]:
        """Queue the runs of several requests as one sweep; as `start` for one request.

        Args:
            requests: The visitor's choices. Several runs become one sweep.
            data: Source of the pairs, the same for all requests.
            visitor: The visitor's key.
        """
        configs = self.configs_of(requests, data, visitor)
        folder = self.visitors.writable_folder(visitor)
        with self._admission:
            self._check_queue(folder, len(configs))
            runs = [create(config, folder) for config in configs]
            if len(runs) > 1:
                start_sweep(runs)
            self.queue.enter(runs)
        return runs

    def resume(self, id: str, visitor: str, token: str | None = None) -> Run:
        """Queue a stopped run again, or follow its Job again.

        Args:
            id: Id of the run.
            visitor: The visitor's key.
            token: Hub token for a run on Jobs; None uses the token of this machine.

        Returns:
            The run.

        Raises:
            ValueError: If the run is already active, or the queue is full.
        """
        folder = self.visitors.writable_folder(visitor)
        run = self.find(id, visitor)
        with self._admission:
            if _is_active(run):
                raise ValueError(_("This run is already active."))
            if run.job:
                self.follow(run, token)
            else:
                self._check_queue(folder, 1)
                self.queue.enter([run])
        return run

    def follow(self, run: Run, token: str | None) -> None:
        """Follow the Job of a run again.

        Args:
            run: A run on Jobs.
            token: Hub token; None uses the token of this machine.

        Raises:
            ValueError: If the run has no Job, or the limit of followed Jobs is reached.
        """
        if "id" not in (run.job or {}):
            raise ValueError(
                _("This run has no active Job: it ended or never started. Start a new run.")
            )
        self.queue.limits.check_jobs(len(self.queue.followed_jobs()))
        run.resume(token)

    def stop(self, id: str, visitor: str) -> None:
        """Stop a run after its current step, or take it out of the queue.

        Args:
            id: Id of the run.
            visitor: The visitor's key.

        Raises:
            ValueError: If the run is not active.
        """
        run = self.find(id, visitor)
        if self.queue.leave(run):
            return
        if run.state not in BUSY:
            raise ValueError(_("This run is not active, so it cannot be stopped."))
        run.stop()

    def delete(self, id: str, visitor: str) -> None:
        """Delete a run with its adapter.

        Args:
            id: Id of the run.
            visitor: The visitor's key.

        Raises:
            ValueError: If the run is active.
        """
        run = self.find(id, visitor)
        if run.state in BUSY:
            raise ValueError(_("This run is active. Stop it first."))
        run.delete()

    def find(self, id: str, visitor: str) -> Run:
        """Find a run of a visitor by its id.

        Args:
            id: Id of the run.
            visitor: The visitor's key.

        Raises:
            ValueError: If the visitor has no such run.
        """
        return find_run(self.visitors.folder(visitor), id)

    def runs(self, visitor: str) -> list[Run]:
        """List the runs of a visitor, newest first.

        Args:
            visitor: The visitor's key; empty for a visitor without one.
        """
        return list_runs(self.visitors.folder(visitor)) if visitor else []

    def latest(self, visitor: str, id: str = "") -> Run | None:
        """Return a run by its id, or the most relevant run of a visitor.

        Args:
            visitor: The visitor's key.
            id: Id of the run; empty for the one that trains, else the next in the queue, else
                the newest.

        Raises:
            ValueError: If the visitor has no run of that id.
        """
        return self.find(id, visitor) if id else most_relevant(self.runs(visitor))

    def waiting_message(self, run: Run) -> str:
        """Say where a run is in the queue and when it will start; empty if it does not wait.

        Args:
            run: A run.
        """
        return waiting_message(self.queue, run, self.run_seconds)

    def run_seconds(self, config: TrainConfig) -> float | None:
        """Estimate the duration of a run, as `DataPreviews.run_seconds`.

        Args:
            config: Settings of the run.
        """
        base = self._base_of(config) or self.bases.own
        return base.previews.run_seconds(config)

    def other_base(self, run: Run) -> str:
        """Return the name of a run's base; empty for the page's own.

        Args:
            run: A run, perhaps on a base that the page no longer offers.
        """
        base = self._base_of(run.config)
        if base is self.bases.own:
            return ""
        return base.name if base else shown_base(run.config.base)

    def _base_of(self, config: TrainConfig) -> ServedBase | None:
        return next((base for base in self.bases.all() if base.id == config.base), None)

    def status(self, run: Run | None, after: int = 0) -> dict[str, Any]:
        """Describe a run as JSON for clients.

        Args:
            run: A run, or None for a visitor without runs.
            after: Number of events to leave out, because the client has them.

        Returns:
            State, message, events, adapter and command of the run.
        """
        if run is None:
            return NO_RUN | {"events": [], "sweep": []}
        message = self.waiting_message(run) if run.state == "waiting" else run.message
        return run_status(run, message, after, self.is_local)

    def sources(self, folder: Path) -> set[str]:
        """Return the data sources of the runs in a visitor's folder.

        Args:
            folder: A visitor's folder.
        """
        sources = set()
        for run in list_runs(folder):
            with suppress(ValueError):
                sources.add(run.config.data)
        return sources

    def _check_queue(self, folder: Path, new: int) -> None:
        own = sum(not run.job and _is_active(run) for run in list_runs(folder))
        self.queue.limits.check_queue(len(self.queue.waiting()), own, new)


def _adapter_name(config: TrainConfig, count: int) -> str:
    """Return the name of one of `count` adapters."""
    if not config.name:
        return default_name(config.data, config.rank)
    return config.name if count == 1 else f"{config.name}-r{config.rank}"


def _is_active(run: Run) -> bool:
    return run.state in (*BUSY, "waiting")


def most_relevant(runs: Sequence[Run]) -> Run | None:
    """Return the run that trains, else the next one in the queue, else the newest.

    Args:
        runs: Runs of a visitor, newest first.
    """
    states = {run.id: run.state for run in runs}
    busy = [run for run in runs if states[run.id] in BUSY]
    waiting = [run for run in runs if states[run.id] == "waiting"]
    if busy:
        return busy[0]
    if waiting:
        return min(waiting, key=lambda run: run.queued_at)
    return runs[0] if runs else None
