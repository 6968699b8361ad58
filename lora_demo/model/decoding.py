"""Greedy and beam search over a step function, with the definitions of transformers' `generate`.

A step is `step(tokens (B, M), position, writers, cache) -> next (B, M, k), scores (B, M, k), cache`: the k likeliest next
tokens of each beam, best first, and their log-probabilities. What a step keeps of beam m at `position` stays there, also
when hypotheses change places: `writers` (B, M, T) says which beam wrote what beam m has at t; greedy search, with its one
beam, gives None. Nothing here knows text or T5. Axes: B batch, M beams, T target, V vocabulary. Both functions are meant to
be compiled; what a row gets depends on that row alone.
"""

from typing import NamedTuple

from keras import ops

NEVER = -1e9
BLOCK = 32
"""Numbers that `top_k` looks at together."""


def greedy_search(
    step, cache, batch: int, length: int, limit, start_id: int, eos_id: int, pad_id: int
):
    """The likeliest token at every position, until a row says `eos_id` or has `limit` tokens.

    Args:
        length: T, the positions that there is room for; limit: how many of them to use, at most `length`.
    Returns:
        ids (B, T) int32 without the start token, `pad_id` after the end.
    """

    def unfinished(position, tokens, done, ids, cache):
        return ops.logical_and(position < limit, ops.logical_not(ops.all(done)))

    def advance(position, tokens, done, ids, cache):
        best, _, cache = step(tokens[:, None], position, None, cache)
        tokens = ops.where(done, pad_id, best[:, 0, 0])
        ids = ops.slice_update(ids, (0, position), tokens[:, None])
        return position + 1, tokens, ops.logical_or(done, tokens == eos_id), ids, cache

    state = (
        ops.zeros((), "int32"),
        ops.full((batch,), start_id, "int32"),
        ops.zeros((batch,), "bool"),
        ops.full((batch, length), pad_id, "int32"),
        cache,
    )
    return ops.while_loop(unfinished, advance, state)[3]


class Hypotheses(NamedTuple):
    """ids (B, N, T) int32 and scores (B, N) float32, best first."""

    ids: object
    scores: object


class Beams(NamedTuple):
    """The state of a beam search before the token at `position` is chosen."""

    position: object
    hopeful: object  # (B, 1): may what runs still beat what is complete?
    running: Hypotheses  # N = M, scores are sums of log-probabilities
    complete: Hypotheses  # N = M, scores are penalised by length
    full: object  # (B, M): which of `complete` are taken
    tokens: object  # (B, M), the last of each running one
    writers: object  # (B, M, T)
    cache: object


def beam_search(
    step,
    cache,
    batch: int,
    num_beams: int,
    length: int,
    limit,
    start_id: int,
    eos_id: int,
    pad_id: int,
    length_penalty,
    early_stopping=False,
):
    """The best of `num_beams` hypotheses by sum of log-probabilities / length**length_penalty.

    Args:
        step, cache: over M beams of each row; k is 2 M at least.
        limit: the most tokens, as for `greedy_search`; length_penalty: a float or a float32 scalar tensor.
        early_stopping: as transformers defines it. True: stop when M hypotheses are complete; False: stop when the
            best running one, at its present length, cannot beat the worst complete one; "never": when it could not
            even at full length.
    Returns:
        ids (B, T) int32 of each row's best hypothesis, `pad_id` after the end.
    """
    penalty = ops.convert_to_tensor(length_penalty, "float32")

    def unfinished(beams):
        go_on = ops.any(beams.hopeful)
        if early_stopping is True:
            go_on = ops.logical_and(go_on, ops.logical_not(ops.all(beams.full)))
        return ops.logical_and(beams.position < limit, go_on)

    def advance(beams):
        best, scores, cache = step(beams.tokens, beams.position, beams.writers, beams.cache)
        candidates, origins, tokens = _continue(beams.running, beams.position, best, scores)
        ends = ops.logical_or(tokens == eos_id, beams.position + 1 >= limit)  # (B, 2M)
        running, kept = _keep(candidates, ops.logical_not(ends), num_beams)
        writers = ops.where(
            ops.arange(length) <= beams.position, _pick(beams.writers, _pick(origins, kept)), own
        )
        complete, full = _complete(beams, candidates, ends, penalty, early_stopping)
        hopeful = ops.logical_and(
            beams.hopeful,
            _can_improve(
                running, complete, full, beams.position + 1, limit, penalty, early_stopping
            ),
        )
        return (
            Beams(
                beams.position + 1,
                hopeful,
                running,
                complete,
                full,
                _pick(tokens, kept),
                writers,
                cache,
            ),
        )

    own = ops.broadcast_to(
        ops.arange(num_beams, dtype="int32")[None, :, None], (batch, num_beams, length)
    )
    blank = ops.full((batch, num_beams, length), pad_id, "int32")
    first_beam_only = ops.cast(ops.where(ops.arange(num_beams) == 0, 0.0, NEVER), "float32")
    start = Beams(
        position=ops.zeros((), "int32"),
        hopeful=ops.ones((batch, 1), "bool"),
        running=Hypotheses(blank, ops.broadcast_to(first_beam_only[None], (batch, num_beams))),
        complete=Hypotheses(blank, ops.full((batch, num_beams), NEVER, "float32")),
        full=ops.zeros((batch, num_beams), "bool"),
        tokens=ops.full((batch, num_beams), start_id, "int32"),
        writers=own,
        cache=cache,
    )
    return ops.while_loop(unfinished, advance, (start,))[0].complete.ids[:, 0]


def _continue(running: Hypotheses, position, tokens, scores):
    """The best 2M continuations of M beams: hypotheses, the beams they come from and their new tokens, each (B, 2M, ...).

    With one end token, 2M leave at least M that go on; all are among the likeliest 2M of their beams.
    """
    batch, beams, count = tokens.shape
    scores, flat = ops.top_k(
        ops.reshape(scores + running.scores[:, :, None], (batch, beams * count)), 2 * beams
    )
    origins, tokens = (
        ops.cast(flat, "int32") // count,
        _pick(ops.reshape(tokens, (batch, beams * count)), flat),
    )
    ids = ops.slice_update(_pick(running.ids, origins), (0, 0, position), tokens[:, :, None])
    return Hypotheses(ids, scores), origins, tokens


def _keep(hypotheses: Hypotheses, allowed, count: int):
    """The best `count` of those `allowed`, and which they are."""
    scores = hypotheses.scores + NEVER * ops.cast(ops.logical_not(allowed), "float32")
    scores, kept = ops.top_k(scores, count)
    return Hypotheses(_pick(hypotheses.ids, kept), scores), kept


def _complete(beams: Beams, candidates: Hypotheses, ends, penalty, early_stopping):
    """The complete hypotheses with those candidates that end now, among the best M, in rows that are not closed."""
    num_beams = beams.full.shape[1]
    ended = ops.logical_and(ends, ops.arange(2 * num_beams)[None] < num_beams)
    open_rows = beams.hopeful
    if early_stopping is True:
        open_rows = ops.logical_and(
            open_rows, ops.logical_not(ops.all(beams.full, axis=-1, keepdims=True))
        )
    scores = _penalised(candidates.scores, beams.position + 1, penalty)
    scores = (
        scores
        + NEVER * ops.cast(ops.logical_not(ended), "float32")
        + NEVER * ops.cast(ops.logical_not(open_rows), "float32")
    )
    both = Hypotheses(
        ops.concatenate([beams.complete.ids, candidates.ids], axis=1),
        ops.concatenate([beams.complete.scores, scores], axis=1),
    )
    complete, kept = _keep(both, ops.ones_like(both.scores, dtype="bool"), num_beams)
    return complete, _pick(ops.concatenate([beams.full, ended], axis=1), kept)


def _can_improve(
    running: Hypotheses, complete: Hypotheses, full, position, limit, penalty, early_stopping
):
    """(B, 1): whether the best running hypothesis may still beat the worst complete one, as transformers judges it."""
    best_length = limit if early_stopping == "never" else position
    best = _penalised(running.scores[:, :1], ops.where(penalty > 0, best_length, position), penalty)
    worst = ops.where(full, ops.min(complete.scores, axis=1, keepdims=True), NEVER)
    return ops.any(best > worst, axis=-1, keepdims=True)


def _penalised(scores, length, penalty):
    return scores / ops.power(ops.cast(length, "float32"), penalty)


def _pick(array, beams):
    """array (B, M, ...) at beams (B, N) -> (B, N, ...)."""
    beams = ops.cast(beams, "int32")
    return ops.take_along_axis(
        array, ops.reshape(beams, (*beams.shape, *[1] * (len(array.shape) - 2))), axis=1
    )


def likeliest(logits, count: int):
    """The best `count` of logits (..., V), best first, and their log-probabilities."""
    best, tokens = top_k(logits, count)
    return tokens, best - ops.logsumexp(logits, axis=-1, keepdims=True)


def top_k(x, count: int):
    """`ops.top_k` of x (..., N), which would look at every number apart: here only in the blocks with the largest maxima."""
    *rows, size = x.shape
    if size <= 2 * count * BLOCK:
        values, places = ops.top_k(x, count)
        return values, ops.cast(places, "int32")
    x = (
        ops.pad(x, [(0, 0)] * len(rows) + [(0, -size % BLOCK)], constant_values=-float("inf"))
        if size % BLOCK
        else x
    )
    blocks = ops.reshape(x, (*rows, -1, BLOCK))
    chosen = ops.sort(
        ops.cast(ops.top_k(ops.max(blocks, axis=-1), count)[1], "int32"), axis=-1
    )  # so that of equals the first wins
    values, places = ops.top_k(
        ops.reshape(
            ops.take_along_axis(blocks, chosen[..., None], axis=-2), (*rows, count * BLOCK)
        ),
        count,
    )
    places = ops.cast(places, "int32")
    return values, ops.take_along_axis(chosen, places // BLOCK, axis=-1) * BLOCK + places % BLOCK
