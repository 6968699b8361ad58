"""The container of the services: what the page and the functions for clients can use."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lora_demo.checkpoints.base import find_config
from lora_demo.evaluation.comet.offered import offered_comet
from lora_demo.model.config import T5Config
from lora_demo.service.adapter_entries import list_adapters
from lora_demo.service.adapter_library import AdapterLibrary
from lora_demo.service.bases import Bases, ServedBase, shown_base
from lora_demo.service.comparison import Comparisons
from lora_demo.service.data_previews import DataPreviews
from lora_demo.service.evaluation_queue import EvaluationQueue
from lora_demo.service.evaluations import Evaluations
from lora_demo.service.examples import EXAMPLES
from lora_demo.service.fair_queue import FairQueue
from lora_demo.service.first_comparison import FirstComparison
from lora_demo.service.jobs import Jobs
from lora_demo.service.limits import Limits, read_limits
from lora_demo.service.model_loader import ModelLoader
from lora_demo.service.model_process import ModelProcess
from lora_demo.service.parameter_counts import ParameterCounts
from lora_demo.service.sharing import Sharing
from lora_demo.service.training_queue import TrainingQueue
from lora_demo.service.training_settings import TrainingSettings
from lora_demo.service.trainings import Trainings
from lora_demo.service.uploads import PairUploads
from lora_demo.service.visitor_data import VisitorData
from lora_demo.service.visitor_folders import VisitorFolders


@dataclass(frozen=True)
class Services:
    """The services of one page with one base model. See `open_services`.

    Args:
        base: Id or folder of the base model.
        revision: Branch, tag or commit of a base model on the Hub.
        config: Geometry of the base model.
        account: Whose Hub account the page uses, see `hub_account.account_of`.
        limits: Limits of runs, files and queues.
        visitors: The visitors' folders.
        visitor_data: All data of a visitor.
        uploads: Files of pairs that visitors upload.
        loader: Loads the base model in the background.
        library: Adapters.
        bases: This base and the further ones of the menus, each with its own services.
        first_comparison: The comparison that the page opens with.
        parameter_counts: Counts for any base model.
        sharing: Adapters to the Hub and from it.
        training_queue: Decides which run trains next.
        trainings: Runs.
        training_settings: Settings files, and the settings of a run again.
        evaluation_queue: Decides which evaluation runs next.
        evaluations: Evaluations and their reports.
        jobs: Runs on Hugging Face Jobs.
        model_queue: Requests that translate.
        work_queue: Requests that need much CPU time.
        hub_queue: Requests that wait for the Hub.
        merge_queue: Requests that merge an adapter, which needs much memory.
    """

    base: str
    revision: str | None
    config: T5Config
    account: str
    limits: Limits
    visitors: VisitorFolders
    visitor_data: VisitorData
    uploads: PairUploads
    loader: ModelLoader
    library: AdapterLibrary
    bases: Bases
    first_comparison: FirstComparison
    parameter_counts: ParameterCounts
    sharing: Sharing
    training_queue: TrainingQueue
    trainings: Trainings
    training_settings: TrainingSettings
    evaluation_queue: EvaluationQueue
    evaluations: Evaluations
    jobs: Jobs
    model_queue: FairQueue
    work_queue: FairQueue
    hub_queue: FairQueue
    merge_queue: FairQueue

    @property
    def is_local(self) -> bool:
        """True if the page is open only on this machine."""
        return self.account == "machine"


def open_services(
    base: str,
    revision: str | None,
    root: Path,
    account: str = "visitor",
    *,
    precision: str = "float32",
    loader: ModelLoader | None = None,
    process: ModelProcess | None = None,
    limits: Limits | None = None,
    further_bases: Sequence[str] = (),
) -> Services:
    """Connect the services of one page. Nothing is started or loaded yet.

    Args:
        base: The base model that the page serves, as `find_base` takes it.
        revision: Branch, tag or commit of a base model on the Hub.
        root: The folder that holds a folder for each visitor.
        account: Whose Hub account the page uses, see `hub_account.account_of`.
        precision: Type of the weights that translate, as `Translator` takes it.
        loader: Loads the base model; by default one that warms up with the shipped adapters.
        process: The process of the model, if it is already starting.
        limits: Limits of runs, files and queues; by default those of the environment.
        further_bases: Further base models of the menus, as `find_base` takes them.

    Raises:
        ValueError: If a base model is not found, or the COMET that the environment names.
    """
    is_local = account == "machine"
    config = find_config(base, revision)
    limits = limits or read_limits(public=not is_local)
    visitors = VisitorFolders(root, limits)
    opener = _BaseOpener(visitors, account, precision)
    loader = loader or opener.make_loader(base, revision, config, process)
    own = opener.open(base, revision, config, loader)
    further = {id: find_config(id) for id in further_bases if id != base}
    evaluation_queue = EvaluationQueue()
    bases = Bases(own, further, opener.open_further, precision, evaluation_queue.uses)
    training_queue = TrainingQueue(root, limits)
    trainings = Trainings(bases, visitors, training_queue, is_local=is_local)

    def sources_in_use(folder: Path) -> set[str]:
        return trainings.sources(folder) | evaluation_queue.sources(folder)

    return Services(
        base=base,
        revision=revision,
        config=config,
        account=account,
        limits=limits,
        visitors=visitors,
        visitor_data=VisitorData(visitors, training_queue, evaluation_queue),
        uploads=PairUploads(visitors, sources_in_use),
        loader=loader,
        library=own.library,
        bases=bases,
        first_comparison=FirstComparison(base, own.library, own.comparisons),
        parameter_counts=ParameterCounts(base, config, use_token=is_local),
        sharing=own.sharing,
        training_queue=training_queue,
        trainings=trainings,
        training_settings=TrainingSettings(trainings),
        evaluation_queue=evaluation_queue,
        evaluations=Evaluations(bases, visitors, limits, evaluation_queue, offered_comet()),
        jobs=Jobs(account, trainings, training_queue, visitors),
        model_queue=FairQueue(2),
        work_queue=FairQueue(2),
        hub_queue=FairQueue(4),
        merge_queue=FairQueue(1),
    )


@dataclass(frozen=True)
class _BaseOpener:
    """Connects what each base of the menu has of its own. Nothing is started or loaded yet.

    Args:
        visitors: The visitors' folders.
        account: Whose Hub account the page uses, see `hub_account.account_of`.
        precision: Type of the weights that translate, as `Translator` takes it.
    """

    visitors: VisitorFolders
    account: str
    precision: str

    def open(
        self,
        id: str,
        revision: str | None,
        config: T5Config,
        loader: ModelLoader,
        menu_name: str = "",
    ) -> ServedBase:
        """Connect the page's own base, or a further one, which has a name in the menu."""
        library = AdapterLibrary(config, self.visitors, loader)
        return ServedBase(
            name=shown_base(id),
            id=id,
            config=config,
            loader=loader,
            library=library,
            comparisons=Comparisons(library, loader, menu_name),
            sharing=Sharing(self.account, id, library),
            previews=DataPreviews(id, revision, config),
        )

    def open_further(self, id: str, config: T5Config) -> ServedBase:
        """Connect a further base of the menu."""
        loader = self.make_loader(id, None, config)
        return self.open(id, None, config, loader, menu_name=shown_base(id))

    def make_loader(
        self,
        id: str,
        revision: str | None,
        config: T5Config,
        process: ModelProcess | None = None,
    ) -> ModelLoader:
        """Make a loader that warms up with the shipped adapters of a base."""
        shipped = [entry.folder for entry in list_adapters(None, config).values()]
        sentence, _ = EXAMPLES[0]
        return ModelLoader(id, revision, sentence, shipped, self.precision, process=process)
