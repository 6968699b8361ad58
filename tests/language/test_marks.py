"""Promise: a text in the code of the page comes from the catalogue."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from lora_demo.language.update import MARKS, PACKAGE
from lora_demo.service.terms import TERMS

FOLDERS = ("web/tabs", "web/views", "service", "evaluation/report")
TAG = re.compile(r"<[^<>]*>|<[^<>]*$|^[^<>]*>")
SENTENCE = re.compile(r"(?<![\w=/.-])[A-Za-z]{2,},? [a-zA-Z]{2,}\b")
NOT_SHOWN = {"LOG", "re", "warnings"}
"""Names whose calls show nothing on the page."""
ALLOWED = {
    *("Hugging Face Jobs", "Train this yourself", "early stopping"),
    *("Name of the file", "Query of the address", "Name of the table"),  # labels of hidden fields
    "Stored file",  # likewise
    *("Time left", "Learning rate", "train on Jobs", "follow the Job"),  # marked in another place
    *("training queue", "the training queue", "which led to\n", "model watch"),  # in the log
    *("word frequency", "\0 chrf bucket", "right in \0, missed by \0"),  # columns of a CSV
    *("rank sweep", "The glossary has no term \0. Add it to TERMS."),
}
NOT_OF_THE_PAGE = {"examples.py", "lesson.py", "latex.py", "recording.py"}
"""Files with German and English examples, errors of the code, and files that are English."""


def is_mark(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MARKS


def is_silent(node: ast.AST) -> bool:
    """True for calls that show nothing, annotations, asserts and unmarked errors of the code."""
    if isinstance(node, ast.Assert):
        return True
    if not isinstance(node, ast.Call):
        return False
    owner = node.func.value if isinstance(node.func, ast.Attribute) else node.func
    return isinstance(owner, ast.Name) and owner.id in NOT_SHOWN | {
        "RuntimeError",
        "AssertionError",
    }


def shown_texts(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield the literals outside of marks, docstrings and silent calls."""
    for child in ast.iter_child_nodes(tree):
        if is_silent(child) or (
            isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)
        ):
            continue
        if is_mark(child):
            for value in child.keywords:
                yield from shown_texts(value)
            continue
        if isinstance(child, ast.JoinedStr):
            parts = [p.value if isinstance(p, ast.Constant) else "\0" for p in child.values]
            yield child.lineno, "".join(parts)
            for part in child.values:
                if isinstance(part, ast.FormattedValue):
                    yield from shown_texts(part)
            continue
        if isinstance(child, ast.Constant) and isinstance(child.value, str):
            yield child.lineno, child.value
            continue
        yield from shown_texts(child)


def unmarked(file: Path) -> list[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return [
        f"{file.name}, line {line}: {text!r}"
        for line, text in shown_texts(tree)
        if SENTENCE.search(TAG.sub("", text))
        and not (text in TERMS or text in ALLOWED or text.startswith("from peft"))
    ]


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_sentence_of_the_page_is_marked(folder):
    files = [file for file in (PACKAGE / folder).rglob("*.py") if file.name not in NOT_OF_THE_PAGE]
    found = [text for file in sorted(files) for text in unmarked(file)]
    assert found == []


def test_an_unmarked_sentence_is_found(tmp_path):
    (tmp_path / "a.py").write_text('"""Two words."""\nx = "<b>Two words</b>"\n_("Two words")\n')
    assert unmarked(tmp_path / "a.py") == ["a.py, line 2: '<b>Two words</b>'"]


def test_no_text_is_translated_when_a_module_is_imported():
    """A module is imported once, in no visitor's language."""
    wrong = []
    for file in PACKAGE.rglob("*.py"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        bodies = [
            part
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            for part in (node.body if isinstance(node.body, list) else [node.body])
        ]
        inside = {id(node) for body in bodies for node in ast.walk(body)}
        wrong += [
            f"{file.name}:{node.lineno}"
            for node in ast.walk(tree)
            if is_mark(node) and node.func.id != "N_" and id(node) not in inside
        ]
    assert wrong == []
