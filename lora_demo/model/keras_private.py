"""The private functions of Keras that the model needs, because no public ones exist."""

import keras


def flatten_layers(layer: keras.layers.Layer) -> list[keras.layers.Layer]:
    """Return a layer and all layers in it, of every depth.

    The public `Model.layers` stops at the first level, and `Layer` has no such list.

    Args:
        layer: Any layer, such as a model.
    """
    return list(layer._flatten_layers())


def remove_weight(layer: keras.layers.Layer, weight: keras.Variable) -> None:
    """Remove a weight from a layer, so that one of another shape can take its place.

    Args:
        layer: The layer that holds the weight.
        weight: A weight that this layer added itself.
    """
    layer._untrack_variable(weight)
