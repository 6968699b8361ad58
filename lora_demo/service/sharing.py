"""Adapters to and from the Hub for a visitor: by whose account, and what is shown before anything is sent."""

import os
import re

from lora_demo.checkpoints.adapters import read_config
from lora_demo.checkpoints.base import EMBEDDED
from lora_demo.hub.pull import Pulled
from lora_demo.hub.push import Parcel, Pushed, Taken, manifest_of, preview_push, push_adapter
from lora_demo.service.adapter_library import choose, keep_pulled
from lora_demo.service.studio import Studio

LOOPBACK = ("127.0.0.1", "::1", "localhost")
SIGN_IN = ("OAUTH_CLIENT_ID", "OAUTH_CLIENT_SECRET", "OAUTH_SCOPES", "OPENID_PROVIDER_URL")
"""What a Space's environment has where its README says `hf_oauth: true`."""


def account_of(host: str, public: bool) -> str:
    """By whose account the page speaks to the Hub.

    Args:
        host: the address that it listens on; public: whether others can reach it by another way, too.
    Returns:
        `space`: every visitor signs in with Hugging Face. `machine`: only whoever sits here sees the page, so the token of
        `hf auth login` or HF_TOKEN may be used, or one that is given. `visitor`: only one that is given.
    """
    if os.environ.get("SPACE_ID"):
        return "space"
    return "machine" if host in LOOPBACK and not public else "visitor"


def can_sign_in() -> bool:
    """Whether this is a Space whose visitors can sign in."""
    return os.environ.get("SYSTEM") == "spaces" and all(os.environ.get(name) for name in SIGN_IN)


def hub_token(account: str, signed_in: str, given: str, purpose: str = "push") -> str | None:
    """The token that a visitor acts with; None: that of this machine.

    Raises:
        ValueError: if there is none; the message says how to come by one.
    """
    from huggingface_hub import get_token

    if account == "space":
        if not signed_in:
            raise ValueError(
                "Sign in with Hugging Face first."
                if can_sign_in()
                else "This Space has no sign-in: its README needs `hf_oauth: true`."
            )
        return signed_in
    if given.strip():
        return given.strip()
    if account == "machine" and get_token():
        return None
    login = "run `hf auth login`, or " if account == "machine" else ""
    raise ValueError(
        f"There is no token to {purpose} with: {login}give one with the write permission from https://huggingface.co/settings/tokens, which is used once and forgotten."
    )


def pull_token(account: str, signed_in: str) -> str | bool | None:
    """The token that a pull is made with; False: none, so that nobody reads what only this machine's account may."""
    return None if account == "machine" else signed_in or False


def preview(
    studio: Studio, id: str | None, repo: str, visitor: str, with_base: bool = True
) -> Parcel:
    """What a push would send; asks nobody.

    Raises:
        ValueError: for an adapter that the visitor has not, or no repository's name.
    """
    (entry,) = choose(studio.adapters(visitor), [id or ""])
    return preview_push(
        entry.folder, full_name(repo), with_base and _may_go_along(studio, entry.folder)
    )


def push(
    studio: Studio,
    id: str,
    repo: str,
    visitor: str,
    token: str | None,
    *,
    private: bool = False,
    overwrite: bool = False,
    with_base: bool = True,
) -> Pushed:
    """Sends an adapter that the visitor can use, in one commit.

    Raises:
        Taken: if the repository is not ours and `overwrite` is not set.
        ValueError: in one sentence, what went wrong and what to do.
    """
    (entry,) = choose(studio.adapters(visitor), [id])
    along, repo = with_base and _may_go_along(studio, entry.folder), full_name(repo)
    try:
        return push_adapter(
            entry.folder, repo, private=private, overwrite=overwrite, with_base=along, token=token
        )
    except Taken:
        raise Taken(
            f"{repo} exists and was not made by lora_demo, so nothing was sent: choose another name, or say that it may be overwritten."
        ) from None
    except ValueError as error:
        raise advised(error, studio.account) from None


def pull(studio: Studio, id: str, visitor: str, signed_in: str = "") -> tuple[str, Pulled]:
    """Fetches an adapter for this base into the visitor's own; returns its id here, and what it is.

    Raises:
        ValueError: in one sentence, what went wrong and what to do; nothing is kept then.
    """
    try:
        return keep_pulled(
            id, studio.room_of(visitor), studio.config, pull_token(studio.account, signed_in)
        )
    except ValueError as error:
        raise advised(error, studio.account) from None


def full_name(repo: str) -> str:
    """`user/name`, the owner written out, since the model card names it.

    Raises:
        ValueError: if it has no owner.
    """
    repo = repo.strip().removeprefix("https://huggingface.co/").strip("/")
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", repo):
        raise ValueError(
            f"{repo[:100]!r} is no repository's name: write user/name, with letters, digits, '-', '_' and '.'."
        )
    return repo


def _may_go_along(studio: Studio, folder) -> bool:
    """Whether the adapter's base may be sent: of the folders of this machine only the base that the page has open."""
    return manifest_of(folder, read_config(folder))["base"]["id"] in (EMBEDDED, studio.base)


def advised(error: ValueError, account: str) -> ValueError:
    """The error, whose advice to log in on this machine is changed for those who cannot."""
    login = {"space": r"sign in\1", "visitor": "give a valid token"}.get(account, r"\g<0>")
    said = re.sub(
        r"log in( again)? with `hf auth login`(?:, or set HF_TOKEN to a valid one)?",
        login,
        str(error),
    )
    if account == "space":
        said = said.replace(
            "use a token with the write permission, or a repository under your own name",
            "choose a new name under your own, since by the sign-in this page may write only to what it has made",
        )
    return ValueError(said)
