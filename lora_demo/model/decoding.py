"""Greedy and beam search over a step function, with the definitions of transformers' `generate`.

A step is `step(tokens (N,), position, cache) -> logits (N, V) float32, cache`; the cache is a pytree of arrays whose
first axis is N. Nothing here knows text or T5. Axes: B batch, M beams, T target, V vocabulary. Both functions are meant
to be compiled; what a row gets depends on that row alone.
"""

from keras import ops, tree

NEVER = -1e9


def greedy_search(step, cache, batch: int, length: int, limit, start_id: int, eos_id: int, pad_id: int):
    """The likeliest token at every position, until a row says `eos_id` or has `limit` tokens.

    Args:
        length: T, the positions that there is room for; limit: how many of them to use, at most `length`.
    Returns:
        ids (B, T) int32 without the start token, `pad_id` after the end.
    """

    def unfinished(position, tokens, done, ids, cache):
        return ops.logical_and(position < limit, ops.logical_not(ops.all(done)))

    def advance(position, tokens, done, ids, cache):
        logits, cache = step(tokens, position, cache)
        tokens = ops.where(done, pad_id, ops.cast(ops.argmax(logits, axis=-1), "int32"))
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


def beam_search(step, cache, batch: int, num_beams: int, length: int, limit, start_id: int, eos_id: int, pad_id: int, length_penalty, early_stopping=False):
    """The best of `num_beams` hypotheses by sum of log-probabilities / length**length_penalty.

    Args:
        step, cache: over N = B * M rows, the beams of one row side by side.
        limit: the most tokens, as for `greedy_search`; length_penalty: a float or a float32 scalar tensor.
        early_stopping: as transformers defines it. True: stop when M hypotheses are complete; False: stop when the
            best running one, at its present length, cannot beat the worst complete one; "never": when it could not
            even at full length.
    Returns:
        ids (B, T) int32 of each row's best hypothesis, `pad_id` after the end.
    """
    rows, wide = (batch, num_beams), 2 * num_beams  # with one end token, 2M candidates leave at least M running
    length_penalty = ops.convert_to_tensor(length_penalty, "float32")

    def penalised(scores, tokens):
        return scores / ops.power(ops.cast(tokens, "float32"), length_penalty)

    def can_improve(position, running_scores, scores, complete, hopeful):
        best_length = limit if early_stopping == "never" else position
        at_full_length = penalised(running_scores[:, :1], best_length)
        at_present = penalised(running_scores[:, :1], position)
        best = ops.where(length_penalty > 0, at_full_length, at_present)
        worst = ops.where(complete, ops.min(scores, axis=1, keepdims=True), NEVER)
        return ops.logical_and(hopeful, ops.any(best > worst, axis=-1, keepdims=True))

    def unfinished(position, hopeful, running, running_scores, ids, scores, complete, tokens, cache):
        go_on = ops.any(hopeful)
        if early_stopping is True:
            go_on = ops.logical_and(go_on, ops.logical_not(ops.all(complete)))
        return ops.logical_and(position < limit, go_on)

    def advance(position, hopeful, running, running_scores, ids, scores, complete, tokens, cache):
        logits, cache = step(tokens, position, cache)
        log_probabilities = ops.reshape(_log_softmax(logits), (*rows, -1)) + running_scores[:, :, None]
        candidate_scores, beams, tokens = _best_continuations(log_probabilities, wide)  # each (B, 2M)
        candidates = _write(_pick(running, beams), position, tokens)  # (B, 2M, T)
        ends = ops.logical_or(tokens == eos_id, position + 1 >= limit)

        keep = ops.top_k(ops.where(ends, candidate_scores + NEVER, candidate_scores), num_beams)[1]
        new_running_scores = _pick(ops.where(ends, candidate_scores + NEVER, candidate_scores), keep)
        chosen = ops.reshape(_pick(beams, keep) + ops.arange(batch)[:, None] * num_beams, (-1,))
        cache = tree.map_structure(lambda array: ops.take(array, chosen, axis=0), cache)

        ended = ops.logical_and(ends, ops.arange(wide)[None] < num_beams)
        closed = ops.logical_not(hopeful)
        if early_stopping is True:
            closed = ops.logical_or(closed, ops.all(complete, axis=-1, keepdims=True))
        ended_scores = penalised(candidate_scores, position + 1)
        ended_scores = ended_scores + NEVER * ops.cast(closed, "float32") + NEVER * ops.cast(ops.logical_not(ended), "float32")
        all_scores = ops.concatenate([scores, ended_scores], axis=1)
        best = ops.top_k(all_scores, num_beams)[1]
        ids = _pick(ops.concatenate([ids, candidates], axis=1), best)
        complete = _pick(ops.concatenate([complete, ended], axis=1), best)
        scores = _pick(all_scores, best)

        hopeful = can_improve(position + 1, new_running_scores, scores, complete, hopeful)
        next_tokens = ops.reshape(_pick(tokens, keep), (-1,))
        return position + 1, hopeful, _pick(candidates, keep), new_running_scores, ids, scores, complete, next_tokens, cache

    blank = ops.full((*rows, length), pad_id, "int32")
    first_beam_only = ops.broadcast_to(ops.where(ops.arange(num_beams) == 0, 0.0, NEVER)[None], rows)
    state = (
        ops.zeros((), "int32"),
        ops.ones((batch, 1), "bool"),
        blank,
        ops.cast(first_beam_only, "float32"),
        blank,
        ops.full(rows, NEVER, "float32"),
        ops.zeros(rows, "bool"),
        ops.full((batch * num_beams,), start_id, "int32"),
        cache,
    )
    return ops.while_loop(unfinished, advance, state)[4][:, 0]


def _log_softmax(logits):
    return logits - ops.logsumexp(logits, axis=-1, keepdims=True)


def _best_continuations(log_probabilities, count: int):
    """(B, M, V) -> scores, beams and tokens of the best `count` over all beams, each (B, count), best first."""
    batch, beams, vocabulary = log_probabilities.shape
    scores, flat = ops.top_k(ops.reshape(log_probabilities, (batch, beams * vocabulary)), count)
    flat = ops.cast(flat, "int32")
    return scores, flat // vocabulary, flat % vocabulary


def _pick(array, beams):
    """array (B, M, ...) at beams (B, N) -> (B, N, ...)."""
    beams = ops.cast(beams, "int32")
    return ops.take_along_axis(array, ops.reshape(beams, (*beams.shape, *[1] * (len(array.shape) - 2))), axis=1)


def _write(sequences, position, tokens):
    """Sequences (B, N, T) with tokens (B, N) at `position`."""
    return ops.slice_update(sequences, (0, 0, position), tokens[:, :, None])
