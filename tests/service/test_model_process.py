"""Promise: the page outlives the process of the model, and says how that ended."""

import os
import signal
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from lora_demo.checkpoints.base import find_base
from lora_demo.language import in_language
from lora_demo.model.lora_config import LoraConfig
from lora_demo.service.model_loader import ModelLoader
from lora_demo.service.model_process import ModelProcess
from lora_demo.service.model_restarts import MAX_RESTARTS, STARTS_AGAIN, Restarts
from lora_demo.translator import Translator
from tests.checkpoints.adapter_folders import write_random
from tests.waiting import is_alive, wait_for

TEXT = "Wo ist mein Buch?"
LONG = ["Das ist ein langer Satz, der noch lange nicht endet, weil er weitergeht."] * 50


@pytest.fixture(scope="module")
def adapters(tiny_base, tmp_path_factory):
    """Two random adapters."""
    base, folder = find_base(str(tiny_base)), tmp_path_factory.mktemp("adapters")
    return [
        write_random(folder / f"r{rank}", base, LoraConfig(rank, 8, 0.0, ("q", "v")), seed=rank)
        for rank in (2, 4)
    ]


@pytest.fixture(scope="module")
def loader(tiny_base):
    """A tiny model whose process may do nothing for 20 seconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LORA_DEMO_MAX_MODEL_SILENT_SECONDS", "20")
        patch.setattr("lora_demo.service.model_restarts.MAX_RESTARTS", 100)
        loader = ModelLoader(str(tiny_base))
        loader.start()
        loader.join()
        assert loader.state == "ready", loader.error
        yield loader
        loader.close()


@pytest.fixture(scope="module")
def here(tiny_base):
    """A translator in this process."""
    return Translator(str(tiny_base))


def translate_on_and_on(translator) -> None:
    for _ in range(100):
        translator.compare(LONG, num_beams=8, max_new_tokens=512)


def cpu_seconds(pid: int) -> float:
    """The processor time of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def interrupt(loader: ModelLoader, number: int) -> str:
    """Send a signal in the middle of a long translation; return the error of that translation."""
    pid = loader.pid

    def send():
        before = cpu_seconds(pid)
        wait_for(lambda: cpu_seconds(pid) > before + 0.5)  # then it translates
        os.kill(pid, number)

    thread = threading.Thread(target=send)
    thread.start()
    with pytest.raises(ValueError, match="It is starting again") as raised:
        translate_on_and_on(loader.translator())
    thread.join()
    wait_for(lambda: not is_alive(pid))
    return str(raised.value)


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (signal.SIGKILL, "The model stopped, most likely because memory ran out. "),
        (signal.SIGABRT, "The model stopped because of an error. "),
        (signal.SIGSTOP, "The model did not respond for a long time, so it was stopped. "),
    ],
)
def test_a_model_that_ends_or_hangs_costs_one_translation(loader, here, number, sentence):
    before = loader.translator()
    assert interrupt(loader, number).startswith(sentence)
    assert loader.state == "loading" and loader.last_end == sentence.strip()
    (column,) = before.compare([TEXT])  # waits until it has started again
    assert column.texts == here.compare([TEXT])[0].texts
    assert loader.state == "ready"


def test_a_model_that_ends_between_translations_costs_none(loader):
    pid = loader.pid
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: loader.pid != pid)
    assert loader.translator().compare([TEXT])[0].texts


def test_results_and_errors_are_those_of_a_translator_in_this_process(loader, here, adapters):
    remote, adapter = loader.translator(), adapters[1]

    def without_time(columns):
        return [{**vars(column), "seconds": 0} for column in columns]

    texts = [TEXT, "Sie sagte: „Schön!“ 😀\u2028", "Guten Morgen!\nWie geht es dir?"]
    for translate in (
        lambda t: t.compare(texts, adapters, strengths=[0.5, 1.5], together=True),
        lambda t: t.compare(texts, [adapter], only=1, num_beams=2, max_new_tokens=5),
        lambda t: t.at_ranks(texts, adapter),
        lambda t: t.at_ranks(texts, adapter, [0, 2], strength=0.5),
    ):
        assert without_time(translate(remote)) == without_time(translate(here))
    assert remote.compare_tokens(TEXT, adapter) == here.compare_tokens(TEXT, adapter)
    assert remote.compare_tokens(TEXT, adapter, strength=0) is None
    assert remote.tokenizer.encode([TEXT]) == here.tokenizer.encode([TEXT])
    for refused in (
        lambda t: t.compare([TEXT], [Path("/nowhere")]),
        lambda t: t.compare([TEXT], num_beams=0),
        lambda t: t.compare([]),
        lambda t: t.at_ranks([TEXT], adapter, [9]),
    ):
        messages = []
        for translator in (remote, here):
            with pytest.raises(ValueError, match="e") as raised:
                refused(translator)
            messages.append(str(raised.value))
        assert messages[0] == messages[1]


def test_a_model_without_memory_for_a_text_refuses_it_or_starts_again(loader):
    resource = pytest.importorskip("resource")
    pid = loader.pid
    status = Path(f"/proc/{pid}/status").read_text().splitlines()
    (data,) = [int(line.split()[1]) for line in status if line.startswith("VmData")]
    limit = data * 1024 + 4_000_000
    resource.prlimit(pid, resource.RLIMIT_DATA, (limit, limit))
    refusals = r"not enough memory|memory ran out|stopped|[Ss]omething went wrong"
    with pytest.raises(ValueError, match=refusals):
        translate_on_and_on(loader.translator())
    if is_alive(pid):
        os.kill(pid, signal.SIGKILL)
    wait_for(lambda: loader.pid != pid)
    assert loader.translator().compare([TEXT])[0].texts


def test_the_limit_of_memory_is_reported_when_the_model_cannot_start(monkeypatch):
    monkeypatch.setenv("LORA_DEMO_MAX_MODEL_MEMORY_GB", "0.2")
    monkeypatch.setattr("lora_demo.service.model_restarts.PAUSES_SECONDS", (0.0,))
    monkeypatch.setattr("lora_demo.service.model_restarts.MAX_RESTARTS", MAX_RESTARTS)
    loader = ModelLoader("mini")
    loader.start()
    loader.join()
    assert loader.state == "failed"
    assert "emory" in loader.error or "owner" in loader.error


def test_a_model_that_always_ends_starts_a_few_times(monkeypatch):
    started = []
    monkeypatch.setattr("lora_demo.service.model_process.MODULE", "this")
    monkeypatch.setattr(
        "lora_demo.service.model_loader.ModelProcess",
        lambda on_end: started.append(ModelProcess(on_end)) or started[-1],
    )
    monkeypatch.setattr("lora_demo.service.model_restarts.PAUSES_SECONDS", (0.0,))
    monkeypatch.setattr("lora_demo.service.model_restarts.MAX_RESTARTS", MAX_RESTARTS)
    loader = ModelLoader("mini")
    loader.start()
    loader.join()
    assert loader.state == "failed"
    with pytest.raises(ValueError, match=r"does not start again\. .* server log"):
        loader.translator()
    assert len(started) == 1 + MAX_RESTARTS


def test_old_ends_do_not_count(monkeypatch):
    clock = iter([0.0, 1.0, 2.0, 700.0, 701.0])
    time = SimpleNamespace(monotonic=lambda: next(clock))
    monkeypatch.setattr("lora_demo.service.model_restarts.time", time)
    restarts = Restarts()
    for _ in range(5):
        assert restarts.record() == STARTS_AGAIN
        assert not restarts.ended_too_often


def test_errors_of_the_model_are_in_the_visitors_language(loader, here, adapters):
    messages = []
    for translator in (loader.translator(), here):
        with in_language("qps"), pytest.raises(ValueError, match="adapters") as raised:
            translator.compare([TEXT], adapters[:1] * 9)
        messages.append(str(raised.value))
    assert messages[0] == messages[1]


@pytest.mark.parametrize("variable", ["MEMORY_GB", "SILENT_SECONDS"])
def test_a_wrong_limit_is_refused_before_anything_starts(monkeypatch, variable):
    monkeypatch.setenv(f"LORA_DEMO_MAX_MODEL_{variable}", "much")
    with pytest.raises(ValueError, match=f"LORA_DEMO_MAX_MODEL_{variable} = 'much'"):
        ModelProcess()


def test_what_libraries_print_does_not_disturb_the_replies(tmp_path, monkeypatch):
    (tmp_path / "chatty.py").write_text(
        "import os\n"
        "from lora_demo.service import model_worker\n"
        "model_worker.import_model = lambda: (print('hello'), os.write(1, b'hello'))\n"
        "model_worker.main()\n"
    )
    monkeypatch.setattr("lora_demo.service.model_process.MODULE", "chatty")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), *sys.path]))
    process = ModelProcess()
    with pytest.raises(ValueError, match="is not loaded yet"):
        process.call("compare", texts=[TEXT])
    process.kill("The test is over.")
    process.wait()
