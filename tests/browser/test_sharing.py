"""Push and pull in Chromium: sign-in, preview, refusal, overwrite, link; no token is stored."""

import pytest

pytest.importorskip("playwright.sync_api")  # the README says where they run

from playwright.sync_api import Page, expect

from lora_demo.service.sharing import Sharing
from tests import waiting
from tests.browser.conftest import PATIENCE
from tests.browser.steps import assert_fits
from tests.hub.conftest import TOKEN, files_of
from tests.hub.page import become_a_space, open_page_services, serve_page, signed_in


def open_adapters_tab(
    browser, url: str, cookie: dict | None = None, width: int = 1280
) -> tuple[Page, list[str]]:
    """The Adapters tab of a new visitor, and the addresses that their browser asks for."""
    context = browser.new_context(viewport={"width": width, "height": 1000})
    if cookie:
        context.add_cookies([cookie | {"url": url, "httpOnly": True}])
    page, asked = context.new_page(), []
    page.set_default_timeout(PATIENCE)
    page.on("request", lambda request: asked.append(request.url))
    page.goto(url)
    page.get_by_role("tab", name="Adapters").click()
    return page, asked


def pull(page: Page, id: str):
    page.get_by_role("button", name="Pull one from the Hub").click()
    page.get_by_label("Adapter on the Hub").fill(id)
    page.get_by_role("button", name="Pull", exact=True).click()


def preview(page: Page, repo: str):
    page.get_by_label("Repository", exact=True).fill(repo)
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("region", name="Preview of the push")).to_contain_text(
        f"One commit to {repo}"
    )


def test_pull_preview_and_push_without_storing_the_token(
    chromium, hub, small_base, adapter, tmp_path
):
    hub.add("bob/kitchen", files_of(adapter))
    theirs = hub.add("ada/theirs", {"model.safetensors": b"x"})
    with serve_page(open_page_services(small_base, tmp_path / "runs", "visitor")) as url:
        page, asked = open_adapters_tab(chromium, url)
        pull(page, "bob/none")
        expect(
            page.get_by_text("The Hub has no repository bob/none that you can read")
        ).to_be_visible()
        page.get_by_label("Adapter on the Hub").fill("bob/kitchen")
        page.get_by_role("button", name="Pull", exact=True).click()
        expect(
            page.get_by_text("bob/kitchen was added to your adapters: rank 3, base: ada/small-t5.")
        ).to_be_visible()
        expect(page.get_by_role("heading", name="kitchen", exact=True)).to_be_visible()
        page.get_by_role("button", name="Push it to the Hub").click()
        push = page.get_by_role("button", name="Push", exact=True)
        token = page.get_by_label("Token")
        expect(push).to_be_disabled()
        preview(page, "ada/theirs")
        expect(page.get_by_role("region", name="Model card")).to_contain_text("library_name: peft")
        push.click()
        expect(page.get_by_role("alert")).to_contain_text("A token is needed to push. Give a token")
        token.fill(TOKEN)
        push.click()
        expect(page.get_by_role("alert")).to_contain_text(
            "was not made by lora_demo, so nothing was sent"
        )
        expect(token).to_have_value("")
        assert len(theirs.commits) == 1
        page.get_by_label("overwrite the repository").check()
        token.fill(TOKEN)
        push.click()
        expect(page.get_by_role("link", name="ada/theirs")).to_have_attribute(
            "href", f"{hub.url}/ada/theirs"
        )
        expect(token).to_have_value("")
        assert len(theirs.commits) == 2
        assert "README.md" in theirs.files
        page.get_by_label("Repository", exact=True).fill("ada/other")
        expect(push).to_be_disabled()
        stored = page.evaluate(
            "JSON.stringify({...localStorage, ...sessionStorage}) + document.cookie"
        )
        assert TOKEN not in page.content() + stored + "".join(asked)
        assert not any(TOKEN in path for _, path, _ in hub.requests)
    assert not any(TOKEN.encode() in data for data in files_of(tmp_path).values())


def test_a_preview_that_is_out_of_date_is_not_shown_and_cannot_be_pushed(
    chromium, hub, small_base, adapter, tmp_path, hold
):
    hub.add("bob/kitchen", files_of(adapter))
    with serve_page(open_page_services(small_base, tmp_path / "runs", "visitor")) as url:
        page, _ = open_adapters_tab(chromium, url)
        pull(page, "bob/kitchen")
        expect(page.get_by_role("heading", name="kitchen", exact=True)).to_be_visible()
        page.get_by_role("button", name="Push it to the Hub").click()
        page.get_by_label("Repository", exact=True).fill("ada/slip")
        with hold(Sharing, "preview", lambda id, repo, *_: repo == "ada/slip") as made:
            page.get_by_role("button", name="Preview").click()
            assert made.wait(waiting.PATIENCE)
            page.get_by_label("Repository", exact=True).fill("ada/meant")
            page.wait_for_timeout(1000)  # until that was answered
        page.wait_for_timeout(1000)
        expect(page.get_by_role("region", name="Preview of the push")).not_to_be_visible()
        expect(page.get_by_role("button", name="Push", exact=True)).to_be_disabled()
        preview(page, "ada/meant")
        expect(page.get_by_role("button", name="Push", exact=True)).to_be_enabled()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_on_a_space_a_signed_in_visitor_pushes_without_a_token(
    chromium, hub, small_base, adapter, tmp_path, monkeypatch
):
    hub.add("ada/kitchen", files_of(adapter))
    become_a_space(monkeypatch)
    with serve_page(open_page_services(small_base, tmp_path / "runs", "space")) as url:
        stranger, _ = open_adapters_tab(chromium, url)
        expect(stranger.get_by_role("button", name="Duplicate this Space")).to_be_visible()
        stranger.get_by_role("button", name="Push it to the Hub").click()
        expect(stranger.get_by_role("button", name="Sign in with Hugging Face")).to_be_visible()
        expect(stranger.get_by_label("Token")).to_have_count(0)
        ada, asked = open_adapters_tab(chromium, url, signed_in(TOKEN), width=400)
        pull(ada, "ada/kitchen")
        expect(ada.get_by_text("ada/kitchen was added to your adapters")).to_be_visible()
        ada.get_by_role("button", name="Push it to the Hub").click()
        expect(ada.get_by_role("button", name="Sign out (ada)")).to_be_visible()
        preview(ada, "ada/again")
        assert_fits(ada, 400)
        ada.get_by_role("button", name="Push", exact=True).click()
        expect(ada.get_by_role("link", name="ada/again")).to_be_visible()
        assert TOKEN not in ada.content() + "".join(asked)
        assert "README.md" in hub.repo("ada/again").files
