"""What depends on Keras's backend: compiling, gradients, devices; products.py has products.

Keras is first imported here, so that TensorFlow starts quietly and with its compile cache.
"""

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from lora_demo.model import compile_cache
from lora_demo.model.importing import without_collecting
from lora_demo.model.processor import cpu_has_bfloat16


@contextlib.contextmanager
def _without_native_logs() -> Iterator[None]:
    """Silence what TensorFlow's C++ code writes to standard error while it is imported."""
    stderr, null = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)
    try:
        yield
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)
        os.close(null)


os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
compile_cache.enable()
with _without_native_logs(), without_collecting():
    import keras

BACKEND = keras.backend.backend()

Tensor = Any
"""A tensor of the backend, or an array that it accepts; Keras has no type for that."""


def compiled(
    function: Callable[..., Any], variables: Sequence[keras.Variable]
) -> Callable[..., Any]:
    """Compile a function with XLA, once for each set of argument shapes.

    Args:
        function: Takes arrays and returns a tree of arrays. It reads and assigns only its arguments
            and the given variables.
        variables: Every Keras variable that the function uses. TensorFlow finds them itself; JAX,
            whose functions are pure, takes their values and returns the new ones.

    Returns:
        A function with the same arguments and results.

    Raises:
        RuntimeError: For a backend other than TensorFlow and JAX.
    """
    if BACKEND == "tensorflow":
        import tensorflow as tf

        # TensorFlow warns of retracing, but each shape is traced once on purpose.
        tf.get_logger().setLevel("ERROR")
        return tf.function(function, jit_compile=True, autograph=False)
    if BACKEND == "jax":
        return _compiled_by_jax(function, list(variables))
    raise RuntimeError(f"KERAS_BACKEND={BACKEND} is not supported. Set it to tensorflow or jax.")


def _compiled_by_jax(
    function: Callable[..., Any], variables: list[keras.Variable]
) -> Callable[..., Any]:
    import jax

    def pure(values: list[Tensor], *arguments: Tensor) -> tuple[Any, dict[int, Tensor]]:
        mapping = list(zip(variables, values, strict=True))
        with keras.StatelessScope(state_mapping=mapping) as scope:
            result = function(*arguments)
        changed = {}
        for i, (variable, old) in enumerate(mapping):
            new = scope.get_current_value(variable)
            if new is not old:
                changed[i] = new
        return result, changed

    jitted = jax.jit(pure)

    def call(*arguments: Tensor) -> Any:
        result, changed = jitted([v.value for v in variables], *arguments)
        for i, value in changed.items():
            variables[i].assign(value)
        return result

    return call


def is_eager() -> bool:
    """Check whether TensorFlow executes operations one by one, without XLA."""
    import tensorflow as tf

    return bool(tf.executing_eagerly())


def value_and_gradients(
    loss: Callable[[], Tensor],
    trained: Sequence[keras.Variable],
    others: Sequence[keras.Variable] = (),
) -> tuple[Tensor, list[Tensor]]:
    """Compute a loss and its gradients; call this inside a compiled function.

    Args:
        loss: Returns a scalar.
        trained: The variables of the gradients.
        others: All further variables that `loss` reads; JAX needs them.

    Returns:
        The loss, and one gradient for each trained variable.
    """
    if BACKEND == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch([v.value for v in trained])
            value = loss()
        gradients = tape.gradient(value, [v.value for v in trained])
        # An embedding's gradient comes as slices; AdamW would square repeated rows one by one.
        return value, [tf.convert_to_tensor(gradient) for gradient in gradients]
    import jax

    constants = [(v, v.value) for v in others]

    def pure(values: list[Tensor]) -> Tensor:
        mapping = constants + list(zip(trained, values, strict=True))
        with keras.StatelessScope(state_mapping=mapping):
            return loss()

    value, gradients = jax.value_and_grad(pure)([v.value for v in trained])
    return value, gradients


def dropout(x: Tensor, rate: float, seeds: keras.random.SeedGenerator) -> Tensor:
    """Set elements to zero by chance, and scale the others so that the mean stays.

    On a CPU, XLA computes the random numbers of ThreeFry in a third of the time of Philox, which
    Keras takes.

    Args:
        x: Any tensor.
        rate: Chance of an element to become zero, from 0 to below 1.
        seeds: Generator of seeds.

    Returns:
        A tensor like x.
    """
    if BACKEND != "tensorflow" or is_eager():
        return keras.random.dropout(x, rate, seed=seeds)
    import tensorflow as tf

    seed = tf.cast(seeds.next(), tf.int32)
    return tf.nn.experimental.stateless_dropout(x, rate, seed=seed, rng_alg="threefry")


def gather(array: Tensor, indices: Tensor) -> Tensor:
    """Take rows of an array.

    `keras.ops.take` also handles negative indices, which takes most of the time of its tracing.

    Args:
        array: (N, ...).
        indices: (B,), each from 0 to N - 1.

    Returns:
        (B, ...).
    """
    if BACKEND == "tensorflow":
        import tensorflow as tf

        return tf.gather(array, indices)
    import jax

    return jax.numpy.take(array, indices, axis=0, mode="clip")


def write_row(variable: keras.Variable, index: int, row: Tensor) -> None:
    """Write one row of a variable, and leave the others where they are.

    Args:
        variable: (N, ...).
        index: From 0 to N - 1.
        row: (...), of the variable's type.
    """
    if BACKEND == "tensorflow":
        import tensorflow as tf

        tf.raw_ops.ResourceScatterUpdate(resource=variable.value.handle, indices=index, updates=row)
    else:
        variable.assign(variable.value.at[index].set(row))


def use_all_devices() -> int:
    """Keep variables on every device of this process from now on, and let `shard` share work.

    This works under JAX only, through `keras.distribution`; Keras does not offer it for TensorFlow.

    Returns:
        The number of devices that share the work; 1 under TensorFlow.
    """
    if BACKEND == "jax" and len(keras.distribution.list_devices()) > 1:
        keras.distribution.set_distribution(keras.distribution.DataParallel())
    return _device_count()


def shard(array: Tensor) -> Tensor:
    """Share the rows of an array among the devices, after `use_all_devices`.

    Args:
        array: (B, ...), where B is a multiple of the number of devices.
    """
    distribution = keras.distribution.distribution()
    if distribution is None:
        return array
    layout = distribution.get_data_layout(array.shape)
    return keras.distribution.distribute_tensor(array, layout)


def _device_count() -> int:
    distribution = keras.distribution.distribution()
    return int(distribution.num_model_replicas) if distribution else 1


def device_name() -> str:
    """Name the devices in use: `CPU`, `GPU (name)` or `2 x GPU (name)`."""
    gpus, count = _gpus(), _device_count()
    name = f"GPU ({gpus[0]})" if gpus else "CPU"
    return f"{count} x {name}" if count > 1 else name


def has_gpu() -> bool:
    """Check whether Keras runs on a GPU or TPU."""
    return bool(_gpus())


def has_bfloat16() -> bool:
    """Check whether this CPU has instructions for bfloat16 that the backend uses."""
    return BACKEND == "tensorflow" and cpu_has_bfloat16()


def _gpus() -> list[str]:
    if BACKEND == "tensorflow":
        import tensorflow as tf

        details = tf.config.experimental.get_device_details
        devices = tf.config.list_physical_devices("GPU")
        return [details(device).get("device_name", device.name) for device in devices]
    import jax

    return [device.device_kind for device in jax.devices() if device.platform != "cpu"]
