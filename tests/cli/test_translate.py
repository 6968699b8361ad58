"""The command `translate`: side by side, plain, in parts, and as JSON."""

import pytest

from lora_demo.model.batch_decoder import Decoder
from tests.commands import run

LINES = "Salz\n\nDen Teig\u2028kneten.\r\nButter\n  \n" + "Zucker und Mehl " * 20 + "\n"
"""The last line has room for more tokens than the others."""
HAS_TEXT = [True, False, True, True, False, True]


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
    assert list(document) == ["base", "beams", "columns"] and document["beams"] == 1
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
    assert len(decoded) == 12 and 0 not in decoded, "the base is not decoded beside it"


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
