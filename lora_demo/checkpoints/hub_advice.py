"""Advice in errors of the Hub, by the kind of account with which it was called."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from lora_demo.language import N_, _

MACHINE = "machine"
"""The token of `hf auth login` or HF_TOKEN on this machine: the command line, or a local page."""
SPACE = "space"
"""The visitor's sign-in on a Space."""
VISITOR = "visitor"
"""A token that the visitor gives."""
CHECK_SPELLING = {
    MACHINE: N_("Check the spelling, or log in with `hf auth login` if it is private."),
    SPACE: N_("Check the spelling, or sign in if it is private."),
    VISITOR: N_("Check the spelling, or give a valid token if it is private."),
}
ACCEPT_TERMS = {
    MACHINE: N_("Accept its terms on its page, and log in with `hf auth login`."),
    SPACE: N_("Accept its terms on its page, and sign in."),
    VISITOR: N_("Accept its terms on its page, and give a valid token."),
}
RENEW_TOKEN = {
    MACHINE: N_("Log in again with `hf auth login`, or set HF_TOKEN to a valid one."),
    SPACE: N_("Sign in again."),
    VISITOR: N_("Give a valid token."),
}
NAME_OWNER = {
    MACHINE: N_("Write user/name, or log in with `hf auth login`."),
    SPACE: N_("Write user/name, or sign in."),
    VISITOR: N_("Write user/name, or give a valid token."),
}
GET_WRITE_PERMISSION = {
    MACHINE: N_("Use a token with the write permission, or a repository under your own name."),
    SPACE: N_(
        "Choose a new repository under your own name. With a sign-in, this page can only write to "
        "repositories that it created."
    ),
}

_account: ContextVar[str] = ContextVar("account", default=MACHINE)


@contextmanager
def advise_for(account: str) -> Iterator[None]:
    """Give advice for this kind of account inside a `with` block.

    Args:
        account: `MACHINE`, `SPACE` or `VISITOR`.
    """
    token = _account.set(account)
    try:
        yield
    finally:
        _account.reset(token)


def advice(texts: dict[str, str]) -> str:
    """Return a piece of advice for the reader's kind of account, in the reader's language.

    Args:
        texts: A constant of this file; `MACHINE` is the default for missing kinds.
    """
    return _(texts.get(_account.get(), texts[MACHINE]))
