"""The error that names all settings of a run that are out of range."""

from collections.abc import Sequence

from lora_demo.language import _


class SettingsError(ValueError):
    """Some settings are out of range.

    Args:
        problems: A phrase for each of them.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__(_("Training settings: {problems}.", problems="; ".join(problems)))
        self.problems = list(problems)
