"""Flaws, buckets, words, long texts and overlap are found in sentences with known answers."""

import pytest

from lora_demo.checkpoints.pair_hashes import FILE, PairHashes, normalised
from lora_demo.data.sources import Dataset
from lora_demo.evaluation.analysis.buckets import by_chrf, by_frequency, by_length
from lora_demo.evaluation.analysis.flaws import find_flaws, repeats
from lora_demo.evaluation.analysis.gains import find_extremes, find_gains
from lora_demo.evaluation.outputs import MAX_BATCH_TOKENS, plan_chunks
from lora_demo.evaluation.overlap import TrainingData, find_overlap, read_training_data
from lora_demo.evaluation.report.narrative import describe_overlap
from lora_demo.evaluation.report.serialisation import flaws_json
from lora_demo.evaluation.scores import Scorer
from lora_demo.evaluation.sets import SentenceSet
from lora_demo.language import catalogue
from lora_demo.model.programs import ROWS


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
    counts = Scorer(found.references, metrics=["bleu"]).count(outputs)
    flaws = find_flaws(found, outputs, counts["bleu"])
    assert flaws.rows("copied") == [0]
    assert flaws.rows("exact") == [1]
    assert flaws.rows("empty") == [2]
    assert flaws.rows("repeated") == [4]
    assert flaws.rows("unknown") == [5]
    assert flaws_json(flaws)["copied"] == {"share": 1 / 6, "count": 1, "sentences": [1]}


@pytest.mark.parametrize(
    ("text", "is_repetitive"),
    [
        ("a b a b a b", True),
        ("a b a b a", False),
        ("the the the", True),
        ("the the", False),
        ("one two three four one two three four one two three four", True),
        ("", False),
    ],
)
def test_repetition_is_found(text, is_repetitive):
    assert repeats(text) is is_repetitive


def test_length_buckets_contain_every_sentence_once_and_have_its_scores():
    lengths = (1, 5, 6, 10, 11, 30, 51, 80)
    pairs = [(" ".join("w" * n), " ".join("abcdefgh"[: 1 + n % 8])) for n in lengths]
    found = sentences(*pairs)
    outputs = ["a b c d"] * len(found)
    scorer = Scorer(found.references, metrics=["bleu", "chrf"])
    counted = {"base": scorer.count(outputs)}
    buckets = by_length(found, scorer, counted)
    names = ["up to 5 words", "6-10 words", "11-15 words", "21-30 words", "over 50 words"]
    assert [bucket.name for bucket in buckets] == names
    rows = sorted(row for bucket in buckets for row in bucket.rows)
    assert rows == list(range(len(found)))
    second = [[found.references[0][i] for i in (2, 3)]]
    alone = Scorer(second, metrics=["bleu", "chrf"])
    scores = alone.score(alone.count(["a b c d"] * 2))
    assert buckets[1].scores["base"] == {name: score.score for name, score in scores.items()}


def test_words_are_scored_by_their_frequency():
    found = sentences(("x", "rare common"), ("y", "common new"))
    outputs = {"a": ["rare rare", "common"], "b": ["common", "new common"]}
    never, once, often = by_frequency(found, outputs, ["common"] * 3 + ["rare"])
    assert [never.name, once.name, often.name] == ["never", "once", "2-5 times"]
    assert [never.n, once.n, often.n] == [1, 1, 2]
    assert never.scores == {"a": {"f1": 0.0}, "b": {"f1": 100.0}}
    assert once.scores["a"]["f1"] == pytest.approx(200 / 3)
    assert often.scores["b"]["f1"] == 100
    assert once.rows == [0]
    assert often.rows == [0, 1]


def test_gained_and_missed_words_name_their_sentences():
    found = sentences(*(("x", "The red fox runs."),) * 4)
    first = ["The fox runs.", "The fox runs.", "The red fox", "same"]
    second = ["The red fox runs.", "A red fox runs.", "A red fox", "same"]
    won, lost = find_gains(found, first, second)
    assert won[0].ngram in ("the red fox runs", "red fox runs")
    assert {gain.ngram: gain.rows for gain in won}["red fox runs"] == [0, 1]
    assert {gain.ngram: gain.rows for gain in lost}["the"] == [1, 2]
    assert find_gains(found, ["a"] * 4, ["a"] * 4) == ([], [])


def test_extremes_contain_only_changed_sentences():
    assert find_extremes([10, 50, 90, 40], [20, 50, 30, 90]) == ([3, 0], [2])


def test_chunks_have_similar_lengths_and_a_random_order():
    tokens = [1 + i * 7919 % 512 for i in range(1000)]
    parts = plan_chunks(tokens, beams=4)
    assert sorted(i for _, part in parts for i in part) == list(range(1000))
    assert plan_chunks(tokens, beams=4) == parts, "the order is the same each time"
    lengths = [[tokens[i] for i in part] for _, part in parts]
    spans = [(min(part), max(part)) for part in lengths]
    assert max(high - low for low, high in spans) <= 8
    assert spans != sorted(spans)


def test_a_chunk_fits_one_batch_and_output_limits_depend_on_the_source_alone():
    tokens = [3, 33, 65, 200, 300, 512] * 100
    for beams in (1, 4, 100):
        parts = plan_chunks(tokens, beams)
        for _, part in parts:
            if len(part) > 1:
                longest = max(tokens[i] for i in part)
                assert len(part) * beams <= ROWS[-1]
                assert len(part) * beams * longest <= MAX_BATCH_TOKENS
        limits = {i: limit for limit, part in parts for i in part}
        assert [limits[i] for i in range(6)] == [128, 128, 256, 512, 512, 512]


def test_overlap_ignores_case_punctuation_and_unicode_forms():
    assert normalised("Straße, GROẞ!") == normalised("  strasse gross ")
    assert normalised("e\u0301") == normalised("é")
    assert normalised("5 °C") != normalised("6 °C")


def test_overlap_is_found_in_every_reference_and_described():
    trained = [("Der Hund.", "The dog."), ("Nein!", "No!")]
    data = TrainingData("file.tsv", Dataset("file.tsv", trained, [("Ja", "Yes")], []))
    german = ["der hund", "Nein", "Ja.", "neu"]
    references = [["A dog", "Nope", "yes", "new"], ["the DOG", None, None, None]]
    found = find_overlap("x", data, SentenceSet("t", "test", german, references))
    assert (found.pairs, found.sources, found.chosen) == ([0], [1], [2])
    assert found.affects_scores
    description = describe_overlap(found)
    assert "TRAINED on 1 of the 4 sentences (25%)" in description
    assert "selected with 1 of" in description


def test_recorded_hashes_are_enough_to_find_overlap(adapter, weather, tmp_path):
    PairHashes.of(weather.train, weather.eval).write(adapter)
    data = read_training_data(adapter, lambda source: False)
    assert data.dataset is None
    assert describe_overlap(find_overlap("x", data, sentences(*weather.test))) == ""
    found = find_overlap("x", data, sentences(*weather.train[:9], *weather.eval[:2]))
    assert (found.pairs, found.chosen) == (list(range(9)), [9, 10])
    assert "TRAINED on 9 of the 11" in describe_overlap(found)


def test_damaged_or_missing_hashes_are_unknown(adapter, tmp_path):
    (adapter / FILE).write_bytes(b"\xff" * 100)
    assert PairHashes.read(adapter) is None
    assert PairHashes.read(tmp_path) is None


def test_training_data_is_read_again_or_the_reason_is_given(adapter, weather, tmp_path):
    data = read_training_data(adapter)
    assert data.dataset.sha256 == weather.sha256
    assert not data.changed
    assert describe_overlap(find_overlap("x", data, sentences(*weather.test))) == ""
    assert find_overlap("x", data, sentences(*weather.train[:9])).pairs == list(range(9))
    refused = read_training_data(adapter, lambda source: False)
    assert refused.dataset is None
    overlap = find_overlap("x", refused, sentences(*weather.test))
    assert "is unknown" in describe_overlap(overlap)
    assert "does not name" in read_training_data(tmp_path).problem
    manifest = adapter / "manifest.json"
    manifest.write_text(manifest.read_text().replace("builtin:weather", "gone.tsv"))
    assert "cannot be read again" in read_training_data(adapter).problem
    manifest.write_text(manifest.read_text().replace("gone.tsv", "builtin:recipes"))
    assert read_training_data(adapter).changed


def test_ranges_of_chrf_hold_each_sentence_once_and_have_translated_names():
    buckets = by_chrf({"base": [0.0, 19.9, 20.0, 79.0, 100.0]})
    assert [bucket.rows_of["base"] for bucket in buckets] == [[0, 1], [2], [], [3], [4]]
    assert [bucket.name for bucket in buckets] == [
        *("0 to 20", "20 to 40", "40 to 60", "60 to 80", "80 to 100")
    ]
    for language in ("de", "vi"):
        assert {bucket.name for bucket in buckets} <= set(catalogue(language))
