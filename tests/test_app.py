"""The flags of app.py, the folders it closes, and how it sets up its process."""

import resource
from pathlib import Path

import pytest

import app
from lora_demo.service import process_settings


def test_a_space_listens_on_all_addresses_and_stores_runs_in_a_writable_folder(monkeypatch):
    monkeypatch.setenv("SPACE_ID", "ada/demo")
    monkeypatch.setenv("GRADIO_SERVER_PORT", "8000")
    writable = {Path("/data"), Path()}
    monkeypatch.setattr(app.os, "access", lambda path, mode: path in writable)
    flags = app.parse_flags([])
    assert (flags.host, flags.port, flags.runs) == ("0.0.0.0", 8000, Path("/data/runs"))
    writable.remove(Path("/data"))
    assert app.parse_flags([]).runs == Path("runs")
    writable.clear()
    runs = app.parse_flags([]).runs
    assert runs.name == "runs" and runs.is_absolute()


def test_elsewhere_the_app_listens_only_to_this_machine(monkeypatch):
    for name in ("SPACE_ID", "GRADIO_SERVER_PORT"):
        monkeypatch.delenv(name, raising=False)
    flags = app.parse_flags([])
    assert (flags.host, flags.port, flags.mcp) == ("127.0.0.1", 7860, False)
    assert flags.runs == Path("runs")


def test_mcp_without_its_package_names_the_command(monkeypatch, capsys):
    monkeypatch.setattr(app, "_is_installed", lambda name: False)
    with pytest.raises(SystemExit) as ended:
        app.parse_flags(["--mcp"])
    error = capsys.readouterr().err
    assert ended.value.code == 2 and "pip install 'mcp>=1.21,<2'" in error


@pytest.mark.parametrize("port", ["0", "65536", "-1", "x", ""])
def test_a_wrong_port_ends_with_one_line(capsys, port):
    with pytest.raises(SystemExit) as ended:
        app.parse_flags(["--port", port])
    error = capsys.readouterr().err
    assert ended.value.code == 2
    assert "--port" in error
    assert error.count("\n") == 1


def test_the_precision_comes_from_the_flag_or_else_from_the_environment(monkeypatch):
    monkeypatch.delenv("LORA_DEMO_PRECISION", raising=False)
    assert app.parse_flags([]).precision == "float32"
    monkeypatch.setenv("LORA_DEMO_PRECISION", "int8")
    assert app.parse_flags([]).precision == "int8"
    assert app.parse_flags(["--precision", "float32"]).precision == "float32"


def test_an_unknown_precision_ends_with_one_line(monkeypatch, capsys):
    monkeypatch.setenv("LORA_DEMO_PRECISION", "int4")
    with pytest.raises(SystemExit) as ended:
        app.parse_flags([])
    error = capsys.readouterr().err
    assert ended.value.code == 2 and "'int4' is not a precision" in error
    assert error.count("\n") == 1


def test_the_owner_lists_further_bases_by_flag_or_environment(monkeypatch):
    for name in ("SPACE_ID", "LORA_DEMO_BASES", "HF_HUB_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    assert app.parse_flags([]).bases == []
    assert app.parse_flags(["--bases", "mini", "a/b"]).bases == ["mini", "a/b"]
    monkeypatch.setenv("LORA_DEMO_BASES", "mini, a/b")
    assert app.parse_flags([]).bases == ["mini", "a/b"]


def test_a_space_offers_flan_t5_small_unless_the_hub_is_offline(monkeypatch):
    monkeypatch.setenv("SPACE_ID", "ada/demo")
    for name in ("LORA_DEMO_BASES", "HF_HUB_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    assert app.parse_flags([]).bases == ["google/flan-t5-small"]
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert app.parse_flags([]).bases == []
    monkeypatch.delenv("HF_HUB_OFFLINE")
    monkeypatch.setenv("LORA_DEMO_BASES", "")
    assert app.parse_flags([]).bases == []


@pytest.mark.parametrize(
    ("temporary", "closed"), [("/elsewhere", ["runs", "."]), ("tmp", ["runs"]), ("runs/tmp", [])]
)
def test_files_of_visitors_and_of_the_app_are_closed(monkeypatch, tmp_path, temporary, closed):
    """Except where GRADIO_TEMP_DIR puts Gradio's temporary files into such a folder."""
    monkeypatch.setattr(app, "__file__", str(tmp_path / "app.py"))
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / temporary))
    assert app.closed_folders(tmp_path / "runs") == [tmp_path / folder for folder in closed]


def test_the_limit_of_connections_is_raised_to_the_maximum(monkeypatch):
    limits = {}
    monkeypatch.setattr(resource, "getrlimit", lambda kind: (256, 4096))
    monkeypatch.setattr(resource, "setrlimit", limits.__setitem__)
    process_settings.allow_many_connections()
    assert limits == {resource.RLIMIT_NOFILE: (4096, 4096)}


def test_memory_arenas_are_limited_only_where_the_c_library_can(monkeypatch):
    calls = []

    class Library:
        def mallopt(self, option, value):
            calls.append((option, value))

    monkeypatch.setattr(process_settings.ctypes, "CDLL", lambda name: Library())
    process_settings.limit_memory_arenas()
    assert calls == [(process_settings.M_ARENA_MAX, process_settings.ARENAS)]
    monkeypatch.setattr(process_settings.ctypes, "CDLL", lambda name: object())
    process_settings.limit_memory_arenas()
