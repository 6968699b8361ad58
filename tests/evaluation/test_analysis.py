"""Flaws, buckets, words, long texts and overlap are found in sentences with known answers."""

import pytest

from lora_demo.checkpoints.pair_hashes import FILE, PairHashes, normalised
from lora_demo.data.sources import Dataset
from lora_demo.evaluation.analysis.buckets import by_frequency, by_length
from lora_demo.evaluation.analysis.flaws import find_flaws, repeats
from lora_demo.evaluation.analysis.gains import find_extremes, find_gains
from lora_demo.evaluation.outputs import MAX_BATCH_TOKENS, plan_chunks
from lora_demo.evaluation.overlap import TrainingData, find_overlap, read_training_data
from lora_demo.evaluation.report.narrative import describe_overlap
from lora_demo.evaluation.report.serialisation import flaws_json
from lora_demo.evaluation.scores import Scorer
from lora_demo.evaluation.sets import SentenceSet
from lora_demo.model.batch_decoder import ROWS


def sentences(*pairs) -> SentenceSet:
    return SentenceSet("x", "test", [de for de, _ in pairs], [[en for _, en in pairs]])


def test_flaws_are_found():
    found = sentences(
        ("Hallo Welt.", "Hello world."),
        ("Berlin!", "Berlin!"),
        ("Eins.", "One."),
        ("Zwei.", "Two, two, two."),
        ("Drei.", "Three."),
        ("Vier.", "Four."),
    )
    outputs = ["hallo welt", "Berlin!", " ", "two two two", "no no no no", "Four ⁇"]
    flaws = find_flaws(
        found, outputs, Scorer(found.references, metrics=["bleu"]).count(outputs)["bleu"]
    )
    assert (flaws.exact, flaws.empty, flaws.copied, flaws.repeated, flaws.unknown) == (
        [1],
        [2],
        [0],
        [4],
        [5],
    )
    assert flaws_json(flaws)["copied"] == {"share": 1 / 6, "count": 1, "sentences": [1]}


@pytest.mark.parametrize(
    ("text", "is_so"),
    [
        ("a b a b a b", True),
        ("a b a b a", False),
        ("the the the", True),
        ("the the", False),
        ("one two three four one two three four one two three four", True),
        ("", False),
    ],
)
def test_repetition_is_found(text, is_so):
    assert repeats(text) is is_so


def test_length_buckets_contain_every_sentence_once_and_have_its_scores():
    found = sentences(
        *(
            (" ".join("w" * n), " ".join("abcdefgh"[: 1 + n % 8]))
            for n in (1, 5, 6, 10, 11, 30, 51, 80)
        )
    )
    outputs = ["a b c d"] * len(found)
    scorer = Scorer(found.references, metrics=["bleu", "chrf"])
    counted = {"base": scorer.count(outputs)}
    buckets = by_length(found, scorer, counted)
    assert [b.name for b in buckets] == [
        "up to 5 words",
        "6-10 words",
        "11-15 words",
        "21-30 words",
        "over 50 words",
    ]
    assert sorted(i for b in buckets for i in b.rows) == list(range(len(found)))
    alone = Scorer([[found.references[0][i] for i in (2, 3)]], metrics=["bleu", "chrf"])
    assert buckets[1].scores["base"] == {
        m: s.score for m, s in alone.score(alone.count(["a b c d"] * 2)).items()
    }


def test_words_are_scored_by_their_frequency():
    found = sentences(("x", "rare common"), ("y", "common new"))
    buckets = {
        b.name: b
        for b in by_frequency(
            found,
            {"a": ["rare rare", "common"], "b": ["common", "new common"]},
            ["common"] * 3 + ["rare"],
        )
    }
    assert list(buckets) == ["never", "once", "2-5 times"] and [b.n for b in buckets.values()] == [
        1,
        1,
        2,
    ]
    assert buckets["never"].scores == {"a": {"f1": 0.0}, "b": {"f1": 100.0}}
    assert (
        buckets["once"].scores["a"]["f1"] == pytest.approx(200 / 3)
        and buckets["2-5 times"].scores["b"]["f1"] == 100
    )
    assert buckets["once"].rows == [0] and buckets["2-5 times"].rows == [0, 1]


def test_gained_and_missed_words_name_their_sentences():
    found = sentences(*(("x", "The red fox runs."),) * 4)
    won, lost = find_gains(
        found,
        ["The fox runs.", "The fox runs.", "The red fox", "same"],
        ["The red fox runs.", "A red fox runs.", "A red fox", "same"],
    )
    assert won[0].ngram == "the red fox runs" or won[0].ngram == "red fox runs"
    assert {g.ngram: g.rows for g in won}["red fox runs"] == [0, 1] and {
        g.ngram: g.rows for g in lost
    }["the"] == [1, 2]
    assert find_gains(found, ["a"] * 4, ["a"] * 4) == ([], [])


def test_extremes_contain_only_changed_sentences():
    assert find_extremes([10, 50, 90, 40], [20, 50, 30, 90]) == ([3, 0], [2])


def test_chunks_have_similar_lengths_and_a_random_order():
    tokens = [1 + i * 7919 % 512 for i in range(1000)]
    parts = plan_chunks(tokens, beams=4)
    assert (
        sorted(i for _, part in parts for i in part) == list(range(1000))
        and plan_chunks(tokens, beams=4) == parts
    )
    spans = [(min(tokens[i] for i in part), max(tokens[i] for i in part)) for _, part in parts]
    assert max(high - low for low, high in spans) <= 8 and spans != sorted(spans)


def test_a_chunk_fits_one_batch_and_output_limits_depend_on_the_source_alone():
    tokens = [3, 33, 65, 200, 300, 512] * 100
    for beams in (1, 4, 100):
        parts = plan_chunks(tokens, beams)
        assert all(
            len(part) == 1
            or (
                len(part) * beams <= ROWS[-1]
                and len(part) * beams * max(tokens[i] for i in part) <= MAX_BATCH_TOKENS
            )
            for _, part in parts
        )
        limits = {i: limit for limit, part in parts for i in part}
        assert [limits[i] for i in range(6)] == [128, 128, 256, 512, 512, 512]


def test_overlap_ignores_case_punctuation_and_unicode_forms():
    assert (
        normalised("Straße, GROẞ!") == normalised("  strasse gross ")
        and normalised("e\u0301") == normalised("é")
        and normalised("5 °C") != normalised("6 °C")
    )
    data = TrainingData(
        "file.tsv",
        Dataset("file.tsv", [("Der Hund.", "The dog."), ("Nein!", "No!")], [("Ja", "Yes")], []),
    )
    found = find_overlap(
        "x",
        data,
        SentenceSet(
            "t",
            "test",
            ["der hund", "Nein", "Ja.", "neu"],
            [["A dog", "Nope", "yes", "new"], ["the DOG", None, None, None]],
        ),
    )
    assert (found.pairs, found.sources, found.chosen) == ([0], [1], [2]) and found.affects_scores
    assert "TRAINED on 1 of the 4 sentences (25%)" in describe_overlap(
        found
    ) and "selected with 1 of" in describe_overlap(found)


def test_recorded_hashes_are_enough_to_find_overlap(adapter, weather, tmp_path):
    PairHashes.of(weather.train, weather.eval).write(adapter)
    data = read_training_data(adapter, lambda source: False)
    assert (
        data.dataset is None
        and describe_overlap(find_overlap("x", data, sentences(*weather.test))) == ""
    )
    found = find_overlap("x", data, sentences(*weather.train[:9], *weather.eval[:2]))
    assert (found.pairs, found.chosen) == (
        list(range(9)),
        [9, 10],
    ) and "TRAINED on 9 of the 11" in describe_overlap(found)
    (adapter / FILE).write_bytes(b"\xff" * 100)
    assert PairHashes.read(adapter) is None and PairHashes.read(tmp_path) is None


def test_training_data_is_read_again_or_the_reason_is_given(adapter, weather, tmp_path):
    data = read_training_data(adapter)
    assert data.dataset.sha256 == weather.sha256 and not data.changed
    assert describe_overlap(find_overlap("x", data, sentences(*weather.test))) == ""
    assert find_overlap("x", data, sentences(*weather.train[:9])).pairs == list(range(9))
    refused = read_training_data(adapter, lambda source: False)
    assert refused.dataset is None and "is unknown" in describe_overlap(
        find_overlap("x", refused, sentences(*weather.test))
    )
    assert "does not name" in read_training_data(tmp_path).problem
    manifest = adapter / "manifest.json"
    manifest.write_text(manifest.read_text().replace("builtin:weather", "gone.tsv"))
    assert "cannot be read again" in read_training_data(adapter).problem
    manifest.write_text(manifest.read_text().replace("gone.tsv", "builtin:recipes"))
    assert read_training_data(adapter).changed
