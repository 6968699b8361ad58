"""An evaluation translates, scores and tests all systems on a set."""

import re
from pathlib import Path

import pytest

from lora_demo.checkpoints.adapter_names import make_unique
from lora_demo.data.encoding import PREFIX
from lora_demo.evaluation.config import EvaluationConfig
from lora_demo.evaluation.events import Done, Phase, Progress
from lora_demo.evaluation.report.narrative import alarms, frequency_source, remarks, verdicts
from lora_demo.evaluation.report.page import page
from lora_demo.evaluation.report.serialisation import document as serialise
from tests.evaluation.conftest import ENGLISH, GERMAN, WEAK, write_lines
from tests.evaluation.running import count_notes, run_evaluation
from tests.tiny import tiny_base  # noqa: F401  (a fixture)


def test_outputs_of_base_and_adapter_are_in_the_order_of_the_set(translator, adapter, weather):
    evaluation, events = run_evaluation(
        EvaluationConfig(base="fake", adapters=(adapter,), data="builtin:weather"),
        translator=translator,
    )
    base, tuned = evaluation.systems
    assert [s.name for s in evaluation.systems] == ["base", "weather-r2"]
    assert tuned.folder == adapter
    assert tuned.outputs == [en for _, en in weather.test]
    assert base.outputs == [en.partition(" ")[2] for _, en in weather.test]
    # All adapters are named each time: otherwise the banks would grow and be compiled anew.
    assert translator.asked == {((adapter,), 0), ((adapter,), 1)}
    lengths = [[len(text.split()) for text in call] for call in translator.calls]
    assert len(lengths) > 2
    assert lengths[0] == sorted(lengths[0])
    assert sum(map(len, lengths)) == 2 * len(weather.test)
    assert tuned.scores["bleu"].score == pytest.approx(100)
    assert verdicts(evaluation)[0].startswith("weather-r2 is better than the base: BLEU +")
    assert alarms(evaluation) == []
    assert {type(e) for e in events} >= {Phase, Progress, Done}
    tokens = sum(
        len(ids) for ids in translator.tokenizer.encode([PREFIX + de for de, _ in weather.test])
    )
    progress = [e for e in events if isinstance(e, Progress) and e.unit == "tokens"]
    assert len(progress) == len(lengths)
    assert progress[-1].done == progress[-1].total == tokens
    assert frequency_source(evaluation).endswith("builtin:weather")
    assert evaluation.comparisons[0].worse == 0


def test_one_differing_sentence_is_not_significant_and_disagreeing_tests_are_reported(files):
    lines = files.weak.read_text(encoding="utf-8").splitlines()
    other = write_lines(files.folder / "other.txt", ["The dog is asleep.", *lines[1:]])
    config = EvaluationConfig(
        base="none",
        data=str(files.table),
        outputs=(("weak", files.weak), ("other", other)),
        randomisation=True,
    )
    evaluation, events = run_evaluation(config)
    html = page(evaluation)
    assert (
        evaluation.systems[1].randomisation["chrf"].p
        < 0.05
        < evaluation.tests(evaluation.systems[1])["chrf"].p
    )
    assert "p = 0.0001, but only 1 sentence differs" in html
    assert 'class="better"' not in html
    assert 'class="verdict better"' not in html
    remark = next(text for text in remarks(evaluation) if "disagree" in text)
    assert re.search(
        r"chrF2: paired bootstrap p = 0\.[1-9]\d\d; "
        r"approximate randomisation p = 0\.0001, but only 1 sentence differs\.",
        remark,
    )
    assert count_notes(events, remark)
    assert serialise(evaluation)["systems"][1]["differing_sentences"] == {
        "weak": {"bleu": 1, "chrf": 1, "ter": 1}
    }


def test_a_difference_in_five_sentences_is_not_significant_anywhere(files):
    table = write_lines(
        files.folder / "five.tsv",
        ["de\ten", *(f"{de}\t{en}" for de, en in list(zip(GERMAN, ENGLISH, strict=True))[:5])],
    )
    outputs = tuple(
        (name, write_lines(files.folder / f"{name}.txt", texts[:5]))
        for name, texts in (("a", WEAK), ("b", ENGLISH), ("c", WEAK))
    )
    evaluation, _ = run_evaluation(EvaluationConfig(base="none", data=str(table), outputs=outputs))
    document, html = serialise(evaluation), page(evaluation)
    assert document["systems"][1]["against_base"]["bleu_p"] < 0.05
    assert verdicts(evaluation)[0].startswith("No significant difference between b and a")
    assert not any(
        f'{tag} class="{tone}"' in html for tag in ("small", "td") for tone in ("better", "worse")
    )
    assert html.count('class="verdict "') == 2
    assert all(
        text.startswith("no significant difference (p = 0.0")
        for text in document["systems"][1]["findings"].values()
    )
    assert 'title="no significant difference (p = 0.001, but only 5 sentences differ)"' in html


@pytest.mark.parametrize(
    "more", [{"also": ("builtin:recipes",)}, {"own_data": True}, {"adapters": (Path("x"),)}]
)
def test_options_that_need_a_base_are_refused_without_one(more):
    with pytest.raises(ValueError, match="without a base"):
        EvaluationConfig(base="none", outputs=(("a", Path("a.txt")),), **more)


def test_a_set_above_the_limits_is_refused_with_the_size_that_fits(translator, adapter):
    config = EvaluationConfig(
        base="fake", adapters=(adapter,), data="builtin:weather", max_pairs=100, beams=2
    )
    with pytest.raises(
        ValueError,
        match=r": [\d,]+ tokens for 2 systems with 2 beams.*The first \d+ sentences fit\. Use",
    ):
        run_evaluation(config, translator=translator, max_tokens=1000)
    with pytest.raises(
        ValueError, match=r"edits for TER takes too long\. The first \d+ sentences fit"
    ):
        run_evaluation(config, translator=translator, max_work=40_000)
    assert translator.calls == []
    limits = {"max_tokens": 10**6, "max_work": 10**7}
    evaluation, _ = run_evaluation(config, translator=translator, **limits)
    assert evaluation.n == 100


def test_no_message_shows_a_path_if_there_is_a_label(translator, adapter, files):
    for config in (
        EvaluationConfig(base="fake", data=str(files.folder / "gone.tsv")),
        EvaluationConfig(
            base="fake", data=str(files.table), outputs=(("x", files.folder / "gone.txt"),)
        ),
        EvaluationConfig(base="fake", data=str(files.table), adapters=(files.folder / "gone",)),
    ):
        with pytest.raises(ValueError, match=r"my set|gone|mine") as error:
            run_evaluation(
                config, translator=translator, label="my set", names=["mine"] * len(config.adapters)
            )
        assert str(files.folder) not in str(error.value)


def test_names_are_made_unique():
    assert make_unique(["base", "adapter", "adapter", "base", "adapter"]) == [
        "base",
        "adapter",
        "adapter-2",
        "base-2",
        "adapter-3",
    ]


def test_a_real_model_gives_the_outputs_of_compare(tiny_base, tmp_path):  # noqa: F811
    from lora_demo.checkpoints.base import find_base
    from lora_demo.translator import Translator

    translator = Translator(find_base(str(tiny_base)))
    long = "Mehl und Zucker verrühren. " * 190
    table = tmp_path / "x.tsv"
    table.write_text(
        "de\ten\nSalz und Pfeffer.\tSalt and pepper.\n"
        f"{long.strip()}\tMix flour and sugar.\nZwiebel\tOnion\n",
        encoding="utf-8",
    )
    evaluation, _ = run_evaluation(
        EvaluationConfig(base=str(tiny_base), data=str(table)), translator=translator
    )
    assert len(long) > 5000
    assert evaluation.n == 3
    assert all(evaluation.systems[0].outputs)
    assert serialise(evaluation)["translated_in_pieces"] == [2]
    assert "1 source has more than 512 tokens and was translated in pieces: number 2." in remarks(
        evaluation
    )
    alone = [translator.compare([text])[0].texts[0] for text in ("Salz und Pfeffer.", "Zwiebel")]
    assert [evaluation.systems[0].outputs[i] for i in (0, 2)] == alone


def test_a_text_that_grows_when_it_is_normalised_is_split(tiny_base, tmp_path):  # noqa: F811
    """Normalising turns some letters into a phrase. Tokens are counted after it."""
    from lora_demo.checkpoints.base import find_base
    from lora_demo.translator import Translator

    table = tmp_path / "x.tsv"
    table.write_text(
        "de\ten\n"
        + "\n".join(f"{text}\tx" for text in ("㎯" * 149, "ﷺ " * 70, "🙂" * 149, "a" * 5000))
        + "\n",
        encoding="utf-8",
    )
    evaluation, _ = run_evaluation(
        EvaluationConfig(base=str(tiny_base), data=str(table)),
        translator=Translator(find_base(str(tiny_base))),
    )
    assert evaluation.n == 4
    assert 4 in serialise(evaluation)["translated_in_pieces"]
