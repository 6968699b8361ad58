"""The bases of the page's menu: its own, and further ones that are loaded when they are chosen."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PureWindowsPath

from lora_demo.formatting import format_size
from lora_demo.language import N_, _
from lora_demo.model.config import T5Config
from lora_demo.model.memory import translating_bytes
from lora_demo.process_limits import free_bytes
from lora_demo.service.adapter_entries import RUN_PREFIX
from lora_demo.service.adapter_library import AdapterLibrary
from lora_demo.service.comparison import Comparisons
from lora_demo.service.data_previews import DataPreviews
from lora_demo.service.model_loader import ModelLoader
from lora_demo.service.sharing import Sharing

UNLOADED = N_("This base was unloaded, because another one needs its memory. Try again.")


@dataclass(frozen=True)
class ServedBase:
    """A base of the menu, with its translations, its adapters and previews of data.

    Args:
        name: Its name in the menu, without folders.
        id: As `find_base` takes it.
        config: Its geometry.
        loader: Loads it.
        library: The adapters that fit it.
        comparisons: Translations with it.
        sharing: Its adapters to the Hub and from it.
        previews: Looks into data with its tokenizer, and estimates runs on it.
    """

    name: str
    id: str
    config: T5Config
    loader: ModelLoader
    library: AdapterLibrary
    comparisons: Comparisons
    sharing: Sharing
    previews: DataPreviews

    @property
    def revision(self) -> str | None:
        """Its revision on the Hub; None for the main branch, or for a folder."""
        return self.previews.revision

    @property
    def message(self) -> str:
        """The progress of loading, without the folder of the base, which visitors must not see."""
        return self.loader.message.replace(self.id, self.name)

    @property
    def error(self) -> str:
        """The reason why loading failed, without its folder; empty if it is loaded or loading."""
        error = self.loader.error
        return _(error).replace(self.id, self.name) if error else ""


class Bases:
    """Loads further bases when they are chosen, and unloads them when memory is short.

    Args:
        own: The page's own base, which is loaded at the start and stays.
        further: Geometries of the further bases, by their ids.
        open_base: Returns a further base, not yet loaded, from its id and geometry.
        precision: Type of the weights, for the estimate of memory.
        is_in_use: Returns True if long work uses the base of a name; it then stays loaded.

    Raises:
        ValueError: If two bases have the same name.
    """

    def __init__(
        self,
        own: ServedBase,
        further: Mapping[str, T5Config],
        open_base: Callable[[str, T5Config], ServedBase],
        precision: str = "float32",
        is_in_use: Callable[[str], bool] = lambda name: False,
    ) -> None:
        self.own = own
        self._is_in_use = is_in_use
        self._open_base = open_base
        self._precision = precision
        self._bases = {own.name: own}
        for id, config in further.items():
            self._add(open_base(id, config))
        self._started: list[str] = []  # names, the most recently used last
        self._lock = threading.Lock()

    def _add(self, base: ServedBase) -> None:
        if base.name in self._bases:
            raise ValueError(
                _(
                    "Two bases are named {name!r}. Rename the folder of one of them.",
                    name=base.name,
                )
            )
        self._bases[base.name] = base

    @property
    def names(self) -> list[str]:
        """Names of all bases, the page's own first."""
        return list(self._bases)

    @property
    def has_choice(self) -> bool:
        """True if the page has several bases."""
        return len(self._bases) > 1

    def all(self) -> list[ServedBase]:
        """List all bases, the page's own first."""
        return list(self._bases.values())

    def started(self) -> list[ServedBase]:
        """List the further bases that are loaded or loading."""
        return [self._bases[name] for name in sorted(self._started)]

    def pids(self) -> list[int]:
        """List the ids of the models' processes."""
        pids = [base.loader.pid for base in [self.own, *self.started()]]
        return [pid for pid in pids if pid]

    def find(self, name: str = "") -> ServedBase:
        """Find a base, which may not be loaded.

        Args:
            name: Its name in the menu; empty for the page's own.

        Raises:
            ValueError: If the page does not offer it.
        """
        base = self._bases.get(name or self.own.name)
        if base is None:
            raise ValueError(
                _(
                    "base = {name!r} is not offered here. Available bases: {names}.",
                    name=name[:80],
                    names=", ".join(self.names),
                )
            )
        return base

    def home_of(self, adapter: str, visitor: str, chosen: str) -> ServedBase:
        """Find the base to use an adapter with.

        Args:
            adapter: Id of the adapter.
            visitor: The visitor's key.
            chosen: Name of the base that the visitor has chosen.

        Returns:
            For an adapter of a run, the base of the run; else the chosen base, or the first base
            that the adapter fits.
        """
        fitting = [
            (base, entries[adapter])
            for base in [self.find(chosen), *self.all()]
            if adapter in (entries := base.library.entries(visitor))
        ]
        if adapter.startswith(RUN_PREFIX):
            fitting.sort(key=lambda each: each[1].base != each[0].id)
        return fitting[0][0] if fitting else self.own

    def load(self, *names: str) -> list[ServedBase]:
        """Start to load bases, unless that has been done.

        Args:
            names: Names in the menu; empty for the page's own.

        Returns:
            The bases, which may be loading.

        Raises:
            ValueError: If a base is unknown, does not fit into memory, or could not be loaded. The
                next call tries again.
        """
        with self._lock:
            kept = [self.find(name).name for name in names]
            for name in kept:
                self._load(self._bases[name], kept)
            return [self._bases[name] for name in kept]

    def ready(self, *names: str) -> list[ServedBase]:
        """Load bases, and refuse to wait for further ones.

        Args:
            names: Names in the menu; empty for the page's own.

        Returns:
            The bases. Only the page's own may be loading.

        Raises:
            ValueError: As for `load`, and if a further base is loading.
        """
        bases = self.load(*names)
        for base in bases:
            if self.is_loading(base):
                raise ValueError(
                    _(
                        "{base} is loading: {message}. Try again in a minute.",
                        base=base.name,
                        message=base.message,
                    )
                )
        return bases

    def is_loading(self, base: ServedBase) -> bool:
        """Check whether a further base is loading; for the page's own, requests wait anyway.

        Args:
            base: One of the bases, as `load` returns them.
        """
        return base is not self.own and base.loader.state == "loading"

    def close(self) -> None:
        """End the processes of all models."""
        for base in [self.own, *self.started()]:
            base.loader.close()

    def _load(self, base: ServedBase, kept: Sequence[str]) -> None:
        if base is self.own:
            return
        if base.name not in self._started:
            self._make_room(base, kept)
            base.loader.start()
        elif base.error:
            self._forget(base)
            raise ValueError(_(base.error))
        else:
            self._started.remove(base.name)
        self._started.append(base.name)

    def _make_room(self, base: ServedBase, kept: Sequence[str]) -> None:
        """Unload idle bases, the least recently used first, until a base fits into memory."""
        needed = translating_bytes(base.config, self._precision)
        while (free := self._free_bytes()) < needed:
            idle = (name for name in self._started if self._is_idle(name))
            unloaded = next((name for name in idle if name not in kept), None)
            if unloaded is None:
                raise ValueError(
                    _(
                        "{base} needs about {needed} of memory, but only {free} is free here. "
                        "Choose a smaller base, or try again later.",
                        base=base.name,
                        needed=format_size(needed),
                        free=format_size(max(free, 0)),
                    )
                )
            self._bases[unloaded].loader.close(UNLOADED)
            self._forget(self._bases[unloaded])

    def _is_idle(self, name: str) -> bool:
        return self._bases[name].loader.is_idle and not self._is_in_use(name)

    def _free_bytes(self) -> int:
        """Return the free memory without what loading models will use."""
        loading = (base for base in [self.own, *self.started()] if base.loader.state == "loading")
        return free_bytes() - sum(
            translating_bytes(base.config, self._precision) for base in loading
        )

    def _forget(self, base: ServedBase) -> None:
        """Replace a base by one that is not loaded, so that the next call loads it."""
        self._started.remove(base.name)
        self._bases[base.name] = self._open_base(base.id, base.config)


def shown_base(base: str) -> str:
    """Return the name of a base without the folders that hold it.

    Args:
        base: Id or folder of a base.
    """
    is_path = base.startswith(("/", "~", ".")) or PureWindowsPath(base).is_absolute()
    return PureWindowsPath(base).name if is_path else base
