"""The command `params`."""

from tests.commands import run


def test_params_prints_exact_counts_as_json(run_json):
    document = run_json("params", "--base", "google/flan-t5-base", "--ranks", 4, 16)
    assert list(document) == ["base", "total", "rows"]
    assert document["total"] == 247_577_856
    first, second = document["rows"]
    assert list(first) == ["rank", "targets", "trainable", "percent", "adapter_bytes"]
    assert (first["trainable"], second["trainable"]) == (442_368, 1_769_472)
    assert first["percent"] == 100 * 442_368 / (247_577_856 + 442_368)


def test_params_counts_magnitudes_blocks_and_parts(run_json, capsys):
    chosen = ("--layers", "0-3", "--part", "encoder", "--use-dora")
    command = ("params", "--base", "google/flan-t5-base", "--ranks", 4, *chosen)
    document = run_json(*command)
    assert document["rows"][0]["trainable"] == 4 * 2 * (4 * (768 + 768) + 768)
    assert (document["layers"], document["part"], document["use_dora"]) == ("0-3", "encoder", True)
    assert "4 x SelfAttention.q: r * (768 + 768) + 768" in run(capsys, *command)[1]
    status, _, errors = run(capsys, "params", "--base", "mini", "--layers", "90")
    assert status == 2 and "layers" in errors
