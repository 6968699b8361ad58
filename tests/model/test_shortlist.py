"""The shortlist gives the tokens and scores of all logits."""

import keras
import numpy as np
import pytest

from lora_demo.model.decoding import likeliest
from lora_demo.model.shortlist import Shortlist


@pytest.mark.parametrize(("batch", "beams"), [(1, 1), (3, 4)])
def test_likeliest_are_those_of_all_logits(batch, beams):
    generator = np.random.default_rng(0)
    table = generator.normal(size=(5000, 64)).astype("float32")
    x = generator.normal(size=(batch, beams, 64)).astype("float32")
    table[7] = 0  # as a token that is never generated
    tokens, scores = Shortlist(keras.Variable(table)).likeliest(keras.ops.convert_to_tensor(x), 8)
    expected_tokens, expected_scores = likeliest(keras.ops.convert_to_tensor(x @ table.T), 8)
    np.testing.assert_array_equal(tokens, expected_tokens)
    np.testing.assert_allclose(scores, expected_scores, rtol=0, atol=1e-3)
    np.testing.assert_allclose(
        np.diff(scores, axis=-1), np.diff(expected_scores, axis=-1), rtol=0, atol=1e-4
    )
