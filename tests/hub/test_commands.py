"""The commands `push` and `pull`, each in a process of its own."""

import json
import os
import subprocess
import sys


def command(hub, *argv, **environment):
    """The command line in a process of its own, as a person runs it."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("HF_")}
    return subprocess.run(
        [sys.executable, "-m", "lora_demo", *map(str, argv)],
        env=clean | {"HF_ENDPOINT": hub.url, "HF_TOKEN": "hf_writer"} | environment,
        capture_output=True,
        text=True,
    )


def test_push_and_pull_print_results_and_one_line_errors(hub, published_base, adapter, tmp_path):
    home = {"HF_HOME": str(tmp_path / "home")}
    seen = command(hub, "push", adapter, "--repo", "ada/kitchen", "--dry-run", **home)
    assert seen.returncode == 0
    assert "adapter_model.safetensors" in seen.stdout
    assert "# kitchen" in seen.stdout
    assert not hub.repos.get(("model", "ada/kitchen"))
    named = command(hub, "push", adapter, "--repo", "kitchen", "--dry-run", **home)
    assert named.stdout == seen.stdout
    assert hub.count("POST", "/") == 0
    preview = seen.stdout
    seen = command(hub, "push", adapter, "--repo", "kitchen", "--private", "--json", **home)
    assert seen.returncode == 0, seen.stderr
    assert json.loads(seen.stdout)["repo"] == "ada/kitchen"
    assert hub.repo("ada/kitchen").private
    assert seen.stderr.startswith(preview)
    seen = command(hub, "pull", "ada/kitchen", "--output", tmp_path / "back", "--json", **home)
    assert seen.returncode == 0, seen.stderr
    assert json.loads(seen.stdout)["base"] == "ada/small-t5"
    seen = command(hub, "push", adapter, "--repo", "bob/x", **home)
    assert seen.returncode == 2
    assert seen.stdout == ""
    assert "# kitchen" in seen.stderr
    assert "write permission" in seen.stderr.splitlines()[-1]
    assert "hf_writer" not in seen.stderr
    bad = ["push", adapter, "--dry-run", "--repo"]
    for argv, extra in (
        (["pull", "ada/none"], {}),
        ([*bad, "x y"], {}),
        ([*bad, "ada/x", "--repo", "kitchen"], {"HF_TOKEN": ""}),
        (["push", adapter, "--repo", "ada/x"], {"HF_TOKEN": ""}),
        (["pull", "ada/kitchen"], {"HF_HUB_OFFLINE": "1"}),
        (["push", tmp_path, "--repo", "ada/x"], {}),
    ):
        seen = command(hub, *argv, **home | extra)
        assert seen.returncode == 2, seen.stderr
        assert seen.stdout == ""
        assert seen.stderr.count("\n") == 1, seen.stderr
        assert "hf_writer" not in seen.stderr
