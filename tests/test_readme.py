"""The documents' examples work: Python snippets run, and every command has options that exist."""

import re
import shlex
from pathlib import Path

import pytest

from lora_demo.cli.main import load_command, parse_arguments

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(document, language):
    return [text for name, text in BLOCK.findall(document.read_text("utf-8")) if name == language]


def commands():
    """Every `python -m lora_demo ...` line of the documents, without its prefix."""
    for document in DOCUMENTS:
        for block in blocks(document, "bash"):
            for line in block.replace("\\\n", " ").splitlines():
                if "python -m lora_demo " in line:
                    yield line.split("python -m lora_demo ", 1)[1]


@pytest.mark.parametrize("command", list(commands()))
def test_a_command_in_the_documents_has_options_that_exist(command):
    words = shlex.split(command.replace("$r", "4"))
    assert parse_arguments(words).run is load_command(words[0]).run


def test_the_readme_has_commands_to_check():
    assert len(list(commands())) >= 5


@pytest.mark.parametrize("number", range(len(blocks(ROOT / "README.md", "python"))))
def test_a_python_snippet_of_the_readme_runs(number, tmp_path, monkeypatch, capsys):
    """A minute of training is two steps here, and the set has four pairs."""
    monkeypatch.chdir(tmp_path)
    code = blocks(ROOT / "README.md", "python")[number]
    shortened = code.replace("minutes=1", "steps=2, batch_size=4").replace("=50)", "=4)")
    assert shortened != code
    exec(compile(shortened, "README.md", "exec"), {})
    printed = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in printed].count("base") == 2


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_to_files_of_the_repository_lead_to_a_file(document):
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", document.read_text("utf-8"))
    local = [link for link in links if "://" not in link]
    assert all((document.parent / link).exists() for link in local)
