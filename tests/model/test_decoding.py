"""Greedy and beam search equal transformers' `generate` and an exhaustive search."""

from itertools import product

import numpy as np
import pytest
from keras import ops

from lora_demo.model.batch_decoder import Decoder
from lora_demo.model.decoding import beam_search, likeliest, top_k
from tests.fixtures import ours
from tests.fixtures.geometries import EOS, GEOMETRIES, PAD, SEARCHES

EVERY_MODEL = (
    "greedy",
    "greedy_short",
    "greedy_endless",
    "beam",
    "beam_short",
    "beam_endless",
    "beam_short_wins",
    "beam_no_penalty",
    "beam_long_wins",
)
"""Settings that need only two compilations; the others run on one model."""


@pytest.mark.parametrize(
    ("name", "setting"),
    [(n, s) for n in GEOMETRIES for s in SEARCHES if s in EVERY_MODEL or n == "odd"],
)
def test_ids_equal_transformers(name, setting):
    settings, reference = dict(SEARCHES[setting]), ours.reference(name)
    search = ours.shared_search(
        name, settings.pop("num_beams", None), settings.pop("early_stopping", False)
    )
    assert len(reference["prompts"]) >= 100
    np.testing.assert_array_equal(
        search(reference["prompts"], reference["prompt_mask"], **settings), reference[setting]
    )


@pytest.mark.parametrize("setting", ["greedy", "beam"])
@pytest.mark.parametrize("name", ["flan", "v1_0"])
def test_a_shortlist_and_blocks_change_no_token(name, setting):
    """Few rows are multiplied by blocks, many by whole matrices; one head is tied, one is not."""
    settings, reference = dict(SEARCHES[setting]), ours.reference(name)
    search = ours.search(ours.prepared_model(name), settings.pop("num_beams", None))
    for rows in (slice(4), slice(None)):
        np.testing.assert_array_equal(
            search(reference["prompts"][rows], reference["prompt_mask"][rows], **settings),
            reference[setting][rows],
        )


@pytest.mark.parametrize(
    ("early_stopping", "length_penalty"), [(False, 1.0), (True, 1.0), ("never", 0.0)]
)
def test_one_beam_is_greedy(early_stopping, length_penalty):
    """Except `never` with a positive penalty, which continues after the first end."""
    reference = {key: array[:40] for key, array in ours.reference("flan").items()}
    beam = ours.search(ours.shared_model("flan"), 1, early_stopping, compile=False)
    np.testing.assert_array_equal(
        beam(reference["prompts"], reference["prompt_mask"], length_penalty=length_penalty),
        reference["greedy"],
    )


@pytest.mark.parametrize("setting", ["greedy", "beam", "early", "never"])
def test_a_row_does_not_depend_on_other_rows_or_padding(setting):
    """Rows whose lengths differ most, each alone and with more padding, give the same tokens."""
    settings, reference = dict(SEARCHES[setting]), ours.reference("odd")
    search = ours.search(
        ours.shared_model("odd"),
        settings.pop("num_beams", None),
        settings.pop("early_stopping", False),
        compile=False,
    )
    by_length = np.argsort((reference[setting] != PAD).sum(axis=1), kind="stable")
    for row in by_length[[0, len(by_length) // 2, -1]]:
        ids, mask = (
            np.pad(reference[key][row : row + 1], ((0, 0), (0, 30)))
            for key in ("prompts", "prompt_mask")
        )
        alone = search(ids, mask, **settings)
        np.testing.assert_array_equal(alone[0], reference[setting][row])


def test_rows_that_fill_a_batch_end_with_the_others():
    """They are copies: empty rows would run to the limit, and all rows would wait for them."""
    reference = ours.reference("flan")
    sources = [
        ids[mask == 1].tolist()
        for ids, mask in zip(reference["prompts"][:3], reference["prompt_mask"], strict=False)
    ]
    decoder, asked = Decoder(ours.shared_model("flan"), rows=(8,), lengths=(32,)), []
    decoder.programs.run = lambda _, arrays: asked.append(arrays) or np.zeros((8, 32), "int32")
    decoder.decode(sources, [1, 2, 3], [0.5, 0.6, 0.7], max_new_tokens=12)
    for array in asked[0][:4]:
        assert len({row.tobytes() for row in array[:3]}) > 1
        assert all((row == array[2]).all() for row in array[3:])


def test_a_batch_runs_to_the_largest_of_its_own_limits():
    """The random model never ends these rows, so their lengths are the limits."""
    reference = ours.reference("flan")
    source = next(
        ids[mask == 1].tolist()
        for ids, mask, row in zip(
            reference["prompts"], reference["prompt_mask"], reference["greedy"], strict=False
        )
        if (row != PAD).all()
    )
    decoder, asked = Decoder(ours.shared_model("flan"), rows=(1, 2), lengths=(8, 32, 64)), []
    run = decoder.programs.run
    decoder.programs.run = lambda program, arrays: (
        asked.append(int(arrays[5])) or run(program, arrays)
    )
    whole, longer = decoder.decode([source, source * 2], max_new_tokens=8)
    assert len(whole) == len(longer) == 8
    assert decoder.decode([source * 2, source, source], max_new_tokens=[8, 3, 2]) == [
        longer,
        whole[:3],
        whole[:2],
    ]
    assert asked == [8, 3, 8]


def chain(generator, batch: int, vocabulary: int):
    """Make the smallest language model: log-probabilities (B, V, V) of a token after a token.

    Returns:
        The log-probabilities, and a step over them.
    """
    logits = generator.normal(size=(batch, vocabulary, vocabulary)).astype("float32") * 1.5
    table = ops.convert_to_tensor(logits)

    def step(tokens, position, writers, cache):
        return (
            *likeliest(ops.take_along_axis(table, tokens[:, :, None], axis=1), vocabulary),
            cache,
        )

    return logits - np.log(np.exp(logits).sum(-1, keepdims=True)), step


def best_of_all(log_p, length: int, length_penalty: float):
    """Find the sequence with the best score / length**length_penalty by trying all."""
    scores = {}
    for tokens in product(range(len(log_p)), repeat=length):
        end = tokens.index(EOS) + 1 if EOS in tokens else length
        score = sum(log_p[a, b] for a, b in zip((PAD, *tokens), tokens[:end], strict=False))
        scores[tokens[:end] + (PAD,) * (length - end)] = score / end**length_penalty
    return max(scores, key=scores.get)


@pytest.mark.parametrize("length_penalty", [0.0, 1.0, -1.0, 2.0])
def test_a_beam_as_wide_as_the_tree_finds_the_best_sequence(length_penalty):
    batch, vocabulary, length, beams = 12, 4, 4, 4**3
    log_p, step = chain(np.random.default_rng(5), batch, vocabulary)
    ids = beam_search(
        step,
        ops.zeros((batch, 1)),
        batch,
        beams,
        length,
        length,
        PAD,
        EOS,
        PAD,
        length_penalty,
        early_stopping="never",
    )
    assert [tuple(row) for row in np.asarray(ids)] == [
        best_of_all(rows, length, length_penalty) for rows in log_p
    ]


@pytest.mark.parametrize(("size", "count"), [(1000, 3), (4096, 8), (70, 4)])
def test_top_k_is_a_sort(size, count):
    """Also with equal numbers, and with a size that is not a multiple of the block."""
    x = np.random.default_rng(6).integers(-40, -20, (5, 2, size)).astype("float32")
    values, places = top_k(ops.convert_to_tensor(x), count)
    np.testing.assert_array_equal(places, np.argsort(-x, axis=-1, kind="stable")[..., :count])
    np.testing.assert_array_equal(values, np.take_along_axis(x, np.asarray(places), -1))
