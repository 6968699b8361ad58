"""The rates of the machine while the others run: float32 matrix products and memory reads."""

import os
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np

CORES = len(os.sched_getaffinity(0))


def rates(_):
    """Measure NumPy's and TensorFlow's 2048 x 2048 products (the faster) and a sum of 512 MB."""
    import tensorflow as tf

    matrix = np.random.default_rng(0).standard_normal((2048, 2048), "float32")
    numbers = np.ones(2**27, "float32")
    tensor, pool = tf.constant(matrix), ThreadPoolExecutor(CORES)
    parts = np.array_split(numbers, CORES)

    def run():
        product = min(
            _seconds(lambda: matrix @ matrix), _seconds(lambda: (tensor @ tensor)[0, 0].numpy())
        )
        return {
            "flops": 2 * 2048**3 / product,
            "bytes": numbers.nbytes / _seconds(lambda: list(pool.map(np.sum, parts))),
        }

    run()
    return None, run


def _seconds(work) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
