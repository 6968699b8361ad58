"""The sign-in with Hugging Face on a Space."""

import math

import gradio as gr


def token_of(signed_in: gr.OAuthToken | None) -> str:
    """Return the token of a visitor who signed in, or an empty text.

    Args:
        signed_in: The value that Gradio passes to handlers; None without a sign-in.
    """
    return signed_in.token if signed_in else ""


def expiry_of(signed_in: gr.OAuthToken | None) -> float:
    """Return the time when a sign-in ends, in seconds since 1970; infinity without one.

    Args:
        signed_in: The value that Gradio passes to handlers; None without a sign-in.
    """
    return signed_in.expires_at if signed_in else math.inf
