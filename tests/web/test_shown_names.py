"""The base is named in the reader's language on the page, and `base` for clients."""

import pytest

from lora_demo.language import in_language
from lora_demo.service.compared_system import ComparedSystem
from lora_demo.service.comparison import Comparison
from lora_demo.service.comparison_table import comparison_tsv
from lora_demo.web.views.comparison import results_html


def comparison() -> Comparison:
    base = ComparedSystem("base", "base", None, None, 1.0, ["Yes."], [2], [])
    weather = ComparedSystem("weather", "adapter", "weather", 4, 1.0, ["Rain."], [2], [])
    return Comparison(["Ja."], [base, weather], 1, 0.1)


@pytest.mark.parametrize(("code", "name"), [("en", "base"), ("de", "Basis"), ("vi", "mô hình gốc")])
def test_a_card_names_the_base_in_the_language(code, name):
    with in_language(code):
        assert f"<header><b>{name}</b>" in results_html(comparison())


def test_names_for_clients_and_in_tables_stay():
    with in_language("de"):
        assert comparison().to_json()["columns"][0]["name"] == "base"
        assert "Basis" not in comparison_tsv(comparison())
