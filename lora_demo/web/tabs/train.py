"""The Train tab: choose data and settings, start a run, follow it, compare runs."""

from collections.abc import Callable
from typing import Any

import gradio as gr
from gradio.components import Component

from lora_demo.data.sources import SEPARATE_DOMAINS, builtin_domains
from lora_demo.language import _
from lora_demo.service.first_run import first_run
from lora_demo.service.jobs import HERE, Offer
from lora_demo.web.errors import show_errors
from lora_demo.web.events import QUIET, RECHECK_SECONDS
from lora_demo.web.scripts import COPY, localised
from lora_demo.web.shelf import shelved
from lora_demo.web.tabs.base_menu import base_list
from lora_demo.web.tabs.confirmed_button import ConfirmedButton
from lora_demo.web.tabs.form_memory import FormMemory
from lora_demo.web.tabs.jobs_panel import JobsPanel, access_of
from lora_demo.web.tabs.preview_panel import PreviewPanel
from lora_demo.web.tabs.section import FollowedSection
from lora_demo.web.tabs.settings_panel import SettingsPanel
from lora_demo.web.tabs.source_chooser import SourceChooser
from lora_demo.web.tabs.sweep_panel import SweepPanel
from lora_demo.web.tabs.training_form import TrainingForm
from lora_demo.web.tabs.try_button import TryButton
from lora_demo.web.views.elements import blank_html
from lora_demo.web.views.followed_run import RunsMark, RunsView, view_runs
from lora_demo.web.views.run_comparison import MAX_RUNS, comparison_html
from lora_demo.web.views.run_view import EMPTY


class TrainTab(FollowedSection):
    """The tab's widgets and handlers."""

    def layout(self) -> None:
        """Create the widgets."""
        self.view_request = gr.State({})
        self.seen = gr.State(None)
        self.started = gr.State("")
        self.timer = gr.Timer(RECHECK_SECONDS)
        with gr.Row(elem_classes="panes"):
            with gr.Column(scale=2, min_width=320, elem_classes="form-pane"):
                bases = self.services.bases
                self.base = base_list(bases, visible=bases.has_choice)
                self._layout_source()
                self.form = TrainingForm(self.services, self.visitor, self.base)
                self.memory = FormMemory(self.services, self.visitor, self.source, self.form)
                self.settings = SettingsPanel(self.services, self.visitor, self.source, self.form)
                self.sweep = SweepPanel(self.services, self.visitor, self.source, self.form)
                self.panel = JobsPanel(self.services)
            with gr.Column(scale=3, min_width=340):
                self._layout_runs()

    def _layout_source(self) -> None:
        domains = [(name, f"builtin:{name}") for name in builtin_domains()]
        separate = [(name, f"builtin:{name}") for name in sorted(SEPARATE_DOMAINS)]
        self.source = SourceChooser(
            self.services,
            self.visitor,
            _("Data"),
            [*domains, (_("both"), "builtin"), *separate],
            "builtin:weather",
            min_pairs=2,
            example="wmt/wmt16:de-en:train[:1%]",
            info=_("owner/name:config:split, then press Enter"),
        )
        self.preview = PreviewPanel(self.services, self.visitor, self.source)

    def _layout_runs(self) -> None:
        with gr.Row(elem_classes="action"):
            self.start = gr.Button(_("Start training"), variant="primary", scale=0, min_width=180)
            self.estimate = gr.HTML("", elem_classes="estimate-pane", min_height=60)
        with gr.Column(visible=False) as self.bar:
            self.chosen = gr.Dropdown([], label=_("Your runs"), filterable=False)
            with gr.Row(elem_classes="run-bar"):
                self.stop = gr.Button(_("Stop"), size="md", min_width=70)
                self.resume = gr.Button(_("Resume"), size="md", min_width=70)
                question = _("Delete this run and its adapter? This cannot be undone.")
                self.deletion = ConfirmedButton(_("Delete"), question, _("Delete for good"))
                self.delete = self.deletion.button
                self.again = gr.Button(_("Same settings again"), size="md", min_width=160)
                self.try_it = TryButton()
        self.run = gr.HTML(blank_html(*EMPTY), js_on_load=localised(COPY), elem_classes="live")
        with gr.Accordion(_("Compare runs"), open=False, visible=False) as self.history:
            self.compared = gr.CheckboxGroup([], label=_("Choose two or more of your runs"))
            self.comparison = gr.HTML("")

    def connect(self) -> None:
        """Connect the events of the widgets to their handlers."""
        self._connect_runs()
        self._connect_preview()

    def _connect_runs(self) -> None:
        started = self.start.click(
            show_errors(self._start),
            [*self.panel.inputs, self.visitor, *self.source.inputs, *self.form.inputs],
            self.started,
            **QUIET,
        )
        resumed = self.resume.click(
            show_errors(self._resume),
            [self.visitor, self.chosen, self.panel.token],
            self.started,
            **QUIET,
        )
        self.show_after(self.sweep.start_into(self.started))
        for event in (started, resumed):
            self.show_after(event.success)
            for ended in (event.then, event.failure):
                ended(self.panel.forget, None, [self.panel.consent, self.panel.token], **QUIET)
        self.connect_view([(self.stop, self._stop), (self.deletion.yes, self._delete)])
        self.deletion.reset_on(self.chosen.change)
        self.compared.change(
            show_errors(self._compare), [self.visitor, self.compared], self.comparison, **QUIET
        )

    def _connect_preview(self) -> None:
        self.preview.connect(self.form, self.estimate)
        # The shelf changes when a run ends, and estimates of the next run use its time.
        self.preview.show_after(self.shelf.change)
        self._show_filled(self.settings.filled)
        self._show_filled(self.settings.fill_from_run(self.again, self.chosen))
        self._offer_parents(self.shelf.change)

    def _show_filled(self, event: Callable) -> None:
        """Show the preview of a form that was filled in, and keep the form."""
        self.preview.show_after(event)
        self.memory.keep_after(event)

    def offer_on(self, button: gr.Button, base: gr.Radio, tabs: gr.Tabs) -> None:
        """Let a button of another tab open this one with the form of the first run of a base.

        Args:
            button: The button.
            base: The base.
            tabs: The page's tabs.
        """
        self.fill_on(button, tabs, self._fill_first_run, [base, self.visitor])
        self.try_it.open_on_click(self.chosen, self.shelf, tabs)

    def fill_on(
        self, button: gr.Button, tabs: gr.Tabs, fill: Callable, inputs: list[Component]
    ) -> None:
        """Let a button of another tab open this one with a form that is filled in.

        Args:
            button: The button.
            tabs: The page's tabs.
            fill: Returns what `SettingsPanel.show` returns.
            inputs: Inputs of `fill`.
        """
        button.click(lambda: gr.Tabs(selected="train"), None, tabs, **QUIET)
        self._show_filled(self.settings.fill_on(button, fill, inputs))

    def _fill_first_run(self, base: str, visitor: str) -> list[Any]:
        """Fill in the run that the README recommends for a base without adapters."""
        settings = first_run(self.services.limits, base)
        message = _("Train three ranks on {data}, then compare them.", data=settings.data)
        if settings.kind != "hub":
            message = _("The Hub does not answer, so the built-in general sentences are used.")
        return self.settings.show(settings, message, visitor)

    def _offer_parents(self, event: Callable) -> None:
        """Offer the visitor's adapters to start from after an event."""
        parent = self.form.fields["parent"]
        event(self.form.offer_parents, [self.base, parent, self.visitor], parent, **QUIET)

    def view_inputs(self) -> list[Component]:
        """Return the inputs of `show`, after the state that `newest` needs."""
        return [
            self.view_request,
            self.visitor,
            self.chosen,
            self.started,
            self.shelf,
            self.seen,
        ]

    def view_outputs(self) -> list[Component]:
        """Return the widgets that `show` updates."""
        return [
            self.bar,
            self.chosen,
            self.run,
            self.stop,
            self.resume,
            self.delete,
            self.try_it.button,
            self.timer,
            self.shelf,
            self.seen,
            self.history,
            self.compared,
            self.started,
        ]

    def refresh_on(self, event: Callable) -> Any:
        """Show the visitor's form, data, runs and Jobs again after an event.

        Args:
            event: Registers a handler.

        Returns:
            The result of the registration of the last handler.
        """
        restored = self.memory.restore_after(event).then
        self.preview.show_after(restored)
        self._offer_parents(restored)
        reattached = event(self._reattach, self.visitor, None, **QUIET)
        return self.show_after(reattached.then)

    def _start(
        self,
        signed_in: gr.OAuthToken | None,
        machine: str,
        offer: Offer | None,
        consent: bool,
        token: str,
        visitor: str,
        kind: str,
        upload: str,
        hub: str,
        *settings: Any,
    ) -> str:
        """Start or queue a run, or a sweep, on the chosen machine; return the first run's id."""
        request = self.form.parse(settings)
        data = self.source.resolve(visitor, kind, upload, hub)
        if machine == HERE:
            return self.services.trainings.start(request, data, visitor)[0].id
        if not (offer and consent):
            raise ValueError(_("First choose a machine on Jobs and agree to its price."))
        access = access_of(signed_in, token)
        return self.services.jobs.start(request, data, visitor, offer, access, machine).id

    def _resume(
        self, signed_in: gr.OAuthToken | None, visitor: str, run: str | None, token: str
    ) -> str:
        """Queue a stopped run again, or follow its Job again; return its id."""
        return self.services.jobs.resume(run or "", visitor, access_of(signed_in, token)).id

    def _reattach(self, signed_in: gr.OAuthToken | None, visitor: str) -> None:
        """Follow the visitor's Jobs again if their follower ended with the app."""
        runs = self.services.trainings.runs(visitor)
        self.services.jobs.reattach(runs, access_of(signed_in))

    def _stop(self, visitor: str, run: str | None) -> gr.Dropdown:
        """Stop a run, or take it out of the queue."""
        self.services.trainings.stop(run or "", visitor)
        return gr.skip()

    def _delete(self, visitor: str, run: str | None) -> gr.Dropdown:
        """Delete a run."""
        self.services.trainings.delete(run or "", visitor)
        return gr.Dropdown(value=None)

    def _compare(self, visitor: str, chosen: list[str]) -> str:
        """Show the chosen runs side by side."""
        runs = [run for run in self.services.trainings.runs(visitor) if run.id in chosen]
        if len(runs) < 2:
            return ""
        if len(runs) > MAX_RUNS:
            raise ValueError(
                _(
                    "{count} runs are chosen. At most {max_runs} fit side by side.",
                    count=len(runs),
                    max_runs=MAX_RUNS,
                )
            )
        return comparison_html(runs[::-1])

    def show(
        self,
        visitor: str,
        chosen: str | None,
        started: str,
        shelf: dict,
        seen: RunsMark | None,
        force: bool = True,
    ) -> dict[Component, Any]:
        """Show the run that was just started, or the chosen one, or the active one.

        Args:
            visitor: The visitor's key.
            chosen: Id of the chosen run; None for none.
            started: Id of the run that was just started; empty for none.
            shelf: The shelf, which changes if a run has just made an adapter.
            seen: Mark of the view that was last shown; None for none.
            force: Return updates even if nothing is new.
        """
        view = view_runs(self.services.trainings, visitor, started or chosen, seen, force)
        return self._updates(view, shelf) if view else gr.skip()

    def poll(
        self, visitor: str, chosen: str | None, started: str, shelf: dict, seen: RunsMark | None
    ) -> dict[Component, Any]:
        """Show the work if it has changed since it was last shown.

        Args:
            visitor: The visitor's key.
            chosen: Id of the chosen run; None for none.
            started: Id of the run that was just started; empty for none.
            shelf: The shelf, which changes if a run has just made an adapter.
            seen: Mark of the view that was last shown; None for none.
        """
        return self.show(visitor, chosen, started, shelf, seen, force=False)

    def _updates(self, view: RunsView, shelf: dict) -> dict[Component, Any]:
        updates = {
            self.bar: gr.Column(visible=view.state != "none"),
            self.chosen: gr.Dropdown(choices=view.choices, value=view.chosen),
            self.run: view.html,
            self.stop: gr.Button(
                _("Leave the queue") if view.state == "waiting" else _("Stop"),
                interactive=view.can_stop,
            ),
            self.resume: gr.Button(interactive=view.can_resume),
            self.delete: gr.Button(interactive=view.can_delete),
            self.try_it.button: gr.Button(visible=bool(view.adapter)),
            self.timer: gr.Timer(1 if view.is_active else RECHECK_SECONDS),
            self.seen: view.mark,
            self.history: gr.Accordion(visible=len(view.choices) > 1),
            self.compared: gr.CheckboxGroup(choices=view.choices),
            self.started: "",
        }
        if view.finished_adapter:
            updates[self.shelf] = shelved(shelf, view.finished_adapter)
        return updates
