"""Greedy and beam search over a step function, with the definitions of transformers' `generate`.

A step is `step(tokens, position, writers, cache) -> next, scores, cache`. It takes the tokens
(B, M) of each beam at `position` and gives the C likeliest next tokens of each, best first, and
their log-probabilities, both (B, M, C). What a step writes to the cache for beam m at `position`
stays there when hypotheses change places. `writers` (B, M, T) names the beam that wrote what beam m
has at t; greedy search, which has one beam, passes None.

Nothing here depends on text or T5. Both searches are meant to be compiled, and the result of a row
depends on that row alone.

Axes: B batch, M beams, C candidates of a beam, T target, V vocabulary.
"""

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

from keras import ops

from lora_demo.model.backend import Tensor

IMPOSSIBLE = -1e9
"""Score of a hypothesis that must not be chosen."""
TOP_K_BLOCK = 32
"""Numbers that `top_k` compares by their maximum first."""

Cache = tuple[Any, ...]
Step = Callable[[Tensor, Tensor, Tensor | None, Cache], tuple[Tensor, Tensor, Cache]]
EarlyStopping = bool | Literal["never"]


def greedy_search(
    step: Step,
    cache: Cache,
    batch: int,
    length: int,
    limit: Tensor,
    start_id: int,
    eos_id: int,
    pad_id: int,
) -> Tensor:
    """Take the likeliest token at every position, until each row ends or has `limit` tokens.

    Args:
        step: Over one beam of each row.
        cache: The step's empty cache.
        batch: Rows B.
        length: Positions T that there is room for.
        limit: Largest number of tokens, at most `length`; a scalar tensor.
        start_id: First input of the decoder.
        eos_id: Token that ends a row.
        pad_id: Token that fills a row after its end.

    Returns:
        Ids (B, T) int32, without the start token.
    """

    def unfinished(
        position: Tensor, tokens: Tensor, done: Tensor, ids: Tensor, cache: Cache
    ) -> Tensor:
        return ops.logical_and(position < limit, ops.logical_not(ops.all(done)))

    def advance(
        position: Tensor, tokens: Tensor, done: Tensor, ids: Tensor, cache: Cache
    ) -> tuple[Any, ...]:
        best, _, cache = step(tokens[:, None], position, None, cache)
        tokens = ops.where(done, pad_id, best[:, 0, 0])
        ids = ops.slice_update(ids, (0, position), tokens[:, None])
        done = ops.logical_or(done, tokens == eos_id)
        return position + 1, tokens, done, ids, cache

    start = (
        ops.zeros((), "int32"),
        ops.full((batch,), start_id, "int32"),
        ops.zeros((batch,), "bool"),
        ops.full((batch, length), pad_id, "int32"),
        cache,
    )
    _, _, _, ids, _ = ops.while_loop(unfinished, advance, start)
    return ids


class Hypotheses(NamedTuple):
    """N hypotheses of each row, best first."""

    ids: Tensor  # (B, N, T) int32
    scores: Tensor  # (B, N) float32


class Beams(NamedTuple):
    """The state of a beam search before the token at `position` is chosen."""

    position: Tensor  # scalar int32
    improvable: Tensor  # (B, 1): can a running hypothesis still beat a complete one?
    running: Hypotheses  # N = M, scores are sums of log-probabilities
    complete: Hypotheses  # N = M, scores are divided by the length penalty
    full: Tensor  # (B, M): which places of `complete` are taken
    tokens: Tensor  # (B, M), the last token of each running hypothesis
    writers: Tensor  # (B, M, T)
    cache: Cache


def beam_search(
    step: Step,
    cache: Cache,
    batch: int,
    num_beams: int,
    length: int,
    limit: Tensor,
    start_id: int,
    eos_id: int,
    pad_id: int,
    length_penalty: Tensor | float,
    early_stopping: EarlyStopping = False,
) -> Tensor:
    """Find the hypothesis with the largest sum of log-probabilities / length**length_penalty.

    Args:
        step: Over M beams of each row, with at least 2 M candidates.
        cache: The step's empty cache.
        batch: Rows B.
        num_beams: Running and complete hypotheses M of each row.
        length: Positions T that there is room for.
        limit: Largest number of tokens, at most `length`; a scalar tensor.
        start_id: First input of the decoder.
        eos_id: Token that ends a hypothesis.
        pad_id: Token that fills a row after its end.
        length_penalty: Exponent of the length; a float or a float32 scalar tensor.
        early_stopping: As transformers defines it. True: stop when M hypotheses are complete.
            False: stop when the best running one, at its present length, cannot beat the worst
            complete one. "never": stop when it could not do so even at full length.

    Returns:
        Ids (B, T) int32 of each row's best hypothesis, without the start token.
    """
    penalty = ops.convert_to_tensor(length_penalty, "float32")
    start = _first_beams(batch, num_beams, length, start_id, pad_id, cache)

    def unfinished(beams: Beams) -> Tensor:
        return ops.logical_and(beams.position < limit, _may_continue(beams, early_stopping))

    def advance(beams: Beams) -> tuple[Beams]:
        best, scores, cache = step(beams.tokens, beams.position, beams.writers, beams.cache)
        candidates, origins, tokens = _extend(beams.running, beams.position, best, scores)
        position = beams.position + 1
        ends = ops.logical_or(tokens == eos_id, position >= limit)  # (B, 2M)
        running, chosen = _best(candidates, ops.logical_not(ends), num_beams)  # chosen (B, M)
        complete, full = _complete(beams, candidates, ends, penalty, early_stopping)
        improves = _can_improve(running, complete, full, position, limit, penalty, early_stopping)
        following = Beams(
            position=position,
            improvable=ops.logical_and(beams.improvable, improves),
            running=running,
            complete=complete,
            full=full,
            tokens=_pick(tokens, chosen),
            writers=_inherit(beams, _pick(origins, chosen), start.writers),
            cache=cache,
        )
        return (following,)

    (final,) = ops.while_loop(unfinished, advance, (start,))
    return final.complete.ids[:, 0]


def _first_beams(
    batch: int, num_beams: int, length: int, start_id: int, pad_id: int, cache: Cache
) -> Beams:
    """Return the state before the first token: M equal beams, of which one may be extended."""
    blank = ops.full((batch, num_beams, length), pad_id, "int32")
    first_only = ops.cast(ops.where(ops.arange(num_beams) == 0, 0.0, IMPOSSIBLE), "float32")  # (M,)
    beams = ops.arange(num_beams, dtype="int32")[None, :, None]
    return Beams(
        position=ops.zeros((), "int32"),
        improvable=ops.ones((batch, 1), "bool"),
        running=Hypotheses(blank, ops.broadcast_to(first_only[None], (batch, num_beams))),
        complete=Hypotheses(blank, ops.full((batch, num_beams), IMPOSSIBLE, "float32")),
        full=ops.zeros((batch, num_beams), "bool"),
        tokens=ops.full((batch, num_beams), start_id, "int32"),
        writers=ops.broadcast_to(beams, (batch, num_beams, length)),
        cache=cache,
    )


def _may_continue(beams: Beams, early_stopping: EarlyStopping) -> Tensor:
    """Check whether any row may still find a better complete hypothesis; a scalar bool."""
    may_continue = ops.any(beams.improvable)
    if early_stopping is True:
        all_full = ops.all(beams.full)
        may_continue = ops.logical_and(may_continue, ops.logical_not(all_full))
    return may_continue


def _inherit(beams: Beams, origins: Tensor, own_writers: Tensor) -> Tensor:
    """Return which beams wrote the cache of hypotheses that extend the beams `origins` (B, M).

    Up to the present position a hypothesis reads what its origin read. Later positions are its own.

    Returns:
        Writers (B, M, T).
    """
    inherited = _pick(beams.writers, origins)
    positions = ops.arange(inherited.shape[-1])
    return ops.where(positions <= beams.position, inherited, own_writers)


def _extend(
    running: Hypotheses, position: Tensor, tokens: Tensor, scores: Tensor
) -> tuple[Hypotheses, Tensor, Tensor]:
    """Find the best 2M continuations of M beams.

    As there is one end token, at least M of them do not end. All are among the likeliest 2M of
    their own beam.

    Args:
        running: N = M hypotheses.
        position: The position of their next token.
        tokens: Candidates (B, M, C).
        scores: Their log-probabilities (B, M, C).

    Returns:
        The continuations, the beams that they extend and their new tokens, each (B, 2M, ...).
    """
    batch, beams, count = tokens.shape
    sums = scores + running.scores[:, :, None]
    sums, flat = ops.top_k(ops.reshape(sums, (batch, beams * count)), 2 * beams)
    origins = ops.cast(flat, "int32") // count
    tokens = _pick(ops.reshape(tokens, (batch, beams * count)), flat)
    ids = ops.slice_update(_pick(running.ids, origins), (0, 0, position), tokens[:, :, None])
    return Hypotheses(ids, sums), origins, tokens


def _best(hypotheses: Hypotheses, allowed: Tensor, count: int) -> tuple[Hypotheses, Tensor]:
    """Take the best `count` of the allowed hypotheses (B, N); also return their indices."""
    scores = hypotheses.scores + _impossible_unless(allowed)
    scores, chosen = ops.top_k(scores, count)
    return Hypotheses(_pick(hypotheses.ids, chosen), scores), chosen


def _complete(
    beams: Beams,
    candidates: Hypotheses,
    ends: Tensor,
    penalty: Tensor,
    early_stopping: EarlyStopping,
) -> tuple[Hypotheses, Tensor]:
    """Add the candidates that end now to the complete hypotheses and keep the best M.

    A candidate counts only if it is among the best M, and if its row is still open.

    Returns:
        The complete hypotheses, and which of their places are taken (B, M).
    """
    num_beams = beams.full.shape[1]
    ended = ops.logical_and(ends, ops.arange(2 * num_beams)[None] < num_beams)
    is_open = beams.improvable  # (B, 1)
    if early_stopping is True:
        row_full = ops.all(beams.full, axis=-1, keepdims=True)
        is_open = ops.logical_and(is_open, ops.logical_not(row_full))
    scores = _penalised(candidates.scores, beams.position + 1, penalty)
    scores = scores + _impossible_unless(ended) + _impossible_unless(is_open)
    both = Hypotheses(
        ops.concatenate([beams.complete.ids, candidates.ids], axis=1),
        ops.concatenate([beams.complete.scores, scores], axis=1),
    )
    complete, chosen = _best(both, ops.ones_like(both.scores, dtype="bool"), num_beams)
    full = _pick(ops.concatenate([beams.full, ended], axis=1), chosen)
    return complete, full


def _can_improve(
    running: Hypotheses,
    complete: Hypotheses,
    full: Tensor,
    position: Tensor,
    limit: Tensor,
    penalty: Tensor,
    early_stopping: EarlyStopping,
) -> Tensor:
    """Check, as transformers does, whether the best running hypothesis may beat a complete one.

    Returns:
        (B, 1) bool.
    """
    best_length = limit if early_stopping == "never" else position
    length = ops.where(penalty > 0, best_length, position)
    best = _penalised(running.scores[:, :1], length, penalty)
    worst_complete = ops.min(complete.scores, axis=1, keepdims=True)
    worst = ops.where(full, worst_complete, IMPOSSIBLE)
    return ops.any(best > worst, axis=-1, keepdims=True)


def _penalised(scores: Tensor, length: Tensor, penalty: Tensor) -> Tensor:
    return scores / ops.power(ops.cast(length, "float32"), penalty)


def _impossible_unless(condition: Tensor) -> Tensor:
    """Return 0 where the condition is true and `IMPOSSIBLE` elsewhere, to add to a score."""
    return IMPOSSIBLE * ops.cast(ops.logical_not(condition), "float32")


def _pick(array: Tensor, beams: Tensor) -> Tensor:
    """Take array (B, M, ...) at beams (B, N) -> (B, N, ...)."""
    indices = ops.cast(beams, "int32")
    trailing = [1] * (len(array.shape) - 2)
    return ops.take_along_axis(array, ops.reshape(indices, (*indices.shape, *trailing)), axis=1)


def likeliest(logits: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Take the largest logits.

    Args:
        logits: (..., V).
        count: Number of results.

    Returns:
        Their tokens, best first, and their log-probabilities, both (..., count).
    """
    best, tokens = top_k(logits, count)
    return tokens, best - ops.logsumexp(logits, axis=-1, keepdims=True)


def top_k(x: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Compute `ops.top_k` faster: compare the maxima of blocks first, then search the best blocks.

    Args:
        x: (..., V).
        count: Number of results.

    Returns:
        The values, largest first, and their int32 indices, both (..., count). Of equal values, the
        first wins.
    """
    *rows, size = x.shape
    if size <= 2 * count * TOP_K_BLOCK:
        values, indices = ops.top_k(x, count)
        return values, ops.cast(indices, "int32")
    if size % TOP_K_BLOCK:
        padding = [(0, 0)] * len(rows) + [(0, -size % TOP_K_BLOCK)]
        x = ops.pad(x, padding, constant_values=-float("inf"))
    blocks = ops.reshape(x, (*rows, -1, TOP_K_BLOCK))
    _, chosen = ops.top_k(ops.max(blocks, axis=-1), count)
    # In order, so that the first of equal values wins.
    chosen = ops.sort(ops.cast(chosen, "int32"), axis=-1)  # (..., count)
    members = ops.take_along_axis(blocks, chosen[..., None], axis=-2)
    values, flat = ops.top_k(ops.reshape(members, (*rows, count * TOP_K_BLOCK)), count)
    flat = ops.cast(flat, "int32")
    block = ops.take_along_axis(chosen, flat // TOP_K_BLOCK, axis=-1)
    return values, block * TOP_K_BLOCK + flat % TOP_K_BLOCK
