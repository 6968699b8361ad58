"""The memory that a new process can use, as Linux states it."""

import pytest

from lora_demo import process_limits
from lora_demo.process_limits import free_bytes


@pytest.fixture
def system(tmp_path, monkeypatch):
    """A machine with 3 GB free, and the folder of its container."""
    machine = tmp_path / "meminfo"
    machine.write_text("MemTotal:    8000000 kB\nMemAvailable:    3000000 kB\n")
    monkeypatch.setattr(process_limits, "MACHINE_MEMORY", machine)
    monkeypatch.setattr(process_limits, "CONTAINER", tmp_path)
    return tmp_path


def test_the_machine_states_its_free_memory(system):
    assert free_bytes() == 3_000_000 * 1024


def test_a_container_may_have_less_and_its_cached_files_count_as_free(system):
    (system / "memory.max").write_text("2000000000\n")
    (system / "memory.current").write_text("900000000\n")
    (system / "memory.stat").write_text("anon 5\ninactive_file 400000000\n")
    assert free_bytes() == 1_500_000_000
    (system / "memory.max").write_text("max\n")
    assert free_bytes() <= 3_000_000 * 1024


def test_all_memory_counts_as_free_where_the_system_states_none(system):
    (system / "meminfo").unlink()
    assert free_bytes() == process_limits.total_bytes()
