"""The menu of bases in Chromium: a base is loaded when it is chosen, and one is shown beside it."""

import pytest

pytest.importorskip("playwright.sync_api")  # the README says where they run

from gradio_client import Client
from gradio_client.exceptions import AppError
from playwright.sync_api import expect

from lora_demo.checkpoints.base import find_base
from lora_demo.model.lora_config import LoraConfig
from lora_demo.service.archives import pack
from tests.browser.conftest import PATIENCE, end_app, free_port, start_app
from tests.browser.steps import choose
from tests.checkpoints.adapter_folders import write_random
from tests.clients import connect
from tests.waiting import wait_for


@pytest.fixture(scope="module")
def served_bases(tiny_base, tmp_path_factory):
    """An app with the embedded base and the tiny one in its menu."""
    runs = tmp_path_factory.mktemp("bases") / "runs"
    process, served = start_app("mini", runs, free_port(), LORA_DEMO_BASES=str(tiny_base))
    yield served
    end_app(process)


@pytest.fixture
def page(chromium, served_bases):
    page = chromium.new_page(viewport={"width": 1366, "height": 768})
    page.set_default_timeout(PATIENCE)
    page.goto(served_bases.url)
    yield page
    page.close()


def names(page):
    return page.locator("article.cell header b")


def test_a_chosen_base_is_loaded_translates_and_is_compared_with_another(page, tiny_base):
    tiny = tiny_base.name
    expect(names(page)).to_have_text(["base", "mini-r4", "mini-r8", "mini-r16"])
    page.get_by_role("radio", name=tiny, exact=True).check()
    expect(page.get_by_text(f"Loading {tiny}: ")).to_be_visible()
    expect(names(page)).to_have_text(["base"])
    expect(page.locator(".origins")).to_contain_text(f"{tiny} is a T5 with")
    expect(page.get_by_text(f"this page has no adapter for {tiny} yet")).to_be_visible()
    expect(page.get_by_role("button", name="Set up three ranks in Train")).to_be_visible()
    expect(page.locator(".status").first).to_contain_text(f"{tiny} ready")

    choose(page, "Second base", "mini", exact=True)
    expect(names(page)).to_have_text([tiny, "mini"])
    query = page.get_by_role("button", name="Copy link").get_attribute("data-link")
    page.get_by_role("radio", name="mini", exact=True).check()
    expect(names(page)).to_have_text(["base", "mini-r4", "mini-r8", "mini-r16"])
    expect(page.get_by_label("Second base")).to_have_value("no second base")

    page.goto(f"{page.url.partition('?')[0]}{query}")
    expect(page.get_by_text("The link filled in the form.")).to_be_visible()
    expect(page.get_by_role("radio", name=tiny, exact=True)).to_be_checked()
    expect(page.get_by_label("Second base")).to_have_value("mini")
    page.get_by_role("button", name="Translate").click()
    expect(names(page)).to_have_text([tiny, "mini"])


def test_an_adapter_for_a_further_base_is_uploaded_used_and_deleted(page, tiny_base, tmp_path):
    base = find_base(str(tiny_base))
    folder = write_random(tmp_path / "mine", base, LoraConfig(2, 4, 0.0, ("q",)))
    expect(names(page)).to_have_count(4)
    page.get_by_role("radio", name=tiny_base.name, exact=True).check()
    expect(names(page)).to_have_text(["base"])
    page.get_by_role("tab", name="Adapters").click()
    expect(page.get_by_text("No adapter for this base yet.")).to_be_visible()
    panel = page.get_by_role("tabpanel")
    panel.locator("input[type=file]").last.set_input_files(pack(folder, "mine"))
    expect(panel.locator(".card b")).to_have_text("mine")
    page.get_by_role("tab", name="Compare").click()
    expect(page.get_by_label("mine (r = 2)")).to_be_checked()
    page.get_by_role("button", name="Translate").click()
    expect(names(page)).to_have_text(["base", "mine"])
    page.get_by_role("button", name="Drag the rank of mine").click()
    expect(page.locator(".ladder input")).to_have_count(1)
    page.get_by_role("tab", name="Adapters").click()
    page.get_by_role("button", name="Rename or delete").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("button", name="Delete for good").click()
    expect(page.get_by_text("No adapter for this base yet.")).to_be_visible()


def translate(client: Client, base: str) -> dict | AppError:
    """Translate a sentence; return the answer or the error."""
    try:
        return client.predict("Ja.", [], base=base, api_name="/compare")
    except AppError as error:
        return error


def test_a_client_names_the_base(served_bases, tiny_base):
    client = connect(served_bases.url)
    wait_for(lambda: "is loading" not in str(translate(client, tiny_base.name)))
    answer = translate(client, tiny_base.name)
    assert answer["base"] == tiny_base.name and len(answer["columns"]) == 1
    assert client.predict("Ja.", [], api_name="/compare")["base"] == "mini"
    with pytest.raises(AppError, match="base = 'x' is not offered here"):
        client.predict("Ja.", [], base="x", api_name="/compare")


@pytest.mark.parametrize("function", ["/compare_ranks", "/compare_tokens"])
def test_a_client_names_the_base_of_an_adapter(served_bases, tiny_base, function):
    client = connect(served_bases.url)
    answer = client.predict("Ja.", "mini-r4", base="mini", api_name=function)
    assert (answer["base"], answer["adapter"]) == ("mini", "mini-r4")
    wait_for(lambda: "is loading" not in str(translate(client, tiny_base.name)))
    with pytest.raises(AppError, match="mini-r4' was not found"):
        client.predict("Ja.", "mini-r4", base=tiny_base.name, api_name=function)


def test_a_page_with_one_base_has_no_menu(visit):
    page = visit()
    expect(page.get_by_role("button", name="Translate")).to_be_visible()
    expect(page.get_by_label("Second base")).to_be_hidden()
