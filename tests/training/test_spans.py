"""Span corruption: the target holds the spans that its source has lost."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lora_demo.training.pretrain.spans import corrupt_spans
from lora_demo.training.pretrain.vocabulary import SENTINELS

FIRST_SENTINEL = 999


def restore_spans(source, target, first_sentinel):
    """Put the spans of a target back into its source."""
    spans = {}
    for id in target:
        if id > first_sentinel - SENTINELS:
            sentinel = id
            spans[sentinel] = []
        else:
            spans[sentinel].append(id)
    return [part for id in source for part in spans.get(id, [id])]


@given(
    st.lists(st.integers(3, 900), min_size=1, max_size=90),
    st.floats(0.01, 0.9),
    st.integers(0, 1000),
)
def test_a_source_with_its_spans_put_back_is_the_original_text(ids, density, seed):
    random = np.random.default_rng(seed)
    source, target = corrupt_spans(ids, FIRST_SENTINEL, density, random)
    assert restore_spans(source, target, FIRST_SENTINEL) == ids
    used = [id for id in target if id > 900]
    assert used == list(range(FIRST_SENTINEL, FIRST_SENTINEL - len(used), -1))
    assert [id for id in source if id > 900] == used[:-1]
    assert len(target) > len(used)


def test_span_corruption_leaves_out_the_given_share():
    random = np.random.default_rng(0)
    ids = list(range(100, 160))
    source, _ = corrupt_spans(ids, FIRST_SENTINEL, 0.25, random)
    assert sum(id < 900 for id in source) == 45
