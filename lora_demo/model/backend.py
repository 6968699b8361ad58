"""The one place that knows which backend Keras runs on: compiling, gradients, devices."""

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence

from lora_demo.model import compile_cache
from lora_demo.model.importing import without_collecting


@contextlib.contextmanager
def _without_native_logs() -> Iterator[None]:
    """Keeps what TensorFlow's C++ prints while it is imported off standard error, where only our own lines belong."""
    kept, nothing = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nothing)


os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
compile_cache.enable()
with _without_native_logs(), without_collecting():
    import keras

BACKEND = keras.backend.backend()


def compiled(function: Callable, variables: Sequence[keras.Variable]) -> Callable:
    """`function(*arrays) -> pytree of arrays`, compiled by XLA once per set of argument shapes.

    Args:
        function: reads and assigns only the given variables and its arguments.
        variables: every Keras variable that the function touches. TensorFlow finds them itself; JAX, whose functions
            are pure, is handed their values and hands the new ones back.
    """
    if BACKEND == "tensorflow":
        import tensorflow as tf

        tf.get_logger().setLevel(
            "ERROR"
        )  # it warns of retracing, and each shape is traced once on purpose
        return tf.function(function, jit_compile=True, autograph=False)
    if BACKEND == "jax":
        return _compiled_jax(function, list(variables))
    raise RuntimeError(f"KERAS_BACKEND={BACKEND} is not supported here: use tensorflow or jax.")


def _compiled_jax(function, variables):
    import jax

    def pure(values, *arguments):
        with keras.StatelessScope(state_mapping=list(zip(variables, values))) as scope:
            result = function(*arguments)
        changed = {
            i: scope.get_current_value(v)
            for i, v in enumerate(variables)
            if scope.get_current_value(v) is not values[i]
        }
        return result, changed

    jitted = jax.jit(pure)

    def call(*arguments):
        result, changed = jitted([v.value for v in variables], *arguments)
        for i, value in changed.items():
            variables[i].assign(value)
        return result

    return call


def matmul(x, y, dtype: str | None = None, transposed: bool = False):
    """x @ y in the given type or x's; y is two-dimensional or of x's rank.

    XLA on a CPU has a fast bfloat16 product only for one whose result is float32, and whose operands come as they lie,
    not out of a transposition of their own: it takes half of the plain one's time.

    Args:
        transposed: y's last two axes come in the other order.
    """
    dtype = dtype or x.dtype
    if BACKEND != "tensorflow" or x.dtype != "bfloat16" or _eager():
        n = len(y.shape)
        y = keras.ops.transpose(y, (*range(n - 2), n - 1, n - 2)) if transposed else y
        return keras.ops.cast(keras.ops.matmul(x, keras.ops.cast(y, x.dtype)), dtype)
    import tensorflow as tf

    def product(x, y, dtype, **transposed):
        return tf.cast(
            tf.raw_ops.BatchMatMulV3(
                x=tf.cast(x, "bfloat16"), y=tf.cast(y, "bfloat16"), Tout="float32", **transposed
            ),
            dtype,
        )

    @tf.custom_gradient
    def multiply(x, y):
        by_y = lambda z: (
            product(z, x, y.dtype, adj_x=True) if transposed else product(x, z, y.dtype, adj_x=True)
        )
        return product(x, y, dtype, adj_y=transposed), lambda z: (
            product(z, y, x.dtype, adj_y=not transposed),
            by_y(z),
        )

    if len(y.shape) == len(x.shape):
        return multiply(x, y)
    return tf.reshape(
        multiply(tf.reshape(x, (-1, x.shape[-1])), y),
        (-1, *x.shape[1:-1], y.shape[-2 if transposed else -1]),
    )


def _eager() -> bool:
    """Whether TensorFlow computes at once, without XLA."""
    import tensorflow as tf

    return tf.executing_eagerly()


def value_and_gradients(
    loss: Callable, trained: Sequence[keras.Variable], others: Sequence[keras.Variable] = ()
):
    """`loss() -> scalar` and its gradients with respect to `trained`; to be called inside a compiled function.

    Args:
        others: the further variables that `loss` reads; JAX has to be told.
    """
    if BACKEND == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch([v.value for v in trained])
            value = loss()
        gradients = tape.gradient(value, [v.value for v in trained])
        return value, [
            tf.convert_to_tensor(g) for g in gradients
        ]  # a table's come as slices, whose repeated rows AdamW would square one by one
    import jax

    read = [(v, v.value) for v in others]

    def pure(values):
        with keras.StatelessScope(state_mapping=read + list(zip(trained, values))):
            return loss()

    return jax.value_and_grad(pure)([v.value for v in trained])


def gathered(array, indices):
    """array (N, ...) at indices (B,), all of them from 0 to N - 1 -> (B, ...); `keras.ops.take` minds negative ones, which takes most of the time of tracing it."""
    if BACKEND == "tensorflow":
        import tensorflow as tf

        return tf.gather(array, indices)
    import jax

    return jax.numpy.take(array, indices, axis=0, mode="clip")


def int8_product(a, b):
    """a (V, D), b (N, D), both int8 -> a b^T (V, N) in int32; XLA packs what comes second, so the large one comes first."""
    if BACKEND == "tensorflow":
        import tensorflow as tf

        return tf.matmul(a, b, transpose_b=True, output_type=tf.int32)
    import jax

    return jax.lax.dot_general(a, b, (((1,), (1,)), ((), ())), preferred_element_type="int32")


def spread_out() -> int:
    """From here on this process keeps variables on every device that it sees, and `split` shares work among them; returns how many.

    Under JAX alone, by `keras.distribution`; TensorFlow's part of that is none yet, so there it is one.
    """
    if BACKEND == "jax" and len(keras.distribution.list_devices()) > 1:
        keras.distribution.set_distribution(keras.distribution.DataParallel())
    return _spread()


def split(array):
    """The array with its rows, a multiple of the devices, shared among them once the process is spread out; else as it is."""
    distribution = keras.distribution.distribution()
    return (
        keras.distribution.distribute_tensor(array, distribution.get_data_layout(array.shape))
        if distribution
        else array
    )


def _spread() -> int:
    distribution = keras.distribution.distribution()
    return distribution.num_model_replicas if distribution else 1


def device_name() -> str:
    """The accelerators in use, or the CPU, as one would say it to a person."""
    gpus, count = _gpus(), _spread()
    return (f"{count} x " if count > 1 else "") + (f"GPU ({gpus[0]})" if gpus else "CPU")


def has_gpu() -> bool:
    """Whether Keras will run on a GPU (or TPU)."""
    return bool(_gpus())


def has_bfloat16() -> bool:
    """Whether this CPU has instructions for bfloat16, and the backend uses them."""
    return BACKEND == "tensorflow" and compile_cache.cpu_has_bfloat16()


def _gpus() -> list[str]:
    if BACKEND == "tensorflow":
        import tensorflow as tf

        devices = tf.config.list_physical_devices("GPU")
        return [
            tf.config.experimental.get_device_details(d).get("device_name", d.name) for d in devices
        ]
    import jax

    return [d.device_kind for d in jax.devices() if d.platform != "cpu"]
