"""The next tokens where base and adapter diverge have the probabilities of a forward pass."""

import numpy as np
import pytest

from lora_demo.checkpoints.adapters import read_adapter
from lora_demo.checkpoints.base import find_base, load_model
from lora_demo.data.encoding import PREFIX
from lora_demo.model.lora_config import LoraConfig
from lora_demo.next_tokens import END, TOKENS, common_prefix, next_token_probabilities
from lora_demo.translator import Translator
from tests.checkpoints.adapter_folders import write_random

SENTENCE = "Den Teig kneten."
LIMIT = {"max_new_tokens": 12}


@pytest.fixture(scope="module")
def translator(tiny_base):
    return Translator(str(tiny_base))


@pytest.fixture(scope="module")
def folder(tiny_base, tmp_path_factory):
    lora = LoraConfig(4, 8, 0.0, ("q", "v", "wo"))
    base = find_base(str(tiny_base))
    return write_random(tmp_path_factory.mktemp("adapters") / "trained", base, lora, seed=1)


@pytest.fixture(scope="module")
def source(translator):
    return translator.tokenizer.encode([PREFIX + SENTENCE])[0]


def softmax_by_hand(base, source, prefix, adapter=None, strength=0.0):
    """Run a new model whose matrices have the update added, and compute softmax in float64."""
    model = load_model(base)
    weights = model.parameters()
    for path, (A, B, scale) in (adapter.matrices if adapter else {}).items():
        weights[path].assign(np.asarray(weights[path]) + strength * scale * (A @ B).T)
    ids = np.array([source], "int32")
    decoder_ids = np.array([[model.config.decoder_start_token_id, *prefix]], "int32")
    logits = np.asarray(model(ids, np.ones_like(ids), decoder_ids))[0, -1].astype("float64")
    powers = np.exp(logits - logits.max())
    return powers / powers.sum()


@pytest.mark.parametrize("prefix", [[], [7, 20, 9]])
def test_probabilities_are_those_of_a_forward_pass_by_hand(translator, folder, source, prefix):
    adapter = read_adapter(folder, translator.base.config)
    _, slots = translator.slots.load([adapter])
    systems, strengths = [0, *slots], [1.0, 0.7]
    found = next_token_probabilities(translator.model, source, prefix, systems, strengths)
    assert found.dtype == np.float32
    expected = [
        softmax_by_hand(translator.base, source, prefix),
        softmax_by_hand(translator.base, source, prefix, adapter, 0.7),
    ]
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-6)
    assert np.abs(expected[0] - expected[1]).max() > 1e-4


def test_each_system_continues_with_its_likeliest_token(translator, folder):
    base, adapted = translator.compare([SENTENCE], [folder], **LIMIT)
    divergence = translator.compare_tokens(SENTENCE, folder, **LIMIT)
    for column, tokens in ((base, divergence.base), (adapted, divergence.adapter)):
        probabilities = [token.probability for token in tokens]
        assert len(tokens) == TOKENS
        assert probabilities == sorted(probabilities, reverse=True)
        assert 0 < sum(probabilities) <= 1 + 1e-6
        first = "" if tokens[0].text == END else tokens[0].text
        assert column.texts[0].startswith(divergence.prefix + first)
    assert divergence.base[0].text != divergence.adapter[0].text


def test_equal_translations_do_not_diverge(translator, folder):
    assert translator.compare_tokens(SENTENCE, folder, strength=0, **LIMIT) is None


def test_the_common_prefix_ends_where_tokens_differ_or_one_translation_ends():
    assert common_prefix([1, 2, 3], [1, 2, 4]) == [1, 2]
    assert common_prefix([1, 2], [1, 2, 4]) == [1, 2]
    assert common_prefix([3], [4]) == common_prefix([], [4]) == []
