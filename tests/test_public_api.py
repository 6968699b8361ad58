"""`from lora_demo import Translator, evaluate, train` works as the README shows, and is lazy."""

import subprocess
import sys

import pytest

import lora_demo

HEAVY = ("keras", "tensorflow", "transformers", "numpy", "matplotlib", "datasets", "gradio")


def test_importing_the_package_imports_nothing_heavy():
    script = f"import sys, lora_demo; print([m for m in {HEAVY!r} if m in sys.modules])"
    output = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout
    assert output.strip() == "[]"


def test_every_public_name_exists_and_is_documented():
    for name in lora_demo.__all__:
        assert name in dir(lora_demo)
        value = getattr(lora_demo, name)
        if callable(value):
            assert "Args:" in value.__doc__
            assert "Example:" in value.__doc__


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="nonsense"):
        lora_demo.nonsense  # noqa: B018


def test_train_compare_and_evaluate_in_one_line_each(tiny_base, pairs_file, tmp_path):
    events = []
    adapter = lora_demo.train(
        base=str(tiny_base),
        data=str(pairs_file),
        rank=2,
        targets="q,v",
        steps=2,
        batch_size=4,
        output=tmp_path / "run",
        on_event=events.append,
    )
    assert adapter == tmp_path / "run" / "adapter"
    assert events

    columns = lora_demo.Translator(str(tiny_base)).compare(["Salz"], [adapter], max_new_tokens=4)
    assert [column.rank for column in columns] == [None, 2]

    evaluation = lora_demo.evaluate(
        [adapter], base=str(tiny_base), data=str(pairs_file), max_pairs=4
    )
    assert len(evaluation.systems) == 2


def test_wrong_settings_are_refused_before_anything_is_written(tmp_path):
    with pytest.raises(ValueError, match="rank"):
        lora_demo.train(rank=0, steps=1, output=tmp_path / "run")
    assert not (tmp_path / "run").exists()
    with pytest.raises(ValueError, match="beams"):
        lora_demo.evaluate(beams=0)
