"""The base classes of the tabs and their panels: create widgets, then connect them to handlers."""

from collections.abc import Callable, Sequence
from typing import Any

import gradio as gr
from gradio.components import Component

from lora_demo.service.services import Services
from lora_demo.web.errors import show_errors
from lora_demo.web.events import EACH, QUIET, newest


class Section:
    """A part of the page: its widgets and their handlers, which are methods.

    A subclass that needs more than the services sets it before it calls this `__init__`.

    Args:
        services: The services of the page.
    """

    def __init__(self, services: Services) -> None:
        self.services = services
        self.layout()
        self.connect()

    def layout(self) -> None:
        """Create the widgets.

        Raises:
            NotImplementedError: If a subclass does not override this method.
        """
        raise NotImplementedError

    def connect(self) -> None:
        """Connect the events of the widgets to their handlers.

        Raises:
            NotImplementedError: If a subclass does not override this method.
        """
        raise NotImplementedError


class VisitorSection(Section):
    """A part of the page that shows what belongs to a visitor.

    Args:
        services: The services of the page.
        visitor: The visitor's key.
        shelf: Changes when the visitor's list of adapters has changed.
    """

    def __init__(self, services: Services, visitor: gr.BrowserState, shelf: gr.State) -> None:
        self.visitor = visitor
        self.shelf = shelf
        super().__init__(services)


class FollowedSection(VisitorSection):
    """A part of the page that follows long work of a visitor: trainings or evaluations.

    Attributes:
        timer: Ticks when the view may have changed; `layout` creates it.
        chosen: The list of the visitor's work; `layout` creates it.
        show: Shows the work that was just started, or the chosen one, or the active one.
        poll: Does the same, but only if the work has changed since it was last shown.
    """

    timer: gr.Timer
    chosen: gr.Dropdown
    show: Callable[..., Any]
    poll: Callable[..., Any]

    def connect_view(self, actions: Sequence[tuple[gr.Button, Callable]]) -> None:
        """Show the view again after each action, each choice, and each tick of the timer.

        Args:
            actions: Buttons, each with a function of the visitor's key and the chosen work.
        """
        for button, act in actions:
            event = button.click(
                show_errors(act), [self.visitor, self.chosen], self.chosen, **QUIET
            )
            self.show_after(event.success)
        self.show_after(self.chosen.input)
        poll = newest(show_errors(self.poll))
        self.timer.tick(poll, self.view_inputs(), self.view_outputs(), **QUIET)

    def show_after(self, event: Callable) -> Any:
        """Show the view after an event.

        Args:
            event: Registers a handler.

        Returns:
            The result of the registration.
        """
        show = newest(show_errors(self.show))
        return event(show, self.view_inputs(), self.view_outputs(), **EACH)

    def view_inputs(self) -> list[Component]:
        """Return the inputs of `show`, after the state that `newest` needs.

        Raises:
            NotImplementedError: If a subclass does not override this method.
        """
        raise NotImplementedError

    def view_outputs(self) -> list[Component]:
        """Return the widgets that `show` updates.

        Raises:
            NotImplementedError: If a subclass does not override this method.
        """
        raise NotImplementedError
