"""The account that the app uses on the Hub: by sign-in, by a token, or this machine's own."""

import os

from lora_demo.language import N_, _

LOOPBACK = ("127.0.0.1", "::1", "localhost")
SIGN_IN_VARIABLES = (
    "OAUTH_CLIENT_ID",
    "OAUTH_CLIENT_SECRET",
    "OAUTH_SCOPES",
    "OPENID_PROVIDER_URL",
)
"""Environment variables of a Space whose README has `hf_oauth: true`."""
TOKEN_PAGE = "https://huggingface.co/settings/tokens"
NO_TOKEN = N_(
    "A token is needed to {action}. Give a token with write permission from {page}. It is used "
    "once and not stored."
)
NO_TOKEN_HERE = N_(
    "A token is needed to {action}. Run `hf auth login`, or give a token with write permission "
    "from {page}. It is used once and not stored."
)
PURPOSES = (N_("push"), N_("train on Jobs"), N_("follow the Job"))
"""The actions that need a token."""


def account_of(host: str, public: bool) -> str:
    """Decide which account the app uses on the Hub.

    Args:
        host: Address that the app listens on.
        public: True if others can reach the app in another way, such as a share link.

    Returns:
        `space`: Each visitor signs in with Hugging Face.
        `machine`: Only people at this machine see the page, so its token may be used, from
        `hf auth login` or HF_TOKEN; or a token that they give.
        `visitor`: Only a token that the visitor gives.
    """
    if os.environ.get("SPACE_ID"):
        return "space"
    return "machine" if host in LOOPBACK and not public else "visitor"


def can_sign_in() -> bool:
    """Return whether this is a Space with a sign-in for its visitors."""
    if os.environ.get("SYSTEM") != "spaces":
        return False
    return all(os.environ.get(name) for name in SIGN_IN_VARIABLES)


def hub_token(account: str, signed_in: str, given: str, purpose: str = "push") -> str | None:
    """Choose the token for an action of a visitor.

    Args:
        account: As `account_of` returns it.
        signed_in: Token of the visitor's sign-in; empty without one.
        given: Token that the visitor typed; empty without one.
        purpose: The action for the message, one of `PURPOSES`.

    Returns:
        The token; None for this machine's.

    Raises:
        ValueError: If no token is found. The message says how to get one.
    """
    from huggingface_hub import get_token

    if account == "space":
        if not signed_in:
            raise ValueError(_sign_in_advice())
        return signed_in
    if given.strip():
        return given.strip()
    if account == "machine" and get_token():
        return None
    raise ValueError(
        _(
            NO_TOKEN_HERE if account == "machine" else NO_TOKEN,
            action=_(purpose),
            page=TOKEN_PAGE,
        )
    )


def _sign_in_advice() -> str:
    if can_sign_in():
        return _("Sign in with Hugging Face first.")
    return _(
        "This Space does not have a sign-in. Its owner must add `hf_oauth: true` to its README."
    )


def pull_token(account: str, signed_in: str) -> str | bool | None:
    """Choose the token for a pull.

    Args:
        account: As `account_of` returns it.
        signed_in: Token of the visitor's sign-in; empty without one.

    Returns:
        The token; None for this machine's; False for none, so that visitors cannot read
        repositories that only this machine's account may read.
    """
    return None if account == "machine" else signed_in or False
