"""Promise: further bases are loaded when chosen, and unloaded when another needs the memory."""

import shutil
from dataclasses import replace
from types import SimpleNamespace

import pytest

from lora_demo.model.config import T5Config
from lora_demo.model.memory import translating_bytes
from lora_demo.service import bases as bases_file
from lora_demo.service.bases import UNLOADED, Bases, ServedBase
from lora_demo.service.compared_system import ComparedSystem
from lora_demo.service.comparison import Comparison
from lora_demo.service.comparison_link import read_link, write_link
from lora_demo.service.data_previews import DataPreviews
from lora_demo.service.services import open_services
from lora_demo.service.two_bases import compare_bases
from tests.service.conftest import KEY

CONFIG = T5Config(400, 32, 8, 48, 2, 2, 3)
NEEDED = translating_bytes(CONFIG)


class FakeLoader:
    """A loader whose state the test sets."""

    def __init__(self) -> None:
        self.error, self.state, self.message = "", "unused", "reading"
        self.is_busy = False

    @property
    def is_idle(self) -> bool:
        return self.state == "ready" and not self.is_busy

    def start(self) -> None:
        assert self.state == "unused"
        self.state = "ready"

    def close(self, reason: str = "") -> None:
        self.error, self.state = reason, "failed"


def open_fake(id: str, config: T5Config) -> ServedBase:
    def compare(text, ids, visitor, **options):
        systems = [ComparedSystem("base", "base", None, None, 1.0, [f"{id} base"], [1], [])]
        systems += [
            ComparedSystem(name, "adapter", name, None, 1.0, [f"{id} {name}"], [1], [])
            for name in ids
        ]
        return Comparison([text], systems, options.get("beams", 1), 0.5, base=id)

    comparisons = SimpleNamespace(compare=compare)
    previews = DataPreviews(id, None, config)
    return ServedBase(id, id, config, FakeLoader(), None, comparisons, None, previews)


@pytest.fixture
def memory():
    """Memory for two further bases; tests change it."""
    return SimpleNamespace(bytes=2 * NEEDED)


@pytest.fixture
def bases(memory, monkeypatch):
    """The base of the page, which is loaded, and three further ones."""
    own = open_fake("own", CONFIG)
    own.loader.start()
    bases = Bases(own, dict.fromkeys("abc", CONFIG), open_fake)

    def free_bytes() -> int:
        in_use = sum(base.loader.state == "ready" for base in bases.started())
        return memory.bytes - NEEDED * in_use

    monkeypatch.setattr(bases_file, "free_bytes", free_bytes)
    return bases


def loaded(bases: Bases) -> list[str]:
    return [base.name for base in bases.started()]


def test_a_base_is_loaded_when_it_is_chosen_and_only_once(bases):
    assert bases.names == ["own", "a", "b", "c"] and loaded(bases) == []
    assert bases.find("a").loader.state == "unused"
    first, second = bases.load("a"), bases.load("a", "own")
    assert [base.name for base in second] == ["a", "own"]
    assert first[0] is second[0]
    assert loaded(bases) == ["a"] and bases.ready("", "a")[0] is bases.own


def test_the_least_recently_used_base_makes_room(bases):
    bases.load("a")
    (b,) = bases.load("b")
    bases.load("a")
    bases.load("c")
    assert loaded(bases) == ["a", "c"] and b.loader.error == UNLOADED
    assert bases.find("b") is not b and bases.find("b").loader.state == "unused"
    bases.load("b")
    assert loaded(bases) == ["b", "c"]


def test_a_base_that_translates_or_is_chosen_with_it_stays(bases):
    bases.load("a")
    bases.load("b")
    bases.find("a").loader.is_busy = True
    bases.load("c")
    assert loaded(bases) == ["a", "c"]
    with pytest.raises(ValueError, match="b needs about"):
        bases.load("c", "b")
    assert loaded(bases) == ["a", "c"]


def test_a_base_of_long_work_stays_loaded_between_its_batches(bases):
    used = {"a"}
    bases._is_in_use = used.__contains__
    for name in "abc":
        bases.load(name)
    assert loaded(bases) == ["a", "c"]
    used.clear()
    bases.load("b")
    assert loaded(bases) == ["b", "c"]


def test_a_base_without_memory_is_refused_in_one_sentence(bases, memory):
    memory.bytes = NEEDED // 2
    with pytest.raises(
        ValueError, match=r"^a needs about 1\.1 GB of memory, but only 550 MB is free"
    ):
        bases.load("a")
    assert loaded(bases) == []


def test_memory_that_loading_bases_will_use_is_not_free(bases, memory):
    memory.bytes = 2 * NEEDED - 1
    (a,) = bases.load("a")
    a.loader.state = "loading"
    with pytest.raises(ValueError, match="b needs about"):
        bases.load("b")
    memory.bytes = 2 * NEEDED
    assert bases.load("b") and loaded(bases) == ["a", "b"]


def test_a_failure_is_reported_once_and_then_tried_again(bases):
    (a,) = bases.load("a")
    a.loader.state, a.loader.error = "failed", "The Hub cannot be reached."
    with pytest.raises(ValueError, match="The Hub cannot be reached"):
        bases.load("a")
    assert bases.load("a")[0].loader.state == "ready"


def test_only_the_base_of_the_page_is_waited_for(bases):
    (a,) = bases.load("a")
    a.loader.state = bases.own.loader.state = "loading"
    assert bases.ready("own") == [bases.own]
    with pytest.raises(ValueError, match=r"^a is loading: reading\. Try again"):
        bases.ready("a")


def test_an_unknown_base_is_refused_with_the_names_on_offer(bases):
    with pytest.raises(ValueError, match=r"base = '../x' is not offered.*: own, a, b, c\."):
        bases.load("../x")


def test_visitors_do_not_see_the_folder_of_a_base(bases):
    base = replace(open_fake("/secret/small", CONFIG), name="small")
    base.loader.message, base.loader.error = "looking for /secret/small", "No /secret/small here."
    assert (base.message, base.error) == ("looking for small", "No small here.")
    assert bases.own.error == ""


def test_closing_ends_every_model(bases):
    (a,) = bases.load("a")
    bases.close()
    assert bases.own.loader.state == a.loader.state == "failed"


def test_two_bases_are_compared_side_by_side(bases):
    comparison = compare_bases(
        bases, "Ja.", ["r4"], KEY, base="a", beside="b", strengths=[1.0], beams=3
    )
    assert [system.name for system in comparison.systems] == ["a", "r4", "b"]
    assert [system.texts for system in comparison.systems] == [["a base"], ["a r4"], ["b base"]]
    assert (comparison.seconds, comparison.beams) == (1.0, 3)
    alone = compare_bases(bases, "Ja.", ["r4"], KEY, base="a")
    assert [system.name for system in alone.systems] == ["base", "r4"]
    with pytest.raises(ValueError, match="own is chosen twice"):
        compare_bases(bases, "Ja.", [], KEY, base="", beside="own")


def test_a_link_carries_the_bases_and_leaves_out_unknown_ones(bases):
    comparison = compare_bases(bases, "Ja.", [], KEY, base="a", beside="b")
    linked = read_link(write_link(comparison))
    assert (linked.base, linked.beside) == ("a", "b")
    assert linked.keep_bases(bases.names) == linked
    elsewhere = linked.keep_bases(["own", "b"])
    assert (elsewhere.base, elsewhere.beside) == ("", "b")


def test_each_base_lists_the_adapters_that_fit_it(services, tiny_base, other_base, tmp_path):
    copy = shutil.copytree(tiny_base, tmp_path / "bases" / "copy")
    ids = [str(other_base), str(copy), services.base]
    opened = open_services(services.base, None, tmp_path / "runs", further_bases=ids)
    assert opened.bases.names == [tiny_base.name, "other", "copy"]
    assert list(opened.bases.find("copy").library.entries(KEY)) == ["kitchen"]
    assert list(opened.bases.find("other").library.entries(KEY)) == []


def test_bases_of_the_same_name_are_refused(services, other_base, tmp_path):
    twin = shutil.copytree(other_base, tmp_path / "elsewhere" / "other")
    ids = [str(other_base), str(twin)]
    with pytest.raises(ValueError, match="Two bases are named 'other'"):
        open_services(services.base, None, tmp_path / "runs", further_bases=ids)
