"""Hypothesis strategies that draw damaged JSON, tensor files and other input from outside.

The cases are drawn from a fixed seed, so that every run tries the same ones.
"""

import struct

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from tests.security.samples import BODY, HEADER, IDS, NUMBERS, as_json


def cases(count: int):
    """Return settings that try the given number of cases, always the same ones."""
    return settings(
        max_examples=count,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


texts = st.one_of(st.sampled_from(IDS), st.text(max_size=30))
scalars = st.one_of(
    texts, st.sampled_from(NUMBERS), st.none(), st.booleans(), st.floats(), st.integers()
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)),
    max_leaves=8,
)
deep = st.sampled_from(["[" * 100_000, '{"a":' * 50_000 + "1", "1" * 5000, "[" * 900 + "]" * 900])


def changed(document: dict):
    """Replace some values of the document, or add keys, with any values."""
    keys = st.one_of(st.sampled_from(sorted(document)), texts)
    return st.dictionaries(keys, values, max_size=3).map(lambda more: document | more)


def json_files(document: dict):
    """Draw the document unchanged or changed, other JSON, and bytes that are not JSON."""
    return st.one_of(
        changed(document).map(as_json),
        st.just(as_json(document)),
        values.map(as_json),
        deep.map(str.encode),
        st.binary(max_size=60),
        st.just(b""),
    )


sizes = st.sampled_from(
    [0, 1, 2, 32, BODY, 2**31, 2**62, 2**63, 2**64 - 1, 2**64, -1, 10**30, 1.5, "1", None]
)
entries = st.fixed_dictionaries(
    {},
    optional={
        "dtype": st.sampled_from(
            [
                "F32",
                "F16",
                "BF16",
                "F64",
                "I64",
                "BOOL",
                "F8_E4M3",
                "F4",
                "C64",
                "object",
                "",
                None,
                7,
            ]
        ),
        "shape": st.lists(sizes, max_size=4),
        "data_offsets": st.lists(sizes, max_size=3),
        "x": values,
    },
)


@st.composite
def tensor_files(draw) -> bytes:
    """Draw a safetensors file: valid, or with a wrong header or a damaged body."""
    header = dict(HEADER)
    for name in draw(st.lists(st.one_of(st.sampled_from(sorted(HEADER)), texts), max_size=2)):
        old = header.get(name)
        known = old if isinstance(old, dict) else {}
        header[name] = draw(st.one_of(values, entries.map(known.__or__)))
    body = bytearray(
        np.full(
            BODY // 4, draw(st.sampled_from([0.1, 0.0, float("nan"), float("inf"), 3e38])), "<f4"
        ).tobytes()
    )
    text = draw(
        st.one_of(
            st.just(as_json(header)),
            st.just(as_json(header)),
            st.just(as_json(header)),
            st.binary(max_size=40),
            deep.map(str.encode),
        )
    )
    length = draw(
        st.one_of(
            st.just(len(text)),
            st.just(len(text)),
            sizes.filter(lambda n: isinstance(n, int) and 0 <= n < 2**64),
        )
    )
    return damaged(draw, struct.pack("<Q", length) + text + bytes(body))


def damaged(draw, data: bytes) -> bytes:
    """Return the data mostly unchanged, else cut off or with some bytes overwritten."""
    if draw(st.integers(0, 2)):
        return data
    at, piece = draw(st.integers(0, len(data))), draw(st.binary(max_size=12))
    return data[:at] if not piece else data[:at] + piece + data[at + len(piece) :]
