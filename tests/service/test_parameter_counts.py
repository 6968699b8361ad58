"""Parameter counts for bases and ranks that visitors name."""

import pytest

from lora_demo.model.config import FLAN_T5
from lora_demo.service.parameter_counts import ParameterCounts, parse_ranks

COUNTS = ParameterCounts("google/flan-t5-small", FLAN_T5["google/flan-t5-small"], use_token=False)


@pytest.mark.parametrize("text", ["", "4, x", "1 2 3 4 5 6 7 8 9"])
def test_invalid_ranks_are_refused(text):
    with pytest.raises(ValueError, match="ranks"):
        parse_ranks(text)


@pytest.mark.parametrize("base", ["", "/etc", "../x/y", "lora_demo/web", "a/b/c", "name"])
def test_a_base_is_never_a_path(base):
    with pytest.raises(ValueError, match="is not a known base"):
        COUNTS.geometry(base)


def test_magnitudes_blocks_and_parts_are_counted_and_named():
    plain = COUNTS.count("google/flan-t5-base", "q,v", [4]).to_json()
    assert not {"layers", "part", "use_dora"} & plain.keys()
    chosen = {"layers": "0-3", "part": "encoder", "use_dora": True}
    document = COUNTS.count("google/flan-t5-base", "q,v", [4], **chosen).to_json()
    assert document["rows"][0]["trainable"] == 4 * 2 * (4 * (768 + 768) + 768)
    assert {name: document[name] for name in chosen} == chosen


@pytest.mark.parametrize(
    ("chosen", "word"), [({"part": "middle"}, "part"), ({"layers": "x"}, "layers")]
)
def test_unknown_parts_and_blocks_are_refused(chosen, word):
    with pytest.raises(ValueError, match=word):
        COUNTS.count("google/flan-t5-base", "q,v", [4], **chosen)


def test_ranks_are_sorted_and_counted_once():
    table = COUNTS.count("google/flan-t5-base", "q,v", "8, 4 4")
    assert table.ranks == [4, 8]
    assert [row["trainable"] for row in table.to_json()["rows"]] == [442_368, 884_736]
