"""Imports only go down the floors and never in circles, and only `web` imports gradio."""

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FLOORS = [
    {"model"},
    {
        "arguments",
        "environment",
        "errors",
        "files",
        "formatting",
        "heap",
        "language",
        "process_limits",
        "processes",
        "version",
    },
    {"assets"},
    {"checkpoints"},
    {"adapter_slots", "columns", "data", "next_tokens", "translation_request", "translator"},
    {"training", "evaluation", "hub"},
    {"service"},
    {"api", "web", "cli", "__main__"},
    {"__init__"},
]
"""The parts of the package, the lowest floor first."""
SIDE_BY_SIDE = {("web", "cli"), ("cli", "web"), ("assets", "model")}
"""Parts of one floor that must not import each other."""


def modules() -> dict[str, ast.Module]:
    """Every module of the package by its dotted name."""
    files = sorted((ROOT / "lora_demo").rglob("*.py"))
    return {dotted_name(file): ast.parse(file.read_text(encoding="utf-8")) for file in files}


def dotted_name(file: Path) -> str:
    name = ".".join(file.relative_to(ROOT).with_suffix("").parts)
    return name.removesuffix(".__init__")


def imported(tree: ast.Module) -> set[str]:
    """The dotted names that a module imports, also inside functions.

    `from a import b` gives `a.b`, and also `a` unless `b` is a module of its own.
    """
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports are not followed here"
            attributes = {f"{node.module}.{alias.name}" for alias in node.names}
            names |= attributes if attributes <= MODULES.keys() else {node.module, *attributes}
    return names


MODULES = modules()
IMPORTS = {name: imported(tree) for name, tree in MODULES.items()}


def part(module: str) -> str:
    return [*module.split("."), "__init__"][1]


def floor(module: str) -> int:
    (found,) = (level for level, parts in enumerate(FLOORS) if part(module) in parts)
    return found


def top(name: str) -> str:
    return name.split(".")[0]


@pytest.mark.parametrize("module", MODULES)
def test_imports_only_go_down(module):
    wrong = [
        other
        for other in IMPORTS[module] & MODULES.keys()
        if floor(other) > floor(module) or (part(module), part(other)) in SIDE_BY_SIDE
    ]
    assert wrong == []


def test_no_import_leads_back_to_where_it_began():
    graph = {module: names & MODULES.keys() - {module} for module, names in IMPORTS.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


@pytest.mark.parametrize("module", MODULES)
def test_only_the_page_imports_gradio_and_nothing_imports_torch_or_pickle(module):
    banned = {"torch", "pickle"} | (set() if part(module) == "web" else {"gradio", "gradio_client"})
    assert not {top(name) for name in IMPORTS[module]} & banned


def test_the_model_imports_nothing_else_of_the_package():
    wrong = {
        (module, name)
        for module in MODULES
        if part(module) == "model"
        for name in IMPORTS[module]
        if top(name) == "lora_demo" and part(name) != "model"
    }
    assert wrong == set()
