"""Checks for functions that clients call: the types of their inputs, and no files in results."""

import functools
import inspect
import reprlib
from collections.abc import Callable
from typing import Any

import pydantic

from lora_demo.web.errors import show_errors


def for_clients(function: Callable) -> Callable:
    """Prepare a function for clients: check its inputs and show its errors as sentences.

    Args:
        function: Plain values in, plain values out, all with type hints.
    """
    return show_errors(validated(function))


def validated(function: Callable) -> Callable:
    """Check the inputs of a function against its type hints.

    Args:
        function: Every parameter has a type hint.

    Returns:
        The function, which raises ValueError in one line for the first input that does not fit.
    """
    check_and_call = pydantic.validate_call(function)
    names = list(inspect.signature(function).parameters)

    @functools.wraps(function)
    def call(*values: Any, **named: Any) -> Any:
        arguments = dict(zip(names, values, strict=False)) | named
        try:
            return without_file_markers(check_and_call(**arguments))
        except pydantic.ValidationError as error:
            raise ValueError(_first_problem(error)) from None

    return call


def _first_problem(error: pydantic.ValidationError) -> str:
    problem = error.errors(include_url=False, include_context=False)[0]
    argument = ".".join(map(str, problem["loc"]))
    return f"{argument} = {reprlib.repr(problem['input'])} ({problem['msg']})."


def without_file_markers(value: Any) -> Any:
    """Return a result in which no dictionary looks like one of Gradio's files.

    Gradio serves the file at `path` of every dictionary that also has `meta`. Without this check,
    a run folder or an adapter with such a dictionary could disclose any file.

    Args:
        value: A JSON value; tuples become lists.
    """
    if isinstance(value, dict):
        looks_like_file = "path" in value
        return {
            name: without_file_markers(inner)
            for name, inner in value.items()
            if not (looks_like_file and name == "meta")
        }
    if isinstance(value, (list, tuple)):
        return [without_file_markers(inner) for inner in value]
    return value
