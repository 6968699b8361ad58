"""What the app can do for a visitor, without a page: compare, train, follow, stop, keep adapters."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lora_demo.checkpoints.adapters import read_adapter
from lora_demo.checkpoints.base import find_config
from lora_demo.checkpoints.merging import merge_adapter
from lora_demo.checkpoints.reducing import Loss
from lora_demo.model.parameters import MAX_RANK, T5Config, resolve_targets, total_parameters
from lora_demo.training.runs import Run, find_run, list_runs, start
from lora_demo.ui.answer import MOST_BEAMS, MOST_TOKENS, USUAL_TOKENS, Answer, System, sentences, strengths_of, whole
from lora_demo.ui.archives import pack_checkpoint
from lora_demo.ui.collection import Entry, choose, delete, details, keep_reduced, list_adapters, losses, rename
from lora_demo.ui.counting import known_bases
from lora_demo.ui.engine import Engine
from lora_demo.ui.line import BUSY, Line, waiting_sentence
from lora_demo.ui.presets import Settings
from lora_demo.ui.story import tell
from lora_demo.ui.visitors import default_name, visitor_folder

MOST_MERGED_BYTES = 2 * 10**9


@dataclass(frozen=True)
class Studio:
    """One base, one folder of runs, one place to train; visitors are told apart by their keys."""

    base: str
    revision: str | None
    root: Path
    config: T5Config
    engine: Engine
    line: Line

    def adapters(self, visitor: str) -> dict[str, Entry]:
        """The adapters that the visitor can use, by id; without a key, the shipped ones."""
        return list_adapters(visitor_folder(self.root, visitor) if visitor else None, self.config)

    def compare(self, text: str, ids: Sequence[str], visitor: str, *, strengths: Sequence[float] = (), beams: int = 1, most_tokens: int = USUAL_TOKENS) -> Answer:
        """Translations by the base and by each chosen adapter at its strength, in one decode call.

        Raises:
            ValueError: naming what is out of range.
        """
        texts, entries = sentences(text), choose(self.adapters(visitor), ids)
        strengths, beams = strengths_of(strengths, len(entries)), whole("beams", beams, 1, MOST_BEAMS)
        limit = whole("most_tokens", most_tokens, 1, MOST_TOKENS)
        columns = self.engine.translator().compare(texts, [entry.folder for entry in entries], strengths=strengths, num_beams=beams, max_new_tokens=limit)
        kinds = [("base", None, 1.0, []), *((e.name, e.id, s, self.details(e)["layers"]) for e, s in zip(entries, strengths))]
        systems = [System(name, id, c.rank, strength, c.texts, c.tokens, layers) for (name, id, strength, layers), c in zip(kinds, columns)]
        return Answer(texts, systems, beams, columns[0].seconds)

    def train(self, settings: Settings, data: str, visitor: str) -> Run | None:
        """Starts a run, or puts it in line: then None.

        Raises:
            ValueError: for settings that cannot be, or if the visitor has a run going.
        """
        config = replace(settings, name=settings.name or default_name(data, settings.rank)).config(self.base, self.revision, data)
        resolve_targets(config.targets, self.config)
        folder = visitor_folder(self.root, visitor)
        return self._enter(folder, lambda: start(config, folder))

    def resume(self, id: str, visitor: str) -> Run | None:
        """Goes on with a stopped run, or puts it in line: then None."""
        folder = visitor_folder(self.root, visitor)
        run = find_run(folder, id)

        def job() -> Run:
            run.resume()
            return run

        return self._enter(folder, job)

    def _enter(self, folder: Path, job) -> Run | None:
        if any(run.state in BUSY for run in list_runs(folder)[:3]):
            raise ValueError("Your run is still going on: stop it first, or wait for its end.")
        return self.line.enter(folder.name, job)

    def stop(self, id: str, visitor: str):
        """Stops the visitor's run, or gives up the place in line."""
        folder = visitor_folder(self.root, visitor)
        if self.line.leave(folder.name):
            return
        run = find_run(folder, id)
        if run.state not in BUSY:
            raise ValueError("This run is not going on, so there is nothing to stop.")
        run.stop()

    def delete_run(self, id: str, visitor: str):
        """Removes a run and its adapter."""
        find_run(visitor_folder(self.root, visitor), id).delete()

    def runs(self, visitor: str) -> list[Run]:
        """The visitor's runs, newest first."""
        return list_runs(visitor_folder(self.root, visitor)) if visitor else []

    def waiting(self, visitor: str) -> str:
        """Where the visitor stands in line, in a sentence; empty for who does not wait."""
        place = self.line.place(visitor_folder(self.root, visitor).name) if visitor else 0
        if not place:
            return ""
        going = self.line.going()
        left = tell(going.events()).last.get("seconds_left") if going else None
        return waiting_sentence(place, left)

    def trouble(self, visitor: str) -> str:
        """Why the visitor's waiting run did not start; said once."""
        return self.line.error(visitor_folder(self.root, visitor).name) if visitor else ""

    def details(self, entry: Entry) -> dict:
        """An adapter inspected against the base."""
        return details(entry, self.engine.base, self.config)

    def rename_adapter(self, id: str, name: str, visitor: str):
        """Gives an own adapter another name."""
        (entry,) = choose(self.adapters(visitor), [id])
        rename(entry, name, visitor_folder(self.root, visitor))

    def losses(self, entry: Entry) -> list[Loss]:
        """What lower ranks of an adapter would lose."""
        return losses(entry, self.config)

    def reduce_adapter(self, id: str, rank: int, visitor: str) -> tuple[str, Loss]:
        """Makes an adapter of lower rank the visitor's own; returns its id and what is lost."""
        (entry,) = choose(self.adapters(visitor), [id])
        return keep_reduced(entry, whole("rank", rank, 1, MAX_RANK), visitor_folder(self.root, visitor), self.config)

    def merge_adapter(self, id: str, visitor: str) -> Path:
        """A zip of the base with an adapter folded in, a checkpoint that transformers loads.

        Raises:
            ValueError: for a base that is too large to hand out.
        """
        (entry,) = choose(self.adapters(visitor), [id])
        if 4 * total_parameters(self.config) > MOST_MERGED_BYTES:
            raise ValueError(f"A merged {self.base} is larger than {MOST_MERGED_BYTES // 10**9} GB, too much for a page: download the adapter and use `python -m lora_demo merge`.")
        self.engine.translator()
        return pack_checkpoint(lambda folder: merge_adapter(self.engine.base, read_adapter(entry.folder, self.config), folder), f"{entry.name}-merged")

    def delete_adapter(self, id: str, visitor: str):
        """Removes an own adapter."""
        (entry,) = choose(self.adapters(visitor), [id])
        delete(entry, visitor_folder(self.root, visitor))


def open_studio(base: str, revision: str | None, root: Path) -> Studio:
    """A studio whose engine and line are not started yet.

    Raises:
        ValueError: if the base is none.
    """
    config = find_config(base, revision)
    shipped_ones = [entry.folder for entry in list_adapters(None, config).values()]
    going = [run for folder in (root.iterdir() if root.is_dir() else ()) for run in list_runs(folder)[:3] if run.state in BUSY]
    return Studio(base, revision, root, config, Engine(base, revision, shipped_ones), Line(going))


def status_json(studio: Studio, run: Run | None, visitor: str, after: int = 0) -> dict:
    """A run's state and its events from number `after` on."""
    if run is None:
        return {"run": None, "state": "waiting" if studio.waiting(visitor) else "none", "message": studio.waiting(visitor), "adapter": None, "command": None, "events": []}
    state = run.state
    adapter = f"run-{run.id}" if run.adapter and state not in BUSY else None
    return {"run": run.id, "state": state, "message": run.message, "adapter": adapter, "command": run.config.command(), "events": run.events(after)}


def latest(studio: Studio, visitor: str, id: str = "") -> Run | None:
    """The run of that id, or the newest one; None while the visitor waits in line or has none."""
    if id:
        return find_run(visitor_folder(studio.root, visitor), id)
    runs = studio.runs(visitor)
    return None if studio.waiting(visitor) or not runs else runs[0]


def allowed_base(base: str, studio: Studio) -> str:
    """A base that a visitor may count: one that is known, the app's own, or a Hub id; never a path of this machine.

    Raises:
        ValueError: for anything else.
    """
    base = (base or "").strip()
    if base not in known_bases(studio.base) and (not re.fullmatch(r"[\w-][\w.-]*/[\w-][\w.-]*", base) or Path(base).exists()):
        raise ValueError(f"{base[:80]!r} is no base here: choose one, or write a Hub id such as google/t5-v1_1-small.")
    return base


def shelved(shelf: dict, made: str = "") -> dict:
    """The next state of the visitor's shelf of adapters: it differs from the last, and names what is new on it."""
    return {"count": shelf["count"] + 1, "made": made}
