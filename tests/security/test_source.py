"""Promise: the source cannot run code from outside, and its dependencies have bounded versions."""

import ast
import re
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
SOURCES = sorted([ROOT / "app.py", *(ROOT / "lora_demo").rglob("*.py")])
IMPORTS = {
    "pickle",
    "cPickle",
    "dill",
    "cloudpickle",
    "joblib",
    "marshal",
    "shelve",
    "torch",
    "importlib.util",
    "runpy",
    "code",
    "pty",
}
CALLS = {
    "eval",
    "exec",
    "compile",
    "__import__",
    "os.system",
    "os.popen",
    "torch.load",
    "yaml.load",
    "yaml.unsafe_load",
    "yaml.full_load",
    "tarfile.open.extractall",
    "subprocess.getoutput",
    "keras.models.load_model",
    "keras.saving.load_model",
}
ALLOWED = {
    "trust_remote_code": (False,),
    "shell": (False,),
    "allow_pickle": (False,),
    "safe_mode": (True,),
}
"""Arguments that may only be given these values."""
SPAWNING = {
    "subprocess.run",
    "subprocess.Popen",
    "subprocess.call",
    "subprocess.check_output",
    "subprocess.check_call",
}


def found_in(source: str) -> list[str]:
    """List the forbidden actions of a file."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [
                alias.name
                for alias in node.names
                if {alias.name, alias.name.split(".")[0]} & IMPORTS
            ]
        elif isinstance(node, ast.ImportFrom):
            names = {
                node.module,
                (node.module or "").split(".")[0],
                *(f"{node.module}.{alias.name}" for alias in node.names),
            }
            found += sorted(names & (IMPORTS | CALLS))
        elif isinstance(node, ast.Call):
            found += _wrong_call(node)
    return found


def _wrong_call(node: ast.Call) -> list[str]:
    name = ast.unparse(node.func)
    wrong = (
        [name]
        if name in CALLS
        or name.endswith((".extractall", ".load_pickle"))
        or re.match(r"os\.(exec|spawn)", name)
        else []
    )
    for keyword in node.keywords:
        if keyword.arg in ALLOWED and not (
            isinstance(keyword.value, ast.Constant) and keyword.value.value in ALLOWED[keyword.arg]
        ):
            wrong.append(f"{name}({keyword.arg}=...)")
    if name in SPAWNING and isinstance(node.args[0], (ast.Constant, ast.JoinedStr)):
        wrong.append(f"{name} of a text")
    return wrong


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_source_cannot_run_code_from_outside(path):
    assert found_in(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("source", [
    "import pickle", "from os import system", "eval('1')", "os.system('x')",
    "subprocess.run('ls', shell=True)", "subprocess.run(x, shell=on)", "subprocess.run(f'ls {x}')",
    "import torch; torch.load(f)", "np.load(f, allow_pickle=True)", "f(trust_remote_code=True)",
    "f(trust_remote_code=flag)", "yaml.load(text)", "archive.extractall(folder)", "os.execv(a, b)",
])  # fmt: skip
def test_the_search_finds_code_that_runs_other_code(source):
    assert found_in(source)


def requirements() -> list[Requirement]:
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    return [Requirement(line) for line in lines if line.strip() and not line.startswith("#")]


@pytest.mark.parametrize("requirement", requirements(), ids=lambda requirement: requirement.name)
def test_dependencies_have_bounded_versions_that_are_installed(requirement):
    operators = {spec.operator for spec in requirement.specifier}
    assert operators & {"==", "~="} or ({">=", "<"} <= operators and requirement.url is None)
    assert requirement.specifier.contains(version(requirement.name))


def test_the_space_uses_the_tested_version_of_gradio():
    """A Space installs `sdk_version` by itself; it must be one that requirements.txt allows."""
    (gradio_version,) = re.findall(
        r"^sdk_version: (.+)$", (ROOT / "README.md").read_text(encoding="utf-8"), re.M
    )
    assert next(r for r in requirements() if r.name == "gradio").specifier.contains(gradio_version)
