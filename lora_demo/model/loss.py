"""The training loss and the decoder inputs that it needs.

Axes: B batch, T target, V vocabulary.
"""

from keras import ops

from lora_demo.model.backend import Tensor
from lora_demo.model.config import T5Config


def shift_right(labels: Tensor, config: T5Config, segments: Tensor | None = None) -> Tensor:
    """Make decoder inputs from labels: the start token, then all labels but the last.

    Args:
        labels: (B, T) token ids.
        config: Gives the start token.
        segments: (B, T), the number of each label's sentence where rows hold several packed
            sentences; the inputs of each one begin with the start token. None: one per row.

    Returns:
        Decoder inputs (B, T).
    """
    start = config.decoder_start_token_id
    shifted = _shift(labels, start)
    if segments is None:
        return shifted
    same_segment = segments == _shift(segments, 0)
    return ops.where(same_segment, shifted, start)


def _shift(x: Tensor, first: int) -> Tensor:
    """Move each row one position to the right, with `first` at its beginning."""
    column = ops.full((x.shape[0], 1), first, x.dtype)
    return ops.concatenate([column, x[:, :-1]], axis=1)


def cross_entropy(
    logits: Tensor, labels: Tensor, weights: Tensor, label_smoothing: float = 0.0
) -> Tensor:
    """Sum weights * -log p(label) over all positions.

    With label smoothing e (https://arxiv.org/abs/1512.00567) the target distribution puts 1 - e on
    the label and spreads e evenly over the vocabulary.

    Args:
        logits: (B, T, V) in float32.
        labels: (B, T) token ids.
        weights: (B, T), 0 on padding.
        label_smoothing: e, from 0 to below 1.

    Returns:
        A scalar: the sum, not the mean, so that steps can accumulate several batches.
    """
    log_z = ops.logsumexp(logits, axis=-1)  # (B, T)
    # Not `take`: its gradient is a slow scatter.
    is_label = ops.arange(logits.shape[-1], dtype=labels.dtype) == labels[..., None]
    label_logits = ops.sum(ops.where(is_label, logits, 0.0), axis=-1)
    loss = log_z - label_logits
    if label_smoothing:
        uniform_loss = log_z - ops.mean(logits, axis=-1)
        loss = (1 - label_smoothing) * loss + label_smoothing * uniform_loss
    return ops.sum(loss * weights)
