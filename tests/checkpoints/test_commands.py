"""A manifest names every command that made its adapter, and a stop."""

import pytest

from lora_demo.checkpoints.card_sections import reproduce_section
from lora_demo.checkpoints.commands import commands_of

MANIFEST = {
    "command": "train --name second --from first",
    "parent": {"name": "first", "sha256": "0" * 64, "commands": ["train --name first"]},
    "config": {"steps": 100, "patience": None},
    "training": {"steps": 100, "best_step": 80},
}


def test_the_commands_of_the_parents_come_first():
    expected = ("train --name first", "train --name second --from first")
    assert commands_of(MANIFEST) == expected
    assert "\n".join(expected) in reproduce_section(MANIFEST)
    assert commands_of(MANIFEST | {"parent": None}) == expected[1:]


def test_a_stop_is_noted_after_the_command():
    stopped = MANIFEST | {"training": {"steps": 64, "best_step": 60}}
    own = commands_of(stopped)[1]
    assert own == f"{MANIFEST['command']}    # stopped after step 64, which kept step 60"
    patient = stopped | {"config": {"steps": 100, "patience": 3}}
    by_epochs = stopped | {"config": {"steps": None, "epochs": 2}}
    assert commands_of(patient) == commands_of(by_epochs) == commands_of(MANIFEST)


@pytest.mark.parametrize(
    "change",
    [
        {"command": None},
        {"command": 5},
        {"parent": {"commands": "train"}},
        {"parent": {"commands": [None]}},
        {"parent": {"commands": []}},
    ],
)
def test_an_incomplete_list_is_not_given(change):
    assert commands_of(MANIFEST | change) == ()


def test_a_card_has_the_adapters_own_command_if_those_of_the_parents_are_unknown():
    card = reproduce_section(MANIFEST | {"parent": {"name": "first", "commands": []}})
    assert f"```\n{MANIFEST['command']}\n```" in card
    assert reproduce_section(MANIFEST | {"command": None}) == ""


def test_a_manifest_without_a_run_has_its_command():
    assert commands_of({"command": "train"}) == ("train",)
