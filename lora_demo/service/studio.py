"""What the app can do for a visitor, without a page: compare, train, follow, stop, keep adapters."""

import functools
from dataclasses import dataclass, field
from pathlib import Path

from lora_demo.model.config import T5Config
from lora_demo.service.adapter_library import AdapterLibrary
from lora_demo.service.comparison import Comparisons
from lora_demo.service.data_previews import DataPreviews
from lora_demo.service.evaluation_queue import EvaluationQueue
from lora_demo.service.evaluations import Evaluations
from lora_demo.service.fair_queue import FairQueue
from lora_demo.service.jobs import Jobs
from lora_demo.service.limits import Limits
from lora_demo.service.model_loader import ModelLoader
from lora_demo.service.parameter_counts import ParameterCounts
from lora_demo.service.sharing import Sharing
from lora_demo.service.training_queue import TrainingQueue
from lora_demo.service.trainings import Trainings
from lora_demo.service.uploads import PairUploads
from lora_demo.service.visitor_folders import VisitorFolders


@dataclass(frozen=True)
class Studio:
    """One base, one folder of runs, one place to train; visitors are told apart by their keys, `account` is as in `sharing`.

    `..._queue`: turns at what is costly, so that no visitor keeps the others waiting.
    """

    base: str
    revision: str | None
    root: Path
    config: T5Config
    loader: ModelLoader
    training_queue: TrainingQueue
    account: str = "visitor"
    evaluation_queue: EvaluationQueue = field(default_factory=EvaluationQueue)
    model_queue: FairQueue = field(default_factory=lambda: FairQueue(2))
    work_queue: FairQueue = field(default_factory=lambda: FairQueue(2))
    hub_queue: FairQueue = field(default_factory=lambda: FairQueue(4))
    merge_queue: FairQueue = field(default_factory=lambda: FairQueue(1))

    @property
    def is_local(self) -> bool:
        """Whether the page is open only on this machine."""
        return self.account == "machine"

    @property
    def is_at_home(self) -> bool:
        """Old name of `is_local`."""
        return self.is_local

    @property
    def engine(self) -> ModelLoader:
        """Old name of `loader`."""
        return self.loader

    @functools.cached_property
    def library(self) -> AdapterLibrary:
        """The adapters of all visitors."""
        return AdapterLibrary(self.config, self.visitors, self.loader)

    @functools.cached_property
    def comparisons(self) -> Comparisons:
        """Comparisons of the base with adapters."""
        return Comparisons(self.library, self.loader)

    @functools.cached_property
    def parameter_counts(self) -> ParameterCounts:
        """Parameter counts of adapters for any base."""
        return ParameterCounts(self.base, self.config, use_token=self.is_local)

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

    @functools.cached_property
    def previews(self) -> DataPreviews:
        """Previews of data, and estimates of runs."""
        return DataPreviews(self.base, self.revision, self.config)

    @functools.cached_property
    def trainings(self) -> Trainings:
        """The training runs of visitors."""
        return Trainings(
            self.base,
            self.revision,
            self.config,
            self.visitors,
            self.training_queue,
            self.previews,
            is_local=self.is_at_home,
        )

    @functools.cached_property
    def evaluations(self) -> Evaluations:
        """The evaluations of visitors."""
        return Evaluations(
            self.base,
            self.revision,
            self.visitors,
            self.limits,
            self.library,
            self.engine,
            self.evaluation_queue,
        )

    @functools.cached_property
    def jobs(self) -> Jobs:
        """Training runs on Hugging Face Jobs."""
        return Jobs(self.account, self.trainings, self.training_queue, self.visitors)

    @functools.cached_property
    def uploads(self) -> PairUploads:
        """The files of pairs that visitors upload."""
        return PairUploads(
            self.visitors,
            lambda folder: self.trainings.sources(folder) | self.evaluation_queue.sources(folder),
        )

    def room_of(self, visitor: str) -> Path:
        """The visitor's folder, for something new; ValueError where there is no room for it."""
        return self.visitors.writable_folder(visitor)


def shelved(shelf: dict, made: str = "") -> dict:
    """The next state of the visitor's shelf of adapters: it differs from the last, and names what is new on it."""
    return {"count": shelf["count"] + 1, "made": made}
