"""The shelf: page state that changes when a visitor's list of adapters has changed."""

from typing import Any

Shelf = dict[str, Any]
"""`count` changes with every change of the list; `made` is the id of a new adapter, or empty."""


def new_shelf() -> Shelf:
    """Return the shelf of a page that was just opened."""
    return {"count": 0, "made": ""}


def shelved(shelf: Shelf, made: str = "") -> Shelf:
    """Return the shelf after a change of the list.

    Args:
        shelf: The shelf before the change.
        made: Id of a new adapter, which the tabs then choose.
    """
    return {"count": shelf["count"] + 1, "made": made}
