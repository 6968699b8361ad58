"""Promise: the private parts of Gradio that the page uses are there and do what it needs."""

import inspect
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import gradio as gr
import pytest
from fastapi.testclient import TestClient
from gradio.routes import App
from gradio.state_holder import SessionState

from lora_demo.language import in_language
from lora_demo.web.gradio_internals import (
    Page,
    caller_address,
    check_custom_values,
    fill_defaults,
    has_login_cookie,
    without_apps,
)
from lora_demo.web.server import launch


def shout_page() -> Page:
    with Page() as page:
        state, text = gr.State([1]), gr.Textbox("Hallo")
        gr.Button().click(lambda state, text: text, [state, text], text, api_name="shout")
    return page


def test_a_session_has_its_own_state_and_no_descriptions_of_widgets():
    page = shout_page()
    first, second = SessionState(page), SessionState(page)
    assert first.blocks_config.fns.keys() == page.fns.keys()
    assert not any(first.config_values.values())
    (state,) = (key for key, block in page.blocks.items() if isinstance(block, gr.State))
    first[state] = [2]
    assert (first[state], second[state]) == ([2], [1])
    described = {component["type"] for component in page.config["components"]}
    assert {"state", "textbox", "button"} <= described


def test_omitted_inputs_get_the_defaults_of_the_widgets():
    (shout,) = (function for function in shout_page().fns.values())
    assert shout.api_name == "shout"
    assert fill_defaults([], shout) == [[1], "Hallo"]
    assert fill_defaults([[3]], shout) == [[3], "Hallo"]
    assert fill_defaults([1, 2, 3], shout) == [1, 2, 3]
    shout.inputs[0].value = None
    assert fill_defaults([], shout) == [], "the next default must not take its place"


def test_a_default_of_none_is_filled_in_as_well():
    def train(visitor: str, replay: float | None = None, keep: str = "best") -> str:
        return f"{visitor} {replay} {keep}"

    with Page() as page:
        gr.api(train, api_name="train")
    (function,) = page.fns.values()
    assert fill_defaults([], function) == []
    assert fill_defaults(["me"], function) == ["me", None, "best"]


@pytest.mark.parametrize("value", [["x"], {"x": 1}, 5, True])
def test_a_dropdown_for_any_text_takes_nothing_else(value):
    with Page() as page:
        runs, fixed = gr.Dropdown([], allow_custom_value=True), gr.Dropdown(["a"])
        gr.Button().click(lambda run, fixed: run, [runs, fixed], runs)
    (function,) = page.fns.values()
    check_custom_values(["any", "a"], function.inputs)
    check_custom_values([None], function.inputs)
    with pytest.raises(ValueError, match="instead of a text"):
        check_custom_values([value, "a"], function.inputs)


def test_every_call_passes_the_hook_of_the_page():
    parameters = list(inspect.signature(gr.Blocks.process_api).parameters)
    assert parameters[:3] == ["self", "block_fn", "inputs"]
    assert inspect.iscoroutinefunction(gr.Blocks.process_api)


def test_the_start_does_not_wait_for_the_page(monkeypatch):
    def request(url):
        raise AssertionError("Gradio gives this request three seconds")

    monkeypatch.setattr("gradio.networking.url_ok", request)
    with Page() as page:
        gr.Textbox()
    launch(page, "127.0.0.1", None)
    page.close(verbose=False)


def test_a_page_is_built_without_web_apps_and_launched_with_one():
    with without_apps():
        page = shout_page()
        page.queue()
    assert page.app is None
    launch(page, "127.0.0.1", None)
    assert isinstance(page.app, App)
    assert TestClient(page.app).get("/config").status_code == 200
    page.close(verbose=False)


def test_a_handler_learns_the_address_of_its_caller():
    with Page() as page:
        address = gr.Textbox()
        gr.Button().click(lambda: caller_address(), None, address, api_name="address")
    client = TestClient(App.create_app(page), client=("192.0.2.7", 1))
    answer = client.post("/gradio_api/run/address", json={"data": []})
    assert answer.json()["data"] == ["192.0.2.7"]
    assert caller_address() == "unknown"


def test_the_cookie_of_a_login_is_recognised():
    with Page() as page:
        gr.Textbox()
    page.auth = lambda name, password: password == "open"
    page.auth_message = None
    app = App.create_app(page)
    client = TestClient(app)
    assert client.post("/login", data={"username": "x", "password": "open"}).status_code == 200
    cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    assert has_login_cookie(app, {"cookie": cookie})
    for other in ("", f"access-token-{app.cookie_id}=guess", 'x="', "=;=;"):
        assert not has_login_cookie(app, {"cookie": other})


def test_gradio_works_without_mcp_while_that_is_hidden():
    code = (
        "import sys; from lora_demo.model.importing import without_package\n"
        "with without_package('mcp'): import gradio\n"
        "gradio.Interface(str, 'text', 'text'); print('mcp' in sys.modules)"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert ended.stdout.strip() == "False", ended.stderr


def test_english_readers_do_not_wait_while_another_language_is_built():
    page, may_build = shout_page(), threading.Event()

    def build():
        may_build.wait()
        return shout_page()

    def read_german():
        with in_language("de"):
            return page.config

    page.translate_with(build)
    with ThreadPoolExecutor() as pool:
        german = pool.submit(read_german)
        english = pool.submit(lambda: page.config)
        try:
            assert english.result(timeout=30)["components"] and not german.done()
        finally:
            may_build.set()
        assert german.result(timeout=30)["components"]
