"""Translations in int8 with the embedded base and the shipped adapters."""

import threading
from types import SimpleNamespace

import pytest
from sacrebleu import CHRF

from lora_demo.checkpoints.adapter_files import shipped
from lora_demo.evaluation.config import EvaluationConfig
from lora_demo.evaluation.evaluate import evaluate
from lora_demo.evaluation.events import Note
from lora_demo.evaluation.sets import load_set
from lora_demo.model import precision
from lora_demo.model.batch_decoder import Decoder
from lora_demo.service.model_loader import ModelLoader
from lora_demo.service.model_worker import Model
from lora_demo.translator import Translator
from lora_demo.web.status_line import describe_ready

TEXTS = [
    "Guten Morgen!",
    "Ich habe heute keine Zeit.",
    "Wo ist mein Buch?",
    "Am Nachmittag gibt es im Süden kräftige Gewitter.",
]
MAX_DIFFERENCE = 1.0
"""Points of chrF. Rounding changes a few words in both directions; BLEU of 123 sentences changes by
more than a point with four such words."""
MIN_SAME = 0.75
"""Share of the sentences that int8 translates as float32 does."""


@pytest.fixture(scope="module")
def translators():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(precision, "cpu_has", lambda *flags: True)
        return {name: Translator("mini", name) for name in ("float32", "int8")}


def test_scores_of_int8_are_near_those_of_float32(translators):
    sentences = load_set("builtin:everyday")
    adapter = shipped()[1]
    columns = {
        name: translator.compare(sentences.sources, [adapter])
        for name, translator in translators.items()
    }
    for exact, rounded in zip(columns["float32"], columns["int8"], strict=True):
        scores = [
            CHRF().corpus_score(column.texts, sentences.references).score
            for column in (exact, rounded)
        ]
        assert abs(scores[1] - scores[0]) < MAX_DIFFERENCE
        same = sum(map(str.__eq__, exact.texts, rounded.texts))
        assert same / len(sentences.sources) > MIN_SAME


def test_a_sentence_has_the_same_translation_alone_and_in_a_batch(translators):
    """A new decoder translates each alone in a program for one row."""
    translator, adapter = translators["int8"], shipped()[1]
    (together,) = translator.compare(TEXTS, [adapter], only=1)
    translator.decoder = Decoder(translator.model)
    for text, expected in zip(TEXTS, together.texts, strict=True):
        (alone,) = translator.compare([text], [adapter], only=1)
        assert alone.texts == [expected]


@pytest.fixture
def fake_translator(monkeypatch):
    """A translator on a machine where int8 is not used."""
    fake = SimpleNamespace(
        compare=lambda *_: None, precision="float32", precision_note="So float32 is used."
    )
    monkeypatch.setattr("lora_demo.translator.Translator", lambda base, precision, **settings: fake)
    return fake


def test_evaluate_says_if_float32_is_used_instead(fake_translator):
    events = evaluate(EvaluationConfig(data="builtin:everyday"), precision="int8")
    note = next(event for event in events if isinstance(event, Note))
    assert note.message == fake_translator.precision_note


def test_the_app_says_if_float32_is_used_instead(fake_translator, caplog, monkeypatch):
    monkeypatch.setattr("lora_demo.service.model_loader.LOG.propagate", True)
    model = Model()

    class Process:
        pid, has_ended = None, False

        def call(self, name, **arguments):
            call = {"name": name, "arguments": arguments, "language": "en"}
            return model.answer(call)["result"]

        def kill(self, reason):
            self.has_ended = True

        def wait(self):
            threading.Event().wait()

    loader = ModelLoader("mini", precision="int8", process=Process())
    loader.start()
    loader.join()
    assert loader.state == "ready" and loader.precision == "float32"
    assert fake_translator.precision_note in caplog.text
    assert describe_ready(loader, "CPU") == "ready on CPU. So float32 is used."


@pytest.mark.parametrize(
    ("precision", "text"), [("float32", "ready on CPU"), ("int8", "ready on CPU in int8")]
)
def test_the_page_says_that_it_translates_in_int8(precision, text):
    assert describe_ready(ModelLoader("mini", precision=precision), "CPU") == text
