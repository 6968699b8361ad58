"""The flags of app.py: what a Space sets, and what is refused in one line."""

from pathlib import Path

import pytest

import app


def test_a_space_listens_to_all_and_keeps_runs_where_it_can_write(monkeypatch):
    monkeypatch.setenv("SPACE_ID", "ada/demo")
    monkeypatch.setenv("GRADIO_SERVER_PORT", "8000")
    writable = {Path("/data"), Path()}
    monkeypatch.setattr(app.os, "access", lambda path, mode: path in writable)
    flags = app.parse([])
    assert (flags.host, flags.port, flags.runs) == ("0.0.0.0", 8000, Path("/data/runs"))
    writable.remove(Path("/data"))
    assert app.parse([]).runs == Path("runs")
    writable.clear()
    assert app.parse([]).runs.name == "runs" and app.parse([]).runs.is_absolute()


def test_at_home_it_listens_to_this_machine_alone(monkeypatch):
    for name in ("SPACE_ID", "GRADIO_SERVER_PORT"):
        monkeypatch.delenv(name, raising=False)
    flags = app.parse([])
    assert (flags.host, flags.port, flags.runs, flags.mcp) == (
        "127.0.0.1",
        7860,
        Path("runs"),
        False,
    )


def test_mcp_without_its_package_names_the_command(monkeypatch, capsys):
    monkeypatch.setattr(app, "_is_installed", lambda name: False)
    with pytest.raises(SystemExit) as ended:
        app.parse(["--mcp"])
    assert ended.value.code == 2 and "pip install 'mcp>=1.21,<2'" in capsys.readouterr().err


@pytest.mark.parametrize(
    "way, closed", [("/elsewhere", ["runs", "."]), ("way", ["runs"]), ("runs/way", [])]
)
def test_no_file_of_visitors_or_of_the_app_is_handed_out(monkeypatch, tmp_path, way, closed):
    """Unless whoever runs it has put Gradio's files on their way there."""
    monkeypatch.setattr(app, "__file__", str(tmp_path / "app.py"))
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / way))
    assert app.closed_folders(tmp_path / "runs") == [tmp_path / folder for folder in closed]
