"""The command `params`."""


def test_params_prints_exact_counts_as_json(run_json):
    document = run_json("params", "--base", "google/flan-t5-base", "--ranks", 4, 16)
    assert list(document) == ["base", "total", "rows"] and document["total"] == 247_577_856
    first, second = document["rows"]
    assert list(first) == ["rank", "targets", "trainable", "percent", "adapter_bytes"]
    assert (first["trainable"], second["trainable"]) == (442_368, 1_769_472)
    assert first["percent"] == 100 * 442_368 / (247_577_856 + 442_368)
