"""In the Adapters tab: an adapter to the Hub, after a look at what would be sent, and one from there."""

from collections.abc import Iterator

import gradio as gr

from lora_demo.service.sharing import Taken, can_sign_in, hub_token, preview, pull, push
from lora_demo.service.studio import Studio, shelved
from lora_demo.web.errors import show_errors
from lora_demo.web.events import EACH, HUB, QUIET, in_turn
from lora_demo.web.sign_in import token_of
from lora_demo.web.views.sharing import parcel_html, pulled_html, pushed_html, wrong_html

SIGN_IN = "Sign in with Hugging Face"


def build_push(studio: Studio, chosen: gr.Dropdown, visitor: gr.BrowserState):
    """Lays out the push of the chosen adapter."""
    on_space = studio.account == "space"
    with gr.Accordion("Push it to the Hub", open=False):
        if can_sign_in():
            sign_in()
        repo = gr.Textbox(label="Repository", placeholder="user/name", max_length=100)
        private, with_base = (
            gr.Checkbox(label="private"),
            gr.Checkbox(True, label="with its base, if that is nowhere on the Hub"),
        )
        look = gr.Button("Preview", min_width=90)
        order, parcel = gr.State(None), gr.HTML("")
        token = gr.Textbox(
            label="Token",
            info=token_info(studio),
            type="password",
            visible=not on_space,
            html_attributes=gr.InputHTMLAttributes(autocomplete="off"),
        )
        overwrite = gr.Checkbox(label="overwrite what is there", visible=False)
        send = gr.Button("Push", variant="primary", interactive=False, min_width=90)
        outcome = gr.HTML("")
    wanted, shown = [chosen, repo, with_base], [order, parcel, send, overwrite, outcome]
    looked = look.click(show_errors(_preview(studio)), [*wanted, visitor], shown, **QUIET)
    for changed in (chosen.change, repo.change, with_base.change, looked.then):
        changed(_forget, [order, *wanted], shown, **EACH)
    send.click(
        _push(studio),
        [order, private, overwrite, token, visitor],
        [token, send, overwrite, outcome],
        show_progress="hidden",
        api_visibility="private",
        **HUB,
    )


def build_pull(studio: Studio, visitor: gr.BrowserState, shelf: gr.State):
    """Lays out the pull of an adapter."""
    with gr.Accordion("Pull one from the Hub", open=False):
        id = gr.Textbox(
            label="Adapter on the Hub",
            placeholder="user/name or user/name@revision",
            max_length=300,
        )
        fetch, outcome = gr.Button("Pull", min_width=90), gr.HTML("")
    gr.on(
        [fetch.click, id.submit],
        in_turn(studio.hub_queue, show_errors(_pull(studio))),
        [id, visitor, shelf],
        [outcome, shelf],
        show_progress_on=outcome,
        concurrency_limit=None,
        api_visibility="private",
    )


def sign_in():
    """A button that signs in, and out again; its own load event would be a function for clients, so it gets another."""
    button = gr.LoginButton(SIGN_IN, logout_value="Sign out ({})", size="md")
    button.load_event_to_attach = None
    gr.on(None, _named, None, button, **QUIET)


def _named(profile: gr.OAuthProfile | None) -> gr.LoginButton:
    """Who is signed in."""
    return gr.LoginButton(f"Sign out ({profile.username})" if profile else SIGN_IN)


def token_info(studio: Studio, use: str = "used once and forgotten") -> str:
    """What the field is for."""
    return use + ("; empty: that of hf auth login or HF_TOKEN" if studio.is_at_home else "")


def _preview(studio: Studio):
    def look(id: str | None, repo: str, with_base: bool, visitor: str) -> tuple:
        """Shows the model card and the files; only what is shown can be sent."""
        parcel = preview(studio, id, repo, visitor, with_base)
        order = {"id": id, "repo": parcel.repo, "asked": repo, "with_base": with_base}
        return (
            order,
            parcel_html(parcel),
            gr.Button(interactive=True),
            gr.Checkbox(False, visible=False),
            "",
        )

    return look


def _forget(order: dict | None, id: str | None, repo: str, with_base: bool) -> tuple:
    """After a change, also one while the preview was made, a new look comes first."""
    if order and (order["id"], order["asked"], order["with_base"]) == (id, repo, with_base):
        return (gr.skip(),) * 5
    return None, "", gr.Button(interactive=False), gr.Checkbox(False, visible=False), ""


def _push(studio: Studio):
    def send(
        order: dict | None,
        private: bool,
        overwrite: bool,
        token: str,
        visitor: str,
        signed_in: gr.OAuthToken | None,
    ) -> Iterator[tuple]:
        """Sends what was shown; the field of the token is emptied before anything else."""
        yield (
            "",
            gr.Button(interactive=False),
            gr.skip(),
            '<p class="busy" role="status"><i></i>Sending …</p>',
        )
        ask = overwrite
        try:
            if not order:
                raise ValueError("Look at the preview first.")
            account = hub_token(studio.account, token_of(signed_in), token)
            told = pushed_html(
                push(
                    studio,
                    order["id"],
                    order["repo"],
                    visitor,
                    account,
                    private=private,
                    overwrite=overwrite,
                    with_base=order["with_base"],
                )
            )
        except ValueError as error:
            told, ask = wrong_html(error), ask or isinstance(error, Taken)
        yield "", gr.Button(interactive=bool(order)), gr.Checkbox(visible=ask), told

    return send


def _pull(studio: Studio):
    def fetch(
        id: str, visitor: str, shelf: dict, signed_in: gr.OAuthToken | None
    ) -> tuple[str, dict]:
        """Fetches an adapter, which is shown at once."""
        made, pulled = pull(studio, id, visitor, token_of(signed_in))
        return pulled_html(pulled, studio), shelved(shelf, made)

    return fetch
