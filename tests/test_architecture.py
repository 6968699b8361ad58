"""Promise: imports only go down the floors and never in circles, and only the page knows gradio."""

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FLOORS = [
    {"model", "assets", "arguments", "errors", "processes", "__init__"},
    {"checkpoints"},
    {"data", "translator"},
    {"training", "evaluation", "hub"},
    {"service"},
    {"web", "cli", "__main__"},
]
"""The parts of the package, the lowest floor first."""
SIDE_BY_SIDE = {("web", "cli"), ("cli", "web"), ("model", "assets"), ("assets", "model")}
"""Parts of one floor that know nothing of each other."""


def modules() -> dict[str, ast.Module]:
    """Every module of the package by its dotted name."""
    files = sorted((ROOT / "lora_demo").rglob("*.py"))
    name = lambda file: ".".join(file.relative_to(ROOT).with_suffix("").parts)
    return {
        name(file).removesuffix(".__init__"): ast.parse(file.read_text(encoding="utf-8"))
        for file in files
    }


def imported(tree: ast.Module) -> set[str]:
    """The dotted names that a module imports, also inside functions; `from a import b` gives both `a` and `a.b`."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports are not followed here"
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


MODULES = modules()
IMPORTS = {name: imported(tree) for name, tree in MODULES.items()}


def part(module: str) -> str:
    return (module.split(".") + ["__init__"])[1]


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


def test_the_model_imports_nothing_else_of_ours():
    wrong = {
        (module, name)
        for module in MODULES
        if part(module) == "model"
        for name in IMPORTS[module]
        if top(name) == "lora_demo" and part(name) not in ("model", "__init__")
    }
    assert wrong == set()
