"""Names of repositories on the Hub."""

import re
from typing import Any

from lora_demo.checkpoints.connection import call_hub
from lora_demo.checkpoints.hub_advice import NAME_OWNER, advice
from lora_demo.checkpoints.hub_errors import invalid_name
from lora_demo.language import _

NAME = re.compile(r"[\w.-]+", re.ASCII)
"""An owner, or a repository without its owner."""
ADDRESS = re.compile(
    r"(?:(?:https?://)?(?:www\.)?(?:huggingface\.co|hf\.co)/|hf://)([^?#]*)", re.IGNORECASE
)
"""The address of a page on the Hub; what follows `?` or `#` is a place on it."""
MODELS_WITHOUT_OWNER = ("t5-small", "t5-base", "t5-large", "t5-3b", "t5-11b")
"""Old names of T5 that the Hub still accepts."""


def without_address(text: str) -> str:
    """Return the path of a page on the Hub, and any other text as it is.

    Args:
        text: An address such as `https://huggingface.co/user/name#usage`, or a name.

    Example:
        >>> without_address("hf.co/user/name/tree/main?library=peft")
        'user/name/tree/main'
    """
    match = ADDRESS.match(text)
    return match[1].rstrip("/") if match else text


def validate_name(name: str) -> str:
    """Validate a repository's name.

    Args:
        name: `user/name`, `name`, or the address of the repository's page.

    Returns:
        The name without the address.

    Raises:
        ValueError: If it is malformed.
    """
    name = without_address(name.strip())
    if name.count("/") == 2:
        name = name.removesuffix("/")
    if not is_repository_name(name):
        raise ValueError(invalid_name(name))
    return name


def is_repository_name(name: str) -> bool:
    """Check a name by the rules of the Hub's client; the Hub itself accepts only ASCII.

    Args:
        name: `user/name`, or `name`.
    """
    from huggingface_hub import errors
    from huggingface_hub.utils import validate_repo_id

    if not all(NAME.fullmatch(part) for part in name.split("/")):
        return False
    try:
        validate_repo_id(name)
    except errors.HFValidationError:
        return False
    return True


def is_hub_model(id: str) -> bool:
    """Check whether a base's id can be a model on the Hub.

    Args:
        id: Any text.
    """
    has_owner = id.count("/") == 1
    return id in MODELS_WITHOUT_OWNER or (has_owner and is_repository_name(id))


def full_name(name: str, hub: Any) -> str:
    """Complete a repository's name with its owner.

    Args:
        name: `user/name`, or `name` for a repository of the token's account.
        hub: A client from `open_hub`.

    Raises:
        ValueError: If the name is malformed, or has no owner and the client has no token.
    """
    name = validate_name(name)
    if "/" in name:
        return name
    if not hub.token:
        missing = _("{name!r} has no owner, and you are not logged in.", name=name)
        raise ValueError(f"{missing} {advice(NAME_OWNER)}")
    return f"{account_name(hub)}/{name}"


def account_name(hub: Any) -> str:
    """Return the name of the account that the client's token belongs to.

    Args:
        hub: A client from `open_hub`.

    Raises:
        ValueError: If the Hub cannot be reached or does not accept the token.
    """

    def look_up() -> str:
        name: str = hub.whoami()["name"]
        if not NAME.fullmatch(name):
            raise TypeError("The account has no name.")
        return name

    return call_hub(look_up)
