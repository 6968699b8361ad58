"""The machine of a run on the Train tab: this one, or one of Hugging Face Jobs at a price."""

import gradio as gr

from lora_demo.language import N_, _
from lora_demo.service.jobs import (
    HERE,
    JOBS,
    HubAccess,
    Offer,
    default_flavor,
    transferred,
)
from lora_demo.service.services import Services
from lora_demo.web.events import HUB, QUIET
from lora_demo.web.sign_in import expiry_of, token_of
from lora_demo.web.tabs.section import Section
from lora_demo.web.tabs.sharing_panel import sign_in, token_info
from lora_demo.web.views.sharing import error_html

AGREE = N_("I agree to the price")
TOKEN_USE = N_("used for the Job and the process that follows it, and not stored")
HOURS = [1, 2, 4, 8]


class JobsPanel(Section):
    """Lets the visitor choose a machine and agree to its price.

    Attributes:
        inputs: Machine, offer, consent and token, as the Train tab takes them.
    """

    def __init__(self, services: Services) -> None:
        self.jobs = services.jobs
        self.is_on_space = services.account == "space"
        super().__init__(services)
        self.inputs = [self.machine, self.offer, self.consent, self.token]

    def layout(self) -> None:
        """Create the widgets."""
        is_available = self.jobs.is_available
        self.machine = gr.Radio(
            [(_("this one"), HERE), ("Hugging Face Jobs", JOBS)],
            value=HERE,
            label=_("Machine"),
            info=_("a GPU for long runs, paid by the hour") if is_available else None,
            visible=is_available,
        )
        self.prices = gr.State({})
        self.offer = gr.State(None)
        with gr.Column(visible=False) as self.panel:
            if is_available and self.is_on_space:
                sign_in()
            self.flavor = gr.Dropdown([], label=_("Machine on Jobs"), filterable=False)
            self.hours = gr.Dropdown(
                HOURS,
                value=HOURS[0],
                label=_("Maximum time"),
                info=_("hours, then the Job is stopped"),
                filterable=False,
            )
            self.note = gr.HTML(_note_html())
            self.consent = gr.Checkbox(False, label=_(AGREE), interactive=False)
            self.token = gr.Textbox(
                label=_("Token for Jobs"),
                info=token_info(self.services, TOKEN_USE),
                type="password",
                visible=not self.is_on_space,
                html_attributes=gr.InputHTMLAttributes(autocomplete="off"),
            )

    def connect(self) -> None:
        """Connect the events of the widgets to their handlers."""
        self.machine.change(
            self._show_offers,
            self.machine,
            [self.panel, self.prices, self.flavor, self.note],
            api_visibility="private",
            show_progress_on=self.note,
            **HUB,
        )
        gr.on(
            [self.flavor.change, self.hours.change],
            self._make_offer,
            [self.prices, self.flavor, self.hours],
            [self.offer, self.consent],
            **QUIET,
        )

    def _show_offers(self, machine: str, signed_in: gr.OAuthToken | None) -> tuple:
        """Show the machines of Jobs with their prices once the visitor chooses Jobs."""
        if machine == HERE:
            return gr.Column(visible=False), {}, gr.Dropdown([], value=None), _note_html()
        try:
            flavors = self.jobs.flavors(access_of(signed_in))
        except ValueError as error:
            note = error_html(error) + _note_html()
            return gr.Column(visible=True), {}, gr.Dropdown([], value=None), note
        choices = [
            (
                _(
                    "{name}: ${dollars:.2f} per hour, {device}",
                    name=each.name,
                    dollars=each.dollars,
                    device=each.accelerator or each.title,
                ),
                each.name,
            )
            for each in flavors
        ]
        prices = {each.name: each.dollars for each in flavors}
        flavor = gr.Dropdown(choices, value=default_flavor(flavors))
        return gr.Column(visible=True), prices, flavor, _note_html()

    def _make_offer(
        self, prices: dict[str, float], flavor: str | None, hours: float
    ) -> tuple[Offer | None, gr.Checkbox]:
        """Show the sentence to agree to; an earlier consent no longer counts."""
        if flavor not in prices:
            return None, gr.Checkbox(False, label=_(AGREE), interactive=False)
        offer = Offer(flavor, prices[flavor], float(hours))
        return offer, gr.Checkbox(False, label=offer.sentence, interactive=True)

    def forget(self) -> tuple[bool, str]:
        """Take back consent and token, which were for one run."""
        return False, ""


def _note_html() -> str:
    return f'<p class="small">{transferred()}</p>'


def access_of(signed_in: gr.OAuthToken | None, token: str = "") -> HubAccess:
    """Return how a visitor signs in for one action on the Hub.

    Args:
        signed_in: The sign-in on a Space.
        token: A token that the visitor typed.
    """
    return HubAccess(token_of(signed_in), token, expiry_of(signed_in))
