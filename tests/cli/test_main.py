"""The command line as a whole: help, entry points, and one line with status 2 for bad input."""

import subprocess
import sys
from argparse import ArgumentParser
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from lora_demo.cli.main import COMMANDS, load_command, main, parse_arguments
from tests.commands import run

ROOT = Path(__file__).parents[2]
HEAVY = {"keras", "tensorflow", "transformers", "matplotlib", "datasets", "huggingface_hub"}


def test_the_help_lists_every_command_in_one_line(capsys):
    status, output, _ = run(capsys, "--help")
    assert status == 0
    for name, purpose in COMMANDS.items():
        assert name in output
        assert " ".join(output.split()).count(purpose) == 1


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_help_with_an_example_that_parses(capsys, name):
    status, output, _ = run(capsys, name, "--help")
    example = output.partition("example:\n")[2].strip()
    assert status == 0 and example.startswith(f"python -m lora_demo {name}")
    command = load_command(name)
    assert parse_arguments(command.EXAMPLE.split()).run == command.run


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_described(name):
    parser = ArgumentParser()
    load_command(name).add_arguments(parser)
    assert [action.dest for action in parser._actions if not action.help] == []


def test_the_help_names_the_program_that_was_started(capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["/somewhere/bin/lora-demo"])
    assert run(capsys, "--help")[1].startswith("usage: lora-demo ")


def test_the_module_and_the_installed_script_start_the_same_program():
    import tomllib

    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    assert EntryPoint("lora-demo", scripts["lora-demo"], "console_scripts").load() is main
    command = [sys.executable, "-m", "lora_demo", "params", "--ranks", "0"]
    ended = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert ended.returncode == 2 and ended.stderr.startswith("lora_demo: ")


def modules_after_parsing(words):
    code = (
        "import sys; from contextlib import suppress; "
        "from lora_demo.cli.main import parse_arguments\n"
        f"with suppress(SystemExit): parse_arguments({words})\n"
        "print(*sys.modules, file=sys.stderr)"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert ended.returncode == 0, ended.stderr
    return set(ended.stderr.split())


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_a_command_imports_no_heavy_library(name):
    assert HEAVY.isdisjoint(modules_after_parsing([name, "--help"]))


def test_the_help_imports_no_command_and_not_even_numpy():
    modules = modules_after_parsing(["--help"])
    commands = {f"lora_demo.cli.{name}" for name in COMMANDS}
    assert (HEAVY | commands | {"numpy"}).isdisjoint(modules)


def test_a_closed_pipe_is_not_an_error():
    code = "import sys; from lora_demo.cli.main import main; sys.exit(main(['params', '--json']))"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT
    ) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ([], "COMMAND"),
        (["frobnicate"], "frobnicate"),
        (["translate"], "nothing to translate"),
        (["translate", "--beams", "x", "a"], "--beams"),
        (["translate", "--base", "/nowhere", "a"], "/nowhere"),
        (["translate", "--file", "/nowhere.txt"], "/nowhere.txt"),
        (["params", "--ranks", "0"], "rank"),
        (["params", "--base", "google/flan-t5-small", "--targets", "x"], "'x'"),
        (["inspect", "/nowhere"], "'/nowhere' was not found"),
        (["merge", "/nowhere", "--output", "/tmp/x"], "'/nowhere' was not found"),
        (["inspect", "mini-r9"], "a shipped one: mini-r4"),
        (["combine", "mini-r8=1", "x=1", "--output", "/tmp/x"], "'x' was not found"),
        (["train", "--rank", "0", "--steps", "-1"], "rank"),
        (["train", "--steps", "1", "--epochs", "1"], "exactly one"),
        (["train", "--learning-rate", "nan", "--steps", "1"], "learning_rate"),
        (["train", "--resume", "/nowhere"], "run folder"),
        (["train", "--from", "nowhere", "--steps", "1"], "The adapter 'nowhere' was not found"),
        (["train", "--from", "mini-r8", "--rank", "5"], "rank is 8 in mini-r8, not 5"),
        (["train", "--from", "mini-r8", "--base", "google/flan-t5-small"], "does not fit"),
        (["train", "--replay", "1", "--steps", "1"], "replay"),
    ],
)
def test_bad_input_gives_one_line_and_status_2(arguments, word, capsys):
    status, output, errors = run(capsys, *arguments)
    assert status == 2 and output == ""
    assert word in errors and errors.count("\n") == 1


def test_a_failed_run_gives_one_line_and_status_1(capsys, monkeypatch):
    def fail(options):
        raise RuntimeError("The Job failed.\nIts log says why.")

    monkeypatch.setattr("lora_demo.cli.params.run", fail)
    status, output, errors = run(capsys, "params")
    assert (status, output, errors) == (1, "", "lora_demo: The Job failed.\n")


def test_an_interrupted_command_gives_status_130(capsys, monkeypatch):
    def interrupt(options):
        raise KeyboardInterrupt

    monkeypatch.setattr("lora_demo.cli.params.run", interrupt)
    assert run(capsys, "params") == (130, "", "lora_demo: Interrupted.\n")


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["translate", "a", "--adapter", "mini-r8"], ["mini-r8"]),
        (
            ["evaluate", "--adapter", "mini-r4", "--adapter", "adapters/mini-r8"],
            ["mini-r4", "mini-r8"],
        ),
        (["inspect", "mini-r8"], "mini-r8"),
        (["merge", "mini-r8", "--output", "x"], "mini-r8"),
        (["reduce", "mini-r8", "--rank", "2", "--output", "x"], "mini-r8"),
        (["push", "mini-r8", "--repo", "ada/x"], "mini-r8"),
    ],
)
def test_a_shipped_adapter_is_given_by_its_name(words, found, monkeypatch):
    monkeypatch.chdir(ROOT)
    adapter = parse_arguments(words).adapter
    folders = adapter if isinstance(adapter, list) else [adapter]
    assert all((folder / "adapter_config.json").is_file() for folder in folders)
    names = [folder.name for folder in folders]
    assert names == (found if isinstance(found, list) else [found])
