"""Promise: a visitor gets the page and all answers in the language of the address or browser."""

from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

import gradio as gr
import pytest
from fastapi.testclient import TestClient
from gradio import context
from gradio.routes import App
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route

from lora_demo.language import PSEUDO, _, current_language, in_language
from lora_demo.service.services import open_services
from lora_demo.web.gate import Gate, Rules
from lora_demo.web.gradio_internals import Page
from lora_demo.web.language_choice import choose_language, without_language_cookie
from lora_demo.web.page import build_page
from lora_demo.web.scripts import RANK_DRAWING, localised


@pytest.mark.parametrize(
    ("query", "headers", "language"),
    [
        ("", {}, "en"),
        ("lang=vi", {"cookie": "lora_demo_language=de"}, "vi"),
        ("lang=xx", {"cookie": "lora_demo_language=de"}, "de"),
        ("", {"referer": "http://x/?lang=de&text=a", "cookie": "lora_demo_language=vi"}, "de"),
        ("", {"cookie": "a=b; lora_demo_language=vi", "accept-language": "de"}, "vi"),
        ("", {"accept-language": "fr,de-AT;q=0.9,vi;q=0.95"}, "vi"),
        ("", {"accept-language": "fr, *;q=x, ;;"}, "en"),
        ("lang=qps", {}, PSEUDO),
    ],
)
def test_the_address_comes_before_the_cookie_and_the_browser(query, headers, language):
    assert choose_language(query, headers) == language


def test_the_cookie_of_the_language_says_nothing_about_the_visitor():
    assert without_language_cookie("lora_demo_language=vi") == ""
    assert without_language_cookie("a=1; lora_demo_language=vi; b=2") == "a=1; b=2"


def small_page() -> Page:
    def build() -> Page:
        with Page() as page:
            text = gr.Textbox(label=_("Stop"))
            gr.Button(_("Delete")).click(current_language, None, text, api_name="language")
        return page

    page = build()
    page.translate_with(build)
    return page


def test_a_call_runs_in_the_language_of_its_request():
    client = TestClient(App.create_app(small_page()))

    def call(**headers: str) -> list[str]:
        answer = client.post("/gradio_api/run/language", json={"data": []}, headers=headers)
        return answer.json()["data"]

    assert call() == ["en"]
    assert call(cookie="lora_demo_language=vi") == ["vi"]
    assert call(**{"accept-language": "de"}) == ["de"]
    assert current_language() == "en"


def test_a_page_of_another_language_has_the_same_ids_and_leaves_the_next_id_alone():
    page, next_id = small_page(), context.Context.id
    with in_language(PSEUDO):
        translated = page.config
    assert [each["id"] for each in translated["components"]] == [
        each["id"] for each in page.config["components"]
    ]
    assert next(each["props"].get("label") for each in translated["components"]) == "⟦Stop⟧"
    assert next(each["props"].get("label") for each in page.config["components"]) == "Stop"
    assert context.Context.id == next_id
    assert context.Context.root_block is None


def test_widgets_that_calls_make_do_not_become_part_of_a_page_that_is_being_built():
    page, made = small_page(), []

    def build() -> Page:
        with Page() as other:
            gr.Textbox()
            with ThreadPoolExecutor(1) as pool:  # a call runs in a thread with a copied context
                made.append(pool.submit(copy_context().run, gr.Button, "of a call").result())
            gr.Textbox()
        return other

    page.translate_with(build)
    with in_language("de"):
        kinds = [component["type"] for component in page.config["components"]]
    assert kinds.count("textbox") == 2
    assert "button" not in kinds
    assert not made[0].is_rendered


def test_the_whole_page_has_the_same_widgets_functions_and_values_in_every_language(tmp_path):
    page = build_page(open_services("mini", None, tmp_path))
    with in_language(PSEUDO):
        translated = page.config
    for english, other in zip(page.config["components"], translated["components"], strict=True):
        assert (english["id"], english["type"]) == (other["id"], other["type"])
        choices = [
            [value for _label, value in each["props"].get("choices") or []]
            for each in (english, other)
        ]
        assert choices[0] == choices[1]
    for english, other in zip(page.config["dependencies"], translated["dependencies"], strict=True):
        for name in ("id", "targets", "inputs", "outputs", "api_name"):
            assert english[name] == other[name]


async def index(request) -> HTMLResponse:
    return HTMLResponse(f'<html lang="en"><head></head><body>{current_language()}</body></html>')


@pytest.fixture
def gated():
    app = Starlette(routes=[Route("/", index)])
    return TestClient(Gate(app, Rules()))


def test_the_page_names_its_language_and_the_address_is_remembered(gated):
    page = gated.get("/?lang=vi")
    assert '<html lang="vi">' in page.text
    assert "<body>vi</body>" in page.text
    assert 'navigator,"language",{value:"vi"}' in page.text
    assert "lora_demo_language=vi" in page.headers["set-cookie"]
    assert "<body>vi</body>" in gated.get("/").text, "the client keeps the cookie"


def test_the_browsers_language_is_used_at_first_and_not_remembered(gated):
    page = gated.get("/", headers={"accept-language": "de-DE,de;q=0.9"})
    assert "<body>de</body>" in page.text
    assert "set-cookie" not in page.headers
    assert "<body>en</body>" in gated.get("/").text, "the cache keeps languages apart"


def test_scripts_and_their_numbers_have_the_language_of_the_page():
    assert '"en-US"' in localised(RANK_DRAWING)
    with in_language(PSEUDO):
        assert '"\\u27e6rank {rank}\\u27e7"' in localised(RANK_DRAWING)
    with in_language("vi"):
        assert '"vi-VN"' in localised(RANK_DRAWING)
