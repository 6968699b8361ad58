"""The Parameters tab: the matrices of a row, the memory estimate, every base at once."""

import re
from types import SimpleNamespace

import pytest

from lora_demo.model.config import FLAN_T5
from lora_demo.model.memory import activation_bytes, training_bytes
from lora_demo.model.parameters import Adaptation, count_adapter
from lora_demo.model.shapes import total_parameters
from lora_demo.web.tabs.parameters import ParametersTab
from lora_demo.web.views import parameter_tables

BASE = FLAN_T5["google/flan-t5-base"]


def trained(html: str) -> int:
    return html.count(": trained")


def test_a_chosen_row_shows_which_matrices_it_covers():
    html = parameter_tables.coverage_html(BASE, Adaptation("q,v"), "8")
    assert "covers 72 of 216 matrices" in html
    assert trained(html) == 72
    assert html.count(": frozen") == 144
    assert "A 768 × 8 and B 8 × 768, 12,288 numbers" in html
    assert (
        trained(parameter_tables.coverage_html(BASE, Adaptation("all-linear"), "8"))
        == trained(parameter_tables.coverage_html(BASE, Adaptation("q,v"), parameter_tables.FULL))
        == 216
    )
    assert "encoder block 0, self q: trained" in html
    assert "decoder block 11, feed-forward wo: frozen" in html


def test_exactly_one_row_is_chosen():
    counts = [count_adapter(BASE, rank) for rank in (4, 8)]
    pressed = re.findall(
        r'data-id="(\w+)"><th scope="row"><button type="button" class="pick" aria-pressed="true"',
        parameter_tables.table_html(BASE, counts, "8"),
    )
    assert pressed == ["8"]


def test_training_memory_is_weights_plus_optimizer_plus_activations():
    total, adapter = total_parameters(BASE), count_adapter(BASE, 8).trainable
    assert training_bytes(BASE, total) == 16 * total + activation_bytes(BASE)
    assert training_bytes(BASE, adapter) == 4 * total + 16 * adapter + activation_bytes(BASE)
    assert activation_bytes(BASE, pairs=32) == 2 * activation_bytes(BASE, pairs=16)
    longer = activation_bytes(BASE, source=64, target=64)
    assert longer > 2 * activation_bytes(BASE), "attention grows with the square of the length"


def test_the_table_of_all_bases_has_the_counts_of_each():
    html = parameter_tables.bases_html(Adaptation("attention"), [5])
    for config in FLAN_T5.values():
        assert f"{count_adapter(config, 5, 'attention').trainable:,}" in html
        assert f"{total_parameters(config):,}" in html


@pytest.mark.parametrize("targets", ["qq", ""])
def test_errors_name_invalid_targets(targets):
    with pytest.raises(ValueError, match="targets"):
        parameter_tables.coverage_html(BASE, Adaptation(targets), "8")


def test_the_lesson_is_shown_for_its_base_only():
    assert "442,368" in parameter_tables.lesson_html("google/flan-t5-base", BASE)
    assert parameter_tables.lesson_html("google/flan-t5-small", BASE) == ""


def test_magnitudes_and_chosen_blocks_are_counted_in_every_table():
    adaptation = Adaptation("o", layers="0-1", part="decoder", use_dora=True)
    number = 2 * (8 * (768 + 768) + 768)
    assert count_adapter(BASE, 8, adaptation).trainable == 2 * number
    coverage = parameter_tables.coverage_html(BASE, adaptation, "8")
    assert trained(coverage) == 4
    assert "768 magnitudes, 13,056 numbers" in coverage
    formula = parameter_tables.formula_html(BASE, adaptation, [8])
    assert f"2 · (8 · 1,536 + 768) = <b>{number:,}</b>" in formula
    assert f"<b>{2 * number:,}</b>" in formula and "DoRA" in formula
    assert "DoRA" not in parameter_tables.formula_html(BASE, Adaptation("o"), [8])


def test_a_base_without_the_chosen_blocks_has_empty_cells():
    html = parameter_tables.bases_html(Adaptation("q", layers="20"), [4])
    small, *_, xxl = html.split("<tr><th scope=row>")[1:]
    assert "<td>—</td>" in small and "<td>—</td>" not in xxl


def test_an_unknown_base_is_explained_in_place_and_leaves_no_old_numbers():
    def count(*settings, **more):
        raise ValueError("No base <x>.\nmore")

    tab = object.__new__(ParametersTab)
    tab.services = SimpleNamespace(parameter_counts=SimpleNamespace(count=count))
    first, *others = tab.count_or_explain("x", "q,v", "4", "", "all", False, "8")
    assert "No base &lt;x&gt;." in first
    assert "more" not in first
    assert set(others) == {""}
