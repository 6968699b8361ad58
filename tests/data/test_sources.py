"""Sources of pairs: all formats give the same pairs, and splits share no sentence."""

import json
import re
from importlib import import_module

import numpy as np
import pytest

from lora_demo.data.cleaning import clean
from lora_demo.data.pairs import read_file
from lora_demo.data.sources import (
    CORPUS,
    SEPARATE_DOMAINS,
    builtin_domains,
    builtin_tests,
    load_dataset,
    load_test,
    probe_pairs,
)
from lora_demo.data.splits import split_components

DOMAINS = [*builtin_domains(), *sorted(SEPARATE_DOMAINS)]
PAIRS = [
    ("Guten Morgen!", "Good morning!"),
    ("Die Katze schläft, „leise“.", 'The cat sleeps, "quietly".'),
]


def write(tmp_path, name, text, encoding="utf-8"):
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return path


def test_all_file_formats_give_the_same_pairs(tmp_path):
    tsv = "en\tde\n" + "".join(f"{en}\t{de}\n" for de, en in PAIRS)
    csv = "\ufeffde,en\r\n" + "".join(
        '"' + de.replace('"', '""') + '","' + en.replace('"', '""') + '"\r\n' for de, en in PAIRS
    )
    flat = "".join(json.dumps({"de": de, "en": en}) + "\n" for de, en in PAIRS)
    nested = "".join(json.dumps({"translation": {"de": de, "en": en}}) + "\n\n" for de, en in PAIRS)
    for name, text in (("a.tsv", tsv), ("a.csv", csv), ("a.jsonl", flat), ("b.jsonl", nested)):
        assert read_file(write(tmp_path, name, text)) == PAIRS


@pytest.mark.parametrize(
    ("name", "text", "word"),
    [
        ("a.txt", "de\ten\n", "unknown format. Give a .tsv, .csv, .jsonl"),
        ("a.tsv", "", "a.tsv is empty"),
        ("a.tsv", "satz\ttext\na\tb\n", "de and en"),
        ("a.tsv", "de\ten\nnur eine Spalte\n", "line 2"),
        ("a.jsonl", '{"de": "a"}\n', "line 1"),
        ("a.jsonl", '{"de": 1, "en": 2}\n', "line 1"),
        ("a.jsonl", "[" * 100_000 + "\n", "line 1"),
        ("a.csv", 'de,en\n"offen,b\n', "line 2"),
        ("a.tsv", "de\ten\n" + "x" * 6000 + "\ty\n", "line 2"),
    ],
)
def test_invalid_files_are_refused_with_the_line(tmp_path, name, text, word):
    with pytest.raises(ValueError, match=re.escape(word)) as error:
        read_file(write(tmp_path, name, text))
    assert "\n" not in str(error.value)


def test_a_file_that_is_not_utf8_is_refused(tmp_path):
    with pytest.raises(ValueError, match="UTF-8"):
        read_file(write(tmp_path, "a.tsv", "de\ten\nä\tb\n", "latin-1"))


@pytest.mark.parametrize("text", ["de\ten\n", "de\ten\na\tb\n"])
def test_fewer_than_two_pairs_are_refused(tmp_path, text):
    with pytest.raises(ValueError, match="At least 2"):
        load_dataset(str(write(tmp_path, "a.tsv", text)))


@pytest.mark.parametrize(
    "source",
    ["nowhere.tsv", "builtin:nothing", "../../etc/passwd", "http://169.254.169.254/x", "a b:c:d"],
)
def test_names_that_are_not_a_source_are_refused(source):
    with pytest.raises(ValueError, match=r"was not found|has no domain|is an address|is a folder"):
        load_dataset(source)


def test_cleaning_normalises_spaces_and_accents_and_drops_invisible_characters():
    assert clean(" a\u00a0b\u202fc\u00ad\u200b\td\x00 ") == "a b c d"
    assert clean("u\u0308") == "ü"


def test_the_two_sides_of_a_split_share_no_sentence():
    random = np.random.default_rng(0)
    pairs = list({(f"d{random.integers(300)}", f"e{random.integers(300)}") for _ in range(400)})
    train, held_out = split_components(pairs, 30, seed=1)
    assert len(train) + len(held_out) == len(pairs) and 0 < len(held_out) <= 30
    for side in (0, 1):
        assert not {p[side] for p in train} & {p[side] for p in held_out}
    assert split_components(pairs, 30, seed=1) == (train, held_out)


@pytest.mark.parametrize("count", [2, 60])
def test_the_first_pairs_of_the_builtin_corpus_come_from_all_domains(count):
    parts = [load_dataset(f"builtin:{domain}") for domain in builtin_domains()]
    share = count // len(parts)
    test = [pair for part in parts for pair in part.test[:share]]
    train = [pair for part in parts for pair in part.train[:share]]
    everything = [pair for part in parts for pair in part.train]
    assert sorted(load_test("builtin", count)) == sorted(test)
    assert sorted(load_dataset("builtin", count).train) == sorted(train)
    assert sorted(load_dataset("builtin").train) == sorted(everything)


def test_the_parts_of_the_builtin_corpus_have_their_sizes_and_share_no_sentence():
    assert builtin_domains() == ["recipes", "weather"]
    for domain in DOMAINS:
        data = load_dataset(f"builtin:{domain}")
        probes = probe_pairs(f"builtin:{domain}", data)
        assert len(data.train) >= 2000
        assert len(data.eval) == 200
        assert len(data.test) >= 200
        assert len(probes) == 4
        for side in (0, 1):
            parts = [
                {" ".join(pair[side].lower().split()) for pair in part}
                for part in (data.train, data.eval, data.test, probes)
            ]
            sizes = [len(data.train), len(data.eval), len(data.test), 4]
            assert [len(part) for part in parts] == sizes
            assert len(set().union(*parts)) == sum(map(len, parts))


def test_a_separate_domain_is_read_only_by_its_name():
    assert {"general"} == SEPARATE_DOMAINS <= set(builtin_tests())
    general, union = load_dataset("builtin:general"), load_dataset("builtin")
    assert len(general.train) >= 3000
    for part in ("train", "eval", "test"):
        assert not set(getattr(general, part)) & set(getattr(union, part))
    assert load_test("builtin:general") == general.test
    assert probe_pairs("builtin:general", general)[0] not in general.train


@pytest.mark.parametrize("domain", DOMAINS)
def test_the_grammar_makes_the_files_of_the_corpus(domain):
    made = import_module(f"lora_demo.assets.corpus.{domain}").DOMAIN.files()
    assert list(made) == ["train.tsv", "eval.tsv"]
    for name, text in made.items():
        assert (CORPUS / domain / name).read_bytes() == text.encode(), name
