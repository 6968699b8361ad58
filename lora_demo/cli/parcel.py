"""Output of the files that `push` and `deploy` would send."""

from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from lora_demo.hub.parcel import Parcel


def describe_parcel(parcel: "Parcel") -> dict[str, Any]:
    """Return the JSON document of a dry run.

    Args:
        parcel: The files that would be sent.
    """
    return {"repo": parcel.repo, "files": parcel.sizes, "card": parcel.card}


def print_parcel(parcel: "Parcel", file: TextIO) -> None:
    """Print the model card, then each file with its size in bytes.

    Args:
        parcel: The files that would be sent.
        file: Standard output or standard error.
    """
    print(parcel.card, file=file)
    for name, size in parcel.sizes.items():
        print(f"{size:>14,}  {name}", file=file)
