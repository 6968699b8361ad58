"""The command `translate`: side by side, plain, in parts, and as JSON."""

import pytest

from lora_demo.data.cleaning import clean
from lora_demo.model.batch_decoder import Decoder
from lora_demo.translator import Translator
from tests.commands import run

LINES = "Salz\n\nDen Teig\u2028kneten.\r\nButter\n  \n" + "Zucker und Mehl " * 20 + "\n"
"""The last line has room for more tokens than the others."""
HAS_TEXT = [True, False, True, True, False, True]


@pytest.fixture(scope="module")
def translator(tiny_base):
    return Translator(str(tiny_base))


@pytest.fixture(autouse=True)
def one_translator(translator, monkeypatch):
    """Lets all commands use one translator, so that its programs are compiled once."""
    monkeypatch.setattr("lora_demo.translator.Translator", lambda base, precision: translator)


@pytest.fixture
def translate(trained, tiny_base, tmp_path, monkeypatch, capsys):
    """Runs `translate` on a file of six lines, in chunks of two."""
    monkeypatch.setattr("lora_demo.cli.translate.CHUNK_SIZE", 2)
    file = tmp_path / "german.txt"
    file.write_text(LINES, encoding="utf-8")

    def call(*arguments):
        adapter = trained[0] / "adapter"
        command = ("translate", "--base", tiny_base, "--adapter", adapter, "--file", file)
        return run(capsys, *command, *arguments)

    return call


def test_translate_prints_every_column_as_json(trained, tiny_base, run_json):
    adapter = trained[0] / "adapter"
    command = ("translate", "--base", tiny_base, "--adapter", adapter, "--max-new-tokens", 8)
    document = run_json(*command, "Salz", "Den Teig kneten.")
    assert list(document) == ["base", "beams", "columns"]
    assert document["beams"] == 1
    keys = ["name", "adapter", "rank", "texts", "tokens", "seconds"]
    assert [list(column) for column in document["columns"]] == [keys, keys]
    base, tuned = document["columns"]
    assert (base["name"], base["adapter"], base["rank"]) == ("base", None, None)
    assert (tuned["adapter"], tuned["rank"]) == (str(adapter), 2)
    assert len(base["texts"]) == len(base["tokens"]) == 2


def test_plain_prints_one_line_per_line_of_the_file(translate):
    status, output, _ = translate("--plain")
    lines = output.split("\n")
    assert status == 0 and lines.pop() == ""
    assert [bool(line) for line in lines] == HAS_TEXT


def test_the_parts_of_a_file_join_to_the_whole(translate):
    parts = [translate("--plain", "--part", f"{k}/3")[1] for k in (1, 2, 3)]
    assert "".join(parts) == translate("--plain")[1]


def test_plain_decodes_only_the_last_adapter(translate, trained, monkeypatch):
    whole = translate("--plain")[1]
    decode, decoded = Decoder.decode, []

    def record(self, sources, slots, *rest, **more):
        decoded.extend(slots)
        return decode(self, sources, slots, *rest, **more)

    monkeypatch.setattr(Decoder, "decode", record)
    twice = ("--plain", "--adapter", trained[0] / "adapter")
    trained_last = translate(*twice, "--strength", 0, "--strength", 1)[1]
    base_last = translate(*twice, "--strength", 1, "--strength", 0)[1]
    assert trained_last == whole != base_last
    assert len(decoded) == 12
    assert 0 not in decoded, "the base is not decoded beside it"


def test_the_number_of_strengths_must_match_the_adapters(translate, trained):
    twice = ("--plain", "--adapter", trained[0] / "adapter")
    assert translate(*twice, "--strength", 1)[0] == 2
    assert translate(*twice, "--strength", 1, "--strength", 1, "--strength", 1)[0] == 2


def test_json_and_side_by_side_skip_empty_lines(translate, trained, tiny_base, capsys):
    import json

    columns = json.loads(translate("--json")[1])["columns"]
    plain = translate("--plain")[1].split("\n")
    assert columns[1]["texts"] == [line for line in plain if line]
    assert len(columns[0]["tokens"]) == 4
    shown = translate()[1].split("\n")[:-1]
    assert [line.split()[0] for line in shown] == ["de", "base", columns[1]["name"]] * 4


@pytest.mark.parametrize("part", ["0/2", "3/2", "1", "a/b", "1/0"])
def test_a_wrong_part_is_bad_input(capsys, part):
    status, _, errors = run(capsys, "translate", "--part", part, "Salz")
    assert status == 2 and "--part" in errors and errors.count("\n") == 1


def test_a_file_that_is_not_text_is_bad_input(capsys, tmp_path):
    (tmp_path / "file.txt").write_bytes(b"\xff\xfe\x00")
    status, _, errors = run(capsys, "translate", "--file", tmp_path / "file.txt")
    assert status == 2 and "not UTF-8" in errors and errors.count("\n") == 1


def test_too_many_beams_are_bad_input(tiny_base, capsys):
    status, _, errors = run(capsys, "translate", "--base", tiny_base, "--beams", "99", "a")
    assert status == 2 and "beams" in errors


@pytest.fixture
def plain(tiny_base, tmp_path, capsys):
    """Runs `translate --file --plain` on a file with given bytes, or on standard input."""

    def call(content, *arguments, name="in.txt"):
        (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
        command = ("translate", "--base", tiny_base, "--file", tmp_path / name, "--plain")
        return run(capsys, *command, "--max-new-tokens", 4, *arguments)

    return call


def test_each_input_line_has_an_output_line_and_only_a_line_feed_ends_one(plain):
    lines = ["Salz\rund Mehl", "", "Butter\u2028weich", "Den\x0bTeig\x85kneten", " ", "Öl"]
    lines += ["\u00ad", "\u200b \ufeff"]
    for end in ("\n", "\r\n"):
        status, output, _ = plain(end.join(lines))
        assert status == 0 and output.count("\n") == len(lines)
        assert [bool(text) for text in output.split("\n")[:-1]] == [bool(clean(t)) for t in lines]


def test_a_text_is_cleaned_as_training_cleans_it(plain):
    marked = "But\u00adter\nBut\u200bter\n\u202aButter\u202c\nButter\n"
    assert len(set(plain(marked)[1].split("\n")[:-1])) == 1
    assert plain("\ufeffButter\n")[1] == plain("Butter\n")[1]


def test_standard_input_is_read_as_a_file_is(plain, tiny_base, capsys, monkeypatch):
    import io

    content = "\ufeffSalz\rund Mehl\n\nBut\u00adter\n"
    whole = plain(content)[1]
    stdin = io.TextIOWrapper(io.BytesIO(content.encode()), encoding="ascii")
    monkeypatch.setattr("sys.stdin", stdin)
    command = ("translate", "--base", tiny_base, "--file", "-", "--plain")
    assert run(capsys, *command, "--max-new-tokens", 4)[1] == whole


def test_standard_input_that_is_not_utf_8_is_refused_with_its_line(capsys, monkeypatch):
    import io

    stdin = io.TextIOWrapper(io.BytesIO("Salz\nÖl\n".encode("cp1252")))
    monkeypatch.setattr("sys.stdin", stdin)
    status, _, errors = run(capsys, "translate", "--file", "-")
    assert status == 2
    assert "line 2 is not UTF-8" in errors
    assert errors.count("\n") == 1


LONG = " ".join(f"Den Teig Nummer {i} kneten und backen." for i in range(60))


def test_a_long_line_is_translated_in_pieces_and_one_note_says_so(plain, run_json, tiny_base):
    status, output, errors = plain(f"Salz\n\n{LONG}\nButter\n", "--part", "1/1")
    assert status == 0 and output.count("\n") == 4
    assert errors.count("translated in pieces") == 1 and "number 3." in errors
    document = run_json("translate", "--base", tiny_base, "--max-new-tokens", 4, "Salz", LONG)
    assert document["translated_in_pieces"] == [2]
    (column,) = document["columns"]
    assert "in_pieces" not in column
    assert len(column["texts"]) == len(column["tokens"]) == 2
    assert column["tokens"][1] > 4


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.jsonl", '{"de": "Salz"}\n{"de": "Butter", "en": "butter"}\n'),
        ("a.csv", "nr;Deutsch\n1;Salz\n2;Butter\n"),
        ("a.tsv", "de\nSalz\nButter\n"),
    ],
)
def test_the_german_column_of_a_table_is_translated(plain, name, text):
    assert plain(text, name=name)[1] == plain("Salz\nButter\n")[1]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.txt", '{"de": "Salz"}\n', "JSON"),
        ("a.csv", "x,y\na,b\n", "de"),
        ("a.txt", b"PK\x03\x04\0\0", "not a text file"),
        ("a", "<?xml version='1.0'?>\n", "XML"),
        ("a.txt", "de\ten\na\tb\n", "table"),
        ("a.txt", "version https://git-lfs.github.com/spec/v1\n", "Git LFS"),
    ],
)
def test_a_file_without_texts_is_refused(plain, name, content, words):
    status, output, errors = plain(content, name=name)
    assert status == 2
    assert words in errors
    assert errors.count("\n") == 1
    assert not output


@pytest.mark.parametrize("suffix", [".tsv", ".csv", ".jsonl"])
def test_translations_are_written_as_a_table_that_is_read_back(
    translate, trained, tmp_path, suffix
):
    from lora_demo.evaluation.sets import load_set

    table = tmp_path / f"out{suffix}"
    status, output, errors = translate("--output", table, "--plain")
    assert status == 0 and not output and "6 rows" in errors
    found = load_set(str(table))
    plain = translate("--plain")[1].split("\n")[:-1]
    assert [text.strip() for text in found.sources] == [
        " ".join(line.split("\r")).strip() for line in LINES.split("\n")[:-1]
    ]
    assert found.references == [plain]


def test_a_table_has_a_column_for_each_system_and_no_name_twice(translate, trained, tmp_path):
    table = tmp_path / "out.csv"
    status, _, _ = translate("--adapter", trained[0] / "adapter", "--output", table)
    header = table.read_text(encoding="utf-8").split("\n")[0].split(",")
    assert status == 0
    assert header[:2] == ["de", "base"]
    assert len(set(header)) == 4
    assert "adapter" not in header, "the adapter of a run has the name of its manifest"


@pytest.mark.parametrize("name", ["out.xlsx", "out", "german.txt"])
def test_an_output_that_cannot_be_written_is_refused(translate, tmp_path, name):
    status, _, errors = translate("--output", tmp_path / name)
    assert status == 2 and "--output" in errors and errors.count("\n") == 1


def test_translations_alone_can_be_written_as_lines(translate, tmp_path):
    assert translate("--output", tmp_path / "out.txt", "--plain")[0] == 0
    assert (tmp_path / "out.txt").read_text(encoding="utf-8") == translate("--plain")[1]


def test_translate_says_if_it_uses_another_precision(tiny_base, translator, monkeypatch, capsys):
    monkeypatch.setattr(translator, "precision_note", "So float32 is used.")
    command = ("translate", "--base", tiny_base, "--precision", "int8", "--max-new-tokens", 8)
    status, _, error = run(capsys, *command, "Salz")
    assert status == 0 and "! So float32 is used.\n" in error
