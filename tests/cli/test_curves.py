"""The command `curves`: what its figures show."""

import re

import pytest

from tests.commands import run

BLUE, GREEN = "#1f77b4", "#2ca02c"


def labels(svg: str) -> set[str]:
    """The words of a figure, without the numbers on its axes."""
    texts = re.findall(r"<text[^>]*>([^<]+)</text>", svg)
    return {text for text in texts if not re.fullmatch(r"[\d.−]+", text)}


def lines(svg: str, color: str) -> list[list[tuple[str, str]]]:
    """The points of each line of one color."""
    paths = re.findall(rf'<path d="([^"]*)"[^>]*stroke: {color}', svg)
    return [re.findall(r"[ML] (\S+) (\S+)", path) for path in paths]


def draw(capsys, folders, output):
    assert run(capsys, "curves", *folders, "--output", output)[0] == 0
    return output


def test_one_run_shows_its_losses_scores_and_best_step(capsys, trained, tmp_path):
    folder, document = trained
    svg = draw(capsys, [folder], tmp_path / "one.svg").read_text()
    assert labels(svg) == {
        "Loss",
        "loss",
        "training batch",
        "held-out pairs",
        "everyday sentences",
        "chrF2",
        "step",
        f"best checkpoint, step {document['best_step']}",
    }
    held_out, best = lines(svg, BLUE)[0], lines(svg, GREEN)[0]
    assert len(held_out) == document["steps"] + 1
    assert {x for x, _ in best} == {held_out[document["best_step"]][0]}


def test_several_runs_are_compared_by_trained_parameters(capsys, trained, tmp_path):
    svg = draw(capsys, [trained[0], trained[0]], tmp_path / "two.svg").read_text()
    assert labels(svg) == {
        "Held-out pairs",
        "Rank",
        "chrF2",
        "step",
        "trained parameters",
        "best checkpoint",
        "r = 2",
    }


def test_a_figure_can_be_a_png(capsys, trained, tmp_path):
    png = draw(capsys, [trained[0], trained[0]], tmp_path / "two.png").read_bytes()
    assert png.startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("is_run", "name", "word"), [(False, "x.svg", "run folder"), (True, "x.exe", ".svg or .png")]
)
def test_other_folders_and_files_are_bad_input(capsys, trained, tmp_path, is_run, name, word):
    folder = trained[0] if is_run else tmp_path
    status, _, errors = run(capsys, "curves", folder, "--output", tmp_path / name)
    assert status == 2 and word in errors and errors.count("\n") == 1
