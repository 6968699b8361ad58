"""The container of the services: what the page and the functions for clients can use."""

from pathlib import Path

from lora_demo.checkpoints.base import find_config
from lora_demo.service.adapter_entries import list_adapters
from lora_demo.service.comparison import EXAMPLES
from lora_demo.service.limits import Limits, read_limits
from lora_demo.service.model_loader import ModelLoader
from lora_demo.service.studio import Studio
from lora_demo.service.training_queue import TrainingQueue

Services = Studio


def open_services(
    base: str,
    revision: str | None,
    root: Path,
    account: str = "visitor",
    *,
    loader: ModelLoader | None = None,
    limits: Limits | None = None,
) -> Services:
    """Connect the services of one page. Nothing is started or loaded yet.

    Args:
        base: the base model that the page serves, as `find_base` takes it.
        revision: of a base model on the Hub.
        root: the folder that holds a folder for each visitor.
        account: whose Hub account the page uses, see `hub_account.account_of`.
        loader: loads the base model; by default one that warms up with the shipped adapters.
        limits: of runs, files and queues; by default those of the environment.

    Raises:
        ValueError: if there is no such base model.
    """
    config = find_config(base, revision)
    if loader is None:
        shipped = [entry.folder for entry in list_adapters(None, config).values()]
        loader = ModelLoader(base, revision, EXAMPLES[0], shipped)
    if limits is None:
        limits = read_limits(public=account != "machine")
    return Services(base, revision, root, config, loader, TrainingQueue(root, limits), account)
