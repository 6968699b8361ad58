"""Initialisations of an adapter: PEFT's default, PiSSA and OLoRA.

PiSSA (Meng et al. 2024, https://arxiv.org/abs/2404.02948) and OLoRA (Büyükakyüz 2024,
https://arxiv.org/abs/2406.01775) take the first factors from the matrix itself, and subtract their
product from it. So matrix and adapter together compute what the matrix did before.

Axes: r rank.
"""

import math
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from lora_demo.model.dense import LoraDense
from lora_demo.model.messages import _

Factors = tuple[np.ndarray, np.ndarray]
"""A (d_in, r) and B (r, d_out)."""


def initialize(layers: Mapping[str, LoraDense], seed: int) -> None:
    """Write a new adapter as PEFT does: A from U(-1/sqrt(d_in), 1/sqrt(d_in)), B zero.

    Because B is zero, the new adapter changes nothing yet.

    Args:
        layers: The adapted matrices by path, with banks of one slot.
        seed: Equal seeds give equal adapters.
    """
    generator = keras.random.SeedGenerator(seed)
    for layer in layers.values():
        bank: Any = layer.bank
        r = bank.A.shape[2]
        bound = 1 / math.sqrt(layer.d_in)
        A = keras.random.uniform((layer.d_in, r), -bound, bound, seed=generator)
        bank.write(0, A, np.zeros((r, layer.d_out)))


def initialize_from_weights(layers: Mapping[str, LoraDense], kind: str) -> dict[str, Factors]:
    """Move a part of each matrix into its adapter, as PiSSA or OLoRA does.

    Args:
        layers: The adapted matrices by path, with banks of one slot; their weights change.
        kind: `pissa` or `olora`.

    Returns:
        The first factors of each matrix. `subtract_start` takes them from the trained ones, which
        gives an adapter for the unchanged base.

    Raises:
        ValueError: If the rank is larger than a side of a matrix.
    """
    split = _pissa if kind == "pissa" else _olora
    starts = {}
    for path, layer in layers.items():
        bank: Any = layer.bank
        r, scale = bank.A.shape[2], bank.scale
        if r > min(layer.d_in, layer.d_out):
            raise ValueError(
                _(
                    "rank = {rank} is larger than a side of {matrix} ({d_in} x {d_out}), so "
                    "{kind} cannot initialise it. Choose a lower rank.",
                    rank=r,
                    matrix=path,
                    d_in=layer.d_in,
                    d_out=layer.d_out,
                    kind=kind,
                )
            )
        weight = layer.matrix()
        A, B = split(weight, r, scale)
        bank.write(0, A, B)
        layer.weight.assign(weight - scale * (A @ B).T)
        starts[path] = (A, B)
    return starts


def _pissa(weight: np.ndarray, r: int, scale: float) -> Factors:
    """Take the r largest singular values; each factor gets their square roots."""
    U, S, Vt = np.linalg.svd(weight, full_matrices=False)  # (d_out, n), (n,), (n, d_in)
    root = np.sqrt(S[:r] / scale)
    A = (root[:, None] * Vt[:r]).T
    B = (U[:, :r] * root).T
    return A.astype("float32"), B.astype("float32")


def _olora(weight: np.ndarray, r: int, scale: float) -> Factors:
    """Take the first r columns of Q and rows of R. As in PEFT, the scale does not divide them."""
    Q, R = np.linalg.qr(weight)  # (d_out, n), (n, d_in)
    return R[:r].T.astype("float32"), Q[:, :r].T.astype("float32")


def subtract_start(trained: Factors, start: Factors) -> Factors:
    """Return factors of twice the rank with the product A B - A_0 B_0, as PEFT converts them.

    Args:
        trained: A and B.
        start: A_0 and B_0.
    """
    (A, B), (A_0, B_0) = trained, start
    return np.concatenate([A, A_0], axis=1), np.concatenate([B, -B_0], axis=0)
