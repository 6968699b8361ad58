"""One short run that the tests of all commands share."""

import contextlib
import io
import json

import pytest

from lora_demo.cli.main import main
from tests.commands import run
from tests.tiny import pairs_file, tiny_base

__all__ = ["pairs_file", "tiny_base"]


@pytest.fixture(scope="session")
def trained(tiny_base, pairs_file, tmp_path_factory):
    """A run of six steps: its folder, and the JSON document that `train` printed."""
    folder = tmp_path_factory.mktemp("run") / "run"
    arguments = ["train", "--base", str(tiny_base), "--data", str(pairs_file), "--rank", "2"]
    arguments += ["--targets", "attention", "--steps", "6", "--batch-size", "4"]
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        assert main([*arguments, "--output", str(folder), "--json"]) == 0
    return folder, json.loads(printed.getvalue())


@pytest.fixture
def run_json(capsys):
    """Runs a command with --json and returns the document."""

    def call(*arguments):
        status, output, errors = run(capsys, *arguments, "--json")
        assert status == 0, errors
        return json.loads(output)

    return call
