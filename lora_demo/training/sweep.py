"""A sweep: runs that differ in their rank alone, in one folder.

The files are:

- `sweep.json`: the settings, the ranks, and the set that measures the adapters.
- `r4/`, `r8/`, ...: a run folder for each rank.
- `evaluation/`: the table and the report, once all runs are done.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lora_demo.files import read_json, write_json
from lora_demo.language import _
from lora_demo.training.config import TrainConfig
from lora_demo.training.run import Run
from lora_demo.training.run_files import RUN_FILE
from lora_demo.training.runs import create
from lora_demo.training.settings import make_config
from lora_demo.training.settings_file import check_ranks

FILE = "sweep.json"


@dataclass(frozen=True)
class Sweep:
    """A sweep.

    Args:
        folder: Its folder.
        settings: Fields of `TrainConfig` that all runs share. Without `alpha`, alpha is twice the
            rank. The rank is appended to a `name`.
        ranks: Rank of each run, in their order.
        test: The set that measures the adapters. None means the set that belongs to the data,
            and `none` means no measurement.
        test_pairs: The largest number of pairs of that set; None for all.

    Raises:
        ValueError: Naming every setting that is out of range.
    """

    folder: Path
    settings: Mapping[str, Any]
    ranks: Sequence[int]
    test: str | None = None
    test_pairs: int | None = None

    def __post_init__(self) -> None:
        if self.settings.get("minutes") is not None:
            raise ValueError(
                _(
                    "A sweep compares ranks after the same number of steps. Give its length with "
                    "--steps or --epochs, not --minutes."
                )
            )
        if self.settings.get("parent"):
            raise ValueError(
                _("A run that starts from an adapter keeps its rank. Leave out --ranks or --from.")
            )
        check_ranks(list(self.ranks))
        for rank in self.ranks:
            self.config(rank)

    def config(self, rank: int) -> TrainConfig:
        """Return the settings of one rank's run.

        Args:
            rank: A rank, usually one of `ranks`.
        """
        name = self.settings.get("name")
        own = {"rank": rank, "name": f"{name}-r{rank}" if name else None}
        return make_config({**self.settings, **own})

    def run_folder(self, rank: int) -> Path:
        """Return the folder of one rank's run.

        Args:
            rank: A rank, usually one of `ranks`.
        """
        return self.folder / f"r{rank}"

    def make_run(self, rank: int) -> Run:
        """Return one rank's run, and make its folder if there is none.

        Args:
            rank: One of `ranks`.
        """
        run = Run(self.run_folder(rank))
        if (run.folder / RUN_FILE).is_file():
            return run
        return create(self.config(rank), self.folder, run.folder)

    def adapters(self) -> Iterator[tuple[int, Path]]:
        """Yield the rank and the adapter folder of each run that has one."""
        for rank in self.ranks:
            adapter = Run(self.run_folder(rank)).adapter
            if adapter:
                yield rank, adapter

    def save(self) -> None:
        """Write `sweep.json`."""
        document = {
            "settings": dict(self.settings) | {"targets": list(self.config(self.ranks[0]).targets)},
            "ranks": list(self.ranks),
            "test": self.test,
            "test_pairs": self.test_pairs,
        }
        write_json(self.folder / FILE, document)


def is_sweep(folder: Path) -> bool:
    """Check whether a folder holds a sweep.

    Args:
        folder: Any folder; it may be missing.
    """
    return (folder / FILE).is_file()


def open_sweep(folder: Path) -> Sweep:
    """Read the sweep in a folder.

    Args:
        folder: The folder of a sweep, in which `save` wrote its file.

    Raises:
        ValueError: If `sweep.json` is damaged.
    """
    document = read_json(folder / FILE)
    settings = document.get("settings")
    if not isinstance(settings, dict):
        raise ValueError(
            _(
                "{file} has no settings. Start the sweep again with another --output.",
                file=folder / FILE,
            )
        )
    settings = settings | {"targets": tuple(settings.get("targets") or ())}
    return Sweep(
        folder,
        settings,
        check_ranks(document.get("ranks")),
        document.get("test"),
        document.get("test_pairs"),
    )


def check_same_settings(old: Sweep, new: Sweep) -> None:
    """Check that a sweep can continue an older one in its folder.

    Args:
        old: The sweep that the folder holds.
        new: The sweep that would continue it; its ranks may differ.

    Raises:
        ValueError: Naming the settings that differ.
    """
    first, second = (_comparable(sweep).to_json() for sweep in (old, new))
    different = [name for name in first if first[name] != second[name]]
    if different:
        raise ValueError(
            _(
                "{folder} holds a sweep with other settings ({names}). Choose another --output, "
                "or continue it with --resume {folder}.",
                folder=new.folder,
                names=", ".join(different),
            )
        )


def _comparable(sweep: Sweep) -> TrainConfig:
    """Return the settings at rank 8, so that other ranks do not count as a difference."""
    return replace(sweep.config(8), name=sweep.settings.get("name"))
