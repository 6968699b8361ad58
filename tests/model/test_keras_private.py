"""The private functions of Keras do what the model needs; these tests fail if Keras drops them."""

import keras

from lora_demo.model.keras_private import flatten_layers, remove_weight


def test_layers_of_every_depth_are_listed_once():
    inner = keras.layers.Dense(2, name="inner")
    outer = keras.Sequential([inner, keras.layers.Dense(3, name="last")], name="outer")
    names = [layer.name for layer in flatten_layers(keras.Sequential([outer], name="whole"))]
    assert sorted(names) == ["inner", "last", "outer", "whole"]


def test_a_removed_weight_is_no_longer_a_variable_of_its_layer():
    layer = keras.layers.Layer()
    weight = layer.add_weight(shape=(2,), name="weight")
    remove_weight(layer, weight)
    assert layer.variables == []
