"""In the Adapters tab: push an adapter to the Hub after a preview, and pull one from it."""

from collections.abc import Iterator
from typing import Any

import gradio as gr

from lora_demo.hub.repositories import RepositoryTakenError
from lora_demo.language import N_, _
from lora_demo.service.hub_account import can_sign_in
from lora_demo.service.services import Services
from lora_demo.web.errors import show_errors
from lora_demo.web.events import EACH, HUB, QUIET, in_turn
from lora_demo.web.shelf import Shelf, shelved
from lora_demo.web.sign_in import token_of
from lora_demo.web.tabs.section import Section, VisitorSection
from lora_demo.web.views.sharing import error_html, parcel_html, pulled_html, pushed_html

SIGN_IN = N_("Sign in with Hugging Face")
SENDING = N_("Sending …")
STORED_NOWHERE = N_("used once and not stored")

Order = dict[str, Any]
"""The choices that a preview shows, with the full name `repo`. Push sends nothing else."""


class PushPanel(Section):
    """Pushes the chosen adapter to the Hub.

    Args:
        services: The services of the page.
        chosen: The id of the chosen adapter.
        visitor: The visitor's key.
        base: The list of bases; the adapter is one of the chosen base.
    """

    def __init__(
        self,
        services: Services,
        chosen: gr.Dropdown,
        visitor: gr.BrowserState,
        base: gr.Radio,
    ) -> None:
        self.chosen = chosen
        self.visitor = visitor
        self.base = base
        super().__init__(services)

    def layout(self) -> None:
        """Create the widgets."""
        with gr.Accordion(_("Push it to the Hub"), open=False):
            if can_sign_in():
                sign_in()
            self.repo = gr.Textbox(label=_("Repository"), placeholder="user/name", max_length=100)
            self.private = gr.Checkbox(label=_("private"))
            self.with_base = gr.Checkbox(True, label=_("include the base, if it is not on the Hub"))
            self.preview_button = gr.Button(_("Preview"), min_width=90)
            self.order = gr.State(None)
            self.parcel = gr.HTML("")
            self.token = gr.Textbox(
                label=_("Token"),
                info=token_info(self.services),
                type="password",
                visible=self.services.account != "space",
                html_attributes=gr.InputHTMLAttributes(autocomplete="off"),
            )
            self.overwrite = gr.Checkbox(label=_("overwrite the repository"), visible=False)
            self.push_button = gr.Button(
                _("Push"), variant="primary", interactive=False, min_width=90
            )
            self.result = gr.HTML("")

    def connect(self) -> None:
        """Connect events to handlers."""
        form = [self.chosen, self.repo, self.with_base]
        outputs = [self.order, self.parcel, self.push_button, self.overwrite, self.result]
        previewed = self.preview_button.click(
            show_errors(self.preview), [self.base, *form, self.visitor], outputs, **QUIET
        )
        # Also after a preview: the visitor may have changed the form while it was made.
        changes = [self.chosen.change, self.repo.change, self.with_base.change, previewed.then]
        for change in changes:
            change(_forget_outdated, [self.order, *form], outputs, **EACH)
        self.push_button.click(
            self.push,
            [self.order, self.private, self.overwrite, self.token, self.visitor],
            [self.token, self.push_button, self.overwrite, self.result],
            show_progress="hidden",
            api_visibility="private",
            **HUB,
        )

    def preview(
        self, base: str, id: str | None, repo: str, with_base: bool, visitor: str
    ) -> tuple[Any, ...]:
        """Show the model card and the files; only what is shown can be pushed.

        Args:
            base: Name of the chosen base.
            id: Id of the chosen adapter; None for none.
            repo: `user/name`.
            with_base: Also send the base, if it is not on the Hub.
            visitor: The visitor's key.
        """
        parcel = self.services.bases.find(base).sharing.preview(id, repo, visitor, with_base)
        order = {"base": base, "id": id, "typed_repo": repo, "with_base": with_base}
        order["repo"] = parcel.repo
        return (
            order,
            parcel_html(parcel),
            gr.Button(interactive=True),
            gr.Checkbox(False, visible=False),
            "",
        )

    def push(
        self,
        order: Order | None,
        private: bool,
        overwrite: bool,
        token: str,
        visitor: str,
        signed_in: gr.OAuthToken | None,
    ) -> Iterator[tuple[Any, ...]]:
        """Push what was shown; the token's field is cleared before anything else.

        Args:
            order: The choices that the preview showed; None without a preview.
            private: Make a new repository private.
            overwrite: Also write to a repository that lora_demo did not create.
            token: Token that the visitor typed; empty without one.
            visitor: The visitor's key.
            signed_in: The value that Gradio passes to handlers; None without a sign-in.
        """
        sending = f'<p class="busy" role="status"><i></i>{_(SENDING)}</p>'
        yield "", gr.Button(interactive=False), gr.skip(), sending
        offer_overwrite = overwrite
        try:
            if not order:
                raise ValueError(_("Open the preview first."))
            sharing = self.services.bases.find(order["base"]).sharing
            pushed = sharing.push(
                order["id"],
                order["repo"],
                visitor,
                sharing.token(token_of(signed_in), token),
                private=private,
                overwrite=overwrite,
                with_base=order["with_base"],
            )
            result = pushed_html(pushed)
        except ValueError as error:
            offer_overwrite = offer_overwrite or isinstance(error, RepositoryTakenError)
            result = error_html(error)
        checkbox = gr.Checkbox(visible=offer_overwrite)
        yield "", gr.Button(interactive=bool(order)), checkbox, result


def _forget_outdated(
    order: Order | None, id: str | None, repo: str, with_base: bool
) -> tuple[Any, ...]:
    """Close a preview that no longer matches the form, so that a new one must be opened."""
    if order and (order["id"], order["typed_repo"], order["with_base"]) == (id, repo, with_base):
        return (gr.skip(),) * 5
    return None, "", gr.Button(interactive=False), gr.Checkbox(False, visible=False), ""


class PullPanel(VisitorSection):
    """Pulls an adapter from the Hub.

    Args:
        services: The services of the page.
        visitor: The visitor's key.
        shelf: Changes when the visitor's list of adapters has changed.
        base: The list of bases; the adapter must fit the chosen one.
    """

    def __init__(
        self, services: Services, visitor: gr.BrowserState, shelf: gr.State, base: gr.Radio
    ) -> None:
        self.base = base
        super().__init__(services, visitor, shelf)

    def layout(self) -> None:
        """Create the widgets."""
        with gr.Accordion(_("Pull one from the Hub"), open=False):
            self.id = gr.Textbox(
                label=_("Adapter on the Hub"),
                placeholder=_("user/name or user/name@revision"),
                max_length=300,
            )
            self.pull_button = gr.Button(_("Pull"), min_width=90)
            self.result = gr.HTML("")

    def connect(self) -> None:
        """Connect events to handlers."""
        gr.on(
            [self.pull_button.click, self.id.submit],
            in_turn(self.services.hub_queue, show_errors(self.pull)),
            [self.base, self.id, self.visitor, self.shelf],
            [self.result, self.shelf],
            show_progress_on=self.result,
            concurrency_limit=None,
            api_visibility="private",
        )

    def pull(
        self, base: str, id: str, visitor: str, shelf: Shelf, signed_in: gr.OAuthToken | None
    ) -> tuple[str, Shelf]:
        """Pull an adapter, which is then chosen.

        Args:
            base: Name of the base that the adapter must fit.
            id: `user/name` or `user/name@revision`.
            visitor: The visitor's key.
            shelf: The shelf before the change.
            signed_in: The value that Gradio passes to handlers; None without a sign-in.
        """
        served = self.services.bases.find(base)
        made, pulled = served.sharing.pull(id, visitor, token_of(signed_in))
        return pulled_html(pulled, served.id), shelved(shelf, made)


def sign_in() -> None:
    """Create a button that signs in, and out again.

    Gradio would register the button's load event as a function for clients, so it is replaced.
    """
    button = gr.LoginButton(_(SIGN_IN), logout_value=_("Sign out ({})"), size="md")
    button.load_event_to_attach = None
    gr.on(None, _show_name, None, button, **QUIET)


def _show_name(profile: gr.OAuthProfile | None) -> gr.LoginButton:
    """Show who is signed in."""
    return gr.LoginButton(
        _("Sign out ({username})", username=profile.username) if profile else _(SIGN_IN)
    )


def token_info(services: Services, use: str = STORED_NOWHERE) -> str:
    """Describe the token's field.

    Args:
        services: The services of the page.
        use: The use of the token, in English.
    """
    if services.is_local:
        return _("{use}; leave empty to use the token of hf auth login or HF_TOKEN", use=_(use))
    return _(use)
