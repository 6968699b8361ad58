"""int8 is used where it is fast; elsewhere float32 is used, and a sentence reports it."""

import pytest

from lora_demo.model import backend, precision
from lora_demo.model.precision import choose_precision
from lora_demo.training.config import TrainConfig


@pytest.fixture
def cpu_with_avx512(monkeypatch):
    monkeypatch.setattr(precision, "cpu_has", lambda *flags: "avx512bw" in flags)
    monkeypatch.setattr(backend, "has_gpu", lambda: False)
    monkeypatch.setattr(backend, "BACKEND", "tensorflow")


@pytest.mark.parametrize("requested", ["float32", "bfloat16", "int8"])
def test_a_cpu_with_avx512_has_every_precision(cpu_with_avx512, requested):
    assert choose_precision(requested) == (requested, "")


@pytest.mark.parametrize(("has_gpu", "chosen"), [(False, "float32"), (True, "bfloat16")])
def test_auto_is_never_int8(cpu_with_avx512, monkeypatch, has_gpu, chosen):
    monkeypatch.setattr(backend, "has_gpu", lambda: has_gpu)
    assert choose_precision("auto") == (chosen, "")


@pytest.mark.parametrize(
    ("module", "name", "value", "reason"),
    [
        (precision, "cpu_has", lambda *flags: False, "no AVX-512"),
        (backend, "has_gpu", lambda: True, "GPU"),
        (backend, "BACKEND", "jax", "jax"),
    ],
)
def test_where_int8_is_not_fast_float32_is_used_and_reported(
    cpu_with_avx512, monkeypatch, module, name, value, reason
):
    monkeypatch.setattr(module, name, value)
    chosen, note = choose_precision("int8")
    assert chosen == "float32"
    assert reason in note
    assert note.endswith("so float32 is used instead of int8.")


def test_training_in_int8_is_refused():
    with pytest.raises(ValueError, match="precision = 'int8'"):
        TrainConfig(steps=1, precision="int8")
