"""In the Train tab: the machine that trains, this one or one of Hugging Face Jobs, with its price, and the visitor's consent."""

from collections.abc import Callable
from typing import NamedTuple

import gradio as gr

from lora_demo.service.data_sources import resolve_source
from lora_demo.service.jobs import (
    HERE,
    JOBS,
    TRAVELS,
    Offer,
    can_train,
    offers,
    reattach,
    resume,
    start,
    usual,
)
from lora_demo.service.studio import Studio
from lora_demo.service.visitor_folders import visitor_folder
from lora_demo.training.request import FIELDS, TrainRequest
from lora_demo.web.events import HUB, QUIET
from lora_demo.web.sign_in import expiry_of, token_of
from lora_demo.web.tabs.sharing_panel import sign_in, token_info
from lora_demo.web.views.sharing import error_html

AGREE = "I agree to the price"
HOURS = [1, 2, 4, 8]
NOTE = f'<p class="small">{TRAVELS}</p>'


class Machine(NamedTuple):
    """The widgets that say where to train."""

    kind: gr.Radio
    offer: gr.State
    consent: gr.Checkbox
    token: gr.Textbox


def build(studio: Studio) -> Machine:
    """Lays out the choice; there is none where nobody can have an account."""
    on_space, can = studio.account == "space", can_train(studio.account)
    kind = gr.Radio(
        [("this one", HERE), ("Hugging Face Jobs", JOBS)],
        value=HERE,
        label="Machine",
        info="a GPU for long runs, paid by the hour" if can else None,
        visible=can,
    )
    prices, offer = gr.State({}), gr.State(None)
    with gr.Column(visible=False) as panel:
        if can and on_space:
            sign_in()
        flavor = gr.Dropdown([], label="Machine on Jobs", filterable=False)
        hours = gr.Dropdown(
            HOURS,
            value=HOURS[0],
            label="Ended after",
            info="hours, at the latest",
            filterable=False,
        )
        told = gr.HTML(NOTE)
        consent = gr.Checkbox(False, label=AGREE, interactive=False)
        token = gr.Textbox(
            label="Token for Jobs",
            info=token_info(studio, "for the Job and what follows it, kept nowhere else"),
            type="password",
            visible=not on_space,
            html_attributes=gr.InputHTMLAttributes(autocomplete="off"),
        )
    kind.change(
        _offered(studio),
        kind,
        [panel, prices, flavor, told],
        api_visibility="private",
        show_progress_on=told,
        **HUB,
    )
    gr.on(
        [flavor.change, hours.change], _priced, [prices, flavor, hours], [offer, consent], **QUIET
    )
    return Machine(kind, offer, consent, token)


def _offered(studio: Studio):
    def offered(kind: str, signed_in: gr.OAuthToken | None) -> tuple:
        """The machines of Jobs with their prices, once they are wanted."""
        if kind == HERE:
            return gr.Column(visible=False), {}, gr.Dropdown([], value=None), NOTE
        try:
            flavors = offers(studio, token_of(signed_in))
        except ValueError as error:
            return (
                gr.Column(visible=True),
                {},
                gr.Dropdown([], value=None),
                error_html(error) + NOTE,
            )
        choices = [
            (f"{f.name}: ${f.dollars:.2f} an hour, {f.accelerator or f.title}", f.name)
            for f in flavors
        ]
        return (
            gr.Column(visible=True),
            {f.name: f.dollars for f in flavors},
            gr.Dropdown(choices, value=usual(flavors)),
            NOTE,
        )

    return offered


def _priced(prices: dict, flavor: str | None, hours: float) -> tuple[Offer | None, gr.Checkbox]:
    """What the visitor is asked to agree to; what was agreed to before no longer counts."""
    if flavor not in prices:
        return None, gr.Checkbox(False, label=AGREE, interactive=False)
    offer = Offer(flavor, prices[flavor], float(hours))
    return offer, gr.Checkbox(False, label=offer.sentence, interactive=True)


def starting(studio: Studio, here: Callable) -> Callable:
    """A handler that starts a run on the chosen machine; `here` starts it on this one."""

    def begin(
        signed_in: gr.OAuthToken | None,
        machine: str,
        offer: Offer | None,
        consent: bool,
        token: str,
        visitor: str,
        kind: str,
        upload: str,
        hub: str,
        *settings,
    ) -> str:
        """Starts a run with the form's settings; its id."""
        if machine == HERE:
            return here(visitor, kind, upload, hub, *settings)
        if not (offer and consent):
            raise ValueError("Choose a machine on Jobs, and agree to its price first.")
        data = resolve_source(kind, visitor_folder(studio.root, visitor), upload, hub)
        return start(
            studio,
            TrainRequest.from_mapping(dict(zip(FIELDS, settings, strict=True))),
            data,
            visitor,
            offer,
            machine,
            token_of(signed_in),
            token,
            expiry_of(signed_in),
        ).id

    return begin


def resuming(studio: Studio) -> Callable:
    """A handler that goes on with a run."""

    def go_on(signed_in: gr.OAuthToken | None, visitor: str, run: str | None, token: str) -> str:
        """Goes on with a stopped run, or puts it in line; follows one on Jobs further. Its id."""
        return resume(studio, run or "", visitor, token_of(signed_in), token).id

    return go_on


def reattaching(studio: Studio) -> Callable:
    """A handler for who comes back."""

    def come_back(signed_in: gr.OAuthToken | None, visitor: str):
        """Follows the visitor's Jobs further, if nobody does."""
        reattach(studio, studio.runs(visitor), token_of(signed_in))

    return come_back


def forget() -> tuple[bool, str]:
    """Takes back consent and token, which were for one run."""
    return False, ""
